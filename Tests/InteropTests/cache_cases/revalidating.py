"""Revalidation with the origin (RFC 9111 §4.3), and conditional requests of clients (RFC 9110 §13)."""

import gzip

from harness.cache_table import (
    BODY, FAR_AHEAD, HIT, LONG_AGO, MISS, OTHER, REVALIDATED, WAIT, Do, Moment, Table, between, error, fails, get, gone,
    head, not_modified, ok)

VALIDATION, UPDATE = "RFC 9111 §4.3.1", "RFC 9111 §3.2"
LM = "Sun, 10 Nov 2019 08:00:00 GMT"
ZIPPED = gzip.compress(BODY, mtime=0)
STALE_V1 = ok("max-age=1", ETag='"v1"')

asking = Table("revalidation")
asking("by ETag", VALIDATION, STALE_V1, get(MISS, 1), WAIT, get(REVALIDATED, 1, saw={"if-none-match": '"v1"'}))
asking("by a weak ETag", VALIDATION, ok("max-age=1", ETag='W/"v1"'), get(MISS, 1), WAIT,
       get(REVALIDATED, 1, saw={"if-none-match": 'W/"v1"'}))
asking("by Last-Modified", VALIDATION, ok("max-age=1", Last_Modified=LM), get(MISS, 1), WAIT,
       get(REVALIDATED, 1, saw={"if-modified-since": LM, "if-none-match": None}))
asking("by ETag where Last-Modified is there, too", VALIDATION, ok("max-age=1", ETag='"v1"', Last_Modified=LM),
       get(MISS, 1), WAIT, get(REVALIDATED, 1, saw={"if-none-match": '"v1"'}))
asking("without a validator it is fetched anew", VALIDATION, ok("max-age=1"), get(MISS, 1), WAIT,
       get(MISS, 2, saw={"if-none-match": None, "if-modified-since": None}))
asking("a 200 replaces what was stored", "RFC 9111 §4.3.3", [STALE_V1, ok("max-age=100", ETag='"v2"')], get(MISS, 1),
       WAIT, get(MISS, 2, saw={"if-none-match": '"v1"'}, has={"etag": '"v2"'}), get(HIT, 2, has={"etag": '"v2"'}))
asking("a 200 replaces all fields", "RFC 9111 §4.3.3", [ok("max-age=1", ETag='"v1"', x_amz_meta_old="yes"),
       ok("max-age=100", ETag='"v2"')], get(MISS, 1), WAIT, get(MISS, 2), get(HIT, 2, has={"x-amz-meta-old": None}))
asking("a 200 with no-store is not stored, nor what it replaces", "RFC 9111 §4.3.3",
       [STALE_V1, ok("no-store", ETag='"v2"'), ok("max-age=100", ETag='"v3"')], get(MISS, 1), WAIT, get(MISS, 2),
       get(MISS, 3))
asking("a 200 that is cut is not stored", "RFC 9111 §3.3", [STALE_V1, ok("max-age=100", ETag='"v2"', body=BODY,
       cut=500), ok("max-age=100", ETag='"v3"')], get(MISS, 1), WAIT, Do(lambda play: play.exchange(get(OTHER,
       is_cut=True))), get(MISS, 3, asked=3), get(HIT, 3))
asking("a 304 renews the lifetime", "RFC 9111 §4.3.4", [STALE_V1, not_modified("max-age=100", ETag='"v1"')],
       get(MISS, 1), WAIT, get(REVALIDATED, 1), get(HIT, 1))
asking("a 304 that says nothing renews with what is stored", "RFC 9111 §4.3.4",
       [ok("max-age=100", ETag='"v1"', Age="99"), not_modified(ETag='"v1"')], get(MISS, 1), WAIT, get(REVALIDATED, 1),
       get(HIT, 1, has={"age": between(0, 60)}))
asking("a 304 with a short lifetime is asked again", "RFC 9111 §4.3.4", STALE_V1, get(MISS, 1), WAIT,
       get(REVALIDATED, 1), WAIT, get(REVALIDATED, 1))
asking("a 304 lifts no-cache", "RFC 9111 §3.2", [ok("no-cache, max-age=100", ETag='"v1"'),
       not_modified("max-age=100", ETag='"v1"')], get(MISS, 1), get(REVALIDATED, 1), get(HIT, 1))
