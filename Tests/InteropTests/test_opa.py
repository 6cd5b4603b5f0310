"""OPA-1: a real Open Policy Agent decides who reads what; whatever happens to it, nobody passes without its word."""

import concurrent.futures
import subprocess
import time

import pytest

from harness.evidence import EVIDENCE
from harness.keys import KEYS, full
from harness.opa import REPOSITORY, opa
from harness.proxy import bucket
from harness.relay import http
from harness.tokens import bearer, mint
from harness.wire import Connection, timed

SECRET = EVIDENCE.new_secret("jwt")
JWT = {"enabled": True, "algorithm": "HS256", "secret": SECRET}
BODY = b"what only readers may see"
REASON = "no business with this role here"

GUARD = """
package guard
import rego.v1

default allow := false
allow if {
    not startswith(input.path, "/guarded/private/")
    input.jwt_claims.role == "reader"
}

reason := "%s" if not allow
""" % REASON

# One rule for each shape that an answer may have. `conflict` has two values, which makes OPA answer 500.
SHAPES = """
package shapes
import rego.v1

truth := true
lie := false
allow_only := {"allow": true}
allow_and_more := {"allow": true, "reason": "so be it", "more": {"allow": false}}
refuse_only := {"allow": false}
text := "true"
number := 1
nothing := null
list := [true]
empty := {}
allow_text := {"allow": "true"}
allow_number := {"allow": 1}
allow_null := {"allow": null}
reason_only := {"reason": "because"}
other_name := {"allowed": true}
nested := {"result": true}
conflict := true if input.bucket
conflict := false if input.path
"""
ANSWERS = {"truth": 200, "allow_only": 200, "allow_and_more": 200, "lie": 403, "refuse_only": 403}
FAILURES = ["text", "number", "nothing", "list", "empty", "allow_text", "allow_number", "allow_null", "reason_only",
            "other_name", "nested", "conflict", "missing"]


@pytest.fixture(scope="module")
def policy_agent(start_opa):
    return start_opa(GUARD, SHAPES)


@pytest.fixture
def frail_agent(start_opa):
    """One that a test may stop or stall."""
    return start_opa(GUARD)


@pytest.fixture
def objects(scripted):
    """An origin that has every object; what it was asked for is what passed."""
    return scripted(lambda head: [http(200, b"" if head.method == "HEAD" else BODY, {
        "Content-Length": len(BODY), "ETag": '"of-what-only-readers-may-see"'})])


def guarded(objects, agent, name="guarded", policy="guard", **settings):
    section = {"url": agent.url, "policy_path": policy, "timeout_ms": 5000} | settings
    return bucket(name, objects, auth={"provider": "opa", "opa": section})


def reader(**claims):
    return bearer(mint(SECRET, **({"sub": "rita", "role": "reader"} | claims)))


def assert_unavailable(answer):
    assert answer.status == 503, answer
    assert answer.json()["code"] == "AUTHORIZATION_UNAVAILABLE"
    assert answer.get("retry-after") == "5"
    assert BODY not in answer.body


def asked(agent, path):
    """How often the agent was asked for a path."""
    return sum(question["path"] == path for question in agent.inputs())


def test_the_agent_is_the_real_one(policy_agent):
    """What the other tests rest on: it decides, and it logs what it was asked."""
    question = {"path": "/direct", "jwt_claims": {"role": "reader"}}
    assert policy_agent.ask("guard", **question)["result"] == {"allow": True}
    assert policy_agent.ask("guard", path="/direct")["result"] == {"allow": False, "reason": REASON}
    assert "result" not in policy_agent.ask("shapes/missing", **question)
    assert policy_agent.inputs()[-3:] == [question, {"path": "/direct"}, question]


def test_it_allows(start_proxy, objects, policy_agent):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    answer = proxy.ask("GET", "/guarded/a", reader())
    assert (answer.status, answer.body) == (200, BODY)
    [line] = [line for line in proxy.log_of(answer.get("x-request-id")) if "status" in line]
    assert (line["user"], line["auth"]) == ("rita", "opa")
    assert proxy.metric("yatagarasu_opa_requests_total", bucket="guarded") == 1
    assert proxy.metric("yatagarasu_opa_request_duration_seconds_count", bucket="guarded") == 1
    assert proxy.metric("yatagarasu_opa_errors_total", bucket="guarded") == 0


