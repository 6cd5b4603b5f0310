"""One of the examples, run as its README says, but on free ports: the built-in origin over a folder, and the proxy."""

import pathlib
import subprocess

from .evidence import EVIDENCE
from .ports import free_port, is_listening, wait_until
from .program import Program
from .proxy import REPOSITORY, Proxy, binary


class Example:
    """`examples/NAME/config.yaml` before `yatagarasu origin`; every object that is put holds its own key."""

    def __init__(self, name, folder, env):
        self.documents = pathlib.Path(folder) / "objects" / "documents"
        self.documents.mkdir(parents=True)
        keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": EVIDENCE.new_secret("example")}
        self.env = keys | {"JWT_SECRET": EVIDENCE.new_secret("example-jwt")}
        origin_port, port = free_port(), free_port()
        self.origin = Program("origin", [
            binary(), "origin", "--dir", str(self.documents.parent), "--port", str(origin_port)], folder, keys)
        wait_until(lambda: is_listening(origin_port), 15, "the origin listens")
        text = (REPOSITORY / "examples" / name / "config.yaml").read_text()
        for written, free in (("port: 8080\n", port), ("endpoint: http://127.0.0.1:9000\n", origin_port)):
            assert text.count(written) == 1
            text = text.replace(written, written.rstrip("0123456789\n") + f"{free}\n")
        self.proxy = Proxy(pathlib.Path(folder) / "proxy", text, port, self.env | env)

    def put(self, key):
        path = self.documents / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)

    def token(self, claims):
        run = subprocess.run(
            [REPOSITORY / "examples" / "token", claims], capture_output=True, text=True, check=True,
            env={"PATH": "/usr/bin:/bin"} | self.env)
        return EVIDENCE.secret(run.stdout.strip())

    def stop(self):
        self.proxy.stop()
        self.origin.stop(5)

    def discard(self):
        self.proxy.discard()
        self.origin.kill()
