"""AUTHZ-1, JWT-1: public, JWT, OPA and OpenFGA buckets side by side; no byte of a private object leaves undecided."""

import types

import pytest

from harness.evidence import EVIDENCE
from harness.ports import free_port
from harness.proxy import Proxy, bucket, configuration
from harness.tokens import bearer, mint, unsigned
from harness.wire import Connection, ask

SECRET = EVIDENCE.new_secret("jwt-of-the-length-that-any-algorithm-wants")
MARK = b"PRIVATE-BYTES-"
# Buckets and what each asks for; `inside` lies below the public bucket's prefix.
GUARDED = {"token": "jwt", "opa": "opa", "fga": "openfga", "inside": "jwt"}
PREFIXES = {"public": "/public", "token": "/token", "opa": "/opa", "fga": "/fga", "inside": "/public/inside"}
RIGHT = {"sub": "rita", "role": "reader"}
REFUSED = {"sub": "wanda", "role": "visitor"}    # a valid token whose holder no policy lets in

POLICY = """
package guard
import rego.v1
default allow := false
allow if input.jwt_claims.role == "reader"
"""
MODEL = """
model
  schema 1.1
type user
type file
  relations
    define viewer: [user]
"""


@pytest.fixture(scope="module")
def guards(origin, start_opa, start_fga, tmp_path_factory):
    """One proxy over a real origin, and in each bucket `secret.bin`, of a length that nothing else has."""
    s3 = origin.s3()
    objects = {}
    for number, name in enumerate(PREFIXES):
        body = (MARK + name.encode() + b"-") * (400 + number) if name != "public" else b"for everybody"
        s3.create_bucket(Bucket=f"guard-{name}")
        s3.put_object(Bucket=f"guard-{name}", Key="secret.bin", Body=body, ContentType="application/x-secret",
                      Metadata={"note": f"private-note-{name}"})
        head = s3.head_object(Bucket=f"guard-{name}", Key="secret.bin")
        fields = head["ResponseMetadata"]["HTTPHeaders"]
        objects[name] = types.SimpleNamespace(
            body=body, etag=head["ETag"], last_modified=fields["last-modified"], target=f"{PREFIXES[name]}/secret.bin")
    agent = start_opa(POLICY)
    fga = start_fga(MODEL, [{"user": "user:rita", "relation": "viewer", "object": "file:fga/secret.bin"}])
    auth = {
        "token": {"provider": "jwt", "jwt": {"claims": [{"claim": "role", "operator": "equals", "value": "reader"}]}},
        "opa": {"provider": "opa", "opa": {"url": agent.url, "policy_path": "guard", "timeout_ms": 5000}},
        "fga": {"provider": "openfga", "openfga": fga.settings()},
    }
    auth["inside"] = auth["token"]
    port = free_port()
    config = configuration(
        [bucket(name, origin, prefix, f"guard-{name}", auth=auth.get(name)) for name, prefix in PREFIXES.items()],
        port, jwt={"enabled": True, "algorithm": "HS256", "secret": SECRET})
    proxy = Proxy(tmp_path_factory.mktemp("guards") / "proxy", config, port)
    yield types.SimpleNamespace(proxy=proxy, port=port, objects=objects)
    proxy.stop()


def bad_tokens():
    """What is no token of this issuer, by name."""
    good = mint(SECRET, **RIGHT)
    head, payload, signature = good.split(".")
    other = mint(EVIDENCE.new_secret("other-issuer"), **RIGHT)
    return {
        "none": None, "garbage": "garbage", "dots": "..", "two-parts": f"{head}.{payload}",
        "no-signature": f"{head}.{payload}.", "other-key": other,
        "other-signature": f"{head}.{payload}.{other.rpartition('.')[2]}",
        "other-claims": f"{head}.{mint(SECRET, **REFUSED).split('.')[1]}.{signature}",
        "unsigned": unsigned(**RIGHT), "other-algorithm": mint(SECRET, "HS512", **RIGHT),
        "expired": mint(SECRET, lifetime=-3600, **RIGHT), "twice": f"{good} {good}", "long": good + "A" * 4000,
    }


