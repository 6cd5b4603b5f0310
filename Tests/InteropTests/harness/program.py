"""A child process of the tests: started with its output in files, stopped by its own process id."""

import os
import pathlib
import signal
import subprocess
import sys

from .ports import wait_until


def tool(name):
    """A program of the interop environment; a missing one is a failure, never a skip."""
    path = pathlib.Path(sys.executable).parent / name
    if not path.exists():
        raise AssertionError(f"{name} is missing: pip install -r Tests/InteropTests/requirements.txt")
    return str(path)


class Program:
    """One running process and its two output files."""

    def __init__(self, name, argv, folder, env=None):
        self.name = name
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.stdout_path = folder / f"{name}.stdout"
        self.stderr_path = folder / f"{name}.stderr"
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, env={**os.environ, **(env or {})})

    @property
    def pid(self):
        return self._child.pid

    @property
    def exit_code(self):
        """None while it runs; negative for a signal's number."""
        return self._child.poll()

    def signal(self, number):
        self._child.send_signal(number)

    def pause(self):
        """Stops every thread. The signal alone returns before they stand still, so that a busy machine's may go on."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._thread_states() <= {"T"}, 10, "the program stands still")

    def resume(self):
        self.signal(signal.SIGCONT)

    def _thread_states(self):
        try:
            lines = [stat.read_text() for stat in pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")]
        except (FileNotFoundError, ProcessLookupError):
            return {"gone"}
        return {line.rpartition(")")[2].split()[0] for line in lines}

    def wait(self, seconds):
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=20):
        """SIGTERM, then SIGKILL after `seconds`. Returns the exit code."""
        if self.exit_code is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            if self.wait(seconds) is None:
                self.kill()
        return self.exit_code

    def kill(self):
        if self.exit_code is None:
            self.signal(signal.SIGKILL)
            self._child.wait(10)

    def last_words(self):
        """The end of both outputs, for a failure's message."""
        tail = [p.read_bytes()[-1500:].decode(errors="replace") for p in (self.stdout_path, self.stderr_path)]
        return f"{self.name} exit={self.exit_code}\n--- stdout\n{tail[0]}\n--- stderr\n{tail[1]}"
