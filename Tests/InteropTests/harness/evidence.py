"""All that the proxy said in the session, and every secret it was given: the last test compares them."""

import pathlib
import secrets
import threading

KEPT_BODY = 16_384


class Evidence:
    """Collects the files that proxies wrote, the answers that clients read, and the secrets in use."""

    def __init__(self):
        self._lock = threading.Lock()
        self._secrets = set()
        self._files = []
        self._answers = None
        self.answers_kept = 0

    def keep_answers_in(self, path):
        self._answers = open(path, "wb")
        self._files.append(pathlib.Path(path))

    def new_secret(self, label):
        """A random secret that no output may ever show."""
        return self.secret(f"{label}-{secrets.token_hex(16)}")

    def secret(self, value):
        with self._lock:
            self._secrets.add(value)
        return value

    def output(self, path):
        """Names a file that a proxy process writes to."""
        with self._lock:
            self._files.append(pathlib.Path(path))

    def answer(self, head, body):
        """Keeps what a client read: the head, and the body where it is of an error's size and no object's."""
        with self._lock:
            if self._answers:
                self._answers.write(head + b"\r\n\r\n" + (body if len(body) <= KEPT_BODY else b"") + b"\n")
                self.answers_kept += 1

    def flush(self):
        with self._lock:
            if self._answers:
                self._answers.flush()

    @property
    def secrets(self):
        return sorted(self._secrets)

    @property
    def files(self):
        return list(self._files)


EVIDENCE = Evidence()
