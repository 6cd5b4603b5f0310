"""Which stored response a request selects: Vary (RFC 9111 §4.1), queries, versions and the spelling of keys (§2)."""

import urllib.parse

from harness.cache_table import (
    HIT, MISS, REVALIDATED, WAIT, Table, get, head, not_modified, ok, part)

VARY = "RFC 9111 §4.1"


def device(name, outcome, of=None, **options):
    return get(outcome, of, send={"X-Device": name}, **options)


vary = Table("Vary")
BY_DEVICE = ok("max-age=100", Vary="X-Device")
vary("two values, two responses", VARY, BY_DEVICE, device("a", MISS, 1), device("b", MISS, 2), device("a", HIT, 1),
     device("b", HIT, 2))
vary("absence is a value", VARY, BY_DEVICE, get(MISS, 1), device("a", MISS, 2), get(HIT, 1), device("a", HIT, 2))
vary("other fields do not matter", VARY, BY_DEVICE, device("a", MISS, 1),
     get(HIT, 1, send={"X-Device": "a", "X-Other": "z", "User-Agent": "other"}))
vary("the field's name in another case", VARY, ok("max-age=100", Vary="x-DEVICE"), device("a", MISS, 1),
     device("b", MISS, 2), device("a", HIT, 1))
vary("the client's name in another case", VARY, BY_DEVICE, device("a", MISS, 1), get(HIT, 1, send={"x-device": "a"}))
vary("blanks around a value", VARY, BY_DEVICE, device("a", MISS, 1), get(HIT, 1, send={"X-Device": "  a\t"}))
vary("blanks within a list", VARY, ok("max-age=100", Vary="Accept-Language"),
     get(MISS, 1, send={"Accept-Language": "de, en"}), get(HIT, 1, send={"Accept-Language": "de,en"}))
vary("values in another case differ", VARY, BY_DEVICE, device("a", MISS, 1), device("A", MISS, 2))
vary("one value that begins with the other", VARY, BY_DEVICE, device("ab", MISS, 1), device("a", MISS, 2),
     device("abc", MISS, 3))
BOTH = ok("max-age=100", Vary="X-Device, Accept-Language")
vary("two fields, both must match", VARY, BOTH, get(MISS, 1, send={"X-Device": "a", "Accept-Language": "de"}),
     get(MISS, 2, send={"X-Device": "a", "Accept-Language": "en"}), get(MISS, 3,
     send={"X-Device": "b", "Accept-Language": "de"}), get(HIT, 1, send={"X-Device": "a", "Accept-Language": "de"}),
     get(HIT, 2, send={"X-Device": "a", "Accept-Language": "en"}))
vary("two fields whose values are swapped", VARY, BOTH, get(MISS, 1, send={"X-Device": "x", "Accept-Language": "y"}),
     get(MISS, 2, send={"X-Device": "y", "Accept-Language": "x"}))
vary("two lines of Vary", VARY, ok("max-age=100", Vary=["X-Device", "Accept-Language"]),
     get(MISS, 1, send={"X-Device": "a", "Accept-Language": "de"}), get(MISS, 2,
     send={"X-Device": "a", "Accept-Language": "en"}), get(HIT, 1, send={"X-Device": "a", "Accept-Language": "de"}))
vary("Vary: * is never stored", VARY, ok("max-age=100", Vary="*"), get(MISS, 1), get(MISS, 2))
vary("* beside a name", VARY, ok("max-age=100", Vary="X-Device, *"), device("a", MISS, 1), device("a", MISS, 2))
vary("an empty Vary", VARY, ok("max-age=100", Vary=""), device("a", MISS, 1), device("b", HIT, 1))
vary("Accept-Encoding never reaches the origin", "CACHE-1", ok("max-age=100", Vary="Accept-Encoding"),
     get(MISS, 1, send={"Accept-Encoding": "gzip"}, saw={"accept-encoding": None}),
     get(HIT, 1, send={"Accept-Encoding": "br"}), get(HIT, 1))
vary("Origin never reaches the origin", "CACHE-1", ok("max-age=100", Vary="Origin"),
     get(MISS, 1, send={"Origin": "https://a.example"}, saw={"origin": None}),
     get(HIT, 1, send={"Origin": "https://b.example"}), get(HIT, 1))
vary("Vary as S3 servers list it", "CACHE-1", ok("max-age=100",
     Vary="Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Accept-Encoding"),
     get(MISS, 1, send={"Origin": "https://a.example"}), get(HIT, 1, send={"Accept-Encoding": "br"}))
vary("a variant beside Accept-Encoding", VARY, ok("max-age=100", Vary="Accept-Encoding, X-Device"),
     get(MISS, 1, send={"X-Device": "a", "Accept-Encoding": "gzip"}), get(HIT, 1, send={"X-Device": "a"}),
     device("b", MISS, 2))
vary("each variant is revalidated with its own tag", VARY, [ok("max-age=1", Vary="X-Device", ETag='"a1"'),
     ok("max-age=1", Vary="X-Device", ETag='"b1"'), not_modified("max-age=100", Vary="X-Device", ETag='"a1"'),
     not_modified("max-age=100", Vary="X-Device", ETag='"b1"')], device("a", MISS, 1), device("b", MISS, 2), WAIT,
     device("a", REVALIDATED, 1, saw={"if-none-match": '"a1"'}), device("b", REVALIDATED, 2,
     saw={"if-none-match": '"b1"'}), device("a", HIT, 1), device("b", HIT, 2))
