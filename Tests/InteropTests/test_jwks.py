"""JWT-6: keys from a real issuer process that rotates, fails, lies and goes away."""

import concurrent.futures
import json
import secrets
import threading
import time
import urllib.parse

import httpx
import joserfc.jwk
import joserfc.jwt
import pytest

from harness.guards import access_line, assert_refused, guarded, is_object, read, sample
from harness.issuer import Issuer
from harness.mint import AnySecret, bearer, by_hand, by_joserfc, by_pyjwt, claims
from harness.ports import free_port, is_listening, wait_until
from harness.program import Program, tool
from harness.wire import Connection

THREADS = 8


@pytest.fixture
def issuer(tmp_path):
    server = Issuer(tmp_path / "issuer")
    server.folder.mkdir()
    server.start()
    yield server
    server.stop()


def section(issuer, **jwt):
    return {"enabled": True, "algorithm": "RS256", "jwks_url": issuer.url, "jwks_min_interval_secs": 1,
            "token_sources": [{"type": "bearer"}]} | jwt


@pytest.fixture
def start(start_proxy, private_origin):
    """Starts a proxy with one bucket behind the issuer's keys."""
    return lambda issuer, **jwt: start_proxy([guarded("private", private_origin, jwt=section(issuer, **jwt))])


def passes(proxy, token):
    return is_object(read(proxy, "private", token))


def wait_until_passes(proxy, token, seconds=8):
    wait_until(lambda: passes(proxy, token), seconds, "the key is there")


def assert_invalid(proxy, token):
    assert_refused(read(proxy, "private", token), 401, "INVALID_TOKEN")


def test_by_kid_and_without(issuer, start):
    for kid in ("a", "b"):
        issuer.make(kid)
    issuer.make("ec", "ES256")
    proxy = start(issuer)
    for kid in ("a", "b"):
        wait_until_passes(proxy, issuer.token(kid))
        assert passes(proxy, issuer.token(kid, {"kid": None})), "without `kid`, the keys of the algorithm are tried"
    assert_invalid(proxy, issuer.token("a", {"kid": "b"}))
    assert_invalid(proxy, issuer.token("ec"))
    assert_refused(read(proxy, "private"), 401, "MISSING_TOKEN")
    assert sample(proxy, 'yatagarasu_jwks_fetches_total{result="success"}') >= 1


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "ES256", "ES384", "EdDSA"])
def test_other_algorithms(issuer, start, algorithm):
    issuer.make("first", algorithm)
    proxy = start(issuer, algorithm=algorithm)
    wait_until_passes(proxy, issuer.token("first"))
    assert passes(proxy, issuer.token("first", {"kid": None}))


def test_keys_that_must_not_be_used(issuer, start, keyring):
    """RFC 7517 4.2 to 4.4, RFC 8725 3.1: what a key is for binds; a shared secret in a key set is none."""
    issuer.make("good")
    issuer.make("other-algorithm", "RS512")
    issuer.make("for-encryption", extra={"use": "enc"})
    issuer.make("to-sign-only", extra={"use": None, "key_ops": ["encrypt"]})
    issuer.make("claims-to-be-es", extra={"alg": "ES256"})
    issuer.make("symmetric", "HS256")
    issuer.make("symmetric-that-lies", "HS256", extra={"alg": "RS256"})
    issuer.make("unnamed", extra={"alg": None, "use": None})
    proxy = start(issuer)
    wait_until_passes(proxy, issuer.token("good"))
    assert passes(proxy, issuer.token("unnamed"))
    for kid in ("other-algorithm", "for-encryption", "to-sign-only", "claims-to-be-es", "symmetric",
                "symmetric-that-lies"):
        for header in ({}, {"kid": None}):
            assert_invalid(proxy, issuer.token(kid, header))
    for header in ({"alg": "RS256"}, {"alg": "RS256", "kid": None}):
        assert_invalid(proxy, issuer.token("other-algorithm", header))
    published = {key["kid"]: key for key in issuer.ask("GET", "/keys.json")["keys"]}
    modulus = joserfc.jwk.RSAKey.import_key(published["good"]).as_pem(private=False)
    for secret in (b"", modulus, published["good"]["n"], published["symmetric"]["k"]):
        for kid in ("good", "symmetric", "symmetric-that-lies"):
            for algorithm in ("HS256", "RS256"):
                assert_invalid(proxy, by_hand(AnySecret(secret), {"alg": algorithm, "kid": kid}, claims(), "HS256"))
    wrong = joserfc.jwk.RSAKey.generate_key(2048)
    assert_invalid(proxy, joserfc.jwt.encode({"alg": "RS256", "kid": "good"}, claims(), wrong))
    assert passes(proxy, issuer.token("good"))


