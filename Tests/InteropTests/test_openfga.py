"""FGA-1: OpenFGA's engine decides who reads what; whatever the server does, nobody passes without its word."""

import concurrent.futures
import json
import subprocess

import pytest
import yaml

from harness.evidence import EVIDENCE
from harness.keys import KEYS, full
from harness.opa import REPOSITORY
from harness.openfga import OpenFGA, Refusal, ulid
from harness.ports import wait_until
from harness.program import tool
from harness.proxy import bucket
from harness.relay import http
from harness.tokens import bearer, mint, sign
from harness.wire import timed

SECRET = EVIDENCE.new_secret("jwt")
JWT = {"enabled": True, "algorithm": "HS256", "secret": SECRET}
BODY = b"what only viewers may see"
EXAMPLE = REPOSITORY / "examples" / "openfga"
ALLOWED = http(200, b'{"allowed": true}')


@pytest.fixture(scope="module")
def new_fga(start_fga):
    """Starts a server over the example's model, its tuples and further ones."""
    def start(more=(), token=None):
        tuples = yaml.safe_load((EXAMPLE / "tuples.yaml").read_text())
        further = [dict(zip(("user", "relation", "object"), entry)) for entry in more]
        return start_fga((EXAMPLE / "model.fga").read_text(), tuples + further, token)
    return start


@pytest.fixture
def fga(new_fga):
    """A server that a test may stop, stall or tell what to answer."""
    return new_fga()


@pytest.fixture
def objects(scripted):
    """An origin that has every object; what it was asked for is what passed."""
    return scripted(lambda head: [http(200, b"" if head.method == "HEAD" else BODY, {
        "Content-Length": len(BODY), "ETag": '"of-what-only-viewers-may-see"'})])


def guarded(objects, fga, name="documents", **settings):
    return bucket(name, objects, auth={"provider": "openfga", "openfga": fga.settings(**settings)})


def viewer(sub, **claims):
    return bearer(mint(SECRET, sub=sub, **claims))


def assert_unavailable(answer):
    assert answer.status == 503, answer
    assert answer.json()["code"] == "AUTHORIZATION_UNAVAILABLE"
    assert answer.get("retry-after") == "5"
    assert BODY not in answer.body


def assert_denied(answer):
    assert (answer.status, answer.json()["code"]) == (403, "POLICY_DENIED"), answer
    assert BODY not in answer.body


def test_the_engine_is_the_real_one(fga):
    """What the other tests rest on: it walks the folders, and it refuses what it does not understand."""
    plan = "file:documents/projects/blue/plan.txt"
    for user, allowed in (("olga", True), ("emil", True), ("vera", True), ("fred", False)):
        assert fga.engine.decide(f"user:{user}", "viewer", plan) is allowed, user
    assert fga.engine.decide("user:vera", "editor", plan) is False
    for question in (("vera", "viewer", plan), ("user:vera", "sings", plan), ("user:vera", "viewer", "song:x")):
        with pytest.raises(Refusal):
            fga.engine.decide(*question)