vary("a HEAD selects a variant", VARY, [ok("max-age=100", Vary="X-Device", ETag='"a1"'),
     ok("max-age=100", Vary="X-Device", ETag='"b1"')], device("a", MISS, 1), device("b", MISS, 2),
     head(HIT, send={"X-Device": "a"}, has={"etag": '"a1"'}))
vary("a condition is held against the variant", VARY, [ok("max-age=100", Vary="X-Device", ETag='"a1"'),
     ok("max-age=100", Vary="X-Device", ETag='"b1"')], device("a", MISS, 1), device("b", MISS, 2),
     get(HIT, send={"X-Device": "b", "If-None-Match": '"b1"'}, status=304),
     get(HIT, 1, send={"X-Device": "a", "If-None-Match": '"b1"'}))
vary("a range is cut from the variant", VARY, BY_DEVICE, device("a", MISS, 1), device("b", MISS, 2),
     part(HIT, "0-6", send={"X-Device": "a"}, body=b"reply 1"), part(HIT, "0-6", send={"X-Device": "b"},
     body=b"reply 2"), setup="serve")
vary("many variants", VARY, BY_DEVICE, *[device(f"d{n}", MISS, n) for n in range(1, 9)],
     *[device(f"d{n}", HIT, n) for n in range(1, 9)])

queries = Table("queries and versions")
SAME = ok("max-age=100")
queries("unknown parameters are dropped", "S3-3", SAME, get(MISS, 1, query="?x=1"), get(HIT, 1, query="?y=2&z"),
        get(HIT, 1))
queries("an empty query", "S3-3", SAME, get(MISS, 1), get(HIT, 1, query="?"))
queries("versions are separate", "S3-3", SAME, get(MISS, 1, query="?versionId=one"),
        get(MISS, 2, query="?versionId=two"), get(MISS, 3), get(HIT, 1, query="?versionId=one"),
        get(HIT, 2, query="?versionId=two"), get(HIT, 3))
queries("a version beside unknown parameters", "S3-3", SAME, get(MISS, 1, query="?versionId=one"),
        get(HIT, 1, query="?x=1&versionId=one&y"))
queries("versionId in another case is unknown", "S3-3", SAME, get(MISS, 1), get(HIT, 1, query="?versionid=one"))
queries("an escaped version is the same version", "S3-3", SAME, get(MISS, 1, query="?versionId=one"),
        get(HIT, 1, query="?versionId=%6Fne"), ours=True)
queries("an empty version is none", "S3-3", SAME, get(MISS, 1), get(HIT, 1, query="?versionId="))
queries("overrides that are not allowed are dropped", "S3-3", SAME, get(MISS, 1),
        get(HIT, 1, query="?response-content-type=text/html"))
queries("overrides that are allowed are separate", "S3-3", SAME, get(MISS, 1),
        get(MISS, 2, query="?response-content-type=text/html"), get(MISS, 3, query="?response-content-type=text/plain"),
        get(HIT, 1), get(HIT, 2, query="?response-content-type=text/html"), bucket="overrides", ours=True)
queries("allowed overrides in another order", "S3-3", SAME, get(MISS, 1,
        query="?response-content-type=text/html&response-expires=0"), get(HIT, 1,
        query="?response-expires=0&response-content-type=text/html"), bucket="overrides", ours=True)
queries("a version cannot be written into the key", "S3-3", SAME, get(MISS, 1, query="?versionId=one"),
        get(MISS, 2, name="object%3FversionId=one"))

keys = Table("keys", ours=True)


def same(what, one, other):
    keys(f"{what} is one object", "RTE-2", SAME, get(MISS, 1, name=one), get(HIT, 1, name=other))


def separate(what, one, other):
    keys(f"{what} are two objects", "RTE-2", SAME, get(MISS, 1, name=one), get(MISS, 2, name=other),
         get(HIT, 1, name=one))


same("%2F and /", "a%2Fb", "a/b")
same("an escaped letter and the letter", "%61bc", "abc")
same("escapes in both cases", "gr%c3%bc%c3%9f", "gr%C3%BC%C3%9F")
same("a plus and its escape", "a+b", "a%2Bb")
same("a tilde and its escape", "a~b", "a%7Eb")
same("an escaped dot in a name", "a%2Etxt", "a.txt")
separate("a plus and a blank", "a+b", "a%20b")
separate("names in another case", "Name", "name")
separate("a name with a slash behind it and one without", "a", "a/")
separate("one slash and two", "a/b", "a//b")
separate("two forms of one letter of Unicode", "e" + urllib.parse.quote("\u0301"), urllib.parse.quote("\u00e9"))
separate("a percent sign and what it would escape", "a%2562", "ab")
separate("a prefix and the whole name", "ab", "abc")
separate("a question mark in a name and a query", "a%3Fb", "a")
keys("one key in two buckets", "RTE-2", SAME, get(MISS, 1), get(MISS, 2, bucket="brief"), get(HIT, 1))
keys("the Host field does not matter", "RTE-2", SAME, get(MISS, 1), get(HIT, 1, send={"Host": "other.example"}))
keys("a very long name", "RTE-2", SAME, get(MISS, 1, name="n" * 900), get(HIT, 1, name="n" * 900),
     get(MISS, 2, name="n" * 899))

CASES = vary.cases + queries.cases + keys.cases
