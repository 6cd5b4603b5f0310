"""Plays one case of the cache's conformance against a running cache and says what does not hold."""

import concurrent.futures
import re
import time

from .cache_table import (
    BODY, BYPASS, ERROR, HIT, MISS, OTHER, REVALIDATED, STALE, STALE_ON_ERROR, Ask, Asked, Crowd, Do, OpenGate, Wait)
from .mint import bearer
from .wire import Connection

PATIENCE = 15    # seconds
USED_STORED = (HIT, STALE, STALE_ON_ERROR, REVALIDATED)


class Deviation(Exception):
    """What a case found."""


def demand(condition, *said):
    if not condition:
        raise Deviation(" ".join(str(part) for part in said)[:900])


class Play:
    """One case under way. `cache` knows the ports of its setups, the tokens of users, and whether it is ours."""

    def __init__(self, case, cache, origin):
        self.case = case
        self.cache = cache
        self.script = origin.open(case)
        self.port = cache.port(case.setup)

    def run(self):
        """None, or what does not hold."""
        try:
            for number, step in enumerate(self.case.steps, 1):
                try:
                    self._step(step)
                    if isinstance(step, (Ask, Crowd, Do)):
                        time.sleep(self.cache.pause)
                except (Deviation, AssertionError) as found:
                    return f"step {number}: {found}"
                except Exception as broken:    # whatever a case stumbles over is its finding, not the others'
                    return f"step {number}: {type(broken).__name__}: {broken}"
            return None
        finally:
            self.script.open_gate()

    @property
    def asked(self):
        return len(self.script.requests)

    def _step(self, step):
        match step:
            case Wait(seconds):
                time.sleep(seconds)
            case OpenGate():
                self.script.open_gate()
            case Asked(count):
                self.wait_until(lambda: self.asked >= count, f"the origin is asked {count} times")
            case Crowd(count, ask):
                with concurrent.futures.ThreadPoolExecutor(count) as pool:
                    answers = list(pool.map(self.exchange, [ask] * count))
                for answer in answers:
                    self._check_answer(ask, answer)
                demand(ask.asked is None or self.asked in several(ask.asked), "the origin was asked", self.asked,
                "times")
            case Do(action):
                action(self)
            case Ask(patient=True):
                self._patiently(step)
            case Ask():
                self.ask(step)

    def _patiently(self, ask):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask(ask)
            except Deviation:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @staticmethod
    def wait_until(condition, what, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not condition():
            demand(time.monotonic() < deadline, "not within", seconds, "s:", what)
            time.sleep(0.02)

    def target(self, ask):
        return f"/{ask.bucket or self.case.bucket}/{self.script.id}/{ask.name}{ask.query}"

    def open(self, ask, **options):
        """Sends the request and leaves the answer unread."""
        connection = Connection(self.port, **options)
        fields = ask.send | (bearer(self.cache.token(ask.user)) if ask.user else {})
        host = fields.pop("Host", None)
        connection.send_request(ask.method, self.target(ask), fields, host=host)
        return connection

    def exchange(self, ask):
        """The answer; None where it ended before its end."""
        with self.open(ask) as connection:
            try:
                return connection.receive(to_head=ask.method == "HEAD")
            except ConnectionError:
                if ask.is_cut:
                    return None
                raise

    def ask(self, ask):
        before = self.asked
        answer = self.exchange(ask)
        self._check_answer(ask, answer)
        if ask.is_cut:
            return
        self._check_asking(ask, self.asked - before)
        for name, due in ask.saw.items():
            self._check_field("the origin saw", name, self.script.requests[-1].fields.get(name), due)

    def _check_answer(self, ask, answer):
        if ask.is_cut:
            demand(answer is None or answer.status in ERROR, "an answer that looks whole:", answer)
            return
        demand(answer.status in several(ask.status or 200), "status is not", ask.status or 200, "but", answer)
        if ask.parts:
            check_parts(answer, ask.parts)
        elif ask.method == "GET" and (ask.body is not None or ask.of):
            due = self.script.body(ask.of) if ask.body is None else ask.body
            demand(answer.body == due, "body is not", due[:60], f"({len(due)} bytes) but {len(answer.body)} bytes:",
            answer)
        for name, due in ask.has.items():
            self._check_field("the client got", name, answer.get(name), due)
        if self.cache.is_ours:
            check_ours(ask, answer)

    @staticmethod
    def _check_field(who, name, value, due):
        if isinstance(due, re.Pattern):
            demand(value is not None and due.fullmatch(value), who, f"{name}: {value!r}, not {due.pattern!r}")
        elif callable(due):
            demand(due(value), who, f"{name}: {value!r}, not {due.__name__}")
        else:
            demand(value == due, who, f"{name}: {value!r}, not {due!r}")

    def _check_asking(self, ask, times):
        said = f"the origin was asked {times} times more, {self.asked} in all; {ask.outcome} was due"
        if ask.asked is not None:
            demand(self.asked in several(ask.asked), said, "with", ask.asked)
        elif ask.outcome == HIT:
            demand(times == 0, said)
        elif ask.outcome in (REVALIDATED, MISS):
            demand(times == 1, said)
        elif ask.outcome == BYPASS:
            demand(times >= 1, said)


def several(value):
    return (value,) if isinstance(value, int) else value


def parameters(cache_status):
    """The parameters of our member of Cache-Status (RFC 9211 §2)."""
    _, *pairs = [part.strip() for part in (cache_status or "").split(";")]
    found = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        found[name] = value or True
    return found


def check_ours(ask, answer):
    """What this program says of its cache: X-Cache, Age and Cache-Status."""
    if ask.outcome == OTHER and not ask.cache:
        return
    said = answer.get("cache-status", "")
    demand(said.startswith("yatagarasu;"), "Cache-Status is", repr(said), "in", answer)
    found = parameters(said)
    x_cache = {MISS: "MISS", BYPASS: "BYPASS"}.get(ask.outcome, "HIT")
    if ask.outcome != OTHER:
        demand(answer.get("x-cache") == x_cache, "X-Cache is not", x_cache, "but", answer.get("x-cache"))
    age = answer.get("age")
    demand(ask.outcome not in USED_STORED or (age or "").isdigit(), "Age is", age, "in", answer)
    time_left = int(found.get("ttl", 0))
    holds = {
        HIT: found.get("hit") is True and "fwd" not in found and "ttl" in found and time_left >= 0,
        STALE: found.get("hit") is True and "ttl" in found and time_left <= 0,
        STALE_ON_ERROR: "ttl" in found and time_left <= 0,
        REVALIDATED: found.get("fwd") == "stale" and found.get("fwd-status") == "304",
        MISS: "hit" not in found and found.get("fwd") not in (None, "bypass"),
        BYPASS: "hit" not in found and found.get("fwd") == "bypass",
    }.get(ask.outcome, True)
    demand(holds, "Cache-Status is", repr(said), "where", ask.outcome, "was due")
    for name, due in ask.cache.items():
        demand(found.get(name) == due, "Cache-Status is", repr(said), "without", f"{name}={due}")


def check_parts(answer, ranges):
    """A multipart/byteranges answer holds just these ranges of `BODY` (RFC 9110 §14.6)."""
    kind = answer.get("content-type", "")
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    demand(kind.startswith("multipart/byteranges") and boundary, "Content-Type is", kind)
    found = []
    for piece in answer.body.split(b"--" + boundary[1].encode())[1:-1]:
        fields, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        place = re.search(rb"(?im)^content-range: *(.*?)\r?$", fields)
        demand(place, "a part without Content-Range:", piece[:200])
        found.append((place[1].decode(), data.removesuffix(b"\r\n")))
    due = [(f"bytes {first}-{last}/{len(BODY)}", BODY[first:last + 1]) for first, last in ranges]
    demand(found == due, "parts are", [place for place, _ in found], "not", [place for place, _ in due])


def play_all(cases, cache, origin, at_once=48):
    """What each case found, by case; those that wait do it side by side."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        return dict(zip(cases, pool.map(lambda case: Play(case, cache, origin).run(), cases)))