def spellings(name):
    """Targets that mean a bucket's object, or might be taken for it."""
    prefix, first = PREFIXES[name], PREFIXES[name].rpartition("/")[2]
    encoded = f"{PREFIXES[name].removesuffix(first)}%{ord(first[0]):02x}{first[1:]}"
    return [
        f"{prefix}/secret.bin", f"{prefix}/secret.bin?x=1", f"{prefix}/%73ecret.bin", f"{prefix}/secret%2Ebin",
        f"{prefix}%2Fsecret.bin", f"{encoded}/secret.bin", f"{prefix}/./secret.bin", f"{prefix}/x/../secret.bin",
        f"/public/..{prefix}/secret.bin", f"/public/%2e%2e{prefix}/secret.bin", f"/public%2F..{prefix}/secret.bin",
        f"{prefix}//secret.bin", f"/{prefix}/secret.bin", f"{prefix}/secret.bin/", f"{prefix}/secret.bin%00",
        f"{prefix}/secret.bin;a=b", f"{prefix}/secret.bin?versionId=null", f"{prefix}/?prefix=secret.bin&list-type=2",
        f"{prefix}\\secret.bin", f"http://elsewhere{prefix}/secret.bin", f"/guard-{name}/secret.bin",
        f"/public/guard-{name}/secret.bin", f"{prefix}/secret.bin?response-content-type=text/plain",
    ]


def conditions(item):
    """Fields that make a real origin answer 200, 206, 304, 412 or 416."""
    return {
        "plain": {}, "range": {"Range": "bytes=0-99"}, "suffix": {"Range": "bytes=-5"},
        "ranges": {"Range": "bytes=0-9,20-29,-7"}, "unsatisfiable": {"Range": "bytes=999999-"},
        "none-match": {"If-None-Match": item.etag}, "none-match-any": {"If-None-Match": "*"},
        "other-tag": {"If-None-Match": '"other"'}, "match": {"If-Match": item.etag},
        "no-match": {"If-Match": '"other"'},
        "since": {"If-Modified-Since": item.last_modified}, "unmodified": {"If-Unmodified-Since": item.last_modified},
        "if-range": {"Range": "bytes=0-9", "If-Range": item.etag},
    }


def assert_nothing_told(answer, item):
    """Neither a byte of the object nor what only its head says."""
    everything = answer.head + b"\r\n\r\n" + answer.body
    assert MARK not in everything and b"private-note" not in everything and b"x-secret" not in everything
    assert item.etag.strip('"').encode() not in everything
    assert answer.get("content-length") != str(len(item.body)) and not answer.has("content-range")
    assert not answer.has("last-modified") and not answer.has("accept-ranges")


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "get"])
def test_every_route_and_method_without_a_right_token(guards, name, method):
    item = guards.objects[name]
    for label, token in bad_tokens().items():
        for target in spellings(name):
            answer = guards.proxy.ask(method, target, bearer(token) | (
                {"Content-Length": "0"} if method not in ("GET", "HEAD") else {}))
            assert_nothing_told(answer, item)
            assert not 200 <= answer.status < 300 or method == "OPTIONS", (label, target, answer)
            assert answer.status < 500, (label, target, answer)
        if method in ("GET", "HEAD"):
            answer = guards.proxy.ask(method, item.target, bearer(token))
            assert answer.status == 401, (label, answer)
            assert answer.get("www-authenticate").startswith("Bearer")


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_and_ranges_are_guarded_alike(guards, name, method):
    """A 304 or a 416 tells of an object too; without a right the answer is the same for each."""
    item = guards.objects[name]
    for label, fields in conditions(item).items():
        for token, status in ((None, 401), (bad_tokens()["other-key"], 401), (mint(SECRET, **REFUSED), 403)):
            answer = guards.proxy.ask(method, item.target, fields | bearer(token))
            assert answer.status == status, (label, answer)
            assert_nothing_told(answer, item)
            missing = guards.proxy.ask(method, item.target + ".missing", fields | bearer(token))
            assert missing.status == status, (label, missing)


@pytest.mark.parametrize("name", GUARDED)
def test_the_right_token_gets_what_the_origin_says(guards, name):
    item, right = guards.objects[name], bearer(mint(SECRET, **RIGHT))

    def get(method="GET", **fields):
        return guards.proxy.ask(method, item.target, right | {k.replace("_", "-"): v for k, v in fields.items()})

    answer = get()
    assert (answer.status, answer.body, answer.get("etag")) == (200, item.body, item.etag)
    head = get("HEAD")
    assert (head.status, head.get("content-length"), head.get("etag")) == (200, str(len(item.body)), item.etag)
    assert (get(Range="bytes=3-9").status, get(Range="bytes=3-9").body) == (206, item.body[3:10])
    assert get(Range="bytes=0-9,20-29").status in (200, 206)
    assert (get(If_None_Match=item.etag).status, get("HEAD", If_None_Match=item.etag).status) == (304, 304)
    assert get(Range="bytes=999999-").status == 416
    assert get(If_Match='"other"').status == 412


