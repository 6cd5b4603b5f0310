"""What every load run needs: programs that start, answer and end with the run, and the proxy's own counts."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def say(text):
    print(f"k6/run: {text}", file=sys.stderr, flush=True)


def program(path, how):
    """A program's path; a missing one ends the run."""
    found = shutil.which(str(path))
    if not found:
        sys.exit(f"k6/run: {path} is missing: {how}")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Scene:
    """The processes of one run and the folder that they write to; all end with the `with` block."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.keys = "AKIDK6", secrets.token_hex(20)
        local = REPOSITORY / ".build-venv" / "bin" / "k6"
        self.k6 = program(local if local.exists() else "k6", "scripts/bootstrap k6")
        binary = pathlib.Path(os.environ.get("YATAGARASU", REPOSITORY / "dist" / "yatagarasu")).resolve()
        self.yatagarasu = program(binary, "make static")

    def __enter__(self):
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="yatagarasu-k6-")))
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def start(self, name, argv, url, env=None):
        """Starts a program and waits until its URL answers, with whatever status; it ends with the run."""
        path = self.folder / f"{name}.log"
        with open(path, "wb") as log:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                     cwd=self.folder, env=os.environ | (env or {}))
        self.stack.callback(end, child)
        deadline = time.monotonic() + 20
        while not answers(url):
            if child.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"k6/run: {name} does not answer\n{path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return child

    def start_origin(self):
        """Our own origin over the folder `objects`; answers its endpoint."""
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        argv = [self.yatagarasu, "origin", "--dir", str(self.folder / "objects"), "--port", str(port)]
        self.start("origin", argv, endpoint,
                   {"AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": self.keys[1]})
        return endpoint

    def start_proxy(self, endpoint, bucket, sections, auth=None):
        """The proxy before one bucket of that origin; answers its URL and its process."""
        port = free_port()
        config = {
            "server": {"address": "127.0.0.1", "port": port}, **sections,
            "buckets": [{
                "name": bucket, "path_prefix": f"/{bucket}", **({"auth": auth} if auth else {}),
                "s3": {"bucket": bucket, "endpoint": endpoint, "access_key": self.keys[0],
                       "secret_key": self.keys[1]}}],
        }
        path = self.folder / "config.yaml"
        path.write_text(json.dumps(config, indent=2))    # every JSON document is a YAML document
        base = f"http://127.0.0.1:{port}"
        return base, self.start("yatagarasu", [self.yatagarasu, "--config", str(path)], f"{base}/health")

    def load(self, script, env):
        """Runs one of the scripts beside this file; answers k6's exit status."""
        return subprocess.run(
            [self.k6, "run", "--quiet", "--no-usage-report", str(REPOSITORY / "k6" / script)],
            stdin=subprocess.DEVNULL, env=os.environ | env).returncode


def end(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def duration(text):
    """A duration like 30s, 5m or 1m30s, as written and in seconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|m|s)", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise argparse.ArgumentTypeError(f"{text} is no duration like 30s, 5m or 1m30s")
    return text, sum(float(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def counters(base, names):
    """What the proxy counted of each name, over all labels."""
    with urllib.request.urlopen(f"{base}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = collections.Counter()
    for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
        found[name] += float(value)
    say(", ".join(f"{name} {found[name]:.0f}" for name in names))
    return [found[name] for name in names]
