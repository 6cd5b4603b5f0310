"""LIM-1, LIM-3: how many requests a second the world, an address, a user or a bucket may make."""

import time

import pytest

from harness.guards import access_line, guarded, is_object, sample
from harness.mint import bearer, by_joserfc, claims
from harness.proxy import bucket
from harness.wire import Connection

SLOW = {"requests_per_second": 1, "burst": 5}
FREE = {"requests_per_second": 100_000}


def assert_limited(answer):
    assert answer.status == 429, answer
    assert answer.json()["code"] == "RATE_LIMITED" and int(answer.get("retry-after")) >= 1
    assert answer.get("connection", "") != "close"


def volley(connection, count, target="/objects/key", fields=()):
    """Many requests at once on one connection; how many were served. Each other one must be a 429."""
    served = 0
    for _ in range(count):
        answer = connection.request("GET", target, fields)
        if answer.status == 200:
            served += 1
        else:
            assert_limited(answer)
    return served


def assert_own_paths_answer(proxy):
    """LIM-3: while a limit is exhausted, whoever watches the proxy still sees it."""
    for _ in range(10):
        assert proxy.get("/health").status == 200
        assert proxy.get("/metrics").status == 200
        assert proxy.get("/ready").status in (200, 503)


def limits(**sections):
    return {"rate_limit": {"enabled": True} | sections}


def test_the_global_limit(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin), bucket("others", private_origin)],
                        server=limits(**{"global": SLOW}))
    asked = len(private_origin.requests)
    with Connection(proxy.port) as one, Connection(proxy.port, source="127.0.0.2") as two:
        assert 5 <= volley(one, 20) <= 6
        assert volley(two, 10) <= 1
        assert volley(two, 10, "/others/key") <= 1
        head = one.request("HEAD", "/objects/key")
        assert head.status == 429 and int(head.get("retry-after")) == 1
    assert len(private_origin.requests) - asked <= 8, "what is refused never reaches the origin"
    assert_own_paths_answer(proxy)
    time.sleep(1.1)
    refused = [answer for answer in (proxy.get("/objects/key") for _ in range(4)) if not is_object(answer)]
    assert 2 <= len(refused) <= 3
    line = access_line(proxy, refused[0])
    assert line["status"] == 429 and line["client_ip"] == "127.0.0.1"
    assert sample(proxy, 'yatagarasu_rate_limited_requests_total{limit="global"}') >= 30
    assert sample(proxy, 'yatagarasu_rate_limited_requests_total{limit="ip"}') == 0


def test_the_rate_itself(start_proxy, private_origin):
    """Over two seconds what passes is the burst and the rate, whoever hammers."""
    proxy = start_proxy([bucket("objects", private_origin)], server=limits(
        **{"global": {"requests_per_second": 100, "burst": 20}}))
    served, started = 0, time.monotonic()
    with Connection(proxy.port) as connection:
        while time.monotonic() - started < 2:
            served += volley(connection, 1)
    expected = 20 + 100 * (time.monotonic() - started)
    assert expected - 8 <= served <= expected + 2


def test_the_limit_of_an_address(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin)], server=limits(per_ip=SLOW, **{"global": FREE}))
    with Connection(proxy.port) as one, Connection(proxy.port) as again, \
            Connection(proxy.port, source="127.0.0.2") as two:
        assert 5 <= volley(one, 20) <= 6
        assert volley(again, 10) <= 1, "another connection is the same address"
        assert 5 <= volley(two, 20) <= 6, "another address has its own"
    assert_own_paths_answer(proxy)
    assert sample(proxy, 'yatagarasu_rate_limited_requests_total{limit="ip"}') >= 30


def test_more_addresses_than_are_kept(start_proxy, private_origin):
    """The table is bounded; addresses beyond it are served, and the process keeps its size."""
    proxy = start_proxy([bucket("objects", private_origin)], server=limits(per_ip=SLOW | {"max_clients": 1000}) | {
        "trusted_proxies": ["127.0.0.1"]})
    memory = proxy.memory()
    with Connection(proxy.port) as connection:
        for number in range(3000):
            told = {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250}"}
            assert is_object(connection.request("GET", "/objects/key", told)), told
        assert 5 <= volley(connection, 20, fields={"X-Forwarded-For": "198.18.99.1"}) <= 6
    assert proxy.memory() < memory + 10


