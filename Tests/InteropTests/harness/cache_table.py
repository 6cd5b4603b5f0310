"""The words in which the cases of the cache's conformance are written: what the origin answers, what a client asks."""

import dataclasses
import email.utils
import re

PAST = 2.3      # seconds after which what was fresh for one second is stale, in caches that count whole seconds, too
BODY = bytes(i % 251 for i in range(1000))
ANY = re.compile(r".*", re.DOTALL)
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
FAR_AHEAD = "Wed, 21 Oct 2037 07:28:00 GMT"

# What became of a request. Each says whether the origin is asked, and what X-Cache and Cache-Status tell.
HIT = "hit"                    # from the cache, fresh
STALE = "stale"                # from the cache, stale, the origin at most asked behind the client's back
STALE_ON_ERROR = "on error"    # from the cache, stale, since the origin was asked and failed
REVALIDATED = "revalidated"    # from the cache after the origin's 304
MISS = "miss"                  # from the origin
BYPASS = "bypass"              # from the origin, past the cache
OTHER = "other"                # no claim


@dataclasses.dataclass(frozen=True)
class Moment:
    """An HTTP date so many seconds from when the origin answers."""

    offset: float = 0

    def at(self, now):
        return email.utils.formatdate(int(now + self.offset), usegmt=True)


@dataclasses.dataclass(frozen=True)
class Reply:
    """One answer of the origin. Unless literal, it heeds the request's conditions and range, as S3 does."""

    status: int = 200
    fields: tuple = ()
    body: bytes = None         # None: a body that names the reply's number
    framing: str = "length"    # length, chunked, close
    declared: object = None    # what Content-Length says; the body's length where None
    cut: int = None            # the connection ends after so many bytes of the body
    gate: object = None        # "head", or a number of body bytes: what follows waits until the case opens the gate
    delay: float = 0           # before the head
    dropped: bool = False      # the connection ends without an answer
    literal: bool = False
    tail: bytes = b""          # bytes in place of a chunked body's end
    endless: bool = False      # the body trickles until nobody reads it

    def of(self, name):
        return next((value for known, value in self.fields if known.lower() == name), None)


def _fields(cache_control, fields):
    """Keywords as fields: `last_modified=…`; a list gives several lines, None leaves out what stands by itself."""
    pairs = [("Cache-Control", cache_control)] if cache_control is not None else []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        pairs += [(name.replace("_", "-"), one) for one in values]
    return tuple(pairs)


_OF_REPLY = {field.name for field in dataclasses.fields(Reply)}


def ok(cache_control=None, **options):
    """A 200; options are those of `Reply`, all others are fields."""
    mine = {name: options.pop(name) for name in list(options) if name in _OF_REPLY}
    return Reply(fields=_fields(cache_control, options), **mine)


def not_modified(cache_control=None, **fields):
    """A 304 that comes whatever is asked."""
    return ok(cache_control, status=304, body=b"", literal=True, **fields)


def fails(status=500, code="InternalError", **options):
    body = f"<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>scripted</Message></Error>".encode()
    return ok(None, status=status, body=body, literal=True, Content_Type="application/xml", **options)


def gone(**options):
    return fails(404, "NoSuchKey", **options)


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request and all that must hold of its answer."""

    outcome: str
    of: int = None             # the number of the reply whose body is due
    method: str = "GET"
    name: str = "object"       # of the key, as it stands in the target
    query: str = ""
    send: dict = dataclasses.field(default_factory=dict)
    user: str = None           # whose token goes along
    bucket: str = None
    status: object = None      # a number or several; 200 where None
    body: bytes = None
    has: dict = dataclasses.field(default_factory=dict)    # text, None for absence, a pattern, or a function
    saw: dict = dataclasses.field(default_factory=dict)    # likewise, of the origin's last request
    asked: object = None       # all requests at the origin so far: a number or several
    cache: dict = dataclasses.field(default_factory=dict)  # further parameters of our Cache-Status
    patient: bool = False      # repeated until it holds: a refresh goes on behind the client's back
    is_cut: bool = False       # the answer must end before its end, and show it
    parts: tuple = ()          # ranges of `BODY` that a multipart answer must hold


def get(outcome, of=None, **options):
    return Ask(outcome, of, **options)


def head(outcome, of=None, **options):
    return Ask(outcome, of, method="HEAD", **options)


def part(outcome, ranges, status=206, **options):
    """A GET with `Range: bytes=…`."""
    return Ask(outcome, send={"Range": f"bytes={ranges}"} | options.pop("send", {}), status=status, **options)


def cut(**options):
    return Ask(OTHER, is_cut=True, **options)


ERROR = (500, 502, 503, 504)


def error(status=ERROR, **options):
    """An answer that is the origin's failure, or ours to reach it."""
    return Ask(OTHER, status=status, **options)


@dataclasses.dataclass(frozen=True)
class Wait:
    seconds: float


@dataclasses.dataclass(frozen=True)
class Asked:
    """Waits until the origin was asked so often."""

    count: int


@dataclasses.dataclass(frozen=True)
class OpenGate:
    """Lets replies with a gate go on."""


@dataclasses.dataclass(frozen=True)
class Crowd:
    """So many requests at once."""

    count: int
    ask: Ask


@dataclasses.dataclass(frozen=True)
class Do:
    """A step that is a program: it takes the play and asserts."""

    action: object


WAIT = Wait(PAST)
OPEN = OpenGate()


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One row of the table."""

    name: str
    rule: str
    origin: tuple
    steps: tuple
    setup: str
    bucket: str
    ours: bool                 # about what this program promises beyond the RFCs; other caches are not asked
    group: str


class Table:
    """The cases of one group."""

    def __init__(self, group, setup="default", bucket="main", ours=False):
        self.group, self.setup, self.bucket, self.ours = group, setup, bucket, ours
        self.cases = []

    def __call__(self, name, rule, origin, *steps, **options):
        origin = tuple(origin) if isinstance(origin, (list, tuple)) else (origin,)
        where = {"setup": self.setup, "bucket": self.bucket, "ours": self.ours} | options
        self.cases.append(Case(name, rule, origin, steps, group=self.group, **where))


def between(low, high):
    """A predicate on a field that is one whole number."""
    def holds(value):
        return value is not None and value.isdigit() and low <= int(value) <= high
    holds.__name__ = f"between {low} and {high}"
    return holds


def at_least(low):
    return between(low, 1 << 62)


def one_of(*values):
    def holds(value):
        return value in values
    holds.__name__ = f"one of {values}"
    return holds