@pytest.mark.parametrize("name", GUARDED)
def test_a_right_token_opens_for_its_own_request_only(guards, name):
    """Neither for the next one on the connection, nor for those that are pipelined, nor for others elsewhere."""
    item, right = guards.objects[name], bearer(mint(SECRET, **RIGHT))
    refused = bearer(mint(SECRET, **REFUSED))
    with Connection(guards.port) as connection:
        for fields, status in ((right, 200), ({}, 401), (refused, 403), (right, 200), (bearer("garbage"), 401)):
            answer = connection.request("GET", item.target, fields)
            assert answer.status == status
            if status != 200:
                assert_nothing_told(answer, item)
    sequence = ((right, 200), ({}, 401), (right, 200), (refused, 403), ({}, 401))
    with Connection(guards.port) as connection:
        for fields, _ in sequence:
            connection.send_request("GET", item.target, fields)
        answers = [connection.receive() for _ in sequence]
    assert [answer.status for answer in answers] == [status for _, status in sequence]
    for answer in answers:
        if answer.status != 200:
            assert_nothing_told(answer, item)


@pytest.mark.parametrize("name", GUARDED)
def test_a_token_in_another_place_is_none(guards, name):
    """Only the bearer field is a source here; what looks like a token elsewhere opens nothing."""
    item, token = guards.objects[name], mint(SECRET, **RIGHT)
    for target, fields in (
            (f"{item.target}?token={token}", {}), (f"{item.target}?access_token={token}", {}),
            (item.target, {"X-Auth-Token": token}), (item.target, {"Cookie": f"token={token}"}),
            (item.target, {"Authorization": token}), (item.target, {"Authorization": f"Basic {token}"}),
            (item.target, {"Authorization": f"Bearer{token}"}),
            (item.target, {"Proxy-Authorization": f"Bearer {token}"}),
            (item.target, {"X-Original-URL": "/public/secret.bin"}), (item.target, {"X-Rewrite-URL": "/public/x"}),
            (item.target, {"X-HTTP-Method-Override": "OPTIONS"}), (item.target, {"X-Forwarded-Prefix": "/public"})):
        answer = guards.proxy.ask("GET", target, fields)
        assert answer.status == 401, (target[:60], fields, answer)
        assert_nothing_told(answer, item)


def test_two_authorization_fields_are_refused_or_wrong(guards):
    """Of two tokens none may be picked in the reader's favour."""
    item = guards.objects["token"]
    right, other = mint(SECRET, **RIGHT), bad_tokens()["other-key"]
    for first, second in ((right, other), (other, right)):
        with Connection(guards.port) as connection:
            connection.send(f"GET {item.target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {first}\r\n"
                            f"Authorization: Bearer {second}\r\n\r\n".encode())
            answer = connection.receive()
        assert answer.status in (400, 401), answer
        assert_nothing_told(answer, item)


def test_the_public_bucket_needs_no_token_and_minds_none(guards):
    item = guards.objects["public"]
    before = guards.proxy.metric("auth_bypassed_total")
    for token in bad_tokens().values():
        assert guards.proxy.ask("GET", item.target, bearer(token)).body == item.body
    assert guards.proxy.metric("auth_bypassed_total") == before + len(bad_tokens())


def test_a_preflight_needs_no_token_and_tells_nothing(guards):
    for name in GUARDED:
        item = guards.objects[name]
        answer = guards.proxy.ask("OPTIONS", item.target, {
            "Origin": "https://x.example", "Access-Control-Request-Method": "GET"})
        assert answer.status < 300, answer
        assert_nothing_told(answer, item)


def test_own_endpoints_need_no_token(guards):
    for path in ("/health", "/ready", "/metrics"):
        assert ask(guards.port, "GET", path).status == 200


@pytest.mark.parametrize("auth", [
    {"provider": "opa"}, {"provider": "openfga"}, {"provider": "unknown"},
    {"provider": "opa", "opa": {"url": "", "policy_path": "guard"}},
    {"provider": "openfga", "openfga": {"endpoint": "http://127.0.0.1:1"}},
    {"provider": "opa", "opa": {"url": "http://127.0.0.1:1", "policy_path": "x", "fail_mode": "ajar"}}])
def test_a_half_configured_guard_does_not_start(auth, tmp_path):
    """A missing or misspelt section must not leave a bucket open."""
    config = configuration([bucket("b", None, auth=auth, access_key="AKID", secret_key=EVIDENCE.new_secret("s3"))],
                           free_port(), jwt={"enabled": True, "algorithm": "HS256", "secret": SECRET})
    with pytest.raises(AssertionError, match=r"exit=[12]\n"):
        Proxy(tmp_path, config, config["server"]["port"])
    Proxy.running.pop().discard()


def test_a_guard_without_any_key_does_not_start(tmp_path):
    config = configuration([bucket("b", None, auth={"provider": "jwt"}, access_key="AKID",
                                   secret_key=EVIDENCE.new_secret("s3"))], free_port())
    with pytest.raises(AssertionError, match=r"exit=[12]\n"):
        Proxy(tmp_path, config, config["server"]["port"])
    Proxy.running.pop().discard()
