"""The rows of the cache: hits in each tier against the peers' caches, and what many readers of one object cost."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

from caches import REDIS_KEYS, start_yatagarasu, walk
from peers import FOLDERS
from programs import LOAD_CORE, SERVER_CORE, Program, redis_benchmark
from rows import BYTES, RATE, LoadRow, limit

CROWD = pathlib.Path(__file__).with_name("crowd.py")


class CacheRow(LoadRow):
    """Hits and nothing else: the origin's own count says so."""

    def __init__(self, name, title, target, unit, ours, judges, must, aim, folder=None):
        """With a folder wrk walks all its objects, and `target` is one of them."""
        super().__init__(name, title, target, unit, ours, judges, must, aim)
        self.programs = [ours, *judges]
        self._folder, self._script, self._missed = folder, None, {}

    def measure(self, bench, options):
        if self._folder:
            self._script = walk(bench, self._folder)
        for name in self.programs:
            if name in bench.programs:
                self._fill(bench, name)
        self._missed = dict.fromkeys(self.programs, 0)
        result = super().measure(bench, options)
        result["origin_requests"] = self._missed
        if "passes" in result:
            result["passes"] &= self._missed[self.ours] == 0
        return result

    def load(self, bench, name, seconds, connections):
        before = bench.origin_requests()
        result = bench.load(name, self.target, seconds, connections, self._script)
        self._missed[name] += bench.origin_requests() - before
        return result

    def _fill(self, bench, name):
        """Asks for all objects until the origin hears of none: some tiers are written after the answer."""
        targets = [self.target]
        if self._folder:
            targets = [f"/bench/{self._folder}/{number}" for number in range(FOLDERS[self._folder][0])]
        for _ in range(20):
            before = bench.origin_requests()
            for target in targets:
                if bench.fetch(name, target)[0] != 200:
                    raise SystemExit(f"{name} does not answer {target}")
            if bench.origin_requests() == before:
                return
            time.sleep(0.2)
        raise SystemExit(f"{name} does not keep {self.target} in its cache")


class RedisRow(CacheRow):
    """Our hits in Redis against Redis alone, asked by its own benchmark instead of the proxy."""

    # Where redis-benchmark runs. In the proxy's place: Redis keeps its core, and its client the other. Beside Redis,
    # where wrk is: for information.
    CORES = {"redis": SERVER_CORE, "redis-beside": LOAD_CORE}

    def __init__(self, name, title, must, aim):
        super().__init__(name, title, "/bench/small/0", RATE, "cache-redis", ["redis"], must, aim, folder="small")
        self.shown, self._rates = ["redis-beside"], {}

    def load(self, bench, name, seconds, connections):
        if name not in self.CORES:
            return super().load(bench, name, seconds, connections)
        requests = int(self._rates.get(name, 20_000) * seconds)
        rate = redis_benchmark(bench.ports[name], self.CORES[name], requests, REDIS_KEYS, connections)
        self._rates[name] = rate
        return {RATE: rate, "errors": 0}

    def check(self, bench, name):
        if name not in self.CORES:
            super().check(bench, name)

    def _fill(self, bench, name):
        if name not in self.CORES:
            super()._fill(bench, name)


class OwnCacheRow:
    """A figure of our cache that has a bound instead of peers."""

    def __init__(self, name, title, figure, programs):
        self.name, self.title, self.programs, self._figure = name, title, programs, figure

    def measure(self, bench, options):
        return self._figure(bench, options)


def crowd(bench, options):
    """Peak memory and the origin's requests while 1,000 clients ask for one object that no tier has yet."""
    tiers = ["memory", "disk"]
    if not bench.has_tiers(tiers):
        return {}
    path = bench.folder / "root" / "bench" / "cold"
    path.write_bytes(os.urandom(options.cold_mib << 20))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # The memory tier stays empty: the object is too large for it.
    program = start_yatagarasu(bench, "cold", {
        "cache_layers": tiers, "memory": {"max_item_size_mb": 1, "max_cache_size_mb": 64}})
    before = bench.origin_requests()
    done = crowd_of(bench.ports["cold"], options.crowd, digest)
    asked = bench.origin_requests() - before
    result = limit(program.memory("VmHWM"), 150, 60, "MiB", clients=options.crowd, mib=options.cold_mib, asked=asked,
                   **done)
    bench.stop("cold")
    result["passes"] &= asked == 1 and done["whole"] == options.crowd
    return result


