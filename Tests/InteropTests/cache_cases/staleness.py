"""Stale responses (RFC 5861, RFC 9111 §4.2.4) and stored absence."""

from harness.cache_table import (
    HIT, MISS, OPEN, OTHER, REVALIDATED, STALE, STALE_ON_ERROR, WAIT, Asked, Do, Table, Wait, error, fails, get, gone,
    head, not_modified, ok, part)

SWR, SIE, PROHIBITED = "RFC 5861 §3", "RFC 5861 §4", "RFC 9111 §4.2.4"
LATER = Wait(4.5)

swr = Table("stale-while-revalidate")
OLD = ok("max-age=1, stale-while-revalidate=100", ETag='"v1"')
SLOW_NEW = ok("max-age=100", ETag='"v2"', gate="head")
swr("stale at once, and the new one after", SWR, [OLD, SLOW_NEW], get(MISS, 1), WAIT, get(STALE, 1), Asked(2),
    get(STALE, 1), OPEN, get(HIT, 2, patient=True))
swr("the refresh is one request", SWR, [OLD, SLOW_NEW], get(MISS, 1), WAIT, *[get(STALE, 1)] * 5, Asked(2),
    get(STALE, 1, asked=2), OPEN, get(HIT, 2, patient=True), get(HIT, 2, asked=2))
swr("the refresh asks with the tag", SWR, [OLD, not_modified("max-age=100", ETag='"v1"', x_amz_meta_new="yes")],
    get(MISS, 1), WAIT, get(STALE, 1), Asked(2), get(HIT, 1, patient=True, has={"x-amz-meta-new": "yes"},
    saw={"if-none-match": '"v1"'}))
swr("without a tag the refresh fetches", SWR, [ok("max-age=1, stale-while-revalidate=100"), ok("max-age=100")],
    get(MISS, 1), WAIT, get(STALE, 1), get(HIT, 2, patient=True))
swr("the window ends", SWR, [ok("max-age=1, stale-while-revalidate=1", ETag='"v1"'), ok("max-age=100", ETag='"v2"')],
    get(MISS, 1), LATER, get(MISS, 2))
swr("a window of nothing", SWR, [ok("max-age=1, stale-while-revalidate=0"), ok("max-age=100")], get(MISS, 1), WAIT,
    get(MISS, 2))
swr("a window that is no number", SWR, [ok("max-age=1, stale-while-revalidate=long"), ok("max-age=100")], get(MISS, 1),
    WAIT, get(MISS, 2))
swr("the directive in capitals", SWR, [ok("MAX-AGE=1, STALE-WHILE-REVALIDATE=100"), ok("max-age=100")], get(MISS, 1),
    WAIT, get(STALE, 1), get(HIT, 2, patient=True))
swr("no directive, no setting, nothing stale", PROHIBITED, [ok("max-age=1"), ok("max-age=100")], get(MISS, 1), WAIT,
    get(MISS, 2))
for forbids in ("must-revalidate", "proxy-revalidate", "no-cache"):
    swr(f"{forbids} forbids it", PROHIBITED, [ok(f"max-age=1, stale-while-revalidate=100, {forbids}"),
        ok("max-age=100")], get(MISS, 1), WAIT, get(MISS, 2))
swr("s-maxage forbids it, as proxy-revalidate does", PROHIBITED,
    [ok("s-maxage=1, stale-while-revalidate=100"), ok("max-age=100")], get(MISS, 1), WAIT, get(MISS, 2))
swr("a refresh that fails keeps the stale one", SWR, [OLD, fails(500)], get(MISS, 1), WAIT, get(STALE, 1), Asked(2),
    get(STALE, 1), Wait(0.5), get(STALE, 1))
swr("a refresh that is cut keeps the stale one", SWR, [OLD, ok("max-age=100", ETag='"v2"', body=b"x" * 1000, cut=10)],
    get(MISS, 1), WAIT, get(STALE, 1), Asked(2), Wait(0.5), get(STALE, 1))
swr("a refresh that finds nothing removes", SWR, [OLD, gone(), ok("max-age=100")], get(MISS, 1), WAIT, get(STALE, 1),
    Asked(2), Wait(0.5), get(OTHER, status=(200, 404)), get(OTHER, 3, patient=True, status=200))
