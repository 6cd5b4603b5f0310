"""Ranges (RFC 9110 §14) past the cache, out of whole stored objects, and out of stored slices."""

import concurrent.futures

from harness.cache_play import Deviation, demand
from harness.cache_table import (
    BODY, BYPASS, HIT, LONG_AGO, MISS, OTHER, REVALIDATED, WAIT, Do, Table, cut, error, get, gone, head, not_modified,
    ok,
    part)

RANGE, IF_RANGE, SEVERAL = "RFC 9110 §14.2", "RFC 9110 §13.1.5", "RFC 9110 §14.6"
LM = "Sun, 10 Nov 2019 08:00:00 GMT"
THING = ok("max-age=100", ETag='"v1"', Last_Modified=LM, body=BODY, Content_Type="text/plain")

bypass = Table("ranges: bypass")
bypass("a range goes to the origin", "HTTP-4", THING, part(BYPASS, "0-9", body=BODY[:10], saw={"range": "bytes=0-9"}))
bypass("a range goes to the origin though all is stored", "HTTP-4", THING, get(MISS, 1),
       part(BYPASS, "0-9", body=BODY[:10]))
bypass("a range stores nothing", "RFC 9111 §3.3", THING, part(BYPASS, "0-9", body=BODY[:10]), get(MISS, 2))
bypass("a part is no whole", "RFC 9111 §3.3", THING, part(BYPASS, "0-9", body=BODY[:10]),
       part(BYPASS, "0-9", body=BODY[:10]), part(BYPASS, "5-14", body=BODY[5:15]))
bypass("a range does not push the whole out", "HTTP-4", THING, get(MISS, 1), part(BYPASS, "0-9"), get(HIT, 1))
bypass("If-Range is heard", IF_RANGE, THING, part(BYPASS, "0-9", send={"If-Range": '"v1"'}, body=BODY[:10]))
bypass("a mismatch of If-Range gives all", IF_RANGE, THING, part(BYPASS, "0-9", send={"If-Range": '"v0"'}, status=200,
       body=BODY))
bypass("an unsatisfiable range", "RFC 9110 §15.5.17", THING, get(MISS, 1),
       part(OTHER, "1000-", status=416, has={"x-cache": "BYPASS"}, asked=2), ours=True)
bypass("several ranges", SEVERAL, THING, part(OTHER, "0-1,500-509", parts=[(0, 1), (500, 509)]))
bypass("what is no range is passed over", RANGE, THING, get(MISS, 1), get(OTHER, 1, send={"Range": "bytes=9-3"}),
       get(OTHER, 1, send={"Range": "lines=0-9"}))
bypass("If-None-Match goes along", "RFC 9110 §13.2.2", THING, part(BYPASS, "0-9", send={"If-None-Match": '"v1"'},
       status=304))

serve = Table("ranges: serve", setup="serve")


def out_of(name, ranges, first, last, **options):
    """A range of a stored object, and of one that has to be fetched first."""
    due = {"body": BODY[first:last + 1],
           "has": {"content-range": f"bytes {first}-{last}/1000", "content-length": str(last - first + 1),
           "etag": '"v1"'}}
    serve(name, RANGE, THING, get(MISS, 1), part(HIT, ranges, **due), get(HIT, 1), **options)
    serve(f"{name}, on a miss", RANGE, THING, part(MISS, ranges, saw={"range": None}, **due), get(HIT, 1),
          part(HIT, ranges, **due))


out_of("the first bytes", "0-9", 0, 9)
out_of("one byte", "0-0", 0, 0)
out_of("the last byte by its number", "999-999", 999, 999)
out_of("bytes in the middle", "500-599", 500, 599)
out_of("an open range", "900-", 900, 999)
out_of("an open range of all", "0-", 0, 999)
out_of("a suffix", "-100", 900, 999)
out_of("a suffix longer than the object", "-5000", 0, 999)
out_of("a range that ends behind the object", "990-5000", 990, 999)
for beyond in ("1000-", "1000-1001", "-0", "5000-,-0"):
    serve(f"{beyond} is unsatisfiable", "RFC 9110 §15.5.17", THING, get(MISS, 1),
          part(OTHER, beyond, status=416, has={"content-range": "bytes */1000"}, asked=1), get(HIT, 1))
