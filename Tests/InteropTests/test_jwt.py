"""JWT-2, JWT-3, JWT-5, JWT-7: whose tokens are believed, where they are looked for, and what becomes of them."""

import json
import time
import urllib.parse

import joserfc.jwt
import jwt as pyjwt
import pytest

from harness.evidence import EVIDENCE
from harness.guards import access_line, assert_answered, assert_refused, guarded, is_object, read, sample
from harness.mint import ALGORITHMS, LIBRARIES, bearer, by_hand, by_joserfc, by_pyjwt, claims
from harness.proxy import bucket
from harness.wire import Connection, exchange

SOURCES = [{"type": "bearer"}, {"type": "header", "name": "X-Auth-Token", "prefix": "Token "},
           {"type": "query", "name": "token"}]
ISSUER, AUDIENCE = "https://issuer.example", ["api", "files"]


def rule(claim, operator, value=None):
    return {"claim": claim, "operator": operator} | ({} if value is None else {"value": value})


# Rules, claims that meet them, claims that do not.
RULES = {
    "equals-text": ([rule("role", "equals", "admin")], [{"role": "admin"}],
                    [{}, {"role": "Admin"}, {"role": "admin "}, {"role": "admi"}, {"role": ["admin"]}, {"role": True},
                     {"role": {"admin": 1}}, {"Role": "admin"}, {"role": ""}]),
    "equals-number": ([rule("level", "equals", 1)], [{"level": 1}, {"level": 1.0}],
                      [{}, {"level": "1"}, {"level": True}, {"level": 2}, {"level": [1]}]),
    "equals-boolean": ([rule("staff", "equals", True)], [{"staff": True}],
                       [{}, {"staff": False}, {"staff": 1}, {"staff": "true"}]),
    "equals-false": ([rule("locked", "equals", False)], [{"locked": False}], [{}, {"locked": 0}, {"locked": ""}]),
    "equals-beyond-ascii": ([rule("team", "equals", "日本🦅")], [{"team": "日本🦅"}], [{"team": "日本"}]),
    "not-equals": ([rule("role", "not_equals", "guest")], [{"role": "admin"}, {"role": 7}], [{"role": "guest"}]),
    "in": ([rule("role", "in", ["admin", "editor"])], [{"role": "admin"}, {"role": "editor"}],
           [{}, {"role": "viewer"}, {"role": "admin,editor"}, {"role": ""}]),
    "in-numbers": ([rule("level", "in", [1, 2])], [{"level": 2}], [{"level": "2"}, {"level": 3}, {"level": True}]),
    "contains": ([rule("roles", "contains", "reader")], [{"roles": ["x", "reader"]}, {"roles": ["reader"]}],
                 [{}, {"roles": []}, {"roles": ["readers"]}, {"roles": [["reader"]]}, {"roles": {"reader": True}}]),
    "contains-number": ([rule("levels", "contains", 3)], [{"levels": [1, 3]}], [{"levels": ["3"]}, {"levels": 3}]),
    "gt": ([rule("age", "gt", 18)], [{"age": 19}, {"age": 18.5}, {"age": 1e300}],
           [{}, {"age": 18}, {"age": -19}, {"age": "19"}, {"age": [19]}, {"age": True}]),
    "gte": ([rule("age", "gte", 18)], [{"age": 18}, {"age": 18.0}], [{"age": 17.999}, {"age": "18"}]),
    "lt": ([rule("age", "lt", 18)], [{"age": 17}, {"age": -1e300}], [{}, {"age": 18}, {"age": "17"}]),
    "lte": ([rule("age", "lte", 18.5)], [{"age": 18.5}, {"age": 0}], [{"age": 18.51}, {"age": False}]),
    "exists": ([rule("badge", "exists")], [{"badge": ""}, {"badge": False}, {"badge": 0}, {"badge": []}], [{}]),
    "not-exists": ([rule("banned", "not_exists")], [{}, {"Banned": True}], [{"banned": True}, {"banned": False}]),
    "nested": ([rule("realm.roles", "contains", "reader")], [{"realm": {"roles": ["reader"], "x": {}}}],
               [{}, {"realm": "reader"}, {"realm": ["reader"]}, {"roles": ["reader"]}, {"realm": {"Roles": ["reader"]}},
                {"realm": {"roles": {"roles": ["reader"]}}}, {"realm": {"realm": {"roles": ["reader"]}}}]),
    "deep": ([rule("a.b.c.d", "equals", 4)], [{"a": {"b": {"c": {"d": 4}, "d": 5}}}], [{"a": {"b": {"d": 4}}}]),
    "and": ([rule("role", "equals", "admin"), rule("level", "gte", 2), rule("banned", "not_exists")],
            [{"role": "admin", "level": 2}],
            [{}, {"role": "admin"}, {"level": 2}, {"role": "admin", "level": 2, "banned": 1}]),
}


