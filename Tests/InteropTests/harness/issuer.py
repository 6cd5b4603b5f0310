"""A token issuer in a process of its own: it makes keys, signs tokens, publishes its keys, and fails when told to.

`python issuer.py PORT FOLDER` keeps its keys in the folder, so that it can be ended and started again.

    GET    /keys.json          the published keys (RFC 7517), or whatever the mode says
    PUT    /keys/KID           {"algorithm", "published", "extra"}: makes a key; `extra` adds to what is published of it
    DELETE /keys/KID           no longer published; it still signs
    POST   /tokens             {"kid", "header", "claims", "count"}: tokens that differ in their `jti`
    PUT    /mode               {"mode": good | slow | error | garbage | huge | empty | redirect, "seconds"}
    GET    /fetches            how often the keys were asked for, and when (seconds of the monotonic clock)
"""

import http.client
import http.server
import json
import pathlib
import sys
import threading
import time

import joserfc.jwk
import joserfc.jwt

KINDS = {"RS": (joserfc.jwk.RSAKey, 2048), "ES": (joserfc.jwk.ECKey, None), "Ed": (joserfc.jwk.OKPKey, "Ed25519"),
         "HS": (joserfc.jwk.OctKey, 512)}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


class Store:
    """The issuer's keys and its mode; the keys outlive the process."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "issuer-keys.json"
        self.lock = threading.Lock()
        self.keys = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.mode = {"mode": "good"}
        self.fetches = []

    def make(self, kid, algorithm, published=True, extra=None):
        kind, size = KINDS[algorithm[:2]]
        key = kind.generate_key(CURVES.get(algorithm, size), private=True)
        said = {"kid": kid, "use": "sig", "alg": algorithm} | (extra or {})
        with self.lock:
            self.keys[kid] = {"algorithm": algorithm, "private": key.as_dict(private=True), "published": published,
                              "said": {name: value for name, value in said.items() if value is not None}}
            self.path.write_text(json.dumps(self.keys))

    def withdraw(self, kid):
        with self.lock:
            self.keys[kid]["published"] = False
            self.path.write_text(json.dumps(self.keys))

    def published(self):
        with self.lock:
            keys = [key for key in self.keys.values() if key["published"]]
        return {"keys": [self.load(key).as_dict(private=False) | key["said"] for key in keys]}

    def load(self, key):
        return KINDS[key["algorithm"][:2]][0].import_key(
            {name: value for name, value in key["private"].items() if name not in ("kid", "alg", "use")})

    def tokens(self, kid, header=None, claims=None, count=1):
        with self.lock:
            key = self.keys[kid]
        loaded = self.load(key)
        head = {"alg": key["algorithm"], "kid": kid} | (header or {})
        head = {name: value for name, value in head.items() if value is not None}
        now = int(time.time())
        said = {"sub": "reader", "iat": now, "exp": now + 300} | (claims or {})
        return [joserfc.jwt.encode(head, said | {"jti": f"{time.monotonic_ns()}-{number}"}, loaded, [head["alg"]])
                for number in range(count)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None

    def log_message(self, *_):
        pass

    def reply(self, value, status=200, fields=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, said in {"Content-Type": "application/json", "Content-Length": len(body), **dict(fields)}.items():
            self.send_header(name, str(said))
        self.end_headers()
        self.wfile.write(body)

    def said(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_GET(self):
        if self.path == "/fetches":
            return self.reply(self.store.fetches)
        if self.path != "/keys.json":
            return self.reply({}, 404)
        self.store.fetches.append(time.monotonic())
        mode = self.store.mode["mode"]
        if mode == "slow":
            time.sleep(self.store.mode.get("seconds", 30))
        if mode == "error":
            return self.reply({"error": "broken"}, 500)
        if mode == "garbage":
            return self.reply(b'{"keys":[{"kty":"RSA","n":"!!","e":')
        if mode == "empty":
            return self.reply({"keys": []})
        if mode == "huge":
            return self.reply(b'{"keys":[' + b'{"kty":"RSA","n":"AQAB","e":"AQAB"},' * 2_000_000 + b"{}]}")
        if mode == "redirect":
            return self.reply({}, 302, {"Location": "/fetches"})
        return self.reply(self.store.published())

    def do_PUT(self):
        if self.path == "/mode":
            self.store.mode = self.said()
        else:
            self.store.make(self.path.rpartition("/")[2], **self.said())
        self.reply({})

    def do_DELETE(self):
        self.store.withdraw(self.path.rpartition("/")[2])
        self.reply({})

    def do_POST(self):
        self.reply(self.store.tokens(**self.said()))


class Issuer:
    """The issuer's process as tests see it."""

    def __init__(self, folder):
        from .ports import free_port    # here, since the process itself runs this file as a program
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.program = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/keys.json"

    def start(self):
        from .ports import is_listening, wait_until
        from .program import Program
        self.program = Program("issuer", [sys.executable, __file__, str(self.port), str(self.folder)], self.folder)
        wait_until(lambda: is_listening(self.port), 20, "the issuer listens")
        return self

    def stop(self):
        self.program.stop(1)

    def ask(self, method, path, **said):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(said))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def make(self, kid, algorithm="RS256", **said):
        self.ask("PUT", f"/keys/{kid}", algorithm=algorithm, **said)

    def withdraw(self, kid):
        self.ask("DELETE", f"/keys/{kid}")

    def tokens(self, kid, count=1, header=None, **claims):
        return self.ask("POST", "/tokens", kid=kid, count=count, header=header, claims=claims)

    def token(self, kid, header=None, **claims):
        return self.tokens(kid, 1, header, **claims)[0]

    def mode(self, mode, **said):
        self.ask("PUT", "/mode", mode=mode, **said)

    @property
    def fetches(self):
        return len(self.ask("GET", "/fetches"))


if __name__ == "__main__":
    Handler.store = Store(sys.argv[2])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    server.serve_forever()
