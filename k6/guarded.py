"""Readers with tokens before a bucket that asks a decider: who decides, and whether it was asked."""

import base64
import hashlib
import hmac
import http.server
import json
import math
import secrets
import subprocess
import sys
import threading
import time

from scene import REPOSITORY, counters, free_port, say

PATHS = 100
REGULAR = 5
COUNTED = {
    "opa": ("yatagarasu_opa_requests_total", "yatagarasu_opa_cache_hits_total", "yatagarasu_opa_errors_total"),
    "openfga": ("yatagarasu_openfga_checks_total", "yatagarasu_openfga_cache_hits_total",
                "yatagarasu_openfga_errors_total"),
}


def token(secret, claims):
    """A token signed with HS256, good for a day."""
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    parts = ({"alg": "HS256", "typ": "JWT"}, claims | {"exp": int(time.time()) + 86_400})
    head = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    return (head + b"." + encoded(hmac.digest(secret.encode(), head, hashlib.sha256))).decode()


class ScriptedCheck(http.server.BaseHTTPRequestHandler):
    """Says yes to every check, as fast as it can: what is measured is the proxy, not a store."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"allowed":true,"resolution":""}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ScriptedServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Connections may end at any time."""


def start_opa(scene):
    """A real agent over the example's policy."""
    found = subprocess.run([REPOSITORY / "scripts" / "build-opa", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        sys.exit("k6/run: the OPA server is missing: scripts/bootstrap k6")
    url = f"http://127.0.0.1:{free_port()}"
    policy = REPOSITORY / "examples" / "opa" / "policy.rego"
    scene.start("opa", [found.stdout.strip(), "run", "--server", "--addr", url.removeprefix("http://"),
                        "--disable-telemetry", "--log-level", "error", str(policy)], f"{url}/health")
    return {"provider": "opa", "opa": {"url": url, "policy_path": "yatagarasu/authz", "timeout_ms": 1000}}


def start_openfga(scene):
    server = ScriptedServer(("127.0.0.1", 0), ScriptedCheck)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scene.stack.callback(server.shutdown)
    say("the OpenFGA server of this run is scripted: it says yes to every check and walks no model")
    return {"provider": "openfga", "openfga": {
        "endpoint": f"http://127.0.0.1:{server.server_port}", "store_id": "01K6K6K6K6K6K6K6K6K6K6K6K6",
        "timeout_ms": 1000}}


def run(scene, chosen):
    """Answers 0 when all bounds hold and every new question was put to the decider."""
    secret, rate = secrets.token_hex(32), chosen.rate or 500
    folder = scene.folder / "objects" / "documents" / "shared"
    folder.mkdir(parents=True)
    for number in range(PATHS):
        (folder / f"{number}.txt").write_text(f"object {number}\n")
    endpoint = scene.start_origin()
    auth = start_opa(scene) if chosen.load == "opa" else start_openfga(scene)
    base, _ = scene.start_proxy(endpoint, "documents", {
        "jwt": {"enabled": True, "algorithm": "HS256", "secret": secret}}, {"enabled": True} | auth)
    text, length = chosen.duration
    readers = math.ceil(rate * length / 5 / PATHS) + 1
    tokens = scene.folder / "tokens.json"
    tokens.write_text(json.dumps({
        kind: [token(secret, {"sub": f"{kind}-{number}"}) for number in range(count)]
        for kind, count in (("regular", REGULAR), ("new", readers))}))
    code = scene.load(f"{chosen.load}.js", {
        "BASE_URL": base, "TOKENS": str(tokens), "RATE": str(rate), "DURATION": text, "PATHS": str(PATHS)})
    asked, hits, errors = counters(base, COUNTED[chosen.load])
    if code == 0 and (errors or not hits or asked < 0.9 * rate * length / 5):
        say("not every new question was put to the decider, or it failed: this measured something else")
        return 1
    return code