swr("a condition on a stale response", SWR, [OLD, SLOW_NEW], get(MISS, 1), WAIT,
    get(STALE, send={"If-None-Match": '"v1"'}, status=304), OPEN, get(HIT, 2, patient=True))
swr("a HEAD of a stale response", SWR, [OLD, SLOW_NEW], get(MISS, 1), WAIT, head(STALE, has={"etag": '"v1"'}), OPEN)
swr("a range of a stale response", SWR, [OLD, SLOW_NEW], get(MISS, 1), WAIT, part(STALE, "0-6", body=b"reply 1"), OPEN,
    setup="serve")
swr("the age of a stale response tells it", "RFC 9111 §5.1", [OLD, SLOW_NEW], get(MISS, 1), WAIT,
    get(STALE, 1, has={"age": lambda value: value and int(value) >= 2}), OPEN)
configured = Table("stale-while-revalidate by settings", setup="stale", ours=True)
configured("the setting holds where nothing is said", "CACHE-7", [ok("max-age=1"), SLOW_NEW], get(MISS, 1), WAIT,
           get(STALE, 1), OPEN, get(HIT, 2, patient=True))
configured("the response's own window wins", "CACHE-7", [ok("max-age=1, stale-while-revalidate=0"), ok("max-age=100")],
           get(MISS, 1), WAIT, get(MISS, 2))
for forbids in ("must-revalidate", "proxy-revalidate", "no-cache"):
    configured(f"{forbids} forbids it", PROHIBITED, [ok(f"max-age=1, {forbids}"), ok("max-age=100")], get(MISS, 1),
               WAIT, get(MISS, 2))
configured("s-maxage forbids it, as proxy-revalidate does", "RFC 9111 §5.2.2.10", [ok("s-maxage=1"), ok("max-age=100")],
           get(MISS, 1), WAIT, get(MISS, 2))

sie = Table("stale-if-error")
KEPT = ok("max-age=1, stale-if-error=100", ETag='"v1"')
for status in (500, 502, 503, 504):
    sie(f"a {status} gives the stale one", SIE, [KEPT, fails(status)], get(MISS, 1), WAIT, get(STALE_ON_ERROR, 1))
sie("no answer gives the stale one", SIE, [KEPT, ok(dropped=True)], get(MISS, 1), WAIT, get(STALE_ON_ERROR, 1))
sie("an answer that is none gives the stale one", SIE, [KEPT, ok(body=b"x", Content_Length=["1", "2"])], get(MISS, 1),
    WAIT, get(STALE_ON_ERROR, 1))
sie("an answer that comes too late gives the stale one", SIE, [KEPT, ok(delay=25)], get(MISS, 1), WAIT,
    get(STALE_ON_ERROR, 1), bucket="hasty")
sie("an origin that refuses connections gives the stale one", SIE, KEPT, get(MISS, 1),
    Do(lambda play: play.cache.close_relay()), WAIT, get(OTHER, 1), bucket="refused")
sie("the window ends", SIE, [ok("max-age=1, stale-if-error=1", ETag='"v1"'), fails(500)], get(MISS, 1), LATER, error())
sie("a window of nothing", SIE, [ok("max-age=1, stale-if-error=0", ETag='"v1"'), fails(500)], get(MISS, 1), WAIT,
    error())
sie("the origin is asked first", SIE, [KEPT, ok("max-age=100", ETag='"v2"')], get(MISS, 1), WAIT, get(MISS, 2),
    get(HIT, 2))
sie("a 304 is no error", SIE, [KEPT, not_modified("max-age=100", ETag='"v1"')], get(MISS, 1), WAIT, get(REVALIDATED, 1),
    get(HIT, 1))
sie("a 404 is no error", SIE, [KEPT, gone(), fails(500)], get(MISS, 1), WAIT, error(404), error())
sie("a 403 is no error", SIE, [KEPT, fails(403, "AccessDenied")], get(MISS, 1), WAIT, error(403))
for forbids in ("must-revalidate", "proxy-revalidate", "no-cache"):
    sie(f"{forbids} forbids it", PROHIBITED, [ok(f"max-age=1, stale-if-error=100, {forbids}", ETag='"v1"'), fails(500)],
        get(MISS, 1), WAIT, error())
sie("s-maxage forbids it, as proxy-revalidate does", PROHIBITED,
    [ok("s-maxage=1, stale-if-error=100", ETag='"v1"'), fails(500)], get(MISS, 1), WAIT, error())