asking("a 304 may end in no-cache", "RFC 9111 §3.2", [STALE_V1, not_modified("no-cache", ETag='"v1"')], get(MISS, 1),
       WAIT, get(REVALIDATED, 1), get(REVALIDATED, 1))


def renewed(name, value, **old):
    """A field of a 304 stands in the hits that follow."""
    said = name.replace("-", "_")
    asking(f"a 304 updates {name}", UPDATE, [ok("max-age=1", ETag='"v1"', **old),
           not_modified("max-age=100", ETag='"v1"', **{said: value})], get(MISS, 1), WAIT,
           get(REVALIDATED, 1, has={name.lower(): value}), get(HIT, 1, has={name.lower(): value}))


asking("a 304 updates Cache-Control", UPDATE, [STALE_V1, not_modified("max-age=100, public", ETag='"v1"')],
       get(MISS, 1), WAIT, get(REVALIDATED, 1, has={"cache-control": "max-age=100, public"}),
       get(HIT, 1, has={"cache-control": "max-age=100, public"}))
renewed("Expires", FAR_AHEAD, Expires=LONG_AGO)
renewed("x-amz-meta-note", "new", x_amz_meta_note="old")
renewed("x-amz-meta-added", "yes")
renewed("Content-Disposition", "inline", Content_Disposition="attachment")
renewed("Content-Language", "de", Content_Language="en")
renewed("Last-Modified", LM)
asking("Expires of a 304 renews the lifetime", UPDATE, [ok(ETag='"v1"', Expires=Moment(1)),
       not_modified(ETag='"v1"', Expires=Moment(100))], get(MISS, 1), WAIT, get(REVALIDATED, 1), get(HIT, 1))
PICTURE = ok("max-age=1", ETag='"v1"', body=ZIPPED, Content_Type="image/png", Content_Encoding="gzip")
whole = {"content-type": "image/png", "content-encoding": "gzip", "content-length": str(len(ZIPPED)), "etag": '"v1"'}
asking("a 304 without fields takes none away", UPDATE, [PICTURE, not_modified("max-age=100", ETag='"v1"')],
       get(MISS, 1), WAIT, get(REVALIDATED, 1, has=whole), get(HIT, 1, has=whole))
asking("a 304 with Content-Length: 0 changes no length", UPDATE, [PICTURE,
       not_modified("max-age=100", ETag='"v1"', Content_Length="0")], get(MISS, 1), WAIT,
       get(REVALIDATED, 1, has=whole), get(HIT, 1, has=whole))
asking("a 304 with another Content-Length changes no length", UPDATE, [PICTURE,
       not_modified("max-age=100", ETag='"v1"', Content_Length="7")], get(MISS, 1), WAIT,
       get(REVALIDATED, 1, has=whole), get(HIT, 1, has=whole))
# Such a 304 confirms nothing (§4.3.4), so that it is as right to fetch anew as it is to believe it.
asking("a 304 without an ETag does no harm", UPDATE, [PICTURE, not_modified("max-age=100"), PICTURE],
       get(MISS, 1), WAIT, get(OTHER, 1, asked=(2, 3), has=whole))
asking("a 304 for another ETag is believed by nobody", "RFC 9111 §4.3.4",
       [STALE_V1, not_modified("max-age=100", ETag='"v9"'), ok("max-age=100", ETag='"v9"')], get(MISS, 1), WAIT,
       get(MISS, 3, asked=3, has={"etag": '"v9"'}), get(HIT, 3))
asking("a 304 to a question without condition is an error", "RFC 9110 §15.4.5",
       [not_modified("max-age=100", ETag='"v1"'), ok("max-age=100")], error(), get(MISS, 2))
asking("a 404 removes what was stored", "RFC 9111 §4.3.3", [STALE_V1, gone(), ok("max-age=100", ETag='"v1"')],
       get(MISS, 1), WAIT, error(404), get(MISS, 3, saw={"if-none-match": None}))
asking("a 403 is passed on", "RFC 9111 §4.3.3", [STALE_V1, fails(403, "AccessDenied")], get(MISS, 1), WAIT, error(403))
for status in (500, 502, 503, 504):
    asking(f"a {status} is told where nothing allows stale", "RFC 9111 §4.2.4", [STALE_V1, fails(status)], get(MISS, 1),
           WAIT, error())
asking("a failure leaves what was stored", "RFC 9111 §4.3.3", [STALE_V1, fails(500),
       not_modified("max-age=100", ETag='"v1"')], get(MISS, 1), WAIT, error(),
       get(REVALIDATED, 1, saw={"if-none-match": '"v1"'}), get(HIT, 1))
