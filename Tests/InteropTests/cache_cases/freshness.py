"""How long a response is fresh (RFC 9111 §4.2.1, §5.2.2, §5.3), and how old it is (§4.2.3, §5.1)."""

import email.utils

from harness.cache_table import (
    HIT, LONG_AGO, MISS, REVALIDATED, WAIT, Do, Moment, Table, at_least, between, get, not_modified, ok)

MAX_AGE, S_MAXAGE, EXPIRES, LIFETIME = (
    "RFC 9111 §5.2.2.1", "RFC 9111 §5.2.2.10", "RFC 9111 §5.3", "RFC 9111 §4.2.1")
DIRECTIVES, AGE = "RFC 9111 §5.2", "RFC 9111 §4.2.3"

lasts = [get(MISS, 1), WAIT, get(HIT, 1)]
ends = [get(MISS, 1), WAIT, get(MISS, 2)]
at_once_stale = [get(MISS, 1), get(MISS, 2)]

fresh = Table("freshness")
fresh("max-age in the future", MAX_AGE, ok("max-age=100"), get(MISS, 1), get(HIT, 1), get(HIT, 1))
fresh("max-age passes", MAX_AGE, ok("max-age=1"), *ends)
fresh("max-age=0 is stale at once", MAX_AGE, ok("max-age=0"), *at_once_stale)
fresh("s-maxage is longer than max-age", S_MAXAGE, ok("max-age=1, s-maxage=100"), *lasts)
fresh("s-maxage is shorter than max-age", S_MAXAGE, ok("max-age=100, s-maxage=1"), *ends)
fresh("s-maxage=0 beats max-age", S_MAXAGE, ok("max-age=100, s-maxage=0"), *at_once_stale)
fresh("s-maxage beats Expires", S_MAXAGE, ok("s-maxage=100", Expires=Moment(-100)), get(MISS, 1), get(HIT, 1))
fresh("max-age beats an earlier Expires", EXPIRES, ok("max-age=100", Expires=Moment(-100)), get(MISS, 1), get(HIT, 1))
fresh("max-age beats a later Expires", EXPIRES, ok("max-age=1", Expires=Moment(100)), *ends)
fresh("Expires in the future", EXPIRES, ok(Expires=Moment(100)), get(MISS, 1), get(HIT, 1))
fresh("Expires passes", EXPIRES, ok(Expires=Moment(1)), *ends)
fresh("Expires in the past", EXPIRES, ok(Expires=Moment(-100)), *at_once_stale)
fresh("Expires at the very Date", EXPIRES, ok(Expires=Moment(0)), *at_once_stale)
fresh("Expires: 0", EXPIRES, ok(Expires="0"), *at_once_stale)
fresh("Expires that is no date", EXPIRES, ok(Expires="tomorrow"), *at_once_stale)
fresh("Expires: -1", EXPIRES, ok(Expires="-1"), *at_once_stale)
fresh("Expires in the form of RFC 850", "RFC 9110 §5.6.7", ok(Expires="Wednesday, 21-Oct-15 07:28:00 GMT"),
      *at_once_stale)
fresh("Expires in asctime's form", "RFC 9110 §5.6.7", ok(Expires="Wed Oct 21 07:28:00 2015"), *at_once_stale)
fresh("Expires is counted from Date, ahead of our clock", LIFETIME, ok(Date=Moment(3600), Expires=Moment(3601)), *ends)
fresh("Expires before a Date ahead of our clock", LIFETIME, ok(Date=Moment(200), Expires=Moment(100)), *at_once_stale)
fresh("Expires with a Date that is old enough", LIFETIME, ok(Date=Moment(-3600), Expires=Moment(-3500)), *at_once_stale)
fresh("the first max-age is the shorter one", LIFETIME, ok("max-age=1, max-age=100"), *ends)
fresh("two lines of Cache-Control count as one", DIRECTIVES, ok(Cache_Control=["max-age=100", "no-store"]),
      *at_once_stale)
fresh("two lines of Cache-Control, the lifetime second", DIRECTIVES, ok(Cache_Control=["public", "max-age=100"]),
      *lasts, bucket="brief")
