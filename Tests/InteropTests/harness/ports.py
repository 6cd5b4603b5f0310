"""Free loopback ports and waiting with a deadline."""

import random
import socket
import time

# Below the kernel's ephemeral range, so that no outgoing connection takes a port while its server restarts.
_CANDIDATES = list(range(15_000, 30_000))
random.SystemRandom().shuffle(_CANDIDATES)


def free_port():
    """A loopback port that nobody listens on; never handed out twice in one session."""
    while _CANDIDATES:
        port = _CANDIDATES.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no free loopback port is left")


def wait_until(condition, seconds, what):
    """Polls until `condition()` is true and returns its value; fails loudly after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
