"""The disk tier in the running program: killed while it writes, filled to the last byte, gone and back (CACHE-2)."""

import contextlib
import hashlib
import os
import pathlib
import random
import subprocess
import threading
import time

import pytest
from harness.evidence import EVIDENCE
from harness.ports import free_port, wait_until
from harness.proxy import Proxy, bucket, configuration
from harness.relay import ScriptedOrigin

KILLS = 50
SIZES = [0, 1, 1_000, 40_000, 300_000, 3_000_000]


def body_of(target):
    """Every object's bytes follow from its name, whose first part is its size."""
    size = int(target.rsplit("/", 1)[1].partition("-")[0])
    seed = hashlib.sha256(target.encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


class Objects:
    """An origin of objects that follow from their names."""

    def __init__(self):
        self.access_key, self.secret_key = "AKIDOBJECTS", EVIDENCE.new_secret("objects")
        self.asked = []
        self._server = ScriptedOrigin(self._answer)
        self.port = self._server.port

    def _answer(self, head):
        target = head.target.partition("?")[0]
        if not head.is_for_object:
            return iter([b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"])
        self.asked.append(target)
        body = body_of(target)
        tag = hashlib.md5(target.encode()).hexdigest()
        lines = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nETag: \"{tag}\"\r\nCache-Control: max-age=1000\r\n\r\n"
        return iter([lines.encode() + body])

    def close(self):
        self._server.close()


@pytest.fixture
def objects():
    origin = Objects()
    yield origin
    origin.close()


def start(folder, origin, cache_dir, size="64MiB", layers=("disk",)):
    port = free_port()
    return Proxy(folder, configuration(
        [bucket("objects", origin)], port,
        cache={"enabled": True, "cache_layers": list(layers),
               "disk": {"enabled": True, "cache_dir": str(cache_dir), "max_disk_cache_size_mb": size}}), port)


def stored(cache_dir):
    """Files of responses, and files that are being written."""
    whole, temporary = [], []
    for path in pathlib.Path(cache_dir).rglob("*"):
        if path.is_file() and path.stat().st_size > 0:
            (temporary if path.parent.name == "tmp" else whole).append(path)
    return whole, temporary


def read_many(proxy, seconds, seed):
    """Asks for random objects until the proxy is gone; a whole answer with a wrong body is an error."""
    wrong = []

    def run(number):
        choice = random.Random(seed * 100 + number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            target = f"/objects/{choice.choice(SIZES)}-{choice.randrange(40)}"
            try:
                reply = proxy.get(target)
            except (OSError, AssertionError, EOFError, ValueError):
                return
            if reply.status != 200 or reply.body != body_of(target):
                wrong.append((target, reply.status, len(reply.body)))
    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    return threads, wrong


def test_killed_while_it_writes(tmp_path, objects):
    """CACHE-2: after kill -9, fifty times, no torn object is ever served and no orphan stays."""
    cache_dir = tmp_path / "cache"
    hits = 0
    for round_ in range(KILLS):
        proxy = start(tmp_path / f"proxy{round_}", objects, cache_dir)
        threads, wrong = read_many(proxy, 10, round_)
        time.sleep(random.Random(round_).uniform(0.02, 0.25))
        hits += int(proxy.metric("yatagarasu_cache_hits_total") or 0)
        proxy.discard()
        for thread in threads:
            thread.join()
        assert not wrong, wrong[:5]
    proxy = start(tmp_path / "last", objects, cache_dir)
    wait_until(lambda: not stored(cache_dir)[1], 20, "files of the dead are removed")
    for size in SIZES:
        for number in range(40):
            target = f"/objects/{size}-{number}"
            reply = proxy.get(target)
            assert reply.status == 200 and reply.body == body_of(target), target
    assert hits > 0, "what one process stored served the next"
    proxy.stop()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(tmp_path, objects, small_disk):
    """CACHE-2: where the file system is full to the last byte, requests go on, and storing does when there is room."""
    cache_dir = small_disk / "cache"
    proxy = start(tmp_path / "proxy", objects, cache_dir, size="1GiB")
    (small_disk / "rest").write_bytes(b"0" * 65536)
    for number in range(12):
        target = f"/objects/3000000-{number}"
        reply = proxy.get(target)
        assert reply.status == 200 and reply.body == body_of(target), target
    rest = os.open(small_disk / "rest", os.O_WRONLY | os.O_APPEND)
    with contextlib.suppress(OSError):
        while os.write(rest, b"0" * 4096):
            pass
    os.close(rest)
    for number in range(12, 40):
        target = f"/objects/{SIZES[number % len(SIZES)]}-{number}"
        reply = proxy.get(target)
        assert reply.status == 200 and reply.body == body_of(target), target
    assert int(proxy.metric("yatagarasu_cache_errors_total", layer="disk") or 0) > 0
    os.unlink(small_disk / "rest")

    def is_stored():
        target = f"/objects/1000-{random.randrange(10_000)}"
        proxy.get(target)
        time.sleep(0.3)
        return proxy.get(target).get("x-cache") == "HIT"
    wait_until(is_stored, 30, "the disk is used again")
    proxy.stop()


def test_the_folder_goes_and_comes(tmp_path, objects):
    """CACHE-2: without its folder the disk is done without, and used again when it is back."""
    cache_dir = tmp_path / "cache"
    proxy = start(tmp_path / "proxy", objects, cache_dir)
    assert proxy.get("/objects/40000-1").status == 200
    wait_until(lambda: proxy.get("/objects/40000-1").get("x-cache") == "HIT", 10, "it is stored")
    subprocess.run(["rm", "-rf", str(cache_dir)], check=True)
    for number in range(2, 20):
        target = f"/objects/40000-{number}"
        reply = proxy.get(target)
        assert reply.status == 200 and reply.body == body_of(target)

    def is_stored():
        target = f"/objects/1000-{random.randrange(10_000)}"
        proxy.get(target)
        time.sleep(0.3)
        return proxy.get(target).get("x-cache") == "HIT"
    wait_until(is_stored, 40, "the disk is used again")
    proxy.stop()


def test_a_folder_that_another_process_has(tmp_path, objects):
    """CACHE-2: two processes never share a folder; the second serves without it and says why."""
    first = start(tmp_path / "first", objects, tmp_path / "cache")
    second = start(tmp_path / "second", objects, tmp_path / "cache")
    for proxy in (first, second):
        assert proxy.get("/objects/1000-1").body == body_of("/objects/1000-1")
    assert any(line["message"] == "the disk cache is off" for line in second.log())
    first.stop()
    second.stop()
