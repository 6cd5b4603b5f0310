"""The binary under test: its configuration, its process, and what /proc says about it."""

import json
import os
import pathlib
import re
import signal
import time

import yaml

from .evidence import EVIDENCE
from .ports import is_listening, wait_until
from .program import Program
from .wire import ask

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def binary():
    """The program under test; a missing one is a failure, never a skip."""
    path = pathlib.Path(os.environ.get("YATAGARASU", REPOSITORY / "dist" / "yatagarasu")).resolve()
    if not path.exists():
        raise AssertionError(f"{path} is missing: run `make static`, or name the binary in YATAGARASU")
    return str(path)


def bucket(name, origin=None, prefix=None, s3_bucket=None, cors=None, auth=None, **s3):
    """One entry of `buckets`; `auth` is that section but for `enabled`, `s3` adds to and overrides its `s3` section."""
    section = {"bucket": s3_bucket or name, "region": "us-east-1", "addressing": "path"}
    if origin:
        section |= {"endpoint": f"http://127.0.0.1:{origin.port}", "access_key": origin.access_key,
                    "secret_key": origin.secret_key}
    entry = {"name": name, "path_prefix": prefix or f"/{name}", "s3": section | s3}
    return entry | ({"cors": cors} if cors else {}) | ({"auth": {"enabled": True} | auth} if auth else {})


def configuration(buckets, port, server=None, **sections):
    return {"server": {"address": "127.0.0.1", "port": port} | (server or {}), "buckets": buckets} | sections


class Proxy:
    """A running proxy. `config` is a dictionary, or the file's text."""

    running = []

    def __init__(self, folder, config, port, env=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.config_path = self.folder / "config.yaml"
        text = config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        self.config_path.write_text(text)
        self.program = Program("yatagarasu", [binary(), "--config", str(self.config_path)], self.folder, env)
        EVIDENCE.output(self.program.stdout_path)
        EVIDENCE.output(self.program.stderr_path)
        Proxy.running.append(self)
        wait_until(self._is_healthy, 15, "the proxy answers /health")
        self.descriptors_at_start = len(self.descriptors())

    def _is_healthy(self):
        if self.program.exit_code is not None:
            raise AssertionError(self.program.last_words())
        return is_listening(self.port) and self.ask("GET", "/health").status == 200

    def ask(self, method, target, fields=(), body=b"", timeout=30, host=None):
        return ask(self.port, method, target, fields, body, timeout, host)

    def get(self, target, **fields):
        """GET with fields written as keywords: `if_none_match=…`."""
        return self.ask("GET", target, {name.replace("_", "-"): value for name, value in fields.items()})

    def stop(self, seconds=40):
        """SIGTERM; the process must end by itself with exit code 0 and must have logged JSON only."""
        if self not in Proxy.running:
            return
        Proxy.running.remove(self)
        if self.program.exit_code is None:
            self.program.signal(signal.SIGTERM)
        code = self.program.wait(seconds)
        if code is None:
            self.program.kill()
        assert code == 0, f"SIGTERM did not end it with exit code 0:\n{self.program.last_words()}"
        self.log()

    def discard(self):
        """Ends a proxy that a test has already brought to its end, or that failed."""
        if self in Proxy.running:
            Proxy.running.remove(self)
        self.program.kill()

    def log(self):
        """Every line on stdout, each of which must be JSON."""
        lines = self.program.stdout_path.read_text().splitlines()
        return [json.loads(line) for line in lines]

    def log_of(self, request_id):
        """The log lines of one request, as soon as its access line is there."""
        def lines():
            whole = self.program.stdout_path.read_text().rpartition("\n")[0].splitlines()
            found = [json.loads(line) for line in whole if request_id in line]
            return found if any("status" in line for line in found) else None
        return wait_until(lines, 5, f"an access-log line for request {request_id}")

    def metric(self, name, port=None, **labels):
        """The sum of a family's samples that have these labels; None when there are none."""
        text = ask(port or self.port, "GET", "/metrics").body.decode()
        samples = re.findall(rf"^{re.escape(name)}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        values = [float(value) for found, value in samples if all(label in found for label in wanted)]
        return sum(values) if values else None

    def memory(self, field="VmRSS"):
        """MiB; `VmHWM` is the peak."""
        status = pathlib.Path(f"/proc/{self.program.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024

    def processor_seconds(self):
        """User and system time so far."""
        columns = pathlib.Path(f"/proc/{self.program.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")

    def is_calm(self):
        """Whether it used less than a quarter of a core in the last 1.2 s."""
        before = self.processor_seconds()
        time.sleep(1.2)
        return self.processor_seconds() - before < 0.3

    def descriptors(self):
        """The targets of the process's open descriptors."""
        folder, found = f"/proc/{self.program.pid}/fd", []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                pass
        return found

    def connections_to(self, remote_port):
        """How many of its sockets are connected to a loopback port (an origin's pooled connections)."""
        own = set(self.descriptors())
        count = 0
        for line in pathlib.Path(f"/proc/{self.program.pid}/net/tcp").read_text().splitlines()[1:]:
            columns = line.split()
            if int(columns[2].split(":")[1], 16) == remote_port and f"socket:[{columns[9]}]" in own:
                count += 1
        return count


