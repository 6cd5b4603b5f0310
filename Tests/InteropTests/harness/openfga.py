"""A server that speaks OpenFGA's `POST /stores/{id}/check` and lets OpenFGA's real engine decide each check.

No package archive has the server's binary, but `fga`, OpenFGA's command line, carries the engine: `fga model test`
evaluates checks over a model and tuples. It runs for every check that arrives, so no decision is remembered here.
"""

import collections
import dataclasses
import http.server
import json
import pathlib
import re
import secrets
import socket
import socketserver
import subprocess
import tempfile
import threading

import yaml

from .ports import free_port
from .program import tool

# The real server's own rules for the parts of a tuple key.
_USER = re.compile(r"\S{2,512}")
_OBJECT = re.compile(r"\S{2,256}")
_RELATION = re.compile(r"[^:#@\s]{1,50}")


def ulid():
    """An identifier as the real server makes them."""
    return "01" + "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(24))


@dataclasses.dataclass
class Check:
    """One check that arrived; `allowed` is None when it was not the engine that answered."""

    user: str
    relation: str
    object: str
    model_id: str | None
    authorization: str | None
    body: dict
    allowed: bool | None = None


class Refusal(Exception):
    """An error as the real server words it."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Engine:
    """One model and its tuples, evaluated by `fga`."""

    def __init__(self, folder, model, tuples):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "model.fga").write_text(model)
        (self.folder / "tuples.yaml").write_text(yaml.safe_dump(tuples, width=100_000))

    def decide(self, user, relation, object):
        """Whether the user has the relation; a `Refusal` for what the engine calls invalid."""
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".yaml") as file:
            yaml.safe_dump({
                "name": "one check", "model_file": "model.fga", "tuple_file": "tuples.yaml",
                "tests": [{"name": "one check", "check": [
                    {"user": user, "object": object, "assertions": {relation: True}}]}]}, file, width=100_000)
            file.flush()
            run = subprocess.run(
                [tool("fga"), "model", "test", "--verbose", "--tests", file.name], capture_output=True, text=True,
                timeout=60)
        try:
            [result] = json.loads(run.stdout)[0]["check_results"]
        except (ValueError, LookupError):
            raise AssertionError(f"fga gave no result\n{run.stdout}\n{run.stderr}") from None
        asked = result["request"]
        assert (asked["user"], asked["relation"], asked["object"]) == (user, relation, object), asked
        if result["got"] is None:
            reason = re.search(r"desc = (.*)", run.stderr)
            raise Refusal(400, "validation_error", reason[1] if reason else "invalid check")
        return result["got"]


class OpenFGA:
    """The server. `planned` holds answers for the next checks, `always` one for all: a response's bytes, or `STALL`."""

    STALL = object()

    def __init__(self, folder, model, tuples, token=None):
        self.engine = Engine(folder, model, tuples)
        self.store_id, self.model_id = ulid(), ulid()
        self.token = token
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.checks = []
        self.planned = collections.deque()
        self.always = None
        self._server = None

    def start(self):
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def kill(self):
        """Closes the listener and every connection, as the end of a process does."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.end()

    def settings(self, **more):
        """The `openfga` section that asks this server; the time limit leaves room for a run of the engine."""
        section = {"endpoint": self.url, "store_id": self.store_id, "timeout_ms": 10_000}
        return section | ({"api_token": self.token} if self.token else {}) | more

    def check(self, store_id, fields, body):
        """Keeps one check and answers it: the response's status and JSON, or planned bytes, or `STALL`."""
        try:
            check = _read(fields, body)
        except (ValueError, LookupError, TypeError):
            return _error(400, "validation_error", "invalid CheckRequest")
        self.checks.append(check)
        planned = self.planned.popleft() if self.planned else self.always
        if planned is not None:
            return planned
        try:
            self._admit(store_id, check)
            check.allowed = self.engine.decide(check.user, check.relation, check.object)
            return 200, {"allowed": check.allowed, "resolution": ""}
        except Refusal as refusal:
            return _error(refusal.status, refusal.code, refusal.message)

    def _admit(self, store_id, check):
        if self.token is not None:
            if check.authorization is None:
                raise Refusal(401, "bearer_token_missing", "missing bearer token")
            if check.authorization != f"Bearer {self.token}":
                raise Refusal(401, "unauthenticated", "unauthenticated")
        if store_id != self.store_id:
            raise Refusal(404, "store_id_not_found", "Store ID not found")
        if check.model_id not in (None, self.model_id):
            raise Refusal(
                400, "authorization_model_not_found", f"Authorization Model '{check.model_id}' not found")
        for value, rule in ((check.user, _USER), (check.object, _OBJECT), (check.relation, _RELATION)):
            if not rule.fullmatch(value):
                raise Refusal(400, "validation_error", f"invalid CheckRequestTupleKey: {value!r}")


def _read(fields, body):
    document = json.loads(body)
    key = document["tuple_key"]
    return Check(
        key["user"], key["relation"], key["object"], document.get("authorization_model_id"),
        fields.get("authorization"), document)


def _error(status, code, message):
    return status, {"code": code, "message": message}


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, fga):
        self.fga = fga
        self.is_over = threading.Event()
        self._open = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", fga.port), _Handler)

    def process_request(self, request, client_address):
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end(self):
        self.is_over.set()
        self.server_close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def handle_error(self, request, client_address):
        """Connections end in all ways here; nobody reads of it."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        match = re.fullmatch(r"/stores/([^/]+)/check", self.path)
        if not match:
            return self._send(*_error(404, "undefined_endpoint", "Not Found"))
        answer = self.server.fga.check(match[1], self.headers, body)
        if answer is OpenFGA.STALL:
            self.server.is_over.wait(30)
            self.close_connection = True
        elif isinstance(answer, bytes):
            self.wfile.write(answer)
            self.close_connection = True
        else:
            self._send(*answer)

    def _send(self, status, document):
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