@pytest.mark.parametrize("user, key, allowed", [
    ("olga", "projects/blue/plan.txt", True),       # owns the topmost folder
    ("olga", "projects/red/plan.txt", True),
    ("olga", "projects/", True),
    ("olga", "projects/blue/unknown.txt", False),   # nobody said in which folder it lies
    ("emil", "projects/blue/plan.txt", True),       # edits the folder two above
    ("emil", "projects/red/plan.txt", True),
    ("emil", "projects/blue/", True),
    ("emil", "public/", True),                      # for everybody
    ("vera", "projects/blue/plan.txt", True),       # the folder is shared with her
    ("vera", "projects/blue/budget.txt", True),
    ("vera", "projects/blue/", True),
    ("vera", "projects/red/plan.txt", False),
    ("vera", "projects/red/", False),
    ("vera", "projects/", False),
    ("fred", "projects/red/plan.txt", True),        # this file is shared with him
    ("fred", "projects/red/", False),
    ("fred", "projects/blue/plan.txt", False),
    ("stranger", "public/menu.txt", True),
    ("stranger", "projects/blue/plan.txt", False),
])
def test_folders_hand_down_who_may_read(start_proxy, objects, fga, user, key, allowed):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    answer = proxy.ask("GET", f"/documents/{key}", viewer(user))
    kind = "folder" if key.endswith("/") else "file"
    assert [(c.user, c.relation, c.object, c.allowed) for c in fga.checks] == [
        (f"user:{user}", "viewer", f"{kind}:documents/{key}", allowed)]
    assert proxy.ask("HEAD", f"/documents/{key}", viewer(user)).status == (200 if allowed else 403)
    if allowed:
        assert (answer.status, answer.body) == (200, BODY)
    else:
        assert_denied(answer)
        assert objects.requests == []
    [line] = [line for line in proxy.log_of(answer.get("x-request-id")) if "status" in line]
    assert (line["user"], line["auth"]) == (user, "openfga")
    assert proxy.metric("yatagarasu_openfga_errors_total", bucket="documents") == 0


def test_what_is_asked(start_proxy, objects, new_fga):
    """Nothing but the agreed members; the model only when it is set, the API token only when it is set."""
    plain, strict = new_fga(), new_fga(token=EVIDENCE.new_secret("fga-token"))
    proxy = start_proxy([
        guarded(objects, plain), guarded(objects, strict, "strict", authorization_model_id=strict.model_id,
                                         relation="editor", user_claim="realm.name", user_type="person",
                                         object_type="document", folder_type="directory")], jwt=JWT)
    assert proxy.ask("GET", "/documents/public/menu.txt?token=x", viewer("vera")).status == 200
    assert plain.checks[0].body == {"tuple_key": {
        "user": "user:vera", "relation": "viewer", "object": "file:documents/public/menu.txt"}}
    assert plain.checks[0].authorization is None
    strict.always = ALLOWED
    for target, name in (("/strict/a/b", "document:strict/a/b"), ("/strict/a/", "directory:strict/a/")):
        assert proxy.ask("GET", target, viewer("nobody", realm={"name": "vera"})).status == 200
        assert strict.checks[-1].body == {
            "tuple_key": {"user": "person:vera", "relation": "editor", "object": name},
            "authorization_model_id": strict.model_id}
        assert strict.checks[-1].authorization == f"Bearer {strict.token}"


def test_the_servers_token_is_needed(start_proxy, objects, new_fga):
    fga = new_fga(token=EVIDENCE.new_secret("fga-token"))
    proxy = start_proxy([
        guarded(objects, fga), guarded(objects, fga, "without", api_token=None),
        guarded(objects, fga, "wrong", api_token=EVIDENCE.new_secret("wrong-fga-token"))], jwt=JWT)
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")).status == 200
    for name in ("without", "wrong"):
        assert_unavailable(proxy.ask("GET", f"/{name}/public/menu.txt", viewer("vera")))
    assert len(objects.requests) == 1


