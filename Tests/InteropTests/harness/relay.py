"""A TCP relay between the proxy and a real origin: it counts connections, keeps request heads and can speak TLS."""

import asyncio
import contextlib
import time

from .background import BACKGROUND
from .ports import free_port


class Head:
    """One request head as the origin receives it; field names in lower case."""

    def __init__(self, data):
        lines = data.split(b"\r\n")
        self.data = data
        self.line = lines[0]
        self.method, self.target, _ = lines[0].decode("latin-1").split(" ", 2)
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            self.fields[name.lower()] = value.strip()

    @property
    def is_for_object(self):
        """False for `/bucket`, `/bucket/` and what readiness probes ask for."""
        _, _, key = self.target.partition("?")[0].removeprefix("/").partition("/")
        return key not in ("", ".well-known/yatagarasu-probe")

    def __repr__(self):
        return f"<{self.method} {self.target}>"


class Link:
    """One connection of the proxy to the origin."""

    def __init__(self):
        self.opened_at = time.monotonic()
        self.closed_at = None      # when the proxy closed its side
        self.sent = bytearray()    # what the proxy sent
        self.relayed_bytes = 0     # how much the origin answered

    @property
    def is_open(self):
        return self.closed_at is None


class Relay:
    def __init__(self, origin_port, tls=None):
        """`tls`: an `ssl.SSLContext` with which the proxy's side is terminated."""
        self.origin_port = origin_port
        self.port = free_port()
        self.links = []
        self._tasks = set()
        self._server = BACKGROUND.run(asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls))

    @property
    def open_links(self):
        return [link for link in self.links if link.is_open]

    def requests(self):
        """Every request for an object so far. The proxy sends no bodies, so heads follow one another."""
        heads = [Head(head) for link in self.links for head in bytes(link.sent).split(b"\r\n\r\n")[:-1]]
        return [head for head in heads if head.is_for_object]

    def forget(self):
        """Drops the kept request heads."""
        for link in self.links:
            link.sent.clear()

    def close(self):
        BACKGROUND.run(self._close())

    async def _close(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        link = Link()
        self.links.append(link)
        upstream = None
        try:
            from_origin, upstream = await asyncio.open_connection("127.0.0.1", self.origin_port)
            answers = asyncio.create_task(self._answers(link, from_origin, writer))
            while data := await reader.read(65536):
                link.sent += data
                upstream.write(data)
                await upstream.drain()
            answers.cancel()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            link.closed_at = time.monotonic()
            self._tasks.discard(task)
            for side in (writer, upstream):
                if side:
                    side.transport.abort()

    async def _answers(self, link, from_origin, writer):
        with contextlib.suppress(OSError):
            while data := await from_origin.read(65536):
                link.relayed_bytes += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


class ScriptedOrigin:
    """An origin that misbehaves on purpose: `script(head)` returns bytes to send, seconds to sleep, None to close."""

    def __init__(self, script):
        self.script = script
        self.port = free_port()
        self.requests = []
        self.connections = 0    # those that asked for an object
        self._server = BACKGROUND.run(asyncio.start_server(self._serve, "127.0.0.1", self.port))

    def close(self):
        BACKGROUND.loop.call_soon_threadsafe(self._server.close)

    async def _serve(self, reader, writer):
        asked = False
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = Head((await reader.readuntil(b"\r\n\r\n"))[:-4])
                if head.is_for_object:
                    self.requests.append(head)
                    self.connections += not asked
                    asked = True
                for step in self.script(head):
                    if step is None:
                        await writer.drain()
                        writer.close()
                        return
                    if isinstance(step, (int, float)):
                        await asyncio.sleep(step)
                    else:
                        writer.write(step)
                        await writer.drain()
        writer.close()


def http(status, body=b"", fields=None, reason="Scripted"):
    """A response's bytes."""
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name}: {value}" for name, value in {"Content-Length": len(body), **(fields or {})}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def s3_error(status, code, message="internals of the origin"):
    """An S3 error as origins send it."""
    body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
            f'<Resource>/internal/path</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>').encode()
    return http(status, body, {"Content-Type": "application/xml"})
