"""The rows of the speed and memory table: what is measured, against whom, and how much is enough."""

import os
import pathlib
import re
import socket
import statistics
import subprocess
import time

from programs import LOAD_CORE, fetch, wrk

RATE, BYTES = "requests_per_second", "bytes_per_second"


class LoadRow:
    """A figure that wrk measures in alternating rounds; the ratio is ours to the best judge's, round by round."""

    def __init__(self, name, title, target, unit, ours, judges, must, aim, shown=()):
        """`judges` count for the ratio; `shown` are measured beside them for information."""
        self.name, self.title, self.target, self.unit = name, title, target, unit
        self.ours, self.judges, self.shown, self.must, self.aim = ours, judges, shown, must, aim

    def measure(self, bench, options):
        names = [name for name in (self.ours, *self.judges, *self.shown) if name in bench.programs]
        for name in names:
            self.check(bench, name)
            self.load(bench, name, 1, options.connections)
        samples, cost = {name: [] for name in names}, {name: [] for name in names}
        errors = dict.fromkeys(names, 0)
        for number in range(options.rounds):
            for name in names if number % 2 == 0 else reversed(names):
                program = bench.programs[name]
                before = program.processor_seconds()
                result = self.load(bench, name, options.seconds, options.connections)
                spent = program.processor_seconds() - before
                cost[name].append(spent * 1e6 / max(1, result[RATE] * options.seconds))
                samples[name].append(result[self.unit])
                errors[name] += result["errors"]
        result = {"unit": self.unit, "samples": samples, "errors": errors, "must": self.must, "aim": self.aim,
                  "medians": {name: statistics.median(values) for name, values in samples.items()},
                  "processor_microseconds": {name: statistics.median(values) for name, values in cost.items()},
                  "processor_samples": cost}
        if self.ours in samples:
            best = [max(values) for values in zip(*(samples[name] for name in self.judges))]
            ratios = [o / b for o, b in zip(samples[self.ours], best)]
            result["ratio"] = statistics.median(ratios)
            if len(ratios) > 1:
                result["quartiles"] = statistics.quantiles(ratios, method="inclusive")[::2]
            result["passes"] = result["ratio"] >= self.must and errors[self.ours] == 0
        return result

    def load(self, bench, name, seconds, connections):
        return bench.load(name, self.target, seconds, connections)

    def check(self, bench, name):
        """A fast wrong answer is no answer."""
        status, body = bench.fetch(name, self.target)
        if self.target.startswith("/bench/"):
            wanted = (bench.folder / "root" / self.target[1:]).read_bytes()
        else:
            wanted = body
        if status != 200 or body != wanted or not body:
            raise SystemExit(f"{name} answers {self.target} with {status} and {len(body)} bytes")


LOAD_ROWS = [
    LoadRow("small", "pass-through 1 KiB, signed, no access log", "/bench/1k", RATE,
            "yatagarasu", ["nginx"], 0.8, 1.0, shown=["haproxy"]),
    LoadRow("small-log", "the same, JSON access logs to a file", "/bench/1k", RATE,
            "yatagarasu-log", ["nginx-log"], 0.9, 1.1),
    LoadRow("large", "pass-through 1 MiB, bytes per second", "/bench/1m", BYTES,
            "yatagarasu", ["nginx", "haproxy"], 1.0, 1.2),
    LoadRow("health", "/health against `return 200`", "/health", RATE, "yatagarasu", ["nginx"], 0.9, 1.1),
]


def limit(value, must, aim, unit, **more):
    """A figure that must stay below a bound."""
    return {"value": value, "unit": unit, "must": must, "aim": aim, "passes": value < must, **more}


def stream(bench, options):
    """Peak memory while one object of `--stream-gib` passes."""
    program = bench.start_yatagarasu("stream", access_log=False)
    size = options.stream_gib << 30
    begun = time.monotonic()
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
         f"http://127.0.0.1:{bench.ports['stream']}/bench/stream"], capture_output=True, text=True,
        timeout=60 + options.stream_gib * 30)
    seconds = time.monotonic() - begun
    peak = program.memory("VmHWM")
    bench.stop("stream")
    result = limit(peak, 100, 40, "MiB", gib=options.stream_gib, bytes_per_second=size / seconds)
    result["passes"] &= done.stdout == f"200 {size}"
    return result


def idle(bench, options):
    """Memory of a proxy that has answered once and then rested."""
    program = bench.start_yatagarasu("idle", access_log=True)
    time.sleep(2)
    value = program.memory()
    bench.stop("idle")
    return limit(value, 30, 15, "MiB")


def start(bench, options):
    """From exec to the first answer of /health; the median of seven starts."""
    taken = []
    for _ in range(7):
        begun = time.monotonic()
        program = bench.start_yatagarasu("start", access_log=True, wait=False)
        while True:
            try:
                if fetch(bench.ports["start"], "/health", timeout=1)[0] == 200:
                    break
            except OSError:
                pass
            if program.child.poll() is not None or time.monotonic() - begun > 10:
                raise SystemExit(f"yatagarasu does not start:\n{program.error_path.read_text()[-2000:]}")
        taken.append((time.monotonic() - begun) * 1000)
        bench.stop("start")
    return limit(statistics.median(taken), 200, 50, "ms", samples=taken)


def connections(bench, options):
    """Memory and errors with 10,000 open connections of which 1,000 are busy."""
    program = bench.start_yatagarasu("connections", access_log=False)
    port, active = bench.ports["connections"], options.open_connections // 10
    request = f"GET /bench/1k HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    held = []
    try:
        errors = 0
        for number in range(options.open_connections - active):
            client = socket.socket()
            client.settimeout(10)
            client.bind((f"127.0.0.{1 + number % 8}", 0))
            client.connect(("127.0.0.1", port))
            held.append(client)
            errors += not _answers(client, request)
        load = wrk(port, "/bench/1k", max(3, options.seconds), active)
        memory = program.memory("VmHWM")
        errors += load["errors"] + sum(not _answers(client, request) for client in held)
    finally:
        for client in held:
            client.close()
    bench.stop("connections")
    result = limit(memory, 300, 150, "MiB", errors=errors, open=options.open_connections, active=active,
                   requests_per_second=load[RATE])
    result["passes"] &= errors == 0
    return result


def _answers(client, request):
    """Whether a connection gives one whole answer of 1 KiB."""
    try:
        client.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < 1024:
            part = client.recv(8192)
            if not part:
                return False
            data += part
        return re.match(rb"HTTP/1.1 200 ", data) is not None
    except OSError:
        return False


def size(bench, options):
    return limit(os.path.getsize(bench.binary) / (1 << 20), 35, 25, "MiB", path=pathlib.Path(bench.binary).name)


# Name, title and measurement of the rows that have no peer.
OWN_ROWS = [
    ("stream", "one large object streamed, peak RSS", stream),
    ("idle", "idle RSS", idle),
    ("start", "start to first answer", start),
    ("connections", "10,000 open connections, 1,000 active: peak RSS", connections),
    ("size", "static binary", size),
]
