"""HTTP-7, HTTP-8, LIM-1: who the client is, and whose word is taken for it."""

import pytest

from harness.guards import access_line, is_object
from harness.proxy import bucket
from harness.wire import Connection

TRUSTED, UNTRUSTED = "127.0.0.9", "127.0.0.2"
STRANGER_ID = "11111111-2222-4333-8444-555555555555"
TOLD = "203.0.113.7"


@pytest.fixture(scope="module")
def proxy(start_module_proxy, private_origin):
    return start_module_proxy(
        [bucket("objects", private_origin),
         bucket("blocked", private_origin) | {"ip_filter": {"blocklist": [UNTRUSTED]}},
         bucket("allowed", private_origin) | {"ip_filter": {"allowlist": [TOLD]}}],
        server={"trusted_proxies": [TRUSTED, "10.0.0.0/8", "2001:db8:1::/48"]})


def ask(proxy, source, fields=(), target="/objects/key"):
    """`fields` are pairs, so that a name may stand twice."""
    with Connection(proxy.port, source=source) as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        connection.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode("latin-1"))
        return connection.receive()


def client_of(proxy, source, fields):
    answer = ask(proxy, source, fields)
    assert is_object(answer), (fields, answer)
    return access_line(proxy, answer)["client_ip"]


SPOOFS = [
    [("X-Forwarded-For", TOLD)], [("X-Forwarded-For", f"{TOLD}, 10.1.1.1")], [("X-Forwarded-For", TRUSTED)],
    [("X-Forwarded-For", TOLD)] * 2, [("Forwarded", f"for={TOLD}")], [("Forwarded", 'for="[2001:db8::7]:1"')],
    [("X-Real-IP", TOLD)], [("True-Client-IP", TOLD)], [("CF-Connecting-IP", TOLD)], [("X-Client-IP", TOLD)],
    [("x-forwarded-for", TOLD), ("forwarded", f"for={TOLD};proto=https"), ("Via", "1.1 10.0.0.1")],
]


@pytest.mark.parametrize("fields", SPOOFS, ids=range(len(SPOOFS)))
def test_what_anybody_says_changes_nothing(proxy, fields):
    assert client_of(proxy, UNTRUSTED, fields) == UNTRUSTED
    assert ask(proxy, UNTRUSTED, fields, "/blocked/key").status == 403
    assert ask(proxy, UNTRUSTED, fields, "/allowed/key").status == 403
    assert is_object(ask(proxy, "127.0.0.3", fields, "/blocked/key"))


def test_without_trusted_proxies_nobody_is_believed(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin)])
    for fields in SPOOFS:
        answer = ask(proxy, "127.0.0.1", fields + [("X-Request-ID", STRANGER_ID)])
        assert answer.get("x-request-id") != STRANGER_ID
        assert access_line(proxy, answer)["client_ip"] == "127.0.0.1"


@pytest.mark.parametrize("fields, client", [
    ([], TRUSTED),
    ([("X-Forwarded-For", TOLD)], TOLD),
    ([("x-FORWARDED-for", f"  {TOLD} ")], TOLD),
    ([("X-Forwarded-For", f"6.6.6.6, {TOLD}")], TOLD),
    ([("X-Forwarded-For", f"6.6.6.6,{TOLD},10.1.1.1,10.2.2.2")], TOLD),
    ([("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", TOLD), ("X-Forwarded-For", "10.1.1.1")], TOLD),
    ([("X-Forwarded-For", f"{TOLD}:4711")], TOLD),
    ([("X-Forwarded-For", "[2001:db8::7]:4711")], "2001:db8::7"),
    ([("X-Forwarded-For", "2001:DB8:0:0::7")], "2001:db8::7"),
    ([("X-Forwarded-For", f"{TOLD}, 2001:db8:1::5")], TOLD),
    ([("X-Forwarded-For", "::ffff:203.0.113.7")], TOLD),
    ([("X-Forwarded-For", "10.3.3.3, 10.1.1.1")], "10.3.3.3"),
    ([("Forwarded", f"for={TOLD}")], TOLD),
    ([("Forwarded", f"For={TOLD};proto=https;by=10.1.1.1;host=x")], TOLD),
    ([("Forwarded", f"for=6.6.6.6, for={TOLD};proto=http , for=10.1.1.1")], TOLD),
    ([("Forwarded", f'for="{TOLD}:4711"')], TOLD),
    ([("Forwarded", 'for="[2001:db8::7]:4711"')], "2001:db8::7"),
    ([("Forwarded", 'for="[2001:db8::7]"')], "2001:db8::7"),
    ([("Forwarded", f'host="a,for=6.6.6.6";for={TOLD}')], TOLD),
    ([("Forwarded", "for=6.6.6.6"), ("Forwarded", f"for={TOLD}")], TOLD),
])
def test_the_chain_of_trusted_hops(proxy, fields, client):
    """RFC 7239 and custom: from the right, the first hop that is not trusted is the client."""
    assert client_of(proxy, TRUSTED, fields) == client