def test_it_refuses_and_only_the_log_says_why(start_proxy, objects, policy_agent):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    answer = proxy.ask("GET", "/guarded/a", reader(role="visitor"))
    assert (answer.status, answer.json()["code"]) == (403, "POLICY_DENIED")
    assert REASON.encode() not in answer.head + answer.body
    [line] = [line for line in proxy.log_of(answer.get("x-request-id")) if "status" in line]
    assert REASON in line["error_detail"]
    assert (line["user"], line["auth"]) == ("rita", "opa")
    assert proxy.ask("HEAD", "/guarded/a", reader(role="visitor")).status == 403
    assert objects.requests == []
    assert proxy.metric("yatagarasu_auth_outcomes_total", outcome="policy_denied") == 2


def test_without_a_valid_token_it_is_not_asked(start_proxy, objects, policy_agent):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    path = "/guarded/never-asked"
    stranger = mint(EVIDENCE.new_secret("stranger"), sub="rita", role="reader")
    expired = mint(SECRET, lifetime=-3600, sub="rita", role="reader")
    for token, code in ((None, "MISSING_TOKEN"), ("a.b.c", "INVALID_TOKEN"), (stranger, "INVALID_TOKEN"),
                        (expired, "TOKEN_EXPIRED")):
        answer = proxy.ask("GET", path, bearer(token))
        assert (answer.status, answer.json()["code"]) == (401, code)
        assert answer.get("www-authenticate").startswith("Bearer")
    assert asked(policy_agent, path) == 0 and objects.requests == []


def test_what_it_is_asked(start_proxy, objects, policy_agent):
    """Claims as the issuer wrote them, the decoded path without its query, and the address of the client."""
    proxy = start_proxy([guarded(objects, policy_agent)], {"trusted_proxies": ["127.0.0.0/8"]}, jwt=JWT)
    claims = {
        "sub": "rita", "role": "reader", "exp": int(time.time()) + 600, "big": 9007199254740993, "negative": -1.5e-7,
        "yes": True, "nothing": None, "list": [1, [2, {"deep": []}]], "realm": {"roles": ["a", "b"]}, "": "empty name",
        "text": 'quote " backslash \\ newline \n null \0 umlaut ü bird 🦅 slash / tag <b>', "https://x/y": {}}
    fields = bearer(mint(SECRET, lifetime=None, **claims))
    target = "/guarded/a%20b/%C3%BC%22?token=x&path=/other"
    assert proxy.ask("GET", target, fields | {"X-Forwarded-For": "203.0.113.9"}).status == 200
    assert proxy.ask("HEAD", target, fields | {"X-Forwarded-For": "2001:db8::7"}).status == 200
    assert proxy.ask("GET", "/guarded/plain", fields).status == 200
    expected = {"jwt_claims": claims, "bucket": "guarded", "path": '/guarded/a b/ü"', "method": "GET",
                "client_ip": "203.0.113.9"}
    questions = policy_agent.inputs()[-3:]
    assert questions[0] == expected
    assert questions[1] == expected | {"method": "HEAD", "client_ip": "2001:db8::7"}
    assert questions[2] == expected | {"path": "/guarded/plain", "client_ip": "127.0.0.1"}


def test_a_stranger_cannot_claim_another_address(start_proxy, objects, policy_agent):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    assert proxy.ask("GET", "/guarded/stranger", reader() | {
        "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X-Real-IP": "10.0.0.1"}).status == 200
    assert policy_agent.inputs()[-1]["client_ip"] == "127.0.0.1"


@pytest.mark.parametrize("target", [
    "/guarded/private/x", "/guarded/%70rivate/x", "/guarded/private%2Fx", "/guarded%2Fprivate%2fx",
    "/guarded/%70%72%69%76%61%74%65/%78", "/guarded/private/x?a=/guarded/y", "/guarded/private/%2525",
    "/%67uarded/private/x"])
def test_no_spelling_of_a_path_escapes_the_policy(start_proxy, objects, policy_agent, target):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    for method in ("GET", "HEAD"):
        assert proxy.ask(method, target, reader()).status in (403, 404)
    assert objects.requests == []


def test_what_is_decided_is_what_is_fetched(start_proxy, objects, policy_agent):
    """For names of every kind: the path in the question is the key that the origin is asked for."""
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    fields = reader()
    for key in KEYS:
        assert proxy.ask("GET", f"/guarded/{full(key)}", fields).status == 200, key
        assert policy_agent.inputs()[-1]["path"] == f"/guarded/{key}"
        assert objects.requests[-1].target == f"/guarded/{full(key)}", key


def test_a_path_that_is_no_text_is_refused_unasked(start_proxy, objects, policy_agent):
    proxy = start_proxy([guarded(objects, policy_agent)], jwt=JWT)
    before = len(policy_agent.inputs())
    for target in ("/guarded/%FF", "/guarded/a%C3", "/guarded/%ED%A0%80", "/guarded/%C0%AFx"):
        answer = proxy.ask("GET", target, reader())
        assert (answer.status, answer.json()["code"]) == (403, "POLICY_DENIED"), target
    assert len(policy_agent.inputs()) == before and objects.requests == []