fresh("two Expires, the first one past", LIFETIME, ok(Expires=[LONG_AGO, Moment(100)]), *at_once_stale)
fresh("directives in capitals", DIRECTIVES, ok("MAX-AGE=1"), *ends)
fresh("No-Store in mixed case", DIRECTIVES, ok("No-Store, max-age=100"), *at_once_stale)
fresh("S-MaxAge in mixed case", DIRECTIVES, ok("max-age=100, S-MaxAge=1"), *ends)
fresh("max-age in quotes is long", DIRECTIVES, ok('max-age="100"'), *lasts, bucket="brief")
fresh("max-age in quotes is short", DIRECTIVES, ok('max-age="1"'), *ends)
fresh("max-age of 2^31", "RFC 9111 §1.2.2", ok("max-age=2147483648"), *lasts, bucket="brief")
fresh("max-age beyond 64 bits", "RFC 9111 §1.2.2", ok("max-age=99999999999999999999"), *lasts, bucket="brief")
fresh("max-age with leading zeros", DIRECTIVES, ok("max-age=0000100"), *lasts, bucket="brief")
fresh("a negative max-age", LIFETIME, ok("max-age=-1"), *at_once_stale)
fresh("a max-age that is no number", LIFETIME, ok("max-age=soon"), *at_once_stale)
fresh("a max-age with a fraction", LIFETIME, ok("max-age=100.5"), *at_once_stale)
fresh("a max-age without a value", LIFETIME, ok("max-age"), *at_once_stale)
fresh("blanks and empty elements between directives", DIRECTIVES, ok(" ,, public ,\t max-age=100 ,"), *lasts,
      bucket="brief")
fresh("unknown directives are passed over", "RFC 9111 §5.2.3", ok("max-age=100, x-tra, x-ample=7"), get(MISS, 1),
      get(HIT, 1))
fresh("a directive's name within a quoted value", "RFC 9111 §5.2.3", ok('x-tra="no-store, max-age=0", max-age=100'),
      *lasts, bucket="brief")
fresh("a quoted value with an escaped quote", "RFC 9110 §5.6.4", ok(r'x-tra="a\", no-store, b", max-age=100'), *lasts,
      bucket="brief")
fresh("a name that ends in max-age is another name", DIRECTIVES, ok("x-max-age=100, max-age=1"), *ends)
fresh("a name that begins like no-store is another name", DIRECTIVES, ok("no-stores, max-age=100"), get(MISS, 1),
      get(HIT, 1))
fresh("public, immutable and no-transform", DIRECTIVES, ok("public, immutable, no-transform, max-age=100"), *lasts,
      bucket="brief")
fresh("Pragma beside Cache-Control", "RFC 9111 §5.4", ok("max-age=100", Pragma="no-cache"), get(MISS, 1), get(HIT, 1))
fresh("nothing is said: the default lifetime", LIFETIME, ok(), *lasts)
fresh("public alone: the default lifetime", "RFC 9111 §5.2.2.9", ok("public"), *lasts)
fresh("nothing is said: the bucket's ttl_seconds", "CACHE-8", ok(), *ends, bucket="brief")
fresh("max-age is longer than the bucket's ttl_seconds", "CACHE-8", ok("max-age=100"), *lasts, bucket="brief")
fresh("max-age is shorter than the default lifetime", "CACHE-8", ok("max-age=1"), *ends)

ignoring = Table("cache-control ignored", setup="ignoring")
for said in ("no-store", "private", "no-cache", "max-age=0", "s-maxage=0", "private, no-store, max-age=0"):
    ignoring(f"{said} is not heard", "respect_cache_control", ok(said), get(MISS, 1), get(HIT, 1))
ignoring("a past Expires is not heard", "respect_cache_control", ok(Expires=LONG_AGO), get(MISS, 1), get(HIT, 1))
ignoring("Pragma is not heard", "respect_cache_control", ok(Pragma="no-cache"), get(MISS, 1), get(HIT, 1))
ignoring("a short max-age is not heard", "respect_cache_control", ok("max-age=1"), *lasts)
ignoring("a long max-age is not heard", "respect_cache_control", ok("max-age=100"), *ends, bucket="brief")
ignoring("what was not heard is passed on", "respect_cache_control", ok("no-store"), get(MISS, 1),
         get(HIT, 1, has={"cache-control": "no-store"}))