@pytest.fixture(scope="module")
def door(start_module_proxy, private_origin, keyring):
    """One proxy with a bucket for each way to guard it."""
    def entry(name, **jwt):
        return guarded(name, private_origin, **({"jwt": jwt} if jwt else {}))

    keys = [keyring["RS256"].entry("k1"), keyring["HS256"].entry("k2"), keyring["ES384"].entry("k4"),
            {"id": "k3", "algorithm": "EdDSA", "env": "INTEROP_PUBLIC_KEY"}]
    buckets = [entry(name.lower(), **keyring[name].settings()) for name in ALGORITHMS]
    buckets += [
        entry("plain"),
        entry("sources", token_sources=SOURCES),
        entry("query-first", token_sources=SOURCES[::-1]),
        entry("bare-header", token_sources=[{"type": "header", "name": "x-api-key"}]),
        entry("named", issuer=ISSUER, audience=AUDIENCE),
        entry("strict", leeway_seconds=0),
        entry("ring", keys=keys),
        entry("own", **keyring.stranger("HS256").settings()),
        guarded("overrides", private_origin, s3={"allow_response_overrides": True}, jwt={"token_sources": SOURCES}),
        bucket("public", private_origin),
    ]
    buckets += [entry(name, claims=rules) for name, (rules, _, _) in RULES.items()]
    return start_module_proxy(
        buckets, env={"INTEROP_PUBLIC_KEY": keyring["EdDSA"].public_pem},
        jwt={"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_libraries_agree(keyring, algorithm):
    """What the suite makes is sound: each library verifies the other's tokens and those made by hand."""
    key = keyring[algorithm]
    public = key.text if algorithm.startswith("HS") else key.public_pem
    for token in (by_joserfc(key), by_pyjwt(key), by_hand(key, {"alg": algorithm}, claims())):
        assert pyjwt.decode(token, public, [algorithm])["sub"] == "reader"
        assert joserfc.jwt.decode(token, key.joserfc, [algorithm]).claims["sub"] == "reader"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm(door, keyring, algorithm, library):
    name = algorithm.lower()
    assert is_object(read(door, name, library(keyring[algorithm])))
    hint = "only" if algorithm == "EdDSA" else "a-hint-that-nobody-needs"
    assert is_object(read(door, name, library(keyring[algorithm], kid=hint)))
    assert_refused(read(door, name, library(keyring.stranger(algorithm))), 401, "INVALID_TOKEN")
    assert_refused(read(door, name), 401, "MISSING_TOKEN")


def test_harmless_oddities_are_accepted(door, keyring):
    """RFC 7515, 7519 and 9110 allow these, so issuers and clients may do them."""
    key, now = keyring["HS256"], int(time.time())
    header = {"alg": "HS256"}
    for token in (
        by_hand(key, header, claims(exp=now + 60.5)), by_hand(key, header, claims(exp=99999999999)),
        by_hand(key, header, '{"sub":"reader","exp":2.5e9}'), by_hand(key, header, claims(exp=None)),
        by_hand(key, header, claims(iat=now + 30)), by_hand(key, header, ' {\n"sub" :\t"reader" } \r\n'),
        by_hand(key, {"typ": "at+jwt", "alg": "HS256", "x": [{"y": [1, None, True]}]}, claims()),
        by_hand(key, {"alg": "HS256", "jku": "http://127.0.0.1:1/", "kid": "x" * 500}, claims()),
        by_hand(key, '{"\\u0061lg":"\\u0048S256"}', claims()), by_hand(key, header, claims(x=[[[[{"y": 1e300}]]]])),
        by_hand(key, header, claims(text='"\\/\b\f\n\r\t\u0000é🦅' * 50)), by_hand(key, header, {}),
    ):
        answer = read(door, "plain", token)
        assert is_object(answer), (token, answer)
    for scheme in (b"bearer ", b"BEARER ", b"bEaReR ", b"Bearer  ", b"Bearer       "):
        line = b"authorization: " + scheme + by_joserfc(key).encode()
        assert is_object(exchange(door.port, b"GET /plain/key HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n")), scheme


def test_the_sources_in_their_order(door, keyring):
    good, bad = by_pyjwt(keyring["HS256"]), by_pyjwt(keyring.stranger("HS256"))
    for fields, target, expected in [
        (bearer(good), "/sources/key", 200),
        ({"X-Auth-Token": f"Token {good}"}, "/sources/key", 200),
        ({"x-aUTH-tOKEN": f"Token {good}"}, "/sources/key", 200),
        ({}, f"/sources/key?token={good}", 200),
        ({}, f"/sources/key?x=1&token={good}&y=2", 200),
        ({}, "/sources/key?token=" + "".join(f"%{byte:02x}" for byte in good.encode()), 200),
        ({}, f"/sources/key?token={urllib.parse.quote(good).replace('.', '%2E')}", 200),
        (bearer(good) | {"X-Auth-Token": f"Token {bad}"}, "/sources/key", 200),
        (bearer(bad) | {"X-Auth-Token": f"Token {good}"}, "/sources/key", 401),
        ({"X-Auth-Token": f"Token {good}"}, f"/sources/key?token={bad}", 200),
        ({"X-Auth-Token": f"Token {bad}"}, f"/sources/key?token={good}", 401),
        ({"Authorization": "Basic cmVhZGVyOng="}, f"/sources/key?token={good}", 200),
        (bearer(bad), f"/query-first/key?token={good}", 200),
        (bearer(good), f"/query-first/key?token={bad}", 401),
        (bearer(good), "/query-first/key", 200),
        ({"X-Api-Key": good}, "/bare-header/key", 200),
        (bearer(good), "/bare-header/key", 401),
        ({}, f"/bare-header/key?token={good}", 401),
        ({}, f"/plain/key?token={good}", 401),
        ({"X-Auth-Token": f"Token {good}"}, "/plain/key", 401),
        ({"X-Auth-Token": good}, "/sources/key", 401),
        ({}, f"/sources/key?Token={good}", 401),
        ({}, f"/sources/key?xtoken={good}", 401),
        ({}, f"/sources/key?x=token={good}", 401),
        ({}, "/sources/key?token=", 401),
        ({}, "/sources/key?token", 401),
        ({"Cookie": f"token={good}"}, "/sources/key", 401),
    ]:
        answer = door.ask("GET", target, fields)
        assert answer.status == expected, (fields, target, answer)
        assert_answered(answer, expected)


def test_the_origin_never_sees_a_token(door, keyring, private_origin):
    token = by_joserfc(keyring["HS256"])
    del private_origin.requests[:]
    for number, (fields, query) in enumerate([
            (bearer(token), ""), ({"X-Auth-Token": f"Token {token}"}, ""), ({}, f"?token={token}"),
            ({}, f"?response-content-type=text/x-odd&token={token}&versionId=7"),
            (bearer(token) | {"X-Auth-Token": f"Token {token}"}, f"?token={token}")]):
        for name in ("sources", "overrides"):
            for method in ("GET", "HEAD"):
                assert door.ask(method, f"/{name}/key{number}{query}", fields).status == 200
    door.ask("GET", f"/public/key5?token={token}", bearer(token) | {"X-Auth-Token": f"Token {token}"})
    assert len(private_origin.requests) == 21
    for head in private_origin.requests:
        assert token.encode() not in head.data and b"token" not in head.data.lower(), head.data
        assert head.data.lower().count(b"\r\nauthorization: ") == 1
        assert head.fields["authorization"].startswith("AWS4-HMAC-SHA256 ")


def test_a_refused_request_never_reaches_the_origin(door, keyring, private_origin):
    del private_origin.requests[:]
    for fields in ({}, bearer(by_joserfc(keyring.stranger("HS256")))):
        for extra in ({}, {"Range": "bytes=0-3"}, {"If-None-Match": '"private-etag"'},
                      {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}, {"If-Match": '"other"'}):
            assert_refused(door.ask("GET", "/plain/key", fields | extra), 401)
        head = door.ask("HEAD", "/plain/key", fields)
        assert head.status == 401 and head.has("www-authenticate") and b"private" not in head.head
    assert private_origin.requests == []


def test_a_refusal_keeps_the_connection(door, keyring):
    good = bearer(by_joserfc(keyring["HS256"]))
    with Connection(door.port) as connection:
        for _ in range(5):
            assert_refused(connection.request("GET", "/plain/key"), 401, "MISSING_TOKEN")
            assert is_object(connection.request("GET", "/plain/key", good))
            assert_refused(connection.request("GET", "/own/key", good), 401, "INVALID_TOKEN")


def test_a_preflight_needs_no_token(door):
    assert door.ask("OPTIONS", "/plain/key").status in (200, 204)


def test_times(door, keyring):
    now = int(time.time())
    for name, said, code in [
        ("plain", {"exp": now - 30}, None), ("plain", {"exp": now - 90}, "TOKEN_EXPIRED"),
        ("plain", {"exp": 1}, "TOKEN_EXPIRED"), ("plain", {"nbf": now + 30}, None),
        ("plain", {"nbf": now + 90}, "INVALID_TOKEN"), ("plain", {"nbf": now - 1e6}, None),
        ("strict", {"exp": now - 5}, "TOKEN_EXPIRED"), ("strict", {"nbf": now + 30}, "INVALID_TOKEN"),
        ("strict", {"exp": now + 30, "nbf": now - 1}, None), ("plain", {"exp": now - 30.5}, None),
    ]:
        answer = read(door, name, by_hand(keyring["HS256"], {"alg": "HS256"}, claims(**said)))
        assert answer.status == (401 if code else 200), (name, said, answer)
        assert_answered(answer, answer.status, code)
    forged = by_pyjwt(keyring.stranger("HS256"), claims(exp=now - 900))
    assert_refused(read(door, "plain", forged), 401, "INVALID_TOKEN")


def test_a_token_that_was_good_expires(door, keyring):
    """A verified token may be remembered, but never past its time."""
    token = by_joserfc(keyring["HS256"], claims(exp=int(time.time()) + 2))
    assert is_object(read(door, "strict", token)) and is_object(read(door, "strict", token))
    time.sleep(2.1)
    assert_refused(read(door, "strict", token), 401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("said, accepted", [
    ({"iss": ISSUER, "aud": "api"}, True), ({"iss": ISSUER, "aud": ["x", "files"]}, True),
    ({"iss": ISSUER}, False), ({"aud": "api"}, False),
    ({"iss": ISSUER + "/", "aud": "api"}, False), ({"iss": ISSUER.upper(), "aud": "api"}, False),
    ({"iss": "https://issuer.exampl", "aud": "api"}, False), ({"iss": [ISSUER], "aud": "api"}, False),
    ({"iss": 7, "aud": "api"}, False), ({"iss": ISSUER, "aud": ["x"]}, False), ({"iss": ISSUER, "aud": []}, False),
    ({"iss": ISSUER, "aud": "ap"}, False), ({"iss": ISSUER, "aud": "api files"}, False),
    ({"iss": ISSUER, "aud": [["api"]]}, False), ({"iss": ISSUER, "aud": {"api": 1}}, False),
    ({"iss": ISSUER, "aud": ""}, False), ({"iss": "", "aud": "api"}, False), ({"iss": ISSUER, "aud": "API"}, False),
])
def test_issuer_and_audience(door, keyring, said, accepted):
    answer = read(door, "named", by_hand(keyring["HS256"], {"alg": "HS256"}, claims(**said)))
    assert_answered(answer, 200 if accepted else 401, None if accepted else "INVALID_TOKEN")


@pytest.mark.parametrize("name", RULES)
def test_claim_rules(door, keyring, name):
    _, accepted, refused = RULES[name]
    for said in accepted:
        for token in (by_joserfc(keyring["HS256"], claims(**said)), by_hand(
                keyring["HS256"], {"alg": "HS256"}, json.dumps(claims(**said), ensure_ascii=False, indent=1))):
            answer = read(door, name, token)
            assert is_object(answer), (said, answer, door.log_of(answer.get("x-request-id")))
    for said in refused:
        answer = read(door, name, by_pyjwt(keyring["HS256"], claims(**said)))
        assert answer.status == 403, (said, answer)
        assert_refused(answer, 403, "CLAIM_MISMATCH")


def test_every_failed_rule_is_logged_and_none_is_told(door, keyring):
    value = EVIDENCE.new_secret("refused-claim")
    answer = read(door, "and", by_joserfc(keyring["HS256"], claims(role=value, level=7, banned=value)))
    assert_refused(answer, 403, "CLAIM_MISMATCH")
    for word in (b"role", b"banned", b"level", b"admin"):
        assert word not in answer.body
    line = access_line(door, answer)
    assert "role" in line["error_detail"] and "banned" in line["error_detail"] and "level" not in line["error_detail"]
    assert line["auth"] == "jwt"


def test_a_bucket_of_its_own_key(door, keyring):
    """The bucket's key replaces the one above; nobody else's opens it, and it opens nobody else's."""
    above, own = by_joserfc(keyring["HS256"]), by_joserfc(keyring.stranger("HS256"))
    assert is_object(read(door, "own", own)) and is_object(read(door, "plain", above))
    assert_refused(read(door, "own", above), 401, "INVALID_TOKEN")
    assert_refused(read(door, "plain", own), 401, "INVALID_TOKEN")
    assert_refused(read(door, "rs256", above), 401, "INVALID_TOKEN")
    assert is_object(read(door, "own", own)) and is_object(read(door, "plain", above))
    assert is_object(read(door, "public")), "a bucket without a guard stays open"
    assert is_object(read(door, "public", own))


def test_several_keys(door, keyring):
    names = {"k1": "RS256", "k2": "HS256", "k3": "EdDSA", "k4": "ES384"}
    for library in LIBRARIES:
        for name, algorithm in names.items():
            assert is_object(read(door, "ring", library(keyring[algorithm]))), "without `kid`, by algorithm"
            assert is_object(read(door, "ring", library(keyring[algorithm], kid=name))), name
            for other in names.keys() - {name} | {"k5", "", "K1"}:
                assert_refused(read(door, "ring", library(keyring[algorithm], kid=other)), 401, "INVALID_TOKEN")
            assert_refused(read(door, "ring", library(keyring.stranger(algorithm), kid=name)), 401, "INVALID_TOKEN")


def test_what_is_logged_and_counted(door, keyring):
    outcomes = 'yatagarasu_auth_outcomes_total{outcome="%s"}'
    names = ["auth_success_total", "auth_failure_total", "auth_bypassed_total"]
    names += [outcomes % each for each in (
        "success", "missing_token", "invalid_token", "token_expired", "claim_mismatch")]
    before = [sample(door, name) for name in names]
    said = claims(sub="zoë \"the\" reader\n", role="admin", level=2)
    passed = read(door, "and", by_joserfc(keyring["HS256"], said))
    missing = read(door, "plain")
    invalid = read(door, "plain", by_pyjwt(keyring.stranger("HS256"), claims(sub=EVIDENCE.new_secret("subject"))))
    expired = read(door, "plain", by_pyjwt(keyring["HS256"], claims(exp=5)))
    mismatch = read(door, "and", by_pyjwt(keyring["HS256"]))
    bypassed = read(door, "public")
    lines = [access_line(door, each) for each in (passed, missing, invalid, expired, mismatch, bypassed)]
    assert [line["status"] for line in lines] == [200, 401, 401, 401, 403, 200]
    assert (lines[0]["user"], lines[0]["auth"]) == (said["sub"], "jwt")
    assert "error_detail" not in lines[0] and lines[2]["error_detail"] and lines[4]["error_detail"]
    assert [line.get("error_code") for line in lines[1:5]] == [
        "MISSING_TOKEN", "INVALID_TOKEN", "TOKEN_EXPIRED", "CLAIM_MISMATCH"]
    assert [line.get("auth") for line in lines[1:5]] == ["jwt"] * 4
    assert all("user" not in line for line in (*lines[1:4], lines[5])) and "auth" not in lines[5]
    moved = [sample(door, name) - old for name, old in zip(names, before)]
    assert moved == [1, 4, 1, 1, 1, 1, 1, 1]


def test_a_subject_that_is_no_text_is_nobody(door, keyring):
    """RFC 7519 4.1.2 wants text; 7.2 does not have the token refused for it."""
    for sub in (7, None, True, ["reader"], {"sub": "reader"}):
        answer = read(door, "plain", by_hand(keyring["HS256"], {"alg": "HS256"}, claims() | {"sub": sub}))
        assert is_object(answer), (sub, answer)
        assert "user" not in access_line(door, answer)


def test_no_token_is_written_down(door, keyring):
    """JWT-2: nor in a path that is logged, nor in what a refusal says."""
    said = claims(sub="scribe")
    good, bad = by_joserfc(keyring["HS256"], said), by_joserfc(keyring.stranger("HS256"), said)
    answers = []
    for token in (good, bad, good[:-3], good + "x", f"x.{good}"):
        for target, fields in [
                ("/sources/key", bearer(token)), (f"/sources/key?token={token}", {}), (f"/plain/key?token={token}", {}),
                (f"/public/key?token={token}", bearer(token)), (f"/nowhere?token={token}", {}),
                ("/sources/key?token=" + "".join(f"%{byte:02X}" for byte in token.encode()), {}),
                ("/sources/key", {"X-Auth-Token": f"Token {token}"})]:
            answers.append(door.ask("GET", target, fields))
    for answer in answers:
        access_line(door, answer)
    texts = [door.program.stdout_path.read_text(), door.program.stderr_path.read_text(),
             door.get("/metrics").body.decode()] + [(answer.head + answer.body).decode() for answer in answers]
    encoded = "".join(f"%{byte:02X}" for byte in good.encode())
    for part in (*good.split("."), bad.split(".")[2], encoded[:90]):
        assert all(part.lower() not in text.lower() for text in texts), part
