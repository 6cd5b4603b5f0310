"""Guarded buckets: what a token and an authorization provider cost a request."""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import statistics
import subprocess
import threading
import time

from peers import GUARDED
from programs import GET, LOAD_CORE, SCRIPT, Program, fetch
from rows import RATE, LoadRow

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-benchmark-with-32-bytes-or-more"
ISSUER, AUDIENCE = "https://issuer.example", "bench"
POLICY, POLICY_PATH = REPOSITORY / "examples" / "opa" / "policy.rego", "yatagarasu/authz"
# What the example's policy lets members of the team read. Questions that are asked at the same time about the same
# become one, so there are far more objects than connections.
FOLDER = "/bench/teams/blue/"
TARGET = FOLDER + "0"

POST = 'requests[object] = wrk.format("POST", "{target}", nil, [==[{before}]==] .. object .. [==[{after}]==])'


def token():
    """Five claims, signed with HS256, good for a day."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "teams": ["blue"], "exp": now + 86_400}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    head = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), head, hashlib.sha256)).rstrip(b"=")
    return (head + b"." + signature).decode()


def opa():
    """The server that scripts/build-opa keeps."""
    found = subprocess.run([REPOSITORY / "scripts" / "build-opa", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        raise SystemExit(f"missing: OPA (scripts/bootstrap opa)\n{found.stderr}")
    return found.stdout.strip()


class ScriptedProvider(http.server.ThreadingHTTPServer):
    """Gives every question the same answer, once a connection, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, port, answer):
        super().__init__(("127.0.0.1", port), ScriptedAnswer)
        self.answer, self.questions = json.dumps(answer).encode(), []
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self.shutdown()
        self._thread.join()
        self.server_close()


class ScriptedAnswer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.questions.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_):
        pass


class Guards:
    """The programs of the guarded rows; they end with the `with` block."""

    def __init__(self, bench, rows):
        self.bench, self._rows = bench, [row.name for row in rows]
        self._before, self._openfga = set(), None
        self._opa = opa() if {"opa-cached", "opa-uncached"}.intersection(self._rows) else None

    def __enter__(self):
        self._before = set(self.bench.programs)
        fields = {"Authorization": f"Bearer {token()}"}
        for name in ("jwt", "opa-cached", "openfga-cached", "opa-uncached"):
            self.bench.fields[name] = fields
        self._start("jwt", {"provider": "jwt"})
        if "openfga-cached" in self._rows:
            self._start_openfga()
        if "opa-cached" in self._rows:
            self._start("opa-cached", self._asks_opa(86_400))
        if "opa-uncached" in self._rows:
            self._start("opa-uncached", self._asks_opa(0))
            self._write_scripts()
        if self._opa:
            self._start_opa()
        return self

    def __exit__(self, *_):
        for name in self.bench.programs.keys() - self._before:
            self.bench.stop(name)
        if self._openfga:
            self._openfga.close()

    def _start(self, name, auth):
        jwt = {"enabled": True, "algorithm": "HS256", "secret": SECRET, "issuer": ISSUER, "audience": [AUDIENCE]}
        self.bench.start_yatagarasu(name, access_log=False, jwt=jwt, auth=auth)

    def _asks_opa(self, age):
        return {"provider": "opa", "opa": {
            "url": f"http://127.0.0.1:{self.bench.port('opa')}", "policy_path": POLICY_PATH, "timeout_ms": 5000,
            "cache_ttl_seconds": age, "negative_cache_ttl_seconds": 0}}

    def _start_openfga(self):
        self._openfga = ScriptedProvider(self.bench.port("openfga"), {"allowed": True})
        self._start("openfga-cached", {"provider": "openfga", "openfga": {
            "endpoint": f"http://127.0.0.1:{self.bench.port('openfga')}", "store_id": "01K6K6K6K6K6K6K6K6K6K6K6K6",
            "timeout_ms": 5000, "decision_cache_ttl_seconds": 86_400}})

    def _write_scripts(self):
        """One lets wrk read all objects through the proxy; the other puts to OPA what the proxy would ask then."""
        provider = ScriptedProvider(self.bench.port("opa"), {"result": True})
        try:
            status, _ = self.bench.fetch("opa-uncached", TARGET)
        finally:
            provider.close()
        if status != 200 or len(provider.questions) != 1 or provider.questions[0].count(TARGET) != 1:
            raise SystemExit(f"opa-uncached answers {status} and asked {provider.questions}")
        before, _, after = provider.questions[0].partition(TARGET)
        self.bench.fields["opa"] = {"Content-Type": "application/json", "Accept": "application/json"}
        for name, request in (
                ("opa-uncached", GET.format(folder=FOLDER)),
                ("opa", POST.format(target=f"/v1/data/{POLICY_PATH}", before=before + FOLDER, after=after))):
            path = self.bench.scripts[name] = self.bench.folder / f"{name}.lua"
            path.write_text(SCRIPT.format(objects=GUARDED, request=request))

    def _start_opa(self):
        argv = ["env", "GOMAXPROCS=1", self._opa, "run", "--server", "--addr", f"127.0.0.1:{self.bench.port('opa')}",
                "--disable-telemetry", "--log-level", "error", str(POLICY)]
        self.bench.started(Program("opa", argv, LOAD_CORE, self.bench.folder), "/health")


class GuardRow(LoadRow):
    """A guarded bucket against the same program with one guard less, or against the guard alone."""

    def __init__(self, name, title, judge, must, aim, asked=None, is_cached=True):
        """`asked` is the proxy's count of the questions it put to its provider."""
        super().__init__(name, title, TARGET, RATE, name, [judge], must, aim)
        self._asked, self._is_cached = asked, is_cached

    def measure(self, bench, options):
        result = super().measure(bench, options)
        if "opa" not in self.judges:
            costs = [result["processor_samples"][name] for name in (self.ours, *self.judges)]
            result["cost_ratio"] = statistics.median(judge / our for our, judge in zip(*costs))
        if self._asked:
            counts = counters(bench.fetch(self.name, "/metrics")[1].decode())
            served, asked = counts["auth_success_total"], counts[self._asked]
            result |= {"served": served, "asked": asked}
            result["passes"] &= asked == 1 if self._is_cached else asked > 0.99 * served
        return result

    def check(self, bench, name):
        if name == "opa":
            return    # wrk counts its failures, and what it answers is what the proxy's requests are answered by
        super().check(bench, name)
        wanted = 401 if name in bench.fields else 200
        if (status := fetch(bench.ports[name], TARGET)[0]) != wanted:
            raise SystemExit(f"{name} answers {status} to a request without a token")


def counters(text):
    """Each name's value in a page of metrics, over all labels."""
    found = collections.Counter()
    for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
        found[name] += float(value)
    return found


GUARD_ROWS = [
    GuardRow("jwt", "bucket with HS256 tokens, against a public one", "yatagarasu", 0.93, 0.97),
    GuardRow("opa-cached", "OPA's decision cached, against tokens alone", "jwt", 0.93, 0.97,
             "yatagarasu_opa_requests_total"),
    GuardRow("openfga-cached", "OpenFGA's decision cached (scripted server), against tokens alone", "jwt", 0.93, 0.97,
             "yatagarasu_openfga_checks_total"),
    GuardRow("opa-uncached", "every request asks OPA, against OPA alone (core 0: proxy; core 1: OPA, origin, wrk)",
             "opa", 0.4, 0.6, "yatagarasu_opa_requests_total", is_cached=False),
]
