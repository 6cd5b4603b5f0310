"""S3-5, S3-6, HTTP-3, OBS-3: an origin that stops, stalls, breaks or cannot be found, and a client that leaves."""

import time

from harness.ports import free_port, wait_until
from harness.proxy import bucket
from harness.relay import Relay, http
from harness.wire import Connection, timed


def readiness(proxy):
    return proxy.get("/ready").status


def test_a_stopped_origin_and_its_return(fresh_origin, start_proxy):
    proxy = start_proxy([bucket("objects", fresh_origin, connect_timeout=2)])
    assert proxy.get("/objects/small").body == b"small"
    assert readiness(proxy) == 200
    fresh_origin.stop()
    answer, seconds = timed(lambda: proxy.get("/objects/small"))
    assert answer.status == 502 and answer.json()["code"] == "ORIGIN_UNREACHABLE", answer
    assert seconds < 2.5
    wait_until(lambda: readiness(proxy) == 503, 20, "/ready notices the stopped origin")
    body = proxy.get("/ready").json()
    assert body["status"] == "unavailable"
    assert body["backends"]["objects"]["status"] == "unavailable"
    assert proxy.get("/health").status == 200
    fresh_origin.start()
    wait_until(lambda: readiness(proxy) == 200, 20, "/ready notices the origin's return")
    wait_until(lambda: proxy.get("/objects/small").body == b"small", 20, "the object is served again")


def test_a_stalled_origin(fresh_origin, start_proxy):
    proxy = start_proxy([bucket("objects", fresh_origin, timeout=2, connect_timeout=1)])
    assert proxy.get("/objects/small").body == b"small"
    fresh_origin.pause()
    try:
        answer, seconds = timed(lambda: proxy.get("/objects/small"))
        assert answer.status == 504 and answer.json()["code"] == "TIMEOUT", answer
        assert 1.5 < seconds < 3.5
        health, seconds = timed(lambda: proxy.get("/health"))
        assert health.status == 200 and seconds < 0.5
        assert timed(lambda: proxy.get("/ready"))[1] < 0.5
    finally:
        fresh_origin.resume()
    wait_until(lambda: proxy.get("/objects/small").status == 200, 10, "the proxy recovers")


def test_a_killed_client_ends_the_origin_transfer(start_proxy, origin, large):
    relay = Relay(origin.port)
    try:
        proxy = start_proxy([bucket("objects", origin, endpoint=f"http://127.0.0.1:{relay.port}")])
        for leave in (Connection.kill, Connection.close):
            client = Connection(proxy.port, receive_buffer=65536)
            client.send_request("GET", "/objects/large")
            assert client.receive_head().status == 200
            client.exactly(100_000)
            transfer = wait_until(
                lambda: next((k for k in relay.open_links if k.relayed_bytes > 100_000), None), 5, "a transfer")
            left_at = time.monotonic()
            leave(client)
            wait_until(lambda: not transfer.is_open, 2, "the origin's connection closes")
            assert transfer.closed_at - left_at < 1
            assert transfer.relayed_bytes < len(large)
        log = [line for line in proxy.log() if line.get("path") == "/objects/large"]
        assert len(log) <= 2 and all(line["bytes"] < len(large) for line in log)
    finally:
        relay.close()


def test_memory_waits_for_a_client_that_does_not_read(start_proxy, origin, large):
    """Back-pressure: 64 MiB are asked for and not read, so the origin is not read either."""
    relay = Relay(origin.port)
    try:
        proxy = start_proxy([bucket("objects", origin, endpoint=f"http://127.0.0.1:{relay.port}")])
        with Connection(proxy.port, receive_buffer=65536) as client:
            client.send_request("GET", "/objects/large")
            client.receive_head()
            time.sleep(2)
            assert max(link.relayed_bytes for link in relay.links) < 24 << 20
            assert proxy.memory() < 100
    finally:
        relay.close()