def test_the_limit_of_a_user(start_proxy, private_origin, keyring):
    proxy = start_proxy(
        [guarded("objects", private_origin), bucket("public", private_origin)], server=limits(per_user=SLOW),
        jwt={"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings())
    one, again, two = (bearer(by_joserfc(keyring["HS256"], claims(sub=sub, jti=jti))) for sub, jti in (
        ("alice", "1"), ("alice", "2"), ("bob", "3")))
    with Connection(proxy.port) as connection:
        assert 5 <= volley(connection, 20, fields=one) <= 6
        assert volley(connection, 10, fields=again) <= 1, "another token is the same user"
        assert 5 <= volley(connection, 20, fields=two) <= 6
        for _ in range(10):
            assert connection.request("GET", "/objects/key").status == 401, "nobody is no user"
            assert is_object(connection.request("GET", "/public/key"))
        assert volley(connection, 3, fields=one) <= 1
        answer = connection.request("GET", "/objects/key", one)
    assert_own_paths_answer(proxy)
    line = access_line(proxy, answer)
    assert line["status"] == 429 and line["user"] == "alice"
    assert sample(proxy, 'yatagarasu_rate_limited_requests_total{limit="user"}') >= 30


def test_a_forged_token_takes_nothing_from_its_user(start_proxy, private_origin, keyring):
    proxy = start_proxy([guarded("objects", private_origin)], server=limits(per_user=SLOW), jwt={
        "enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings())
    forged = bearer(by_joserfc(keyring.stranger("HS256"), claims(sub="alice")))
    with Connection(proxy.port) as connection:
        for _ in range(20):
            assert connection.request("GET", "/objects/key", forged).status == 401
        assert volley(connection, 5, fields=bearer(by_joserfc(keyring["HS256"], claims(sub="alice")))) == 5


def test_the_limit_of_a_bucket(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin, rate_limit=SLOW), bucket("others", private_origin)])
    with Connection(proxy.port) as connection:
        assert 5 <= volley(connection, 20) <= 6
        assert volley(connection, 20, "/others/key") == 20
    assert_own_paths_answer(proxy)
    assert sample(proxy, 'rate_limit_exceeded_total{bucket="objects"}') >= 14
    assert sample(proxy, 'rate_limit_exceeded_total{bucket="others"}') == 0
    assert sample(proxy, 'yatagarasu_rate_limited_requests_total{limit="bucket"}') >= 14


def test_all_limits_exhausted_at_once(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin, rate_limit={"requests_per_second": 1, "burst": 1})],
                        server=limits(per_ip={"requests_per_second": 1, "burst": 2},
                                      **{"global": {"requests_per_second": 1, "burst": 3}}))
    with Connection(proxy.port) as connection:
        assert volley(connection, 30) <= 2
    assert_own_paths_answer(proxy)


def test_limits_that_are_off(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin)], server={"rate_limit": {
        "enabled": False, "global": {"requests_per_second": 1, "burst": 1}}})
    with Connection(proxy.port) as connection:
        assert volley(connection, 50) == 50


def test_without_a_burst_it_is_the_rate(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin)], server=limits(**{"global": {"requests_per_second": 7}}))
    with Connection(proxy.port) as connection:
        assert 7 <= volley(connection, 30) <= 10


def test_the_wait_that_is_told_is_enough(start_proxy, private_origin):
    slow = {"requests_per_second": 1, "burst": 1}
    proxy = start_proxy([bucket("objects", private_origin)], server=limits(per_ip=slow))
    assert is_object(proxy.get("/objects/key"))
    answer = proxy.get("/objects/key")
    assert_limited(answer)
    assert int(answer.get("retry-after")) == 1
    time.sleep(1.05)
    assert is_object(proxy.get("/objects/key"))


@pytest.mark.parametrize("section", [
    {"enabled": True, "global": {"requests_per_second": 0}}, {"enabled": True, "per_ip": {"burst": 5}},
    {"enabled": True, "per_user": {"requests_per_second": -1}}, {"enabled": True, "globe": {"requests_per_second": 1}},
    {"enabled": True, "per_ip": {"requests_per_second": 1, "burst": 0}},
    {"enabled": True, "per_ip": {"requests_per_second": 1, "max_clients": 0}},
])
def test_limits_that_cannot_be_meant(run, private_origin, section):
    code, output = run({"server": {"port": 0, "rate_limit": section}, "buckets": [bucket("objects", private_origin)]})
    assert code == 1 and "config.yaml:" in output, output