serve("an unsatisfiable range on a miss", "RFC 9110 §15.5.17", THING, part(OTHER, "1000-", status=416, asked=1),
      get(HIT, 1))
for wrong in ("bytes=9-3", "bytes=a-b", "bytes=", "bytes=-", "bytes 0-9", "bytes=0x1-2"):
    serve(f"{wrong} is passed over", RANGE, THING, get(MISS, 1), get(HIT, 1, send={"Range": wrong}), ours=True)
serve("another unit is passed over", RANGE, THING, get(MISS, 1), get(HIT, 1, send={"Range": "lines=0-9"}))
serve("the unit in another case", "RFC 9110 §14.1", THING, get(MISS, 1),
      part(HIT, "0-9", send={"Range": "Bytes=0-9"}, body=BODY[:10]))
for name, ranges, due in (
        ("two ranges", "0-1,500-509", [(0, 1), (500, 509)]),
        ("three ranges with blanks", "0-1, 500-509 ,990-", [(0, 1), (500, 509), (990, 999)]),
        ("two ranges, one a suffix", "0-0,-1", [(0, 0), (999, 999)])):
    serve(name, SEVERAL, THING, get(MISS, 1), part(HIT, ranges, parts=due))
    serve(f"{name}, on a miss", SEVERAL, THING, part(MISS, ranges, parts=due), get(HIT, 1))
serve("several ranges, one of which is unsatisfiable", SEVERAL, THING, get(MISS, 1),
      Do(lambda play: one_part(play, "0-9,5000-", 0, 9)))
serve("ranges that overlap give no byte twice", "RFC 9110 §14.2", THING, get(MISS, 1),
      Do(lambda play: one_part(play, "0-9,5-14,12-20", 0, 20)), ours=True)
for name, value, status in (
        ("If-Range is the tag", '"v1"', 206), ("If-Range is another tag", '"v2"', 200), ("If-Range is the date", LM,
        206),
        ("If-Range is another date", "Sun, 10 Nov 2019 08:00:01 GMT", 200), ("If-Range is an earlier date", LONG_AGO,
        200),
        ("If-Range is the tag made weak", 'W/"v1"', 200), ("If-Range is no validator", "v1", 200)):
    due = BODY[:10] if status == 206 else BODY
    serve(name, IF_RANGE, THING, get(MISS, 1), part(HIT, "0-9", send={"If-Range": value}, status=status, body=due))
    serve(f"{name}, on a miss", IF_RANGE, THING, part(MISS, "0-9", send={"If-Range": value}, status=status, body=due),
          get(HIT, 1))
serve("If-Range of a weak tag holds never", IF_RANGE, ok("max-age=100", ETag='W/"v1"', body=BODY), get(MISS, 1),
      part(HIT, "0-9", send={"If-Range": 'W/"v1"'}, status=200, body=BODY))
serve("If-Range without Range", IF_RANGE, THING, get(MISS, 1), get(HIT, 1, send={"If-Range": '"v1"'}))
serve("If-None-Match goes before Range", "RFC 9110 §13.2.2", THING, get(MISS, 1),
      part(HIT, "0-9", send={"If-None-Match": '"v1"'}, status=304))
serve("If-Match goes before Range", "RFC 9110 §13.2.2", THING, get(MISS, 1),
      part(HIT, "0-9", send={"If-Match": '"v2"'}, status=412), part(HIT, "0-9", send={"If-Match": '"v1"'},
      body=BODY[:10]))
serve("a range does not count with HEAD", RANGE, THING, get(MISS, 1), head(HIT, send={"Range": "bytes=0-9"},
      has={"content-length": "1000", "content-range": None}))
serve("a range of a stale object", RANGE, ok("max-age=1", ETag='"v1"', body=BODY), get(MISS, 1), WAIT,
      part(REVALIDATED, "0-9", body=BODY[:10], saw={"range": None, "if-none-match": '"v1"'}))
