"""What answers tell of the cache: X-Cache, Age, Cache-Status (RFC 9211), the log's fields."""

from harness.cache_play import demand, parameters
from harness.cache_table import (
    BODY, BYPASS, HIT, MISS, OPEN, OTHER, REVALIDATED, STALE, STALE_ON_ERROR, WAIT, Do, Table, error, fails, get, gone,
    head,
    ok, part)
from harness.guards import access_line

STATUS = "RFC 9211 §2"
FRESH = ok("max-age=100", ETag='"v1"', body=BODY)
BRIEF = ok("max-age=1", ETag='"v1"', body=BODY)
NONE = {"x-cache": None, "cache-status": None, "age": None}

tells = Table("what answers tell", ours=True)
tells("a miss that is stored", STATUS, FRESH, get(MISS, 1, cache={"fwd": "uri-miss", "fwd-status": "200",
      "stored": True}))
tells("a miss that is not stored", STATUS, ok("no-store"), get(MISS, 1, cache={"fwd": "uri-miss", "stored": None}))
tells("a miss for want of a variant", STATUS, ok("max-age=100", Vary="X-Device"), get(MISS, 1),
      get(MISS, 2, send={"X-Device": "a"}, cache={"fwd": "vary-miss", "stored": True}))
tells("a stale response that was replaced", STATUS, [BRIEF, ok("max-age=100", ETag='"v2"', body=BODY)], get(MISS, 1),
      WAIT, get(MISS, 2, cache={"fwd": "stale", "fwd-status": "200", "stored": True}))
tells("hit and fwd exclude each other", "RFC 9211 §2.1", BRIEF, get(MISS, 1), WAIT,
      get(REVALIDATED, 1, cache={"hit": None, "fwd": "stale", "fwd-status": "304"}))
tells("a HEAD that misses", STATUS, FRESH, head(MISS, cache={"fwd": "uri-miss", "stored": None}))
tells("a range past the cache", STATUS, FRESH, part(BYPASS, "0-9", cache={"fwd": "bypass", "hit": None}))
tells("a failure of the origin", STATUS, fails(500), error(502, has={"x-cache": "MISS"}, cache={"hit": None}))
tells("an object that is missing", STATUS, gone(), error(404, has={"x-cache": "MISS"}, cache={"hit": None}))
tells("only-if-cached in vain", STATUS, FRESH, error(504, send={"Cache-Control": "only-if-cached"},
      has={"x-cache": "MISS"}))
tells("stored absence", STATUS, gone(), error(404, has={"x-cache": "MISS"}), get(HIT, status=404), setup="negative")


def time_left(play):
    play.ask(get(MISS, 1))
    answer = play.exchange(get(HIT, 1))
    left, age = int(parameters(answer.get("cache-status"))["ttl"]), int(answer.get("age"))
    demand(99 <= left + age <= 101 and left > 30, answer)


def lines_once(play):
    """Each of the fields once, whatever the origin sent."""
    for _ in range(2):
        answer = play.exchange(get(OTHER))
        for name in ("x-cache", "cache-status", "age", "cache-control", "etag", "date", "content-length"):
            count = sum(known == name for known, _ in answer.fields)
            demand(count == 1 or name == "age" and count == 0, count, "lines of", name, answer)


def elsewhere(play):
    """Where there is no bucket there is no cache."""
    for target in ("/health", "/ready", "/metrics", "/no-such-bucket/x"):
        answer = play.cache.proxy(play.case.setup).get(target)
        demand(not any(answer.has(name) for name in NONE), target, answer)


def logged(play):
    """OBS-1: the access log's fields of the cache."""
    proxy = play.cache.proxy(play.case.setup)

    def line(ask):
        return access_line(proxy, play.exchange(ask))

    miss, hit, past = line(get(MISS)), line(get(HIT)), line(part(BYPASS, "0-9"))
    demand(miss.get("cache") == "miss" and "cache_tier" not in miss, miss)
    demand(hit.get("cache") == "hit" and hit.get("cache_tier") == play.cache.tier, hit)
    demand(past.get("cache") == "bypass", past)
    demand("cache" not in line(get(OTHER, bucket="off")), "cache in the line of a bucket whose cache is off")


def logged_later(outcome):
    def run(play):
        found = access_line(play.cache.proxy(play.case.setup), play.exchange(get(OTHER)))
        demand(found.get("cache") == outcome, found)
    return Do(run)


tells("the time that is left", "RFC 9211 §2.4", ok("max-age=100", Age="0"), Do(time_left))
tells("the time that is left of a response that came with an age", "RFC 9211 §2.4", ok("max-age=150", Age="50"),
      get(MISS, 1), get(HIT, 1, has={"age": lambda value: 50 <= int(value) < 120}))
tells("each field once", STATUS, ok("max-age=100", ETag='"v1"', Age="7", X_Cache="HIT", Cache_Status="other; hit"),
      Do(lines_once))
tells("answers of no bucket", STATUS, FRESH, Do(elsewhere))
tells("the log of hits, misses and bypasses", "OBS-1", FRESH, Do(logged))
tells("the log of a revalidation", "OBS-1", BRIEF, get(MISS, 1), WAIT, logged_later("revalidated"))
tells("the log of a stale answer", "OBS-1", [ok("max-age=1, stale-while-revalidate=100"), ok(gate="head")],
      get(MISS, 1), WAIT, logged_later("stale"), OPEN)
tells("a stale answer while the refresh runs", STATUS, [ok("max-age=1, stale-while-revalidate=100"), ok(gate="head")],
      get(MISS, 1), WAIT, get(STALE, 1, cache={"hit": True}), OPEN)
tells("a stale answer since the origin failed", STATUS, [ok("max-age=1, stale-if-error=100"), fails(503)], get(MISS, 1),
      WAIT, get(STALE_ON_ERROR, 1))
tells("a bucket whose cache is off", STATUS, FRESH, get(OTHER, 1, has=NONE), part(OTHER, "0-9", has=NONE), bucket="off")

CASES = tells.cases