asking("the client's own tag is no question to the origin", VALIDATION, STALE_V1, get(MISS, 1), WAIT,
       get(REVALIDATED, 1, send={"If-None-Match": '"v0"'}, saw={"if-none-match": '"v1"'}))
asking("a client that has it gets 304 after revalidation", "RFC 9111 §4.3.2", STALE_V1, get(MISS, 1), WAIT,
       get(REVALIDATED, send={"If-None-Match": '"v1"'}, status=304, has={"etag": '"v1"'}))
asking("a client that has the old one gets the new one", "RFC 9111 §4.3.2", [STALE_V1, ok("max-age=100", ETag='"v2"')],
       get(MISS, 1), WAIT, get(MISS, 2, send={"If-None-Match": '"v1"'}))
asking("a client that has the new one already gets 304", "RFC 9111 §4.3.2", [STALE_V1, ok("max-age=100", ETag='"v2"')],
       get(MISS, 1), WAIT, get(MISS, send={"If-None-Match": '"v2"'}, status=304), get(HIT, 2))

asking_not = Table("client directives", ours=True)
for name, value in (("Cache-Control", "no-cache"), ("Cache-Control", "max-age=0"), ("Cache-Control", "no-store"),
                    ("Cache-Control", "min-fresh=1000"), ("Pragma", "no-cache")):
    asking_not(f"{name}: {value} of a client does not reach the origin", "RFC 9111 §5.2.1", ok("max-age=100"),
               get(MISS, 1), get(HIT, 1, send={name: value}))
asking_not("max-stale of a client wins nothing", "RFC 9111 §5.2.1", ok("max-age=1"), get(MISS, 1), WAIT,
           get(MISS, 2, send={"Cache-Control": "max-stale"}))
asking_not("no-store of a client is stored all the same", "RFC 9111 §5.2.1", ok("max-age=100"),
           get(MISS, 1, send={"Cache-Control": "no-store"}), get(HIT, 1))
asking_not("only-if-cached without a stored response", "RFC 9111 §5.2.1.7", ok("max-age=100"),
           error(504, send={"Cache-Control": "only-if-cached"}, asked=0))
asking_not("only-if-cached with a stored response", "RFC 9111 §5.2.1.7", ok("max-age=100"), get(MISS, 1),
           get(HIT, 1, send={"Cache-Control": "Only-If-Cached"}))
asking_not("only-if-cached with a stale response", "RFC 9111 §5.2.1.7", ok("max-age=1"), get(MISS, 1), WAIT,
           error(504, send={"Cache-Control": "only-if-cached"}, asked=1))
asking_not("only-if-cached with another variant", "RFC 9111 §5.2.1.7", ok("max-age=100", Vary="X-Device"),
           get(MISS, 1, send={"X-Device": "a"}), error(504, send={"X-Device": "b", "Cache-Control": "only-if-cached"},
           asked=1))

V1 = ok("max-age=100", ETag='"v1"', Last_Modified=LM, body=BODY, Content_Type="text/plain")
WEAK = ok("max-age=100", ETag='W/"v1"', body=BODY)
BEFORE, AFTER = "Sun, 10 Nov 2019 07:59:59 GMT", "Sun, 10 Nov 2019 08:00:01 GMT"
INM, IMS, IM, IUS = "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"
conditions = Table("conditional hits")


def condition(name, rule, send, status, reply=V1):
    """A condition on a fresh hit, and the same on a miss, for which the whole object is fetched and stored."""
    body = BODY if status == 200 else None
    conditions(name, rule, reply, get(MISS, 1), get(HIT, send=send, status=status, body=body), get(HIT, 1))
    conditions(f"{name}, on a miss", rule, reply, get(MISS, send=send, status=status, body=body,
               saw={f.lower(): None for f in (INM, IMS, IM, IUS)}), get(HIT, 1))