sie("nothing is stored, nothing is stale", SIE, fails(500), error())
sie("after the failure the origin's new one", SIE, [KEPT, fails(500), ok("max-age=100", ETag='"v2"')], get(MISS, 1),
    WAIT, get(STALE_ON_ERROR, 1), get(MISS, 2 + 1, patient=True, asked=(3, 4)), get(HIT, 3))
sie("a condition on a stale response", SIE, [KEPT, fails(500)], get(MISS, 1), WAIT,
    get(STALE_ON_ERROR, send={"If-None-Match": '"v1"'}, status=304))
sie("an error says nothing of its own in stale answers", SIE, [KEPT, fails(500)], get(MISS, 1), WAIT,
    get(STALE_ON_ERROR, 1, has={"etag": '"v1"', "cache-control": "max-age=1, stale-if-error=100",
    "content-type": None}))
sie("both directives: stale at once, also while the origin fails", "RFC 5861 §5",
    [ok("max-age=1, stale-while-revalidate=100, stale-if-error=100", ETag='"v1"'), fails(500)], get(MISS, 1), WAIT,
    get(STALE, 1), Asked(2), get(STALE, 1))
sie_configured = Table("stale-if-error by settings", setup="on-error", ours=True)
sie_configured("the setting holds where nothing is said", "CACHE-7", [ok("max-age=1", ETag='"v1"'), fails(500)],
               get(MISS, 1), WAIT, get(STALE_ON_ERROR, 1))
sie_configured("the response's own window wins", "CACHE-7", [ok("max-age=1, stale-if-error=0"), fails(500)],
               get(MISS, 1), WAIT, error())
sie_configured("must-revalidate forbids it", PROHIBITED, [ok("max-age=1, must-revalidate"), fails(500)], get(MISS, 1),
               WAIT, error())
sie_configured("s-maxage forbids it, as proxy-revalidate does", "RFC 9111 §5.2.2.10", [ok("s-maxage=1"), fails(500)],
               get(MISS, 1), WAIT, error())

negative = Table("absence", setup="negative")


def two_refusals(play):
    """Each answer names its own request, and a HEAD is answered, too."""
    ids = set()
    for method in ("GET", "GET", "HEAD"):
        answer = play.exchange(get(OTHER, method=method))
        assert answer.status == 404, answer
        ids.add(answer.get("x-request-id"))
        if method == "GET":
            assert answer.json()["request_id"] == answer.get("x-request-id"), answer
    assert len(ids) == 3 and play.asked == 1, (ids, play.asked)


negative("a 404 is kept", "CACHE-7", [gone(), ok("max-age=100")], error(404), get(HIT, status=404, asked=1))
negative("a 404 has its time", "CACHE-7", [gone(), ok("max-age=100")], error(404), WAIT, get(MISS, 2), get(HIT, 2),
         setup="negative-short")
negative("a 404 is not kept unless it is set", "CACHE-7", [gone(), ok("max-age=100")], error(404), get(MISS, 2),
         setup="default")
negative("a 403 is not kept", "CACHE-7", [fails(403, "AccessDenied"), ok("max-age=100")], error(403), get(MISS, 2))
negative("a 500 is not kept", "CACHE-7", [fails(500), ok("max-age=100")], error(), get(MISS, 2))
negative("a 200 is kept as ever", "CACHE-7", ok("max-age=100"), get(MISS, 1), get(HIT, 1))
negative("another object is not missing", "CACHE-7", [gone(), ok("max-age=100")], error(404),
         get(MISS, 2, name="other"))
negative("another version is not missing", "CACHE-7", [gone(), ok("max-age=100")], error(404, query="?versionId=one"),
         get(MISS, 2))
negative("each stored 404 names its own request", "HTTP-7", [gone(), ok("max-age=100")], Do(two_refusals), ours=True)
negative("a stored object that is removed is missing for a while", "CACHE-7",
         [ok("max-age=1", ETag='"v1"'), gone(), ok("max-age=100")], get(MISS, 1), WAIT, error(404),
         get(HIT, status=404, asked=2))
negative("a condition on stored absence", "CACHE-7", [gone(), ok("max-age=100")], error(404),
         get(HIT, status=404, send={"If-None-Match": "*"}))

CASES = swr.cases + configured.cases + sie.cases + sie_configured.cases + negative.cases
