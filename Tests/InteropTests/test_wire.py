"""HTTP-1, HTTP-6: keep-alive, pipelining, HEAD, and the message shapes that smuggle requests."""

import pytest

from harness.wire import Connection, exchange


def test_keep_alive_over_many_answers(proxy, alphabet):
    with Connection(proxy.port) as connection:
        for _ in range(20):
            assert connection.request("GET", "/objects/alphabet").body == alphabet.body
            assert connection.request("HEAD", "/objects/alphabet").get("content-length") == "1024"
            assert connection.request("HEAD", "/objects/missing").status == 404
            assert connection.request("GET", "/objects/missing").status == 404
            assert connection.request("GET", "/unmapped").status == 404
            assert connection.request("GET", "/objects/%2e%2e/x").status == 400
            assert connection.request("OPTIONS", "/objects/alphabet").status in (200, 204)


def test_connection_close_is_honoured(proxy, alphabet):
    with Connection(proxy.port) as connection:
        answer = connection.request("GET", "/objects/alphabet", {"Connection": "close"})
        assert answer.body == alphabet.body
        assert answer.get("connection").lower() == "close"
        assert connection.is_closed_within(2)


def test_http_1_0(proxy, alphabet):
    answer = exchange(proxy.port, b"GET /objects/alphabet HTTP/1.0\r\nHost: x\r\n\r\n")
    assert answer.body == alphabet.body
    assert not answer.has("transfer-encoding")


def test_pipelined_requests_are_answered_in_order(proxy, alphabet):
    ranges = [(i, i + 9) for i in range(0, 1000, 10)]
    with Connection(proxy.port) as connection:
        connection.send(b"".join(
            f"GET /objects/alphabet HTTP/1.1\r\nHost: x\r\nRange: bytes={a}-{b}\r\n\r\n".encode() for a, b in ranges))
        for a, b in ranges:
            assert connection.receive().body == alphabet.body[a:b + 1]


def test_pipelined_requests_of_many_kinds(proxy, alphabet):
    kinds = [("GET", "/objects/alphabet", 200), ("HEAD", "/objects/alphabet", 200), ("GET", "/objects/missing", 404),
             ("GET", "/health", 200), ("HEAD", "/objects/missing", 404), ("GET", "/unmapped", 404)] * 5
    with Connection(proxy.port) as connection:
        for method, target, _ in kinds:
            connection.send_request(method, target)
        for method, target, status in kinds:
            assert connection.receive(to_head=method == "HEAD").status == status, (method, target)


def test_a_half_closed_client_gets_what_needs_no_origin(proxy):
    for target, status in [("/health", 200), ("/metrics", 200), ("/unmapped", 404), ("/objects/%2e%2e/x", 400)] * 10:
        with Connection(proxy.port) as connection:
            connection.send_request("GET", target)
            connection.shut_sending()
            assert connection.receive().status == status
            assert connection.is_closed_within(2)


def test_a_request_in_single_bytes(proxy, alphabet):
    with Connection(proxy.port) as connection:
        for byte in b"GET /objects/alphabet HTTP/1.1\r\nHost: x\r\nRange: bytes=0-3\r\n\r\n":
            connection.send(bytes([byte]))
        assert connection.receive().body == alphabet.body[:4]


def test_a_get_with_a_body_is_answered_and_the_body_skipped(proxy, alphabet):
    with Connection(proxy.port) as connection:
        body = b"GET /objects/missing HTTP/1.1\r\nHost: x\r\n\r\n"
        assert connection.request("GET", "/objects/alphabet", {"Content-Length": len(body)}, body).body == alphabet.body
        chunked = b"5\r\nhello\r\n0\r\n\r\n"
        answer = connection.request("GET", "/objects/alphabet", {"Transfer-Encoding": "chunked"}, chunked)
        assert answer.body == alphabet.body
        assert connection.request("GET", "/health").json()["status"] == "healthy"