def test_decisions_are_remembered_for_their_time(start_proxy, objects, policy_agent):
    proxy = start_proxy([
        guarded(objects, policy_agent, cache_ttl_seconds=5, negative_cache_ttl_seconds=3),
        guarded(objects, policy_agent, "unkept", cache_ttl_seconds=0, negative_cache_ttl_seconds=0)], jwt=JWT)
    good, bad = reader(), reader(role="visitor")

    def counted(path, fields, status):
        before = len(policy_agent.inputs())
        assert proxy.ask("GET", path, fields).status == status
        return len(policy_agent.inputs()) - before

    assert [counted("/guarded/kept", good, 200) for _ in range(4)] == [1, 0, 0, 0]
    assert [counted("/guarded/kept", bad, 403) for _ in range(3)] == [1, 0, 0]
    assert proxy.metric("yatagarasu_opa_cache_hits_total", bucket="guarded") == 5
    assert proxy.metric("yatagarasu_opa_cache_misses_total", bucket="guarded") == 2
    assert [counted("/unkept/x", good, 200) for _ in range(3)] == [1, 1, 1]
    assert [counted("/unkept/x", bad, 403) for _ in range(2)] == [1, 1]
    time.sleep(5.2)
    assert counted("/guarded/kept", bad, 403) == 1
    assert counted("/guarded/kept", good, 200) == 1


def test_one_decision_is_no_other_ones(start_proxy, objects, policy_agent):
    """Another path, method, address or claim is another question, whoever asks it."""
    proxy = start_proxy([guarded(objects, policy_agent), guarded(objects, policy_agent, "guarded2")], {
        "trusted_proxies": ["127.0.0.0/8"]}, jwt=JWT)
    fields = reader()
    first = len(policy_agent.inputs())
    assert proxy.ask("GET", "/guarded/one", fields).status == 200
    assert proxy.ask("GET", "/guarded/one", reader(role="visitor")).status == 403
    assert proxy.ask("GET", "/guarded/one", reader(sub="rolf")).status == 200
    assert proxy.ask("HEAD", "/guarded/one", fields).status == 200
    assert proxy.ask("GET", "/guarded/two", fields).status == 200
    assert proxy.ask("GET", "/guarded2/one", fields).status == 200
    assert proxy.ask("GET", "/guarded/one", fields | {"X-Forwarded-For": "192.0.2.9"}).status == 200
    assert proxy.ask("GET", "/guarded/private/one", fields).status == 403
    assert len(policy_agent.inputs()) - first == 8


def test_many_at_once_are_one_question(start_proxy, objects, frail_agent):
    proxy = start_proxy([guarded(objects, frail_agent, timeout_ms=10_000)], jwt=JWT)
    fields = reader()
    frail_agent.pause()
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = [pool.submit(proxy.ask, "GET", "/guarded/hot", fields) for _ in range(24)]
        time.sleep(0.5)
        frail_agent.resume()
        assert {answer.result().status for answer in answers} == {200}
    assert asked(frail_agent, "/guarded/hot") == 1


def test_who_leaves_takes_nobody_along(start_proxy, objects, frail_agent):
    """The first one's question is the others' too, also when the first one does not wait for the answer."""
    proxy = start_proxy([guarded(objects, frail_agent, timeout_ms=10_000)], jwt=JWT)
    fields = reader()
    frail_agent.pause()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        first = Connection(proxy.port)
        first.send_request("GET", "/guarded/hot", fields)
        time.sleep(0.3)
        answers = [pool.submit(proxy.ask, "GET", "/guarded/hot", fields) for _ in range(8)]
        time.sleep(0.3)
        first.kill()
        time.sleep(0.3)
        frail_agent.resume()
        assert {answer.result().status for answer in answers} == {200}
    assert asked(frail_agent, "/guarded/hot") <= 2


def test_a_restart_between_two_questions_is_not_noticed(start_proxy, objects, frail_agent):
    """The connections that were kept are dead by then, which is no failure of the agent."""
    proxy = start_proxy([guarded(objects, frail_agent)], jwt=JWT)
    for number in range(3):
        for part in range(4):
            assert proxy.ask("GET", f"/guarded/{number}/{part}", reader()).status == 200
        frail_agent.kill()
        frail_agent.start()
    assert proxy.ask("GET", "/guarded/last", reader()).status == 200


