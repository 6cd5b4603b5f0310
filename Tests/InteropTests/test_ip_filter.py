"""HTTP-6, HTTP-8: which addresses a bucket answers at all."""

import pytest

from harness.guards import access_line, assert_refused, guarded, is_object, sample
from harness.mint import bearer, by_joserfc
from harness.ports import free_port
from harness.proxy import bucket
from harness.wire import Connection

TRUSTED = ["127.0.0.9", "10.0.0.0/8", "::1"]

# Lists, addresses that they let pass, addresses that they do not.
LISTS = {
    "block-one": ([], ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"], ["127.0.0.2"]),
    "block-network": ([], ["127.0.1.0/24"], ["127.0.0.255", "127.0.2.0"], ["127.0.1.0", "127.0.1.7", "127.0.1.255"]),
    "allow-one": (["127.0.0.2"], [], ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"]),
    "allow-network": (["127.0.1.64/26"], [], ["127.0.1.64", "127.0.1.127"], ["127.0.1.63", "127.0.1.128"]),
    "allow-wins": (["127.0.1.7"], ["127.0.1.0/24"], ["127.0.1.7"], ["127.0.1.8"]),
    "allow-wins-over-the-same": (["127.0.0.2"], ["127.0.0.2"], ["127.0.0.2"], []),
    "block-all": ([], ["0.0.0.0/0"], [], ["127.0.0.1", "127.0.0.2"]),
    "allow-several": (["192.0.2.1", "127.0.0.4/31"], [], ["127.0.0.4", "127.0.0.5"], ["127.0.0.6", "127.0.0.3"]),
    "sixes": (["2001:db8::/32", "::1"], [], [], ["127.0.0.1"]),
    "none": ([], [], ["127.0.0.1", "127.0.0.2"], []),
}


@pytest.fixture(scope="module")
def proxy(start_module_proxy, private_origin, keyring):
    buckets = [bucket(name, private_origin) | {"ip_filter": {"allowlist": allow, "blocklist": block}}
               for name, (allow, block, _, _) in LISTS.items()]
    buckets.append(guarded("guarded", private_origin) | {"ip_filter": {"blocklist": ["127.0.0.2"]}})
    return start_module_proxy(buckets, server={"trusted_proxies": TRUSTED}, jwt={
        "enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings())


def ask(proxy, source, target, fields=(), method="GET"):
    with Connection(proxy.port, source=source) as connection:
        return connection.request(method, target, fields)


@pytest.mark.parametrize("name", LISTS)
def test_lists(proxy, private_origin, name):
    _, _, allowed, denied = LISTS[name]
    for address in allowed:
        assert is_object(ask(proxy, address, f"/{name}/key")), address
    asked = len(private_origin.requests)
    for address in denied:
        answer = ask(proxy, address, f"/{name}/key")
        assert_refused(answer, 403, "ADDRESS_DENIED")
        assert address not in answer.body.decode()
        assert access_line(proxy, answer)["client_ip"] == address
        assert ask(proxy, address, f"/{name}/key", method="HEAD").status == 403
        assert ask(proxy, address, "/health").status == 200
    assert len(private_origin.requests) == asked
    assert sample(proxy, f'yatagarasu_address_denied_total{{bucket="{name}"}}') == 2 * len(denied)


@pytest.mark.parametrize("name", LISTS)
def test_an_address_that_is_told_by_anybody_counts_for_nothing(proxy, name):
    _, _, allowed, denied = LISTS[name]
    for address in denied:
        for told in allowed or ["127.0.0.77"]:
            for fields in ({"X-Forwarded-For": told}, {"Forwarded": f"for={told}"}, {"X-Real-IP": told}):
                assert_refused(ask(proxy, address, f"/{name}/key", fields), 403, "ADDRESS_DENIED")


def test_an_address_that_a_trusted_hop_tells_counts(proxy):
    for name, told, status in [
            ("block-one", "127.0.0.2", 403), ("block-one", "127.0.0.3", 200), ("allow-one", "127.0.0.2", 200),
            ("sixes", "2001:db8::7", 200), ("sixes", "2001:db9::7", 403), ("sixes", "2001:0DB8:0::0:7", 200),
            ("block-one", "::ffff:127.0.0.2", 403), ("allow-one", "::ffff:127.0.0.2", 200),
            ("allow-one", "127.0.0.2, 127.0.0.3", 403), ("allow-one", "127.0.0.3, 127.0.0.2", 200),
            ("allow-one", "127.0.0.2, 10.1.2.3", 200), ("allow-one", "garbage, 127.0.0.2", 200)]:
        assert ask(proxy, "127.0.0.9", f"/{name}/key", {"X-Forwarded-For": told}).status == status, (name, told)


def test_a_denied_address_learns_nothing_of_its_token(proxy, keyring):
    """The address is judged before the token."""
    good, bad = by_joserfc(keyring["HS256"]), by_joserfc(keyring.stranger("HS256"))
    for fields in ({}, bearer(good), bearer(bad)):
        assert_refused(ask(proxy, "127.0.0.2", "/guarded/key", fields), 403, "ADDRESS_DENIED")
    assert is_object(ask(proxy, "127.0.0.3", "/guarded/key", bearer(good)))
    assert_refused(ask(proxy, "127.0.0.3", "/guarded/key", bearer(bad)), 401)


@pytest.mark.parametrize("entry", [
    "localhost", "127.0.0", "127.0.0.1/33", "127.0.0.256", "127.0.0.1/", "::/129", "127.0.0.1/-1", "10.0.0.0/8/8", "",
    "127.0.0.1-127.0.0.9", "*", "0x7f.0.0.1", "127.0.0.01", "fe80::1%eth0"])
def test_entries_that_are_no_addresses(run, private_origin, entry):
    """A list that cannot be read must not become one that lets everybody pass."""
    for section in ({"allowlist": [entry]}, {"blocklist": [entry]}):
        code, output = run({"server": {"port": free_port()},
                            "buckets": [bucket("objects", private_origin) | {"ip_filter": section}]})
        assert code == 1 and "config.yaml:" in output, output
    code, output = run({"server": {"port": free_port(), "trusted_proxies": [entry]},
                        "buckets": [bucket("objects", private_origin)]})
    assert code == 1 and "config.yaml:" in output, output
