# opa test examples/opa
package yatagarasu.authz_test

import data.yatagarasu.authz
import rego.v1

question(path, claims) := {
	"jwt_claims": claims, "bucket": "documents", "path": path, "method": "GET", "client_ip": "192.0.2.7",
}

from(address, request) := object.union(request, {"client_ip": address})

blue := {"sub": "anna", "teams": ["blue"]}

test_administrators_read_everything if {
	authz.allow with input as question("/documents/people/berta/confidential/x", {"sub": "root", "roles": ["admin"]})
}

test_the_shared_folder_is_for_everybody if {
	authz.allow with input as question("/documents/shared/menu.txt", {"sub": "anna"})
	authz.reason == "what is shared is for everybody" with input as question("/documents/shared/menu.txt", {})
}

test_members_read_what_is_their_teams if {
	authz.allow with input as question("/documents/teams/blue/plan.txt", blue)
	not authz.allow with input as question("/documents/teams/red/plan.txt", blue)
	not authz.allow with input as question("/documents/teams/blue/plan.txt", {"sub": "anna"})
	not authz.allow with input as question("/documents/teams/blue/plan.txt", {"sub": "anna", "teams": "blue"})
}

test_people_read_what_is_their_own if {
	authz.allow with input as question("/documents/people/anna/diary.txt", {"sub": "anna"})
	not authz.allow with input as question("/documents/people/berta/diary.txt", {"sub": "anna"})
	not authz.allow with input as question("/documents/people//diary.txt", {})
}

test_confidential_documents_stay_in_the_office if {
	request := question("/documents/teams/blue/confidential/plan.txt", blue)
	not authz.allow with input as request
	authz.reason == "confidential documents stay in the office" with input as request
	authz.allow with input as from("10.1.2.3", request)
	authz.allow with input as from("::1", request)
	not authz.allow with input as from("11.1.2.3", request)
	not authz.allow with input as from("::2", request)
}

test_what_no_rule_names_is_refused if {
	every path in ["/documents", "/documents/", "/documents/other/x", "/documents/sharedx/x", "/other/teams/red/x"] {
		authz.allow == false with input as question(path, blue)
		authz.reason == "no rule allows this" with input as question(path, blue)
	}
}

test_the_document_holds_nothing_but_the_answer if {
	{name | authz[name]} == {"allow", "reason"} with input as question("/documents/shared/x", {})
}