@pytest.mark.parametrize("fields", [
    [("X-Forwarded-For", "garbage")], [("X-Forwarded-For", "")], [("X-Forwarded-For", ",,,")],
    [("X-Forwarded-For", f"{TOLD}, garbage")], [("X-Forwarded-For", "999.1.1.1")], [("X-Forwarded-For", "unknown")],
    [("X-Forwarded-For", "203.0.113.7.8")], [("X-Forwarded-For", "0xcb007107")], [("X-Forwarded-For", "a" * 10_000)],
    [("X-Forwarded-For", "203.0.113.7 6.6.6.6")], [("X-Forwarded-For", "\xff\xfe")], [("X-Forwarded-For", "[::1")],
    [("X-Forwarded-For", "127.1")], [("X-Forwarded-For", "<script>")], [("Forwarded", "for=_hidden")],
    [("Forwarded", "for=unknown")], [("Forwarded", "")], [("Forwarded", "for")], [("Forwarded", 'for="')],
    [("Forwarded", f"by={TOLD}")], [("Forwarded", f"for={TOLD}, for=_hidden")], [("Forwarded", "for=;;;,,,")],
    [("Forwarded", f'for="{TOLD}')], [("Forwarded", f"xfor={TOLD}")],
])
def test_what_is_no_address_is_nobody(proxy, fields):
    """Then the last hop that is known is the client, and what stands left of it is not believed."""
    assert client_of(proxy, TRUSTED, fields) == TRUSTED


def test_garbage_behind_a_trusted_hop(proxy):
    """What a trusted hop did not understand is not jumped over."""
    for field in (f"{TOLD}, garbage, 10.1.1.1", f"{TOLD}, , 10.1.1.1", f"{TOLD}, unknown, 10.1.1.1"):
        assert client_of(proxy, TRUSTED, [("X-Forwarded-For", field)]) in ("10.1.1.1", TRUSTED)


def test_long_chains_are_bounded_work(proxy):
    chain = ", ".join(["10.1.1.1"] * 4000)
    assert client_of(proxy, TRUSTED, [("X-Forwarded-For", f"{TOLD}, {chain}")]) in (TOLD, "10.1.1.1", TRUSTED)


def test_request_ids(proxy):
    """HTTP-7: an incoming one is taken over from trusted hops only, and only when it is a UUID."""
    answer = ask(proxy, TRUSTED, [("X-Request-ID", STRANGER_ID)])
    assert answer.get("x-request-id") == STRANGER_ID
    assert access_line(proxy, answer)["request_id"] == STRANGER_ID
    assert ask(proxy, UNTRUSTED, [("X-Request-ID", STRANGER_ID)]).get("x-request-id") != STRANGER_ID
    for odd in ("", "x", STRANGER_ID + "0", STRANGER_ID[:-1], '"' + STRANGER_ID[1:], STRANGER_ID + "," + STRANGER_ID,
                "<script>", "1" * 9000, "{" + STRANGER_ID + "}", STRANGER_ID.replace("-", "_"), "\xff" * 36):
        given = ask(proxy, TRUSTED, [("X-Request-ID", odd)]).get("x-request-id")
        assert len(given) == 36 and given != odd and given.count("-") == 4
    given = ask(proxy, TRUSTED, [("X-Request-ID", STRANGER_ID), ("X-Request-ID", STRANGER_ID[::-1])])
    assert len(given.get("x-request-id")) == 36


def test_the_origin_is_told_nothing_of_it(proxy, private_origin):
    del private_origin.requests[:]
    for source in (TRUSTED, UNTRUSTED):
        ask(proxy, source, [("X-Forwarded-For", TOLD), ("Forwarded", f"for={TOLD}"), ("X-Request-ID", STRANGER_ID)])
    for head in private_origin.requests:
        assert TOLD.encode() not in head.data and b"forwarded" not in head.data.lower()


def test_limits_count_whom_trusted_hops_name(start_proxy, private_origin):
    """LIM-1: nobody gets a second allowance by inventing addresses, nobody behind a trusted hop shares one."""
    proxy = start_proxy([bucket("objects", private_origin)], server={
        "trusted_proxies": [TRUSTED],
        "rate_limit": {"enabled": True, "per_ip": {"requests_per_second": 1, "burst": 3}}})
    for source, told, least, most in [
            (UNTRUSTED, "203.0.113.%d", 3, 4), (TRUSTED, "203.0.113.%d", 20, 20), (TRUSTED,
                "6.6.6.%d, 198.51.100.1", 3, 4),
            (TRUSTED, "2001:db8:7:7::%d", 3, 4), (TRUSTED, "2001:db8:8:%d::1", 20, 20)]:
        served = 0
        for number in range(20):
            answer = ask(proxy, source, [("X-Forwarded-For", told % (number + 1))])
            assert answer.status in (200, 429)
            served += answer.status == 200
        assert least <= served <= most, (source, told, served)