serve("a range of an object that has changed", RANGE, [ok("max-age=1", ETag='"v1"', body=BODY),
      ok("max-age=100", ETag='"v2"', body=BODY[::-1])], get(MISS, 1), WAIT, part(MISS, "0-9", body=BODY[::-1][:10]),
      get(HIT, 2))
serve("a range of an empty object", "RFC 9110 §15.5.17", ok("max-age=100", body=b""), get(MISS, 1),
      part(OTHER, "0-9", status=416, asked=1))
serve("a range of a chunked object", RANGE, ok("max-age=100", body=BODY, framing="chunked"), get(MISS, 1),
      part(HIT, "10-19", body=BODY[10:20], has={"content-range": "bytes 10-19/1000"}))
serve("a range of a chunked object, on a miss", RANGE, ok("max-age=100", body=BODY, framing="chunked"),
      part(OTHER, "10-19", status=(200, 206)), part(HIT, "10-19", body=BODY[10:20]))
serve("a range of a missing object", RANGE, gone(), error(404, send={"Range": "bytes=0-9"}))
serve("a range of what is not stored", RANGE, ok("no-store", body=BODY), part(OTHER, "10-19", body=BODY[10:20]),
      part(OTHER, "10-19", body=BODY[10:20], asked=(2, 3, 4)))
serve("a range of a body that ends early is cut or an error", "RFC 9111 §3.3",
      [ok("max-age=100", body=BODY, cut=500), ok("max-age=100", body=BODY)], cut(send={"Range": "bytes=0-999"}),
      get(OTHER, 1, asked=2))
serve("a range of a whole 200 keeps its fields", "RFC 9110 §15.3.7", ok("max-age=100", ETag='"v1"', body=BODY,
      x_amz_meta_a="b"), get(MISS, 1), part(HIT, "0-9", has={"x-amz-meta-a": "b", "etag": '"v1"',
      "cache-control": "max-age=100"}))


def one_part(play, ranges, first, last):
    """One range may come as a plain 206 or as a multipart of one."""
    answer = play.exchange(part(OTHER, ranges))
    demand(answer.status == 206, answer)
    if answer.has("content-range"):
        demand(answer.get("content-range") == f"bytes {first}-{last}/1000" and answer.body == BODY[first:last + 1],
               answer)
    else:
        play._check_answer(part(OTHER, ranges, parts=[(first, last)]), answer)