def test_a_client_that_stops_reading_is_let_go(start_proxy, origin, large):
    proxy = start_proxy([bucket("objects", origin)], server={"body_idle_timeout": 1})
    with Connection(proxy.port, receive_buffer=65536) as client:
        client.send_request("GET", "/objects/large")
        client.receive_head()
        wait_until(lambda: proxy.connections_to(origin.port) <= 1, 10, "only the probe keeps its connection")


def test_an_origin_that_stops_mid_body(start_proxy, scripted):
    server = scripted(lambda head: [http(200, b"", {"Content-Length": 1000}) + b"x" * 500, 30])
    proxy = start_proxy([bucket("odd", server)], server={"body_idle_timeout": 1})
    with Connection(proxy.port) as client:
        client.send_request("GET", "/odd/key")
        assert client.receive_head().status == 200
        assert client.exactly(500) == b"x" * 500
        assert client.is_closed_within(5), "a cut body must show as a closed connection"


def test_an_origin_that_closes_mid_body(start_proxy, scripted):
    server = scripted(lambda head: [http(200, b"", {"Content-Length": 1000}) + b"x" * 500, None])
    proxy = start_proxy([bucket("odd", server)])
    with Connection(proxy.port) as client:
        client.send_request("GET", "/odd/key")
        assert client.receive_head().status == 200
        client.exactly(500)
        assert client.is_closed_within(5)


def test_a_kept_connection_that_the_origin_closed_is_retried_once(start_proxy, scripted):
    """S3-6: the origin closes each connection after its answer without saying so."""
    server = scripted(lambda head: [http(200, b"ok"), None])
    proxy = start_proxy([bucket("odd", server)])
    for _ in range(20):
        assert proxy.get("/odd/key").body == b"ok"


def test_an_origin_that_answers_and_says_more(start_proxy, scripted):
    """Bytes after an answer poison the connection; they are never taken for the next answer."""
    server = scripted(lambda head: [http(200, b"right") + http(200, b"wrong")])
    proxy = start_proxy([bucket("odd", server)])
    for _ in range(10):
        assert proxy.get("/odd/key").body == b"right"
        time.sleep(0.02)


def test_an_unresolvable_origin(start_proxy, scripted):
    server = scripted(lambda head: [http(200)])
    name = "http://no-such-host.invalid:9000"
    proxy = start_proxy([bucket("odd", server, endpoint=name, connect_timeout=3)])
    answer, seconds = timed(lambda: proxy.get("/odd/key"))
    assert answer.status == 502, answer
    assert seconds < 4


def test_an_origin_that_is_down_at_start_is_a_warning(start_proxy, scripted):
    """REL-3."""
    server = scripted(lambda head: [http(200)])
    proxy = start_proxy([bucket("odd", server, endpoint=f"http://127.0.0.1:{free_port()}", connect_timeout=1)])
    assert proxy.get("/odd/key").status == 502
    wait_until(lambda: readiness(proxy) == 503, 10, "/ready tells")


def test_names_from_the_hosts_file(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin, endpoint=f"http://localhost:{origin.port}")])
    assert proxy.get("/objects/alphabet").body == alphabet.body


def test_more_requests_than_origin_connections_wait_their_turn(start_proxy, scripted):
    """S3-6: the pool is bounded, its waiters queue, and beyond the bound of the queue there is 503."""
    server = scripted(lambda head: [0.7, http(200, b"ok")])
    proxy = start_proxy([bucket("odd", server, connection_pool_size=2, max_pending_requests=2)], server={"threads": 1})
    clients = [Connection(proxy.port) for _ in range(8)]
    for client in clients:
        client.send_request("GET", "/odd/key")
    statuses = sorted(client.receive().status for client in clients)
    assert server.connections <= 2
    assert statuses in ([200] * 4 + [503] * 4, [200] * 3 + [503] * 5), "a readiness probe may hold one of the places"
    for client in clients:
        client.close()