def test_without_a_valid_token_nobody_is_asked(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    stranger = mint(EVIDENCE.new_secret("stranger"), sub="olga")
    for token in (None, "a.b.c", stranger, mint(SECRET, lifetime=-3600, sub="olga")):
        assert proxy.ask("GET", "/documents/public/menu.txt", bearer(token)).status == 401
    assert fga.checks == [] and objects.requests == []


@pytest.mark.parametrize("claims", [
    {}, {"sub": None}, {"sub": 7}, {"sub": ""}, {"sub": ["olga"]}, {"sub": {"olga": 1}}, {"sub": True}])
def test_a_token_without_a_user_is_refused(start_proxy, objects, fga, claims):
    """A subject that is no text is a token of which JWT's own rules may already say that it is none."""
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    token = sign(SECRET, json.dumps({"exp": 4_000_000_000} | claims).encode())
    assert proxy.ask("GET", "/documents/public/menu.txt", bearer(token)).status in (401, 403)
    assert fga.checks == [] and objects.requests == []


def escaped(text):
    """What the contract with OpenFGA writes for characters that mean something in a tuple."""
    return "".join(f"%{ord(c):02X}" if ord(c) <= 0x20 or c in "\x7f#:*%" else c for c in text)


@pytest.mark.parametrize("user", [
    "*", "user:olga", "folder:documents/#owner", "olga#x", "a b", "olga\n", "%2A", "%", "ümlaut", "🦅", "o'lga\"",
    "*:*"])
def test_no_name_means_more_than_itself(start_proxy, objects, fga, user):
    """`user:*` is everybody and `#` a set of users: a claim of that name must be neither."""
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    assert_denied(proxy.ask("GET", "/documents/projects/blue/plan.txt", viewer(user)))
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer(user)).status == 200
    assert [check.user for check in fga.checks] == [f"user:{escaped(user)}"] * 2
    assert [check.allowed for check in fga.checks] == [False, True]


def test_odd_users_and_keys_can_be_named(start_proxy, objects, new_fga):
    """A tuple that names them escaped lets them in, and them alone."""
    odd = {"a b*c": "x y", "50%": "a#b:c*d", "%2A": "%2525", "ü": "日本/語", "tab\t": "t\tb"}
    fga = new_fga([(f"user:{escaped(user)}", "viewer", f"file:documents/{escaped(key)}") for user, key in odd.items()])
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    for user, key in odd.items():
        for other in odd:
            answer = proxy.ask("GET", f"/documents/{full(key)}", viewer(other))
            assert answer.status == (200 if other == user else 403), (user, key, other)
    assert {request.target for request in objects.requests} == {f"/documents/{full(key)}" for key in odd.values()}


def test_every_object_has_one_name(start_proxy, objects, fga):
    """The name in the question is the key that the origin is asked for; what is too long for a name is refused."""
    fga.always = ALLOWED
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    fields, names = viewer("vera"), set()
    for key in KEYS:
        before = len(fga.checks)
        name = f"file:documents/{escaped(key)}"
        answer = proxy.ask("GET", f"/documents/{full(key)}", fields)
        if len(name.encode()) > 256:
            assert_denied(answer)
            assert len(fga.checks) == before
        else:
            assert answer.status == 200, key
            assert fga.checks[-1].object == name and name not in names
            assert objects.requests[-1].target == f"/documents/{full(key)}"
            names.add(name)
    assert len(names) > 150


@pytest.mark.parametrize("target", [
    "/documents/%70rojects/red/plan.txt", "/documents/projects%2Fred%2fplan.txt", "/%64ocuments/projects/red/plan.txt",
    "/documents/projects/red/plan.txt?x=/documents/public/menu.txt", "/documents/projects/red/%70lan%2Etxt",
    "/documents/public//projects/red/plan.txt", "/documents//projects/red/plan.txt", "/documents/%FF"])
def test_no_spelling_of_a_path_escapes_the_model(start_proxy, objects, fga, target):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    for method in ("GET", "HEAD"):
        assert proxy.ask(method, target, viewer("vera")).status in (403, 404)
    assert objects.requests == []


def test_what_is_too_long_is_refused_unasked(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    assert_denied(proxy.ask("GET", "/documents/" + "k" * (257 - len("file:documents/")), viewer("vera")))
    assert_denied(proxy.ask("GET", "/documents/public/menu.txt", viewer("v" * (513 - len("user:")))))
    assert fga.checks == []
    assert_denied(proxy.ask("GET", "/documents/" + "k" * (256 - len("file:documents/")), viewer("vera")))
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("v" * (512 - len("user:")))).status == 200
    assert [check.allowed for check in fga.checks] == [False, True]