condition("If-None-Match names it", "RFC 9110 §13.1.2", {INM: '"v1"'}, 304)
condition("If-None-Match names another", "RFC 9110 §13.1.2", {INM: '"v2"'}, 200)
condition("If-None-Match lists it", "RFC 9110 §13.1.2", {INM: '"v0", W/"v2" ,"v1"'}, 304)
condition("If-None-Match lists others", "RFC 9110 §13.1.2", {INM: '"v0", "v2"'}, 200)
condition("If-None-Match: *", "RFC 9110 §13.1.2", {INM: "*"}, 304)
condition("If-None-Match names it weakly", "RFC 9110 §8.8.3.2", {INM: 'W/"v1"'}, 304)
condition("If-None-Match on a weak ETag", "RFC 9110 §8.8.3.2", {INM: '"v1"'}, 304, WEAK)
condition("If-None-Match weakly on a weak ETag", "RFC 9110 §8.8.3.2", {INM: 'W/"v1"'}, 304, WEAK)
condition("If-None-Match with a comma in the tag", "RFC 9110 §8.8.3", {INM: '"a,v1"'}, 200)
condition("If-None-Match in another case", "RFC 9110 §8.8.3", {INM: '"V1"'}, 200)
condition("If-Modified-Since is the date", "RFC 9110 §13.1.3", {IMS: LM}, 304)
condition("If-Modified-Since is later", "RFC 9110 §13.1.3", {IMS: AFTER}, 304)
condition("If-Modified-Since is earlier", "RFC 9110 §13.1.3", {IMS: BEFORE}, 200)
condition("If-Modified-Since is no date", "RFC 9110 §13.1.3", {IMS: "long ago"}, 200)
condition("If-Modified-Since in the form of RFC 850", "RFC 9110 §5.6.7", {IMS: "Sunday, 10-Nov-19 08:00:00 GMT"}, 304)
condition("If-Modified-Since in asctime's form", "RFC 9110 §5.6.7", {IMS: "Sun Nov 10 08:00:00 2019"}, 304)
condition("If-None-Match goes before a date that holds", "RFC 9110 §13.2.2", {INM: '"v2"', IMS: LM}, 200)
condition("If-None-Match goes before a date that does not", "RFC 9110 §13.2.2", {INM: '"v1"', IMS: BEFORE}, 304)
condition("If-Match names it", "RFC 9110 §13.1.1", {IM: '"v1"'}, 200)
condition("If-Match names another", "RFC 9110 §13.1.1", {IM: '"v2"'}, 412)
condition("If-Match lists it", "RFC 9110 §13.1.1", {IM: '"v0", "v1"'}, 200)
condition("If-Match: *", "RFC 9110 §13.1.1", {IM: "*"}, 200)
condition("If-Match compares strongly", "RFC 9110 §8.8.3.2", {IM: 'W/"v1"'}, 412, WEAK)
condition("If-Unmodified-Since is later", "RFC 9110 §13.1.4", {IUS: AFTER}, 200)
condition("If-Unmodified-Since is the date", "RFC 9110 §13.1.4", {IUS: LM}, 200)
condition("If-Unmodified-Since is earlier", "RFC 9110 §13.1.4", {IUS: BEFORE}, 412)
condition("If-Match goes before If-Unmodified-Since", "RFC 9110 §13.2.2", {IM: '"v1"', IUS: BEFORE}, 200)
condition("If-Match and then If-None-Match", "RFC 9110 §13.2.2", {IM: '"v1"', INM: '"v1"'}, 304)
conditions("a 304 from the cache has the fields that it must", "RFC 9110 §15.4.5", V1, get(MISS, 1),
           get(HIT, send={INM: '"v1"'}, status=304, has={"etag": '"v1"', "cache-control": "max-age=100",
           "date": lambda v: v, "content-length": lambda v: v in (None, "1000")}))
conditions("a HEAD with If-None-Match", "RFC 9110 §13.2.1", V1, get(MISS, 1), head(HIT, send={INM: '"v1"'}, status=304))
conditions("a HEAD with If-Match", "RFC 9110 §13.2.1", V1, get(MISS, 1), head(HIT, send={IM: '"v2"'}, status=412))
conditions("a condition on a missing object", "RFC 9110 §13.2.1", gone(), error(404, send={INM: '"v1"'}))
conditions("If-None-Match: * on a missing object", "RFC 9110 §13.2.1", gone(), error(404, send={INM: "*"}))
conditions("If-None-Match on an object without an ETag", "RFC 9110 §13.1.2", ok("max-age=100", body=BODY), get(MISS, 1),
           get(HIT, 1, send={INM: '"v1"'}))
conditions("a condition on what is not stored", "RFC 9110 §13.2.1", ok("no-store", ETag='"v1"'),
           get(OTHER, send={INM: '"v1"'}, status=304), get(OTHER, 2, asked=2))

CASES = asking.cases + asking_not.cases + conditions.cases
