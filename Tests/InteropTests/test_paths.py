"""RTE-2, HTTP-6: no spelling of a path leaves its prefix; an illegal one is 400, a merely odd one is served."""

import pytest

from harness.wire import exchange

TRAVERSALS = [
    "/objects/../two/x", "/objects/a/../../x", "/objects/..", "/objects/./x", "/objects/a/.", "/../etc/passwd",
    "/objects/%2e%2e/x", "/objects/%2E%2E/x", "/objects/.%2e/x", "/objects/%2e./x", "/objects/%2e/x",
    "/objects/..%2fx", "/objects/..%2Fx", "/objects/a%2f..%2f..%2fx", "/objects%2f..%2fx", "/objects/%2e%2e%2fx",
    "/objects/..%5cx", "/objects/a%5C..%5Cx", "/objects/a\\..\\b", "/objects/%2e%2e%5cx", "/objects/.%5cx",
    "/objects/a/%2e%2e", "/%2e%2e/objects/x", "/objects/..;/x/../y",
]
ILLEGAL = [
    "/objects/a%00b", "/objects/%00", "/objects/%zz", "/objects/%", "/objects/a%2", "/objects/%g0", "/objects/a#b",
    "/objects/#",
]


@pytest.mark.parametrize("target", TRAVERSALS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_traversal_is_400(proxy, method, target):
    answer = proxy.ask(method, target)
    assert answer.status == 400, answer
    if method == "GET":
        assert answer.json()["code"] == "BAD_PATH"


@pytest.mark.parametrize("target", ILLEGAL)
def test_an_illegal_path_is_400(proxy, target):
    assert proxy.get(target).status == 400


@pytest.mark.parametrize("data", [
    b"/objects/a b", b"/objects/a\x00b", b"/objects/a\x01b", b"/objects/a\x7fb", b"/objects/a\tb", b"objects/x",
])
def test_bytes_that_no_target_may_hold(proxy, data):
    answer = exchange(proxy.port, b"GET " + data + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer is None or answer.status == 400, answer


def test_nothing_above_ever_reached_the_origin(proxy, relay, alphabet):
    relay.forget()
    for target in TRAVERSALS + ILLEGAL:
        proxy.get(target.replace("/objects", "/relayed"))
    assert relay.requests() == []


def test_a_double_encoded_traversal_is_a_literal_name(proxy, hostile_keys):
    assert proxy.get("/objects/%252e%252e/nothing").status == 404
    assert proxy.get("/objects/%252e%252e/x").status == 200