def test_a_wrong_store_or_model_lets_nobody_pass(start_proxy, objects, fga):
    proxy = start_proxy([
        guarded(objects, fga, "store", store_id=ulid()),
        guarded(objects, fga, "model", authorization_model_id=ulid()),
        guarded(objects, fga, "relation", relation="sings"),
        guarded(objects, fga, "type", object_type="song")], jwt=JWT)
    for name in ("store", "model", "relation", "type"):
        assert_unavailable(proxy.ask("GET", f"/{name}/x", viewer("olga")))
        assert proxy.metric("yatagarasu_openfga_errors_total", bucket=name) >= 1
    assert objects.requests == []
    assert len(fga.checks) == 4    # a refusal of the question is not asked again


ANSWERS = {
    "400": http(400, b'{"code":"validation_error","message":"no"}'), "401": http(401, b'{"code":"unauthenticated"}'),
    "404": http(404, b'{"code":"store_id_not_found"}'), "429": http(429, b'{"code":"rate_limit_exceeded"}'),
    "500": http(500, b'{"code":"internal_error"}'), "503": http(503, b""),
    "500-allowed": http(500, b'{"allowed": true}'), "400-allowed": http(400, b'{"allowed": true}'),
    "302": http(302, b'{"allowed": true}', {"Location": "/"}), "204": http(204), "not-json": http(200, b"allowed"),
    "empty": http(200, b""), "no-member": http(200, b"{}"), "text": http(200, b'{"allowed": "true"}'),
    "number": http(200, b'{"allowed": 1}'), "null": http(200, b'{"allowed": null}'),
    "list": http(200, b'[{"allowed": true}]'), "bare": http(200, b"true"), "cut-json": http(200, b'{"allowed": true'),
    "nested": http(200, b'{"result": {"allowed": true}}'), "case": http(200, b'{"Allowed": true}'),
    "cut": b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"allowed": true}',
    "garbage": b"\0\1\2 allowed: true\r\n\r\n", "not-http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "closed": b"",
    "more": http(200, b'{"allowed": true} {"allowed": true}'),
    "huge": http(200, b'{"allowed": true, "x": "' + b"x" * (8 << 20) + b'"}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_servers_say_wrong_lets_nobody_pass(start_proxy, objects, fga, name):
    proxy = start_proxy([guarded(objects, fga, timeout_ms=2000)], jwt=JWT)
    fga.always = ANSWERS[name]
    assert_unavailable(proxy.ask("GET", "/documents/public/menu.txt", viewer("olga")))
    assert proxy.ask("HEAD", "/documents/public/menu.txt", viewer("olga")).status == 503
    assert objects.requests == []
    fga.always = None
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("olga")).body == BODY


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(start_proxy, objects, fga, status):
    """Twice it may fail; a third failure is the answer. What it then says counts, also when it is no."""
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    fga.planned.extend([http(status)] * 2)
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")).status == 200
    fga.planned.append(http(status))
    assert_denied(proxy.ask("GET", "/documents/projects/red/plan.txt", viewer("vera")))
    assert len(fga.checks) == 5
    fga.always = http(status)
    assert_unavailable(proxy.ask("GET", "/documents/projects/blue/plan.txt", viewer("vera")))
    assert len(fga.checks) == 8


def test_a_slow_server_lets_nobody_pass(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga, timeout_ms=400)], jwt=JWT)
    fga.always = fga.STALL
    for number in range(3):
        answer, seconds = timed(lambda: proxy.ask("GET", f"/documents/slow-{number}", viewer("vera")))
        assert_unavailable(answer)
        assert 0.35 < seconds < 2
    assert len(fga.checks) == 3 and objects.requests == []
    fga.always = ALLOWED
    assert proxy.ask("GET", "/documents/slow-0", viewer("vera")).body == BODY