def test_a_slow_agent_lets_nobody_pass(start_proxy, objects, frail_agent):
    proxy = start_proxy([guarded(objects, frail_agent, timeout_ms=400)], jwt=JWT)
    assert proxy.ask("GET", "/guarded/known", reader()).status == 200
    passed = len(objects.requests)
    frail_agent.pause()
    try:
        for number in range(3):
            answer, seconds = timed(lambda: proxy.ask("GET", f"/guarded/slow-{number}", reader()))
            assert_unavailable(answer)
            assert 0.35 < seconds < 2
        assert proxy.ask("HEAD", "/guarded/slow-0", reader()).status == 503
        assert len(objects.requests) == passed
    finally:
        frail_agent.resume()
    assert proxy.ask("GET", "/guarded/slow-0", reader()).status == 200
    assert proxy.metric("yatagarasu_opa_errors_total", bucket="guarded") >= 4
    assert proxy.metric("yatagarasu_auth_outcomes_total", outcome="unavailable") == 4


def test_a_killed_agent_lets_nobody_pass_until_it_is_back(start_proxy, objects, frail_agent):
    proxy = start_proxy([guarded(objects, frail_agent, timeout_ms=1000, cache_ttl_seconds=0)], jwt=JWT)
    assert proxy.ask("GET", "/guarded/a", reader()).status == 200
    frail_agent.kill()
    passed = len(objects.requests)
    for _ in range(3):
        answer, seconds = timed(lambda: proxy.ask("GET", "/guarded/a", reader()))
        assert_unavailable(answer)
        assert seconds < 2.5
    assert len(objects.requests) == passed
    frail_agent.start()
    assert proxy.ask("GET", "/guarded/a", reader()).body == BODY
    assert proxy.ask("GET", "/guarded/a", reader(role="visitor")).status == 403


def test_every_shape_of_an_answer(start_proxy, objects, policy_agent):
    """What is no answer of the two agreed shapes is a failure, and a failure is no pass."""
    proxy = start_proxy([
        guarded(objects, policy_agent, name, f"shapes/{name}") for name in [*ANSWERS, *FAILURES]], jwt=JWT)
    for name, status in ANSWERS.items():
        assert proxy.ask("GET", f"/{name}/x", reader()).status == status, name
    passed = len(objects.requests)
    for name in FAILURES:
        for _ in range(2):
            assert_unavailable(proxy.ask("GET", f"/{name}/x", reader()))
        assert proxy.metric("yatagarasu_opa_errors_total", bucket=name) >= 2, name
    assert len(objects.requests) == passed


def test_failing_open_is_a_choice_that_is_counted(start_proxy, objects, frail_agent):
    """It opens for failures only: a refusal stays one, and nobody passes without a token."""
    proxy = start_proxy([guarded(objects, frail_agent, timeout_ms=500, fail_mode="open", cache_ttl_seconds=0,
                                 negative_cache_ttl_seconds=0)], jwt=JWT)
    assert proxy.ask("GET", "/guarded/a", reader(role="visitor")).status == 403
    frail_agent.kill()
    for _ in range(2):
        assert proxy.ask("GET", "/guarded/a", reader(role="visitor")).body == BODY
    assert proxy.ask("GET", "/guarded/a").status == 401
    assert proxy.metric("yatagarasu_auth_outcomes_total", outcome="passed_open") == 2
    frail_agent.start()
    assert proxy.ask("GET", "/guarded/a", reader(role="visitor")).status == 403
    assert proxy.metric("yatagarasu_auth_outcomes_total", outcome="passed_open") == 2


def test_the_example_passes_its_own_tests():
    run = subprocess.run([opa(), "test", "--verbose", REPOSITORY / "examples" / "opa"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "FAIL" not in run.stdout and run.stdout.count("PASS") >= 7


def test_the_example_works(start_example, start_opa):
    agent = start_opa((REPOSITORY / "examples" / "opa" / "policy.rego").read_text())
    example = start_example("opa", {"OPA_URL": agent.url})
    anna = example.token('{"sub": "anna", "teams": ["blue"]}')
    for key, status in {"shared/menu.txt": 200, "teams/blue/plan.txt": 200, "teams/red/plan.txt": 403,
                        "people/anna/diary.txt": 200, "people/berta/diary.txt": 403,
                        "teams/blue/confidential/plan.txt": 200, "other/x.txt": 403}.items():
        example.put(key)
        answer = example.proxy.ask("GET", f"/documents/{key}", bearer(anna))
        assert answer.status == status, key
        assert (answer.body == key.encode()) == (status == 200), key
        assert example.proxy.ask("GET", f"/documents/{key}").status == 401