def test_shared_secrets_of_a_key_set_are_never_used(issuer, run, start_proxy, private_origin):
    """With an HMAC algorithm configured, start-up refuses the key set or nobody gets in."""
    issuer.make("symmetric", "HS256")
    config = {"server": {"address": "127.0.0.1", "port": free_port()},
              "buckets": [guarded("private", private_origin, jwt=section(issuer, algorithm="HS256"))]}
    code, output = run(config, "--test")
    if code == 0:
        proxy = start_proxy(config["buckets"])
        for token in issuer.tokens("symmetric", 5):
            time.sleep(0.3)
            assert read(proxy, "private", token).status in (401, 503)
    else:
        assert code == 1 and ("config.yaml:" in output or "private" in output), output


def hammer(proxy, choose, stop, answers):
    """One client on one kept connection: a token of its choice each time; keeps every answer that is no object."""
    with Connection(proxy.port) as connection:
        while not stop.is_set():
            token, answer = choose(), None
            answer = connection.request("GET", "/private/key", bearer(token))
            answers.append(answer if not is_object(answer) else None)


def test_rotation_under_load(issuer, start):
    """New tokens pass from the first on, though nobody told the proxy; old ones as long as their key is published."""
    issuer.make("old")
    proxy = start(issuer, jwks_refresh_interval_secs=3600)
    old = issuer.tokens("old", 300)
    wait_until_passes(proxy, old[0])
    current, stop, answers = [old], threading.Event(), []

    def choose():
        return secrets.choice(secrets.choice(current))

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        clients = [pool.submit(hammer, proxy, choose, stop, answers) for _ in range(THREADS)]
        try:
            time.sleep(1.2)    # longer than the least time between fetches
            for kid in ("new", "newer"):
                issuer.make(kid)
                current.append(issuer.tokens(kid, 300))
                time.sleep(1.3)
            assert issuer.fetches <= 6
        finally:
            stop.set()
        for client in clients:
            client.result()
    wrong = [answer for answer in answers if answer is not None]
    assert wrong == [], (len(wrong), wrong[:3])
    assert len(answers) > 500
    assert passes(proxy, current[0][0]) and passes(proxy, current[2][0])


def test_a_withdrawn_key_ends_with_the_refresh(issuer, start):
    """Tokens of it that were verified before are forgotten with it."""
    issuer.make("stays")
    issuer.make("goes")
    proxy = start(issuer, jwks_refresh_interval_secs=1)
    stays, goes = issuer.token("stays"), issuer.token("goes")
    wait_until_passes(proxy, goes)
    before = issuer.fetches
    issuer.withdraw("goes")
    wait_until(lambda: read(proxy, "private", goes).status == 401, 6, "the key is forgotten")
    assert_invalid(proxy, goes)
    assert passes(proxy, stays)
    assert 1 <= issuer.fetches - before <= 8


@pytest.mark.parametrize("fault", ["down", "error", "garbage", "huge", "slow", "redirect", "empty"])
def test_the_last_good_keys_go_on(issuer, start, fault):
    """Whatever the issuer says but a good key set; memory does not grow with what it sends."""
    issuer.make("good")
    proxy = start(issuer, jwks_refresh_interval_secs=1, jwks_timeout_ms=500)
    tokens = issuer.tokens("good", 50)
    wait_until_passes(proxy, tokens[0])
    memory = proxy.memory()
    if fault == "down":
        issuer.stop()
    else:
        issuer.mode(fault)
    failures = 'yatagarasu_jwks_fetches_total{result="failure"}'
    if fault == "empty":
        time.sleep(1.2)
    else:
        wait_until(lambda: passes(proxy, secrets.choice(tokens)) and sample(proxy, failures), 6, "a fetch that failed")
        for token in tokens:
            assert passes(proxy, token)
    assert proxy.memory() < memory + 40
    if fault == "down":
        issuer.start()
    issuer.mode("good")
    wait_until_passes(proxy, tokens[1])


