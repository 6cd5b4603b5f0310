"""An origin for the cases of the cache: each case has keys of its own and a script of answers, request by request."""

import calendar
import email.utils
import itertools
import threading
import time

from .evidence import EVIDENCE
from .relay import ScriptedOrigin, http
from .cache_table import Moment

LONGEST_GATE = 30    # seconds; a case that died must not hold a connection for ever
PIECE = 65536


class Script:
    """What the origin answers to one case, and what it was asked: the case's keys begin with `id`."""

    _numbers = itertools.count(1)

    def __init__(self, case):
        self.case = case
        self.id = f"case{next(self._numbers)}"
        self.requests = []
        self.ended = []           # numbers of the requests whose answer went out, or was given up
        self.completed = []       # those that went out whole
        self._gate = threading.Event()
        self._lock = threading.Lock()

    def open_gate(self):
        self._gate.set()

    def body(self, number):
        reply = self.reply(number)
        return b"reply %d of %s" % (number, self.id.encode()) if reply.body is None else reply.body

    def reply(self, number):
        replies = self.case.origin
        return replies[min(number, len(replies)) - 1]

    def answer(self, head):
        with self._lock:
            self.requests.append(head)
            number = len(self.requests)
        try:
            yield from self._steps(self.reply(number), head, self.body(number))
            self.completed.append(number)
        finally:
            self.ended.append(number)

    def _steps(self, reply, head, body):
        yield reply.delay
        if reply.gate == "head":
            yield from self._wait()
        if reply.dropped:
            yield None
            return
        status, fields, body = answered(reply, head, body) if not reply.literal else (reply.status, {}, body)
        yield head_bytes(reply, status, fields, len(body))
        if head.method != "HEAD" and status != 304:
            yield from self._body(reply, body)
            if reply.framing == "close":
                yield None

    def _body(self, reply, body):
        if reply.endless:
            for _ in range(1000):
                yield body
                yield 0.02
        end = len(body) if reply.cut is None else reply.cut
        stops = sorted({0, end} | ({reply.gate} if isinstance(reply.gate, int) else set()))
        for start, stop in itertools.pairwise(stops):
            if start == reply.gate:
                yield from self._wait()
            for at in range(start, stop, PIECE):
                yield framed(reply, body[at:min(at + PIECE, stop)])
        if reply.cut is not None:
            yield None
        elif reply.framing == "chunked":
            yield reply.tail or b"0\r\n\r\n"
            if reply.tail:
                yield None

    def _wait(self):
        deadline = time.monotonic() + LONGEST_GATE
        while not self._gate.is_set() and time.monotonic() < deadline:
            yield 0.02


def framed(reply, data):
    return b"%x\r\n%b\r\n" % (len(data), data) if reply.framing == "chunked" else data


def head_bytes(reply, status, more, length):
    now = time.time()
    named = {name.lower() for name, _ in reply.fields}
    pairs = list(reply.fields) + list(more.items())
    if "date" not in named:
        pairs.append(("Date", Moment(0)))
    if status != 304 and reply.framing == "length" and "content-length" not in named:
        pairs.append(("Content-Length", length if reply.declared is None else reply.declared))
    if reply.framing == "chunked" and status != 304:
        pairs.append(("Transfer-Encoding", "chunked"))
    if reply.framing == "close":
        pairs.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {status} Scripted"]
    lines += [f"{name}: {value.at(now) if isinstance(value, Moment) else value}" for name, value in pairs
              if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(reply, head, body):
    """Status, further fields and body that an S3 server gives for this request (RFC 9110 §13.2.2, §14.2)."""
    etag, modified = reply.of("etag"), reply.of("last-modified")
    if not holds(head.fields, etag, modified):
        return (412, {}, b"")
    if not is_changed(head.fields, etag, modified):
        return (304, {}, b"")
    asked = head.fields.get("range", "")
    if head.method != "GET" or reply.status != 200 or not asked.startswith("bytes=") or "," in asked:
        return (reply.status, {}, body)
    if "if-range" in head.fields and head.fields["if-range"] not in (etag, modified):
        return (200, {}, body)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if not (first + last).isdigit() or first and last and int(last) < int(first):
        return (200, {}, body)
    if not first:
        start, end = max(0, len(body) - int(last)), len(body)
    else:
        start, end = int(first), min(int(last or len(body)) + 1, len(body))
    if start >= end:
        return (416, {"Content-Range": f"bytes */{len(body)}"}, b"")
    return (206, {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}"}, body[start:end])


def tags(text):
    return [tag.strip() for tag in text.split(",")]


def holds(fields, etag, modified):
    if "if-match" in fields:
        strong = (etag or "").startswith('"') and etag in tags(fields["if-match"])
        return fields["if-match"] == "*" or strong
    if modified and (date := seconds(fields.get("if-unmodified-since"))) is not None:
        return seconds(modified) <= date
    return True


def is_changed(fields, etag, modified):
    if "if-none-match" in fields:
        known = [tag.removeprefix("W/") for tag in tags(fields["if-none-match"])]
        return known != ["*"] and (not etag or etag.removeprefix("W/") not in known)
    if modified and (date := seconds(fields.get("if-modified-since"))) is not None:
        return seconds(modified) > date
    return True


def seconds(date):
    """None where it is no date."""
    parts = email.utils.parsedate(date or "")
    return calendar.timegm(parts) if parts else None


class CacheOrigin:
    """Every case's origin at one port; `/bucket/ID/name` finds the script of the case."""

    def __init__(self):
        self.access_key, self.secret_key = "AKIDSCRIPTED", EVIDENCE.new_secret("scripted")
        self._scripts = {}
        self._server = ScriptedOrigin(self._answer)
        self.port = self._server.port

    def open(self, case):
        script = Script(case)
        self._scripts[script.id] = script
        return script

    def close(self):
        self._server.close()

    def _answer(self, head):
        _, _, name, *_ = [*head.target.partition("?")[0].split("/"), "", ""]
        script = self._scripts.get(name)
        if script is None:
            return iter([http(404)])
        return script.answer(head)
