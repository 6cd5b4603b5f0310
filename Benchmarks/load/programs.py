"""The programs of a load run: each pinned to a core, found by its own process id, ended with the run."""

import http.client
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import time

SERVER_CORE = 0    # the program under test
LOAD_CORE = 1      # wrk and the origin
DESCRIPTORS = 65536

SCRIPT = """-- Another object with each request; all requests are written before the run.
local requests, number = {{}}, 0
function init()
    for object = 0, {objects} - 1 do
        {request}
    end
end
function request()
    number = (number + 1) % {objects}
    return requests[number]
end
"""
GET = 'requests[object] = wrk.format("GET", "{folder}" .. object)'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def require(*names):
    """The programs that a run cannot do without."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)} (Debian: apt-get install wrk nginx haproxy varnish "
                         "redis-server redis-tools util-linux curl)")


def raise_descriptor_limit():
    """As many descriptors as 10,000 connections need, or as many as the system gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limits in ((DESCRIPTORS, max(hard, DESCRIPTORS)), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            return
        except (ValueError, OSError):
            continue


class Program:
    """A child process on one core. Its standard output goes to a file or nowhere."""

    def __init__(self, name, argv, core, folder, output=None):
        self.name = name
        self.error_path = pathlib.Path(folder) / f"{name}.stderr"
        with open(self.error_path, "wb") as errors, open(output or os.devnull, "wb") as out:
            self.child = subprocess.Popen(
                ["taskset", "-c", str(core), *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(10)

    def memory(self, field="VmRSS"):
        """MiB of the process and its children (nginx has workers); `VmHWM` is the peak."""
        return sum(_status(pid, field) for pid in [self.child.pid, *_children(self.child.pid)])

    def processor_seconds(self):
        """User and system time of the process and its children so far."""
        total = 0
        for pid in [self.child.pid, *_children(self.child.pid)]:
            columns = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(columns[11]) + int(columns[12])
        return total / os.sysconf("SC_CLK_TCK")


def _status(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text)[1]) / 1024


def _children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def fetch(port, target, timeout=5, fields=None):
    """Status and body; `fields` is what the request's head holds beside the usual."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", target, headers=fields or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def wait_for(program, port, target, seconds=15):
    """Until the program answers `target` with 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if program.child.poll() is not None:
            break
        try:
            if fetch(port, target)[0] == 200:
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{program.name} does not answer {target}:\n{program.error_path.read_text()[-2000:]}")


def wrk(port, target, seconds, connections, fields=None, script=None):
    """One measurement: requests and bytes per second, P99, and whatever went wrong. `script` is a file of Lua."""
    options = [word for name, value in (fields or {}).items() for word in ("-H", f"{name}: {value}")]
    if script:
        options += ["-s", str(script)]
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         "--latency", *options, f"http://127.0.0.1:{port}{target}"],
        capture_output=True, text=True, timeout=seconds + 60)
    text = done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    moved = re.search(r"Transfer/sec:\s+([\d.]+)([KMGT]?)B", text)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text)
    if not rate or not moved or not slow:
        raise SystemExit(f"wrk failed on {target}: {text}{done.stderr}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return {
        "requests_per_second": float(rate[1]),
        "bytes_per_second": float(moved[1]) * 1024 ** " KMGT".index(moved[2] or " "),
        "p99_milliseconds": float(slow[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slow[2]],
        "errors": (int(refused[1]) if refused else 0) + (sum(map(int, broken.groups())) if broken else 0)}


def redis_benchmark(port, core, requests, keys, connections):
    """GETs of 1 KiB a second, no pipelining, over `keys` keys that are there."""
    done = subprocess.run(
        ["taskset", "-c", str(core), "redis-benchmark", "-p", str(port), "-t", "get", "-d", "1024", "-r", str(keys),
         "-n", str(requests), "-c", str(connections), "--csv"], capture_output=True, text=True, timeout=300)
    rate = re.search(r'^"GET","([\d.]+)"', done.stdout, re.MULTILINE)
    if not rate:
        raise SystemExit(f"redis-benchmark failed: {done.stdout}{done.stderr}")
    return float(rate[1])