def test_expect_continue(proxy):
    with Connection(proxy.port) as connection:
        answer = connection.request("PUT", "/objects/x", {"Content-Length": 5, "Expect": "100-continue"})
        assert answer.status == 405


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
GET = b"GET /objects/alphabet HTTP/1.1\r\n"
HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
SHAPES = {
    "length-and-chunked": GET + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked-and-length": GET + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two-lengths": GET + HOST + b"Content-Length: 0\r\nContent-Length: 37\r\n\r\n" + SMUGGLED,
    "length-list": GET + HOST + b"Content-Length: 0, 37\r\n\r\n" + SMUGGLED,
    "same-length-list": GET + HOST + b"Content-Length: 5, 5\r\n\r\nhello",
    "signed-length": GET + HOST + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "hex-length": GET + HOST + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "padded-length": GET + HOST + b"Content-Length: 05\r\n\r\nhello",
    "huge-length": GET + HOST + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "negative-length": GET + HOST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "space-before-colon": GET + HOST + b"Content-Length : 37\r\n\r\n" + SMUGGLED,
    "tab-before-colon": GET + HOST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "folded": GET + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked-twice": GET + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two-codings": GET + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + LAST_CHUNK,
    "gzip-coding": GET + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "odd-coding": GET + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "vertical-tab-coding": GET + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked-1.0": b"GET /objects/alphabet HTTP/1.0\r\n" + HOST + CHUNKED + LAST_CHUNK + SMUGGLED,
    "bad-chunk-size": GET + HOST + CHUNKED + b"zz\r\n\r\n" + SMUGGLED,
    "signed-chunk-size": GET + HOST + CHUNKED + b"+0\r\n\r\n" + SMUGGLED,
    "huge-chunk-size": GET + HOST + CHUNKED + b"fffffffffffffffff\r\n" + SMUGGLED,
    "bare-lf-chunk": GET + HOST + CHUNKED + b"5\nhello\r\n0\r\n\r\n" + SMUGGLED,
    "bare-lf": b"GET /objects/alphabet HTTP/1.1\nHost: x\n\n" + SMUGGLED,
    "bare-lf-field": GET + HOST + b"X: y\nContent-Length: 37\r\n\r\n" + SMUGGLED,
    "bare-cr": GET + HOST + b"X: a\rContent-Length: 37\r\n\r\n" + SMUGGLED,
    "nul-in-field": GET + HOST + b"X: a\0b\r\n\r\n" + SMUGGLED,
    "nul-in-name": GET + HOST + b"X\0: a\r\n\r\n" + SMUGGLED,
    "empty-name": GET + HOST + b": a\r\n\r\n" + SMUGGLED,
    "no-colon": GET + HOST + b"Nonsense\r\n\r\n" + SMUGGLED,
    "space-in-name": GET + HOST + b"X Y: a\r\n\r\n" + SMUGGLED,
    "leading-space-field": GET + b" Host: x\r\n\r\n" + SMUGGLED,
    "no-host": GET + b"\r\n" + SMUGGLED,
    "two-hosts": GET + HOST + b"Host: y\r\n\r\n" + SMUGGLED,
    "bad-host": GET + b"Host: x/y\r\n\r\n" + SMUGGLED,
    "absolute-disagrees": b"GET http://y/objects/alphabet HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "two-spaces": b"GET  /objects/alphabet HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "no-version": b"GET /objects/alphabet\r\n" + HOST + b"\r\n" + SMUGGLED,
    "odd-version": b"GET /objects/alphabet HTTP/1.10\r\n" + HOST + b"\r\n" + SMUGGLED,
    "lower-version": b"GET /objects/alphabet http/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "version-2": b"GET /objects/alphabet HTTP/2.0\r\n" + HOST + b"\r\n" + SMUGGLED,
    "bad-method": b"G@T /objects/alphabet HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n",
    "proxy-line": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + GET + HOST + b"\r\n",
    "connect": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n" + SMUGGLED,
}
STATUSES = {"version-2": (505, 400), "odd-version": (505, 400), "connect": (405, 400), "gzip-coding": (400, 501),
            "odd-coding": (400, 501), "huge-length": (400, 413)}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_smuggling_shape_is_refused(proxy, alphabet, shape):
    """A refusal ends the connection: nothing behind it may be taken for a second request."""
    with Connection(proxy.port, timeout=10) as connection:
        connection.send(SHAPES[shape])
        try:
            answer = connection.receive()
        except ConnectionError:
            answer = None
        if answer is not None:
            assert answer.status in STATUSES.get(shape, (400,)), answer
            assert connection.is_closed_within(2), "the refused connection must end"
    assert proxy.get("/objects/alphabet").body == alphabet.body


def test_absolute_form_that_agrees_with_host(proxy, alphabet):
    data = b"GET http://x/objects/alphabet HTTP/1.1\r\nHost: x\r\n\r\n"
    assert exchange(proxy.port, data).body == alphabet.body


def test_harmless_oddities_are_served(proxy, alphabet):
    for data in (b"\r\n" + GET + HOST + b"\r\n", GET + b"hOsT:x\r\n\r\n", GET + b"Host:  x \t\r\n\r\n",
                 GET + HOST + b"X: \xe9\xff\r\n\r\n", GET + HOST + b"Empty:\r\n\r\n"):
        answer = exchange(proxy.port, data)
        assert answer is not None and answer.body == alphabet.body, data
