"""An HTTP/1.1 client on a raw socket: it sends exactly the bytes it is told to and keeps what came back."""

import json
import socket
import struct
import time

from .evidence import EVIDENCE


class Answer:
    """One response as it was on the wire; field names in lower case."""

    def __init__(self, head, body):
        self.head = head
        self.body = body
        lines = head.split(b"\r\n")
        version, status, *reason = lines[0].decode("latin-1").split(" ", 2)
        self.version = version
        self.status = int(status)
        self.reason = reason[0] if reason else ""
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            self.fields.append((name.lower(), value.strip()))

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.fields} body={self.body[:200]!r}>"

    def get(self, name, default=None):
        """The field's value; several lines of one field are joined by a comma."""
        return ", ".join(v for n, v in self.fields if n == name) if self.has(name) else default

    def has(self, name):
        return any(n == name for n, _ in self.fields)

    def json(self):
        return json.loads(self.body)


class Connection:
    """A client connection to a loopback port."""

    def __init__(self, port, timeout=30, receive_buffer=None, source=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.port = port
        self._held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def shut_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def kill(self):
        """Leaves as a killed client does: with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, target, fields=(), body=b"", host=None):
        """Writes one request; `target` may be text or raw bytes."""
        if isinstance(target, str):
            target = target.encode()
        lines = [method.encode() + b" " + target + b" HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}".encode()]
        lines += [f"{name}: {value}".encode("latin-1") for name, value in dict(fields).items()]
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def request(self, method, target, fields=(), body=b"", host=None):
        self.send_request(method, target, fields, body, host)
        return self.receive(to_head=method == "HEAD")

    def receive_head(self):
        """The next final response head; the body stays unread."""
        while True:
            head = self._until(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 1"):
                return Answer(head, b"")

    def receive(self, to_head=False):
        """The next response, whole."""
        answer = self.receive_head()
        if to_head or answer.status in (204, 304):
            body = b""
        elif answer.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        elif answer.has("content-length"):
            body = self.exactly(int(answer.get("content-length")))
        else:
            body = self.rest()
        answer.body = body
        EVIDENCE.answer(answer.head, body)
        return answer

    def exactly(self, count):
        parts, missing = [self._held[:count]], count - len(self._held[:count])
        self._held = self._held[count:]
        while missing:
            part = self.socket.recv(min(missing, 1 << 20))
            if not part:
                raise ConnectionError(f"the connection ended {missing} bytes too early")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def rest(self):
        """Everything until the peer closes."""
        parts, self._held = [self._held], b""
        while part := self.socket.recv(1 << 16):
            parts.append(part)
        return b"".join(parts)

    def is_closed_within(self, seconds):
        """True when the peer closes or resets without sending a further byte."""
        if self._held:
            return False
        self.socket.settimeout(seconds)
        try:
            self._held = self.socket.recv(1)
            return not self._held
        except TimeoutError:
            return False
        except OSError:
            return True

    def _until(self, mark):
        while mark not in self._held:
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError(f"the connection ended before a response head, after {self._held[:200]!r}")
            self._held += part
        found, _, self._held = self._held.partition(mark)
        return found

    def _chunks(self):
        parts = []
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            parts.append(self.exactly(size))
            assert self.exactly(2) == b"\r\n"
        while self._until(b"\r\n"):
            pass
        return b"".join(parts)


def ask(port, method, target, fields=(), body=b"", timeout=30, host=None):
    """One request on a connection of its own."""
    with Connection(port, timeout) as connection:
        return connection.request(method, target, fields, body, host)


def exchange(port, data, timeout=10):
    """Sends raw bytes and returns the first response, or None when the peer just closes."""
    with Connection(port, timeout) as connection:
        try:
            connection.send(data)
        except OSError:
            pass
        try:
            return connection.receive()
        except (ConnectionError, TimeoutError):
            return None


def timed(action):
    """The action's value and the seconds it took."""
    start = time.monotonic()
    value = action()
    return value, time.monotonic() - start
