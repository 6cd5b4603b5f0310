"""A real Open Policy Agent: its process, and the decisions it has taken as it logged them itself."""

import functools
import json
import pathlib
import subprocess
import urllib.request

from .ports import free_port, is_listening, wait_until
from .program import Program

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


@functools.cache
def opa():
    """The program that scripts/build-opa keeps; a missing one is a failure, never a skip."""
    found = subprocess.run([REPOSITORY / "scripts" / "build-opa", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        raise AssertionError(f"no OPA server: run scripts/bootstrap interop\n{found.stderr}")
    return found.stdout.strip()


class OPA:
    """`opa run --server` over some policies; the port stays the same over a restart."""

    def __init__(self, folder, *policies):
        self.folder = pathlib.Path(folder)
        (self.folder / "policies").mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(policies):
            (self.folder / "policies" / f"{number}.rego").write_text(text)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._program = None

    def start(self):
        self._program = Program("opa", [
            opa(), "run", "--server", "--addr", f"127.0.0.1:{self.port}", "--disable-telemetry", "--log-format", "json",
            "--log-level", "info", "--set", "decision_logs.console=true", str(self.folder / "policies")], self.folder)
        wait_until(self._is_healthy, 20, "OPA answers")
        return self

    def _is_healthy(self):
        if self._program.exit_code is not None:
            raise AssertionError(self._program.last_words())
        if not is_listening(self.port):
            return False
        with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
            return answer.status == 200

    def stop(self):
        if self._program:
            self._program.stop(5)

    def kill(self):
        self._program.kill()

    def pause(self):
        """Stalls it: the kernel still accepts connections, nobody answers."""
        self._program.pause()

    def resume(self):
        self._program.resume()

    def ask(self, document, **question):
        """The answer to one question, asked directly."""
        request = urllib.request.Request(
            f"{self.url}/v1/data/{document}", json.dumps({"input": question}).encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def decisions(self):
        """Every decision so far, in order: a dictionary with `path`, `input` and `result`."""
        lines = self._program.stderr_path.read_bytes().split(b"\n")[:-1]
        return [entry for entry in map(json.loads, lines) if entry.get("msg") == "Decision Log"]

    def inputs(self):
        return [decision["input"] for decision in self.decisions()]
