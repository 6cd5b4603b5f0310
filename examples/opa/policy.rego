# Who may read which document. For each request Yatagarasu asks for this package's document, `allow` and `reason`, with
#   input.jwt_claims  the token's claims      input.path    "/documents/teams/blue/plan.txt", decoded
#   input.bucket      "documents"             input.method  "GET" or "HEAD"
#   input.client_ip   "192.0.2.7"
# The reason of a refusal is logged, never told to the client. Functions are no part of the document, rules would be.
package yatagarasu.authz

import rego.v1

allow := decision(input).allow

reason := decision(input).reason

decision(request) := {"allow": true, "reason": "administrators read everything"} if {
	has(request, "roles", "admin")
} else := {"allow": false, "reason": "confidential documents stay in the office"} if {
	"confidential" in segments(request.path)
	not is_in_office(request.client_ip)
} else := {"allow": true, "reason": "what is shared is for everybody"} if {
	segments(request.path)[1] == "shared"
} else := {"allow": true, "reason": "members read what is their team's"} if {
	segments(request.path)[1] == "teams"
	has(request, "teams", segments(request.path)[2])
} else := {"allow": true, "reason": "people read what is their own"} if {
	segments(request.path)[1] == "people"
	segments(request.path)[2] == request.jwt_claims.sub
} else := {"allow": false, "reason": "no rule allows this"}

# "/documents/teams/blue/plan.txt" is ["documents", "teams", "blue", "plan.txt"].
segments(path) := split(trim_prefix(path, "/"), "/")

# Whether a claim is a list that holds the value.
has(request, claim, value) if value in request.jwt_claims[claim]

is_in_office(address) if {
	some network in ["10.0.0.0/8", "127.0.0.0/8", "::1/128"]
	net.cidr_contains(network, address)
}