@pytest.mark.parametrize("fault", ["down", "error", "garbage", "slow"])
def test_an_issuer_that_is_not_there_at_start(issuer, start, fault):
    issuer.make("good")
    token = issuer.token("good")
    if fault == "down":
        issuer.stop()
    else:
        issuer.mode(fault)
    proxy = start(issuer, jwks_timeout_ms=300)
    for _ in range(3):
        answer = read(proxy, "private", token)
        assert_refused(answer, 503, "AUTHORIZATION_UNAVAILABLE")
        assert answer.get("retry-after") == "5"
        line = access_line(proxy, answer)
        assert line["error_detail"] and "user" not in line
    assert_refused(read(proxy, "private"), 401, "MISSING_TOKEN")
    assert proxy.get("/health").status == 200
    assert sample(proxy, 'yatagarasu_auth_outcomes_total{outcome="unavailable"}') >= 3
    if fault == "down":
        issuer.start()
    else:
        issuer.mode("good")
    wait_until_passes(proxy, token)


def test_a_storm_of_unknown_kids(issuer, start, keyring):
    """2,000 tokens that each name another key; good ones pass meanwhile, and the issuer hardly notices."""
    issuer.make("good")
    proxy = start(issuer, jwks_min_interval_secs=2)
    good = issuer.token("good")
    wait_until_passes(proxy, good)
    storm = [by_pyjwt(keyring["RS256"], kid=f"unknown-{number}") for number in range(200)]
    storm += [by_hand(AnySecret(b"x"), {"alg": "RS256", "kid": f"more-{number}"}, claims(), "HS256")
              for number in range(1800)]
    before, started = issuer.fetches, time.monotonic()

    def client(part):
        with Connection(proxy.port) as connection:
            for token in storm[part::THREADS]:
                answer = connection.request("GET", "/private/key", bearer(token))
                assert answer.status == 401, answer
                if token is storm[part]:
                    assert is_object(connection.request("GET", "/private/key", bearer(good)))

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(client, range(THREADS)))
    seconds = time.monotonic() - started
    assert issuer.fetches - before <= 1 + seconds / 2, (issuer.fetches - before, seconds)
    assert passes(proxy, good)


def test_a_slow_issuer_holds_up_only_who_needs_it(issuer, start, keyring):
    """Known keys go on while an unknown one is looked for."""
    issuer.make("good")
    proxy = start(issuer, jwks_timeout_ms=3000)
    good = issuer.token("good")
    wait_until_passes(proxy, good)
    time.sleep(1.1)
    issuer.mode("slow", seconds=2)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, proxy, "private", by_joserfc(keyring["RS256"], kid="unknown"))
        time.sleep(0.2)
        started = time.monotonic()
        for _ in range(20):
            assert passes(proxy, good)
        assert time.monotonic() - started < 1
        assert waiting.result().status == 401


def test_an_openid_provider(start_proxy, private_origin, tmp_path):
    """A provider that others wrote: the code flow's id_token, its own `iss`, `aud` and keys."""
    port = free_port()
    provider = Program("oidc", [
        tool("oidc-provider-mock"), "--port", str(port), "--user-claims",
        json.dumps({"sub": "alice", "role": "reader"})], tmp_path)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: is_listening(port), 20, "the provider listens")
        told = httpx.get(f"{url}/.well-known/openid-configuration").json()
        proxy = start_proxy([guarded("private", private_origin)], jwt={
            "enabled": True, "algorithm": "RS256", "jwks_url": told["jwks_uri"], "issuer": told["issuer"],
            "audience": ["interop"], "token_sources": [{"type": "bearer"}]})
        token = id_token(told, "interop")
        wait_until_passes(proxy, token)
        answer = read(proxy, "private", token)
        assert access_line(proxy, answer)["user"] == "alice"
        assert_invalid(proxy, id_token(told, "somebody-else"))
        assert_invalid(proxy, token[:-8] + "AAAAAAAA")
    finally:
        provider.stop(1)


def id_token(told, client):
    """What a browser and an application get for alice by the code flow (OpenID Connect Core 3.1)."""
    back = "http://127.0.0.1:1/back"
    query = {"client_id": client, "redirect_uri": back, "response_type": "code", "scope": "openid profile"}
    answer = httpx.post(told["authorization_endpoint"], params=query, data={"sub": "alice"})
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["location"]).query)["code"][0]
    answer = httpx.post(told["token_endpoint"], auth=(client, "any"), data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": back})
    return answer.json()["id_token"]
