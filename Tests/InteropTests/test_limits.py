"""HTTP-6, LIM-3: sizes, numbers and times that a client may not exceed, and the endpoints that pass them all."""

import time

from harness.ports import wait_until
from harness.proxy import bucket
from harness.slow_readers import SlowReaders
from harness.wire import Connection, exchange, timed

LIMITS = {"max_body_size": 1000, "max_header_size": 4096, "max_uri_length": 512}


def test_sizes(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)], server={"security_limits": LIMITS})
    assert proxy.get("/objects/" + "u" * 480).status == 404
    long = proxy.get("/objects/" + "u" * 600)
    assert (long.status, long.json()["code"]) == (414, "URI_TOO_LONG")
    assert proxy.get("/objects/alphabet", x_fill="h" * 3500).status == 200
    headers = proxy.get("/objects/alphabet", x_fill="h" * 5000)
    assert (headers.status, headers.json()["code"]) == (431, "HEADERS_TOO_LARGE")
    many = proxy.ask("GET", "/objects/alphabet", {f"X-{i}": "y" for i in range(1000)})
    assert many.status == 431
    assert proxy.ask("GET", "/objects/alphabet", {"Content-Length": 1000}, b"b" * 1000).status == 200
    body = exchange(proxy.port, b"GET /objects/alphabet HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
    assert (body.status, body.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    chunk = b"1f4\r\n" + b"c" * 500 + b"\r\n"
    head = b"GET /objects/alphabet HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = exchange(proxy.port, head + 4 * chunk)
    assert chunked is None or chunked.status == 413, chunked
    assert proxy.metric("security_uri_too_long_total") == 1
    assert proxy.metric("security_headers_too_large_total") == 2
    assert proxy.metric("security_payload_too_large_total") >= 1


def test_the_default_sizes(proxy, alphabet):
    assert proxy.get("/objects/alphabet", x_fill="h" * 60_000).status == 200
    assert proxy.get("/objects/alphabet", x_fill="h" * 70_000).status == 431
    assert proxy.get("/objects/" + "u" * 9000).status == 414


def test_a_slow_head_is_given_up(start_proxy, origin):
    proxy = start_proxy([bucket("objects", origin)], server={"header_timeout": 1})
    with Connection(proxy.port) as connection:
        start = time.monotonic()
        connection.send(b"GET /objects/alphabet HTTP/1.1\r\nHost: x\r\n")
        try:
            while time.monotonic() - start < 6:
                connection.send(b"X: y\r\n")
                time.sleep(0.2)
        except OSError:
            pass
        seconds = time.monotonic() - start
        assert 0.8 < seconds < 3, f"given up after {seconds:.1f} s"


def test_a_head_that_stops_is_answered_408(start_proxy, origin):
    proxy = start_proxy([bucket("objects", origin)], server={"header_timeout": 1})
    answer, seconds = timed(lambda: exchange(proxy.port, b"GET /objects/alphabet HTTP/1.1\r\nHos"))
    assert answer is None or answer.status == 408
    assert 0.8 < seconds < 3


def test_a_connection_that_says_nothing_is_closed(start_proxy, origin):
    proxy = start_proxy([bucket("objects", origin)], server={"header_timeout": 1, "idle_timeout": 1})
    with Connection(proxy.port) as connection:
        assert connection.is_closed_within(4) or connection.receive().status == 408


def test_an_idle_connection_is_closed(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)], server={"idle_timeout": 1})
    with Connection(proxy.port) as connection:
        assert connection.request("GET", "/objects/alphabet").status == 200
        time.sleep(0.5)
        assert connection.request("GET", "/objects/alphabet").status == 200
        assert connection.is_closed_within(4)


def test_a_request_has_its_time(start_proxy, scripted):
    server = scripted(lambda head: [30])
    proxy = start_proxy([bucket("odd", server)], server={"request_timeout": 1})
    answer, seconds = timed(lambda: proxy.get("/odd/key"))
    assert answer.status == 504, answer
    assert 0.8 < seconds < 3


def test_connections_are_limited(start_proxy, origin):
    proxy = start_proxy([bucket("objects", origin)], server={"max_connections": 20})
    held = [Connection(proxy.port, timeout=5) for _ in range(18)]
    for connection in held:
        assert connection.request("GET", "/health").status == 200
    beyond = [Connection(proxy.port, timeout=5) for _ in range(20)]
    answers = [connection.request("GET", "/objects/missing") for connection in beyond]
    refused = [answer for answer in answers if answer.status == 503]
    assert len(refused) >= 18
    assert all(answer.get("retry-after") == "5" and answer.get("connection") == "close" for answer in refused)
    for target in ("/health", "/ready", "/metrics"):
        with Connection(proxy.port, timeout=5) as connection:
            assert connection.request("GET", target).status in (200, 503), "the proxy's own paths pass every limit"
    for connection in held + beyond:
        connection.close()
    wait_until(lambda: is_served_now(proxy), 5, "room again")


def is_served_now(proxy):
    try:
        return proxy.get("/health").status == 200
    except OSError:
        return False


def test_concurrent_requests_are_limited_with_their_transfer(start_proxy, origin, large):
    proxy = start_proxy([bucket("objects", origin)], server={"max_concurrent_requests": 3})
    readers = SlowReaders(proxy.port, "/objects/large", count=3, seconds=30, size=len(large))
    readers.wait_until_under_way()
    with Connection(proxy.port) as connection:
        answer = connection.request("GET", "/objects/missing")
        assert answer.status == 503, answer
        assert answer.get("retry-after") == "5"
        assert answer.json()["code"] == "OVERLOADED"
        for target in ("/health", "/ready", "/metrics"):
            assert connection.request("GET", target).status == 200
    assert proxy.metric("concurrency_limit_rejections_total") == 1
    readers.hurry()
    assert {result[0] for result in readers.results()} == {200}
    wait_until(lambda: proxy.get("/objects/missing").status == 404, 2, "room again")
