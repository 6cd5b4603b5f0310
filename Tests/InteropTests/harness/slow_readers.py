"""Many downloads at once, each read slowly: what a drain, a limit or a leaving client meets.

The kernel takes about 4 MiB of an answer off the proxy's hands on loopback, so only larger objects keep it busy.
"""

import asyncio
import socket
import threading
import zlib

from .background import BACKGROUND


class SlowReaders:
    """`count` downloads of one object, each taking about `seconds`, on connections with small receive buffers."""

    def __init__(self, port, target, count, seconds, size):
        self.port, self.target, self.count = port, target, count
        self._step = 65536
        self._pause = seconds * self._step / size
        self._under_way = 0
        self._all_under_way = threading.Event()
        self._results = BACKGROUND.spawn(self._read_all())

    def wait_until_under_way(self, seconds=30):
        """Until every response head has arrived."""
        assert self._all_under_way.wait(seconds), f"only {self._under_way} of {self.count} downloads began"

    def hurry(self):
        """From now on as fast as it goes."""
        self._pause = 0

    def results(self, seconds=60):
        """(status, bytes, crc32) of each download; an error's text where one was cut."""
        return self._results.result(seconds)

    async def _read_all(self):
        return await asyncio.gather(*(self._read_one() for _ in range(self.count)))

    async def _read_one(self):
        loop = asyncio.get_running_loop()
        with socket.socket() as client:
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            try:
                await loop.sock_connect(client, ("127.0.0.1", self.port))
                request = f"GET {self.target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n"
                await loop.sock_sendall(client, request.encode())
                data = b""
                while b"\r\n\r\n" not in data:
                    part = await loop.sock_recv(client, 4096)
                    if not part:
                        return "closed before the head"
                    data += part
                head, _, body = data.partition(b"\r\n\r\n")
                self._began()
                return await self._drain(loop, client, head, body)
            except OSError as error:
                return repr(error)

    def _began(self):
        self._under_way += 1
        if self._under_way == self.count:
            self._all_under_way.set()

    async def _drain(self, loop, client, head, body):
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        count, check = len(body), zlib.crc32(body)
        while count < length:
            part = await loop.sock_recv(client, self._step)
            if not part:
                return f"cut after {count} of {length} bytes"
            count += len(part)
            check = zlib.crc32(part, check)
            await asyncio.sleep(self._pause * len(part) / self._step)
        return int(lines[0].split(" ")[1]), count, check