ignoring("Vary: * is heard", "RFC 9111 §4.1", ok(Vary="*"), *at_once_stale)


def downstream(play):
    """A cache behind this one must find the time left that there is: Expires less Date, less Age."""
    play.ask(get(MISS, 1))
    answer = play.exchange(get(HIT, 1))
    expires, date = (email.utils.parsedate_to_datetime(answer.get(name)) for name in ("expires", "date"))
    left = (expires - date).total_seconds() - int(answer.get("age", "0"))
    assert 30 <= left <= 41, f"{left} seconds are left to a cache behind this one, where there are 40: {answer}"


age = Table("age")
age("a hit tells its age", AGE, ok("max-age=100"), get(MISS, 1), get(HIT, 1, has={"age": between(0, 60)}))
age("the age of a hit grows", AGE, ok("max-age=100"), get(MISS, 1), WAIT, get(HIT, 1, has={"age": between(2, 60)}))
age("the origin's Age is counted on", AGE, ok("max-age=1000", Age="300"), get(MISS, 1),
    get(HIT, 1, has={"age": between(300, 400)}))
age("an Age beyond the lifetime", AGE, ok("max-age=100", Age="200"), *at_once_stale)
age("an Age just below the lifetime", AGE, ok("max-age=100", Age="99"), *ends)
age("an Age against s-maxage", AGE, ok("max-age=1000, s-maxage=100", Age="200"), *at_once_stale)
age("an Age against Expires", AGE, ok(Expires=Moment(100), Age="200"), *at_once_stale)
age("a Date in the past", AGE, ok("max-age=1000", Date=Moment(-300)), get(MISS, 1),
    get(HIT, 1, has={"age": between(300, 400)}))
age("a Date beyond the lifetime", AGE, ok("max-age=100", Date=Moment(-200)), *at_once_stale)
age("an Age that is larger than Date tells", AGE, ok("max-age=1000", Date=Moment(-10), Age="300"), get(MISS, 1),
    get(HIT, 1, has={"age": between(300, 400)}))
age("a Date that tells more than Age", AGE, ok("max-age=1000", Date=Moment(-300), Age="10"), get(MISS, 1),
    get(HIT, 1, has={"age": between(300, 400)}))
age("a Date in the future", AGE, ok("max-age=100", Date=Moment(3600)), get(MISS, 1),
    get(HIT, 1, has={"age": between(0, 60)}))
age("a Date that is none", AGE, ok("max-age=100", Date="yesterday"), get(MISS, 1),
    get(HIT, 1, has={"age": between(0, 60)}))
age("no Date at all", "RFC 9110 §6.6.1", ok("max-age=100", Date=None), get(MISS, 1),
    get(HIT, 1, has={"age": between(0, 60)}))
for said in ("soon", "-200", "200.5", ""):
    age(f"Age: {said or 'nothing'} is passed over", "RFC 9111 §5.1", ok("max-age=100", Age=said), get(MISS, 1),
        get(HIT, 1, has={"age": between(0, 60)}))
age("of two Age fields the first counts", "RFC 9111 §5.1", ok("max-age=100", Age=["10", "200"]), get(MISS, 1),
    get(HIT, 1, has={"age": between(10, 70)}))
age("an Age of 2^31", "RFC 9111 §1.2.2", ok("max-age=100", Age="2147483648"), *at_once_stale)
age("an Age beyond 64 bits", "RFC 9111 §1.2.2", ok("max-age=100", Age="99999999999999999999"), *at_once_stale)
age("the time that the origin took counts", AGE, ok("max-age=100", Age="0", delay=2.5), get(MISS, 1),
    get(HIT, 1, has={"age": at_least(2)}))
age("a 304 renews the age", "RFC 9111 §4.3.4", [ok("max-age=51", ETag='"v1"', Age="50"),
    not_modified("max-age=100", ETag='"v1"')], get(MISS, 1), WAIT, get(REVALIDATED, 1),
    get(HIT, 1, has={"age": between(0, 40)}))
age("a cache behind this one finds the same time left", "RFC 9111 §4.2.1", ok(Date=Moment(-60), Expires=Moment(40)),
    Do(downstream))

CASES = fresh.cases + ignoring.cases + age.cases