KIB = 1024
SLICE = 64 * KIB
BIG = b"".join(n.to_bytes(4, "big") for n in range(200 * KIB // 4))    # three slices and a short one
NEW = b"".join(n.to_bytes(4, "little") for n in range(200 * KIB // 4))
LARGE = ok("max-age=100", ETag='"v1"', Last_Modified=LM, body=BIG)

slices = Table("ranges: slices", setup="slice")


def cut_out(first, last, body=BIG):
    return {"body": body[first:last + 1], "has": {"content-range": f"bytes {first}-{last}/{len(body)}"}}


slices("a slice is fetched once", "CACHE-10", LARGE, part(MISS, "0-99", saw={"range": f"bytes=0-{SLICE - 1}"},
       **cut_out(0, 99)), part(HIT, "0-99", **cut_out(0, 99)), ours=True)
slices("a slice serves other ranges", "CACHE-10", LARGE, part(MISS, "0-99", **cut_out(0, 99)),
       part(HIT, "5000-5099", **cut_out(5000, 5099)), part(HIT, f"{SLICE - 1}-{SLICE - 1}",
       **cut_out(SLICE - 1, SLICE - 1)))
slices("a range over two slices", "CACHE-10", LARGE, part(OTHER, f"{SLICE - 10}-{SLICE + 9}", asked=2,
       **cut_out(SLICE - 10, SLICE + 9)), part(HIT, "0-9", **cut_out(0, 9)),
       part(HIT, f"{SLICE}-{SLICE + 9}", **cut_out(SLICE, SLICE + 9)), ours=True)
slices("only the slices that lack are fetched", "CACHE-10", LARGE, part(MISS, "0-9"),
       part(OTHER, f"0-{2 * SLICE - 1}", asked=2, **cut_out(0, 2 * SLICE - 1)), part(HIT, f"0-{2 * SLICE - 1}"),
       ours=True)
slices("later slices are pinned by the tag", "CACHE-10", LARGE, part(MISS, "0-9"),
       part(OTHER, f"{SLICE}-{SLICE + 9}", saw={"if-match": '"v1"'}), ours=True)
slices("the last slice is short", "CACHE-10", LARGE, part(OTHER, f"{3 * SLICE}-{3 * SLICE + 99}",
       **cut_out(3 * SLICE, 3 * SLICE + 99)), part(HIT, f"{len(BIG) - 5}-", **cut_out(len(BIG) - 5, len(BIG) - 1)))
slices("a range that ends behind the object", RANGE, LARGE, part(OTHER, f"{len(BIG) - 5}-9999999",
       **cut_out(len(BIG) - 5, len(BIG) - 1)))
slices("a suffix", RANGE, LARGE, part(OTHER, "-10", **cut_out(len(BIG) - 10, len(BIG) - 1)),
       part(HIT, "-20", **cut_out(len(BIG) - 20, len(BIG) - 1)))
slices("an open range of all", RANGE, LARGE, part(OTHER, "0-", **cut_out(0, len(BIG) - 1)),
       part(HIT, "0-", **cut_out(0, len(BIG) - 1)))
slices("the whole object", RANGE, LARGE, get(OTHER, body=BIG, has={"content-length": str(len(BIG))}),
       get(HIT, body=BIG))
slices("a range of an object that is stored whole or in slices", RANGE, LARGE, get(OTHER, body=BIG),
       part(OTHER, "10-19", **cut_out(10, 19)))
slices("an object smaller than a slice", RANGE, THING, part(OTHER, "0-9", body=BODY[:10]),
       part(HIT, "500-", body=BODY[500:]))
slices("an unsatisfiable range", "RFC 9110 §15.5.17", LARGE, part(OTHER, f"{len(BIG)}-", status=416))
slices("an unsatisfiable range of stored slices", "RFC 9110 §15.5.17", LARGE, part(MISS, "0-9"),
       part(OTHER, "9999999-", status=416, has={"content-range": f"bytes */{len(BIG)}"}))
slices("a missing object", RANGE, gone(), error(404, send={"Range": "bytes=0-9"}))
slices("several ranges", SEVERAL, THING, part(OTHER, "0-1,500-509", parts=[(0, 1), (500, 509)]))
slices("If-Range is the tag", IF_RANGE, LARGE, part(MISS, "0-9"), part(HIT, "0-9", send={"If-Range": '"v1"'},
       **cut_out(0, 9)))
slices("If-Range is another tag", IF_RANGE, LARGE, part(MISS, "0-9"), part(OTHER, "0-9", send={"If-Range": '"v0"'},
       status=200, body=BIG))
slices("If-None-Match of a stored slice", "RFC 9110 §13.2.2", LARGE, part(MISS, "0-9"),
       part(HIT, "0-9", send={"If-None-Match": '"v1"'}, status=304))
slices("If-Match of a stored slice", "RFC 9110 §13.2.2", LARGE, part(MISS, "0-9"),
       part(HIT, "0-9", send={"If-Match": '"v0"'}, status=412))
slices("an origin that knows no ranges", RANGE, ok("max-age=100", ETag='"v1"', body=BIG, literal=True),
       part(OTHER, "0-9", status=(200, 206)), part(OTHER, "100-109", status=(200, 206)))
slices("a slice that ends early is not stored", "RFC 9111 §3.3", [ok("max-age=100", ETag='"v1"', body=BIG, cut=500),
       LARGE], cut(send={"Range": "bytes=0-9999"}), part(OTHER, "0-9999", **cut_out(0, 9999)))
slices("no-store is fetched each time", "RFC 9111 §5.2.2.5", ok("no-store", ETag='"v1"', body=BIG),
       part(OTHER, "0-9", **cut_out(0, 9)), part(OTHER, "0-9", asked=(2, 3, 4), **cut_out(0, 9)))
slices("a stale slice is asked for again", "RFC 9111 §4.3", ok("max-age=1", ETag='"v1"', body=BIG), part(MISS, "0-9"),
       WAIT, part(OTHER, "0-9", asked=(2, 3), **cut_out(0, 9)))
slices("a stale slice of an object that has changed", "RFC 9111 §4.3",
       [ok("max-age=1", ETag='"v1"', body=BIG), ok("max-age=100", ETag='"v2"', body=NEW)], part(MISS, "0-9"), WAIT,
       part(OTHER, "0-9", **cut_out(0, 9, NEW)))
CHANGING = [LARGE, ok("max-age=100", ETag='"v2"', body=NEW)]


def consistent(play, first, last):
    """Bytes of one version only; a cut answer is honest, and then the next one must be whole."""
    for _ in range(2):
        answer = play.exchange(part(OTHER, f"{first}-{last}", is_cut=True))
        if answer is not None:
            break
    demand(answer is not None and answer.status == 206, "no answer from the new version:", answer)
    demand(answer.body == NEW[first:last + 1] and answer.get("etag") == '"v2"',
           "bytes of two versions" if answer.body != BIG[first:last + 1] else "bytes of the old version", answer)


slices("an object that changes between slices", "CACHE-10", CHANGING, part(MISS, "0-9", **cut_out(0, 9)),
       Do(lambda play: consistent(play, 0, 2 * SLICE - 1)), part(OTHER, "0-9", **cut_out(0, 9, NEW)))
slices("an object that changes behind slices not asked for", "CACHE-10", CHANGING, part(MISS, "0-9", **cut_out(0, 9)),
       Do(lambda play: consistent(play, SLICE, SLICE + 9)), part(OTHER, "0-9", **cut_out(0, 9, NEW)))
slices("an object that shrinks between slices", "CACHE-10", [LARGE, ok("max-age=100", ETag='"v2"', body=NEW[:1000])],
       part(MISS, "0-9", **cut_out(0, 9)), Do(lambda play: play.exchange(part(OTHER, f"{SLICE}-{SLICE + 9}",
       is_cut=True))), part(OTHER, "0-9", body=NEW[:10]))
slices("slices without a strong tag are never mixed", "RFC 9110 §14.6",
       [ok("max-age=100", body=BIG), ok("max-age=100", body=NEW)], part(OTHER, "0-9"), Do(lambda play: unmixed(play)))


def unmixed(play):
    answer = play.exchange(part(OTHER, f"0-{2 * SLICE - 1}", is_cut=True))
    bodies = (BIG[:2 * SLICE], NEW[:2 * SLICE])
    demand(answer is None or answer.body in bodies or answer.body in (BIG, NEW), "bytes of two versions")


def at_once(count, ranges):
    """So many clients ask for ranges of one cold slice at once."""
    def ask(play):
        asks = [part(OTHER, f"{n * step}-{n * step + 99}", **cut_out(n * step, n * step + 99))
                for n in range(count) for step in [ranges]]
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(play.exchange, asks))
        for due, answer in zip(asks, answers):
            play._check_answer(due, answer)
        if play.asked != 1:
            raise Deviation(f"one slice was fetched {play.asked} times")
    return Do(ask)


slices("many clients, one cold slice", "CACHE-6", ok("max-age=100", ETag='"v1"', body=BIG, delay=0.5), at_once(8, 0))
slices("many clients, ranges of one cold slice", "CACHE-6", ok("max-age=100", ETag='"v1"', body=BIG, delay=0.5),
       at_once(8, 1000))
slices("a 304 renews a slice", "RFC 9111 §4.3.4", [ok("max-age=1", ETag='"v1"', body=BIG),
       not_modified("max-age=100", ETag='"v1"')], part(MISS, "0-9"), WAIT,
       part(REVALIDATED, "0-9", saw={"if-none-match": '"v1"'}, **cut_out(0, 9)), part(HIT, "0-9", **cut_out(0, 9)),
       ours=True)

CASES = bypass.cases + serve.cases + slices.cases