def test_a_killed_server_lets_nobody_pass_until_it_is_back(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga, decision_cache_ttl_seconds=0)], jwt=JWT)
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")).status == 200
    fga.kill()
    for _ in range(3):
        answer, seconds = timed(lambda: proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")))
        assert_unavailable(answer)
        assert seconds < 11
    assert len(objects.requests) == 1
    fga.start()
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")).body == BODY
    assert_denied(proxy.ask("GET", "/documents/projects/red/plan.txt", viewer("vera")))


def test_a_server_killed_in_the_middle_of_a_check_lets_nobody_pass(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga, timeout_ms=3000)], jwt=JWT)
    fga.always = fga.STALL
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(proxy.ask, "GET", "/documents/public/menu.txt", viewer("vera"))
        wait_until(lambda: fga.checks, 10, "the check arrives")
        fga.kill()
        assert_unavailable(answer.result())
    assert objects.requests == []


def test_failing_open_is_a_choice_that_is_counted(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga, timeout_ms=2000, fail_mode="open")], jwt=JWT)
    assert_denied(proxy.ask("GET", "/documents/projects/red/plan.txt", viewer("vera")))
    fga.kill()
    assert proxy.ask("GET", "/documents/projects/blue/plan.txt", viewer("stranger")).body == BODY
    assert proxy.ask("GET", "/documents/projects/blue/plan.txt").status == 401
    assert_denied(proxy.ask("GET", "/documents/" + "k" * 300, viewer("vera")))
    assert proxy.metric("yatagarasu_auth_outcomes_total", outcome="passed_open") == 1


def test_decisions_are_remembered_and_failures_are_not(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    for _ in range(3):
        assert proxy.ask("GET", "/documents/public/menu.txt", viewer("vera")).status == 200
        assert_denied(proxy.ask("GET", "/documents/projects/red/plan.txt", viewer("vera")))
    assert len(fga.checks) == 2
    assert proxy.metric("yatagarasu_openfga_cache_hits_total", bucket="documents") == 4
    assert proxy.metric("yatagarasu_openfga_cache_misses_total", bucket="documents") == 2
    assert proxy.metric("yatagarasu_openfga_checks_total", bucket="documents") == 2
    assert proxy.ask("GET", "/documents/public/menu.txt", viewer("fred")).status == 200
    assert proxy.ask("HEAD", "/documents/public/menu.txt", viewer("vera", role="other")).status == 200
    assert fga.checks[2].user == "user:fred"
    fga.always = http(400)
    for _ in range(2):
        assert_unavailable(proxy.ask("GET", "/documents/new", viewer("vera")))
    assert [check.object for check in fga.checks[-2:]] == ["file:documents/new"] * 2


def test_many_at_once_are_one_check(start_proxy, objects, fga):
    proxy = start_proxy([guarded(objects, fga)], jwt=JWT)
    fields = viewer("vera")
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = [pool.submit(proxy.ask, "GET", "/documents/projects/blue/plan.txt", fields) for _ in range(24)]
        assert {answer.result().status for answer in answers} == {200}
    assert len(fga.checks) == 1


def test_the_example_passes_its_own_tests():
    run = subprocess.run(
        [tool("fga"), "model", "test", "--tests", EXAMPLE / "store.fga.yaml"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Tests 6/6 passing" in run.stdout + run.stderr


def test_the_example_works(start_example, fga):
    example = start_example("openfga", {"FGA_API_URL": fga.url, "FGA_STORE_ID": fga.store_id})
    vera = bearer(example.token('{"sub": "vera"}'))
    for key, status in {"projects/blue/plan.txt": 200, "projects/red/plan.txt": 403, "public/menu.txt": 200}.items():
        example.put(key)
        answer = example.proxy.ask("GET", f"/documents/{key}", vera)
        assert answer.status == status, key
        assert (answer.body == key.encode()) == (status == 200), key
        assert example.proxy.ask("GET", f"/documents/{key}").status == 401