def crowd_of(port, clients, digest, seconds=900):
    """How many of the clients got the whole object, and how long it took."""
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), sys.executable, str(CROWD), "--port", str(port), "--clients", str(clients),
         "--sha256", digest, "--seconds", str(seconds), "/bench/cold"], capture_output=True, text=True,
        timeout=seconds + 60)
    if done.returncode != 0:
        raise SystemExit(f"crowd.py failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def beside_streams(bench, options):
    """P99 of hits while other connections of the same proxy stream.

    Beside ours stand nginx's, and nginx's while the streams come from the origin alone: what of it is the load's own.
    """
    shown = {"nginx, streams past it": hits_beside_streams(bench, "nginx-cache", "origin", options)}
    for name in ("nginx-cache", "cache"):
        if name in bench.programs:
            shown[name] = hits_beside_streams(bench, name, name, options)
    if "cache" not in shown:
        return {"shown": shown}
    result = limit(shown["cache"]["p99_milliseconds"], 10, 3, "ms", shown=shown)
    result["passes"] &= shown["cache"]["errors"] == 0
    return result


def hits_beside_streams(bench, name, source, options):
    """One measurement of 1 KiB hits while ten curls read 1 GiB each from `source`, again and again.

    Their rate has a bound: without one they, the origin and wrk wait for each other on their core, and the latency that
    wrk sees is theirs.
    """
    bench.load(name, "/bench/1k", 1, options.connections)
    streams = []
    try:
        for number in range(FOLDERS["big"][0]):
            url = f"http://127.0.0.1:{bench.ports[source]}/bench/big/{number}"
            argv = ["curl", "-sS", "--fail", "--limit-rate", options.stream_rate, *[url] * 100]
            streams.append(Program(f"stream-{number}", argv, LOAD_CORE, bench.folder))
        time.sleep(1)
        before, begun = [written(stream) for stream in streams], time.monotonic()
        result = bench.load(name, "/bench/1k", options.seconds, options.connections)
        seconds = time.monotonic() - begun
        moved = [written(stream) - old for stream, old in zip(streams, before)]
        if any(stream.child.poll() is not None for stream in streams) or min(moved) <= 0:
            raise SystemExit(f"{source}: a stream ended or stood still: {moved}\n{streams[0].error_path.read_text()}")
        return result | {"streamed_bytes_per_second": sum(moved) / seconds}
    finally:
        for stream in streams:
            stream.stop()


def written(stream):
    """Bytes that a program has written so far, which are those that it has read from its connection."""
    fields = pathlib.Path(f"/proc/{stream.child.pid}/io").read_text().split()
    return int(fields[fields.index("wchar:") + 1])


NGINX = ["nginx-cache", "nginx-sendfile"]
CACHE_ROWS = [
    CacheRow("hit-1k", "memory hit 1 KiB, no access log", "/bench/1k", RATE, "cache",
             ["haproxy-cache", *NGINX, "varnish"], 0.95, 1.1),
    CacheRow("hit-1k-log", "the same, JSON access logs to a file", "/bench/1k", RATE, "cache-log", ["nginx-cache-log"],
             1.1, 1.3),
    CacheRow("hit-100k", "memory hit 100 KiB, bytes per second", "/bench/100k", BYTES, "cache",
             ["haproxy-cache", *NGINX, "varnish"], 0.9, 1.1),
    CacheRow("disk-1k", "disk hit, 1,000 × 1 KiB", "/bench/small/0", RATE, "cache-disk", NGINX, 0.7, 1.0,
             folder="small"),
    CacheRow("disk-1m", "disk hit, 100 × 1 MiB, bytes per second", "/bench/middle/0", BYTES, "cache-disk", NGINX, 0.8,
             1.0, folder="middle"),
    RedisRow("redis-1k", "Redis hit, 1,000 × 1 KiB, against Redis alone", 0.3, 0.5),
]
OWN_CACHE_ROWS = [
    OwnCacheRow("cold-100m", "one cold object asked by a crowd: peak RSS", crowd, []),
    OwnCacheRow("hit-p99", "P99 of 1 KiB hits beside ten streams", beside_streams, ["cache", "nginx-cache"]),
]
