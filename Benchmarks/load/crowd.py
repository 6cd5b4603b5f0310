#!/usr/bin/env python3
"""Many clients that ask for one object at once, read it at one process's pace, and take its SHA-256 each.

Prints a JSON object: how many got it `whole`, what became of the others, and when bytes came.
"""

import argparse
import collections
import hashlib
import json
import re
import resource
import selectors
import socket
import statistics
import time

PART = 256 << 10
# One place for all reads: the bytes are used up before the next one.
PLACE = memoryview(bytearray(PART))


class Client:
    """One connection, from the request to the last byte of the answer."""

    def __init__(self, port, target):
        self.socket = socket.socket()
        # What the system holds for all connections has a bound.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PART)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self._request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self._head, self._digest, self._left = b"", hashlib.sha256(), None
        self.first, self.outcome = None, None

    def ask(self):
        self.socket.sendall(self._request)

    def read(self):
        """Takes what is there; afterwards `outcome` is a digest, a failure, or None while bytes are missing."""
        try:
            part = PLACE[:self.socket.recv_into(PLACE)]
        except BlockingIOError:
            return
        except OSError as failure:
            self.outcome = type(failure).__name__
            return
        if not part:
            self.outcome = "truncated"
        elif self._left is None:
            self._begin(part)
        else:
            self._take(part)

    def _begin(self, part):
        self.first = self.first or time.monotonic()
        self._head += part
        head, separator, body = self._head.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 200 ") or not length:
            self.outcome = head.split(b"\r\n")[0].decode(errors="replace")
            return
        self._left = int(length[1])
        self._take(body)

    def _take(self, part):
        self._digest.update(part)
        self._left -= len(part)
        if self._left < 0:
            self.outcome = "too long"
        elif self._left == 0:
            self.outcome = self._digest.hexdigest()


def read_all(clients, deadline):
    """Serves whoever has bytes, one part at a time, until all are done or the time is over."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                key.data.read()
                if key.data.outcome:
                    selector.unregister(key.data.socket)
                    key.data.socket.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--sha256", required=True)
    parser.add_argument("--seconds", type=float, default=600, help="after which those that are not done have failed")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = [Client(options.port, options.target) for _ in range(options.clients)]
    begun = time.monotonic()
    for client in clients:
        client.ask()
    read_all(clients, begun + options.seconds)
    outcomes = collections.Counter(client.outcome or "not done in time" for client in clients)
    whole = outcomes.pop(options.sha256, 0)
    firsts = [client.first - begun for client in clients if client.first] or [0]
    print(json.dumps({
        "whole": whole, "failed": dict(outcomes.most_common(5)), "seconds": time.monotonic() - begun,
        "first_byte_seconds": {"median": statistics.median(firsts), "last": max(firsts)}}))


if __name__ == "__main__":
    main()
