"""REL-2: a drain that cuts nothing, tells balancers first, and ends when it is told to."""

import signal
import time
import zlib

import pytest

from harness.ports import free_port, is_listening, wait_until
from harness.proxy import bucket
from harness.relay import http
from harness.slow_readers import SlowReaders
from harness.wire import Connection, ask


def begin(start_proxy, origin, shutdown, target, size, count, seconds, **sections):
    """A proxy with `count` slow downloads under way."""
    proxy = start_proxy(
        [bucket("objects", origin, connection_pool_size=256)], server={"shutdown": shutdown}, **sections)
    readers = SlowReaders(proxy.port, target, count, seconds, size)
    readers.wait_until_under_way()
    wait_until(proxy.is_calm, 30, "the kernel's buffers are full and the downloads wait for their readers")
    return proxy, readers


def test_a_drain_under_two_hundred_downloads(start_proxy, origin, download):
    proxy, readers = begin(
        start_proxy, origin, {"delay": 2, "timeout": 40}, "/objects/download", len(download), count=200, seconds=40)
    kept = Connection(proxy.port)
    assert kept.request("GET", "/objects/missing").status == 404
    proxy.program.signal(signal.SIGTERM)
    signalled = time.monotonic()

    time.sleep(0.3)
    during = {target: Connection(proxy.port) for target in ("/ready", "/health", "/objects/missing")}
    for target, connection in during.items():
        connection.send_request("GET", target)
    assert time.monotonic() - signalled < 2, "the machine is too slow to look into the delay"
    statuses = {target: connection.receive().status for target, connection in during.items()}
    assert statuses == {"/ready": 503, "/health": 200, "/objects/missing": 404}, "still served, but not ready"

    wait_until(lambda: not is_listening(proxy.port), 4, "new connections are refused after the delay")
    assert time.monotonic() - signalled >= 1.8
    late = kept.request("GET", "/objects/missing")
    assert (late.status, late.get("connection").lower()) == (503, "close"), late
    assert late.json()["code"] == "SHUTTING_DOWN"
    assert kept.is_closed_within(2)

    readers.hurry()
    expected = (200, len(download), zlib.crc32(download))
    assert [result for result in readers.results() if result != expected] == []
    assert proxy.program.wait(10) == 0
    end = [line for line in proxy.log() if any("in_flight" in key for key in line)]
    assert end, "the log tells how many requests were in flight"


def test_a_drain_waits_for_what_the_kernel_still_holds(start_proxy, origin, large):
    """With a container its network ends, and what the kernel would still send with it."""
    proxy = start_proxy([bucket("objects", origin)], server={"shutdown": {"timeout": 30}})
    with Connection(proxy.port, receive_buffer=8192) as client:
        client.send_request("GET", "/objects/large", {"Range": "bytes=0-99999"})
        wait_until(lambda: [line for line in proxy.log() if line.get("bytes") == 100_000], 10, "the answer is complete")
        proxy.program.signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(proxy.port), 4, "new connections are refused")
        client.send_request("GET", "/objects/missing")
        assert proxy.program.wait(1) is None, "ended while the client had not got its answer"
        assert client.receive().body == large[:100_000]
        assert client.receive().status == 503
    assert proxy.program.wait(10) == 0


def test_a_second_signal_ends_it_at_once(start_proxy, origin, large):
    proxy, readers = begin(start_proxy, origin, {"delay": 30, "timeout": 60}, "/objects/large", len(large), 5, 60)
    proxy.program.signal(signal.SIGTERM)
    time.sleep(0.3)
    proxy.program.signal(signal.SIGTERM)
    code = proxy.program.wait(2)
    assert code is not None, "the second signal ends it at once"
    proxy.discard()
    readers.hurry()
    assert all(isinstance(result, str) for result in readers.results())


def test_the_timeout_ends_it(start_proxy, origin, large):
    proxy, readers = begin(start_proxy, origin, {"delay": 0, "timeout": 2}, "/objects/large", len(large), 5, 60)
    start = time.monotonic()
    proxy.program.signal(signal.SIGTERM)
    code = proxy.program.wait(10)
    assert 1.5 < time.monotonic() - start < 4
    assert code is not None
    proxy.discard()
    readers.hurry()
    assert all(isinstance(result, str) for result in readers.results())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_proxy_ends_quickly(start_proxy, origin, alphabet, number):
    proxy = start_proxy([bucket("objects", origin)])
    assert proxy.get("/objects/alphabet").status == 200
    with Connection(proxy.port) as idle:
        assert idle.request("GET", "/health").status == 200
        start = time.monotonic()
        proxy.program.signal(number)
        assert proxy.program.wait(10) == 0
        assert time.monotonic() - start < 2


def test_a_request_that_waits_for_its_origin_is_finished(start_proxy, scripted):
    server = scripted(lambda head: [1.5, http(200, b"late")])
    proxy = start_proxy([bucket("odd", server)])
    with Connection(proxy.port) as connection:
        connection.send_request("GET", "/odd/key")
        wait_until(lambda: server.requests, 5, "the origin is asked")
        proxy.program.signal(signal.SIGTERM)
        answer = connection.receive()
        assert (answer.status, answer.body) == (200, b"late")
        assert connection.is_closed_within(2)
    assert proxy.program.wait(5) == 0


def test_the_metrics_listener_closes_last(start_proxy, origin, large):
    port = free_port()
    proxy, readers = begin(
        start_proxy, origin, {"delay": 0, "timeout": 30}, "/objects/large", len(large), count=3, seconds=30,
        metrics={"enabled": True, "port": port, "address": "127.0.0.1"})
    proxy.program.signal(signal.SIGTERM)
    wait_until(lambda: not is_listening(proxy.port), 2, "the main listener closes")
    assert ask(port, "GET", "/metrics").status == 200
    assert ask(port, "GET", "/ready").status == 503
    readers.hurry()
    assert {result[:2] for result in readers.results()} == {(200, len(large))}
    assert proxy.program.wait(5) == 0
