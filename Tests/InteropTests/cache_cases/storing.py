"""What is stored and what never (RFC 9111 §3), how bodies are framed, and what of a response a hit still has."""

import gzip

from harness.cache_table import (
    ANY, BODY, ERROR, HIT, LONG_AGO, MISS, OTHER, REVALIDATED, Table, cut, error, fails, get, gone, head, ok)

STORING, INCOMPLETE = "RFC 9111 §3", "RFC 9111 §3.3"
never = [get(MISS, 1), get(MISS, 2)]

storing = Table("storing")
storing("no-store", "RFC 9111 §5.2.2.5", ok("no-store"), *never)
storing("no-store beside max-age", "RFC 9111 §5.2.2.5", ok("max-age=100, no-store"), *never)
storing("no-store beside Expires", "RFC 9111 §5.2.2.5", ok("no-store", Expires="Wed, 21 Oct 2037 07:28:00 GMT"), *never)
storing("no-store keeps no validator", "RFC 9111 §5.2.2.5", ok("no-store", ETag='"v1"'), get(MISS, 1),
        get(MISS, 2, saw={"if-none-match": None}))
storing("no-store beside must-understand", "RFC 9111 §5.2.2.3", ok("must-understand, no-store, max-age=100"),
        get(MISS, 1), get(HIT, 1))
storing("private", "RFC 9111 §5.2.2.7", ok("private"), *never)
storing("private beside max-age", "RFC 9111 §5.2.2.7", ok("private, max-age=100"), *never)
storing("private beside s-maxage", "RFC 9111 §5.2.2.7", ok("private, s-maxage=100"), *never)
storing("private and public", "RFC 9111 §5.2.2.7", ok("public, private, max-age=100"), *never)
storing("no-cache is asked for each time", "RFC 9111 §5.2.2.4", ok("no-cache"), *never)
storing("no-cache beside max-age is asked for each time", "RFC 9111 §5.2.2.4", ok("no-cache, max-age=100"), *never)
storing("no-cache is stored and revalidated", "RFC 9111 §5.2.2.4", ok("no-cache", ETag='"v1"'), get(MISS, 1),
        get(REVALIDATED, 1, saw={"if-none-match": '"v1"'}), get(REVALIDATED, 1))
storing("max-age=0 is stored and revalidated", "RFC 9111 §5.2.2.1", ok("max-age=0", ETag='"v1"'), get(MISS, 1),
        get(REVALIDATED, 1, saw={"if-none-match": '"v1"'}), get(REVALIDATED, 1))
storing("must-revalidate is used while it is fresh", "RFC 9111 §5.2.2.2", ok("max-age=100, must-revalidate"),
        get(MISS, 1), get(HIT, 1))
storing("proxy-revalidate is used while it is fresh", "RFC 9111 §5.2.2.8", ok("max-age=100, proxy-revalidate"),
        get(MISS, 1), get(HIT, 1))
storing("an empty body", STORING, ok("max-age=100", body=b""), get(MISS, 1), get(HIT, 1, has={"content-length": "0"}))
storing("a body with every byte", STORING, ok("max-age=100", body=bytes(range(256)) * 40), get(MISS, 1), get(HIT, 1))
storing("a body of a mebibyte", STORING, ok("max-age=100", body=BODY * 1049), get(MISS, 1),
        get(HIT, 1, has={"content-length": "1049000"}))

framing = Table("framing")
framing("a body that ends early is not stored", INCOMPLETE, [ok("max-age=100", body=BODY, cut=500), ok("max-age=100")],
        cut(), get(MISS, 2), get(HIT, 2))
framing("a body that ends at once is not stored", INCOMPLETE, [ok("max-age=100", body=BODY, cut=0), ok("max-age=100")],
        cut(), get(OTHER, status=200), get(HIT))
framing("a Content-Length that says too much", INCOMPLETE, [ok("max-age=100", body=BODY, declared=1001, cut=1000),
        ok("max-age=100")], cut(), get(MISS, 2))
framing("two Content-Lengths that differ", "RFC 9112 §6.3", [ok("max-age=100", body=BODY, Content_Length=["1000",
        "900"]), ok("max-age=100")], error(), get(MISS, 2))
framing("two Content-Lengths that agree", "RFC 9112 §6.3", ok("max-age=100", body=BODY,
        Content_Length=["1000", "1000"]), get(MISS, 1), get(HIT, 1, has={"content-length": "1000"}))
framing("a Content-Length that is no number", "RFC 9112 §6.3", [ok("max-age=100", body=BODY, Content_Length="1e3"),
        ok("max-age=100")], error(), get(MISS, 2))
framing("a chunked body is stored", STORING, ok("max-age=100", body=BODY, framing="chunked"), get(MISS, 1), get(HIT, 1))
framing("a hit of a chunked body has a length", "RFC 9110 §8.6", ok("max-age=100", body=BODY, framing="chunked"),
        get(MISS, 1), get(HIT, 1, has={"content-length": "1000", "transfer-encoding": None}))
framing("an empty chunked body", STORING, ok("max-age=100", body=b"", framing="chunked"), get(MISS, 1),
        get(HIT, 1, has={"content-length": "0"}))
framing("a chunked body without its end is not stored", INCOMPLETE, [ok("max-age=100", body=BODY, framing="chunked",
        cut=500), ok("max-age=100")], cut(), get(MISS, 2))
framing("a chunked body whose last chunk is missing is not stored", INCOMPLETE,
        [ok("max-age=100", body=BODY, framing="chunked", cut=1000), ok("max-age=100")], cut(), get(MISS, 2))
framing("a chunked body with a broken chunk is not stored", INCOMPLETE,
        [ok("max-age=100", body=BODY, framing="chunked", tail=b"zz\r\n"), ok("max-age=100")], cut(), get(MISS, 2))
framing("a chunk shorter than its size is not stored", INCOMPLETE, [ok("max-age=100", body=BODY, framing="chunked",
        tail=b"ff\r\nshort\r\n0\r\n\r\n"), ok("max-age=100")], cut(), get(MISS, 2))
framing("trailer fields are no fields of a hit", "RFC 9112 §7.1.2", ok("max-age=100", body=BODY, framing="chunked",
        tail=b"0\r\nx-amz-meta-late: yes\r\n\r\n"), get(MISS, 1), get(HIT, 1, has={"x-amz-meta-late": None}))
framing("a body that ends with the connection is not stored", "RFC 9112 §8",
        ok("max-age=100", body=BODY, framing="close"), get(MISS, 1), get(MISS, 2), ours=True)
framing("Transfer-Encoding beside Content-Length", "RFC 9112 §6.3", ok("max-age=100", body=BODY, framing="chunked",
        Content_Length="7"), get(OTHER, status=(200, *ERROR)), get(OTHER, status=(200, *ERROR),
        has={"content-length": lambda v: v != "7"}))

ZIPPED = gzip.compress(BODY, mtime=0)
KEPT = {
    "Content-Type": "image/svg+xml; charset=utf-8", "ETag": '"d41d8cd98f00b204e9800998ecf8427e"',
    "Last-Modified": LONG_AGO, "Cache-Control": "max-age=100, public, x-tra=\"q\"", "Content-Encoding": "gzip",
    "Content-Disposition": "attachment; filename=\"a b.svg\"; filename*=UTF-8''a%20%C3%A9.svg",
    "Content-Language": "de, en", "Expires": "Wed, 21 Oct 2037 07:28:00 GMT", "Accept-Ranges": "bytes",
    "x-amz-meta-owner": "two  words; \"q\"", "x-amz-meta-empty": "", "x-amz-version-id": "L4kqtJlcpXroDTDmpUMLUo",
}
DROPPED = {
    "Set-Cookie": "id=7", "Keep-Alive": "timeout=7", "Proxy-Authenticate": "Basic", "Upgrade": "h2c",
    "Proxy-Connection": "keep-alive", "X-Named": "by Connection",
}
ORIGINS_OWN = {
    "Server": "AmazonS3", "x-amz-request-id": "4442587FB7D0A2F9", "x-amz-id-2": "secret", "X-Cache": "Hit from afar",
    "Cache-Status": "other; hit", "x-amz-server-side-encryption": "aws:kms", "Via": "1.1 origin",
}
due = {name.lower(): value for name, value in KEPT.items()}


def written(fields):
    return {name.replace("-", "_"): value for name, value in fields.items()}


fields = Table("fields of hits")
fields("all kept fields on a hit", "RFC 9111 §3.1", ok(body=ZIPPED, **written(KEPT)), get(MISS, 1, has=due),
       get(HIT, 1, has=due))
fields("all kept fields on a HEAD that hits", "RFC 9110 §9.3.2", ok(body=ZIPPED, **written(KEPT)), get(MISS, 1),
       head(HIT, has=due))
fields("hop-by-hop fields are never stored", "RFC 9111 §3.1", ok("max-age=100", Connection="keep-alive, X-Named",
       **written({k: v for k, v in DROPPED.items() if k != "Set-Cookie"})),
       get(MISS, 1, has={name.lower(): None for name in DROPPED if name != "Keep-Alive"}),
       get(HIT, 1, has={name.lower(): None for name in DROPPED if name != "Keep-Alive"}))
fields("cookies are never stored", "RFC 9111 §7.3", ok("max-age=100", Set_Cookie="id=7"),
       get(MISS, 1, has={"set-cookie": None}), get(HIT, 1, has={"set-cookie": None}))
fields("what tells of the origin is never stored", "S3-4", ok("max-age=100", **written(ORIGINS_OWN)), get(MISS, 1),
       get(HIT, 1, has={name.lower(): lambda v, own=value: v != own for name, value in ORIGINS_OWN.items()}), ours=True)
fields("a weak ETag stays as it is", "RFC 9110 §8.8.3", ok("max-age=100", ETag='W/"v1"'), get(MISS, 1),
       get(HIT, 1, has={"etag": 'W/"v1"'}))
fields("an ETag with odd characters", "RFC 9110 §8.8.3", ok("max-age=100", ETag='"a,b W/ -2!#"'), get(MISS, 1),
       get(HIT, 1, has={"etag": '"a,b W/ -2!#"'}))
fields("an empty ETag", "RFC 9110 §8.8.3", ok("max-age=100", ETag='""'), get(MISS, 1), get(HIT, 1, has={"etag": '""'}))
fields("a field that comes twice", "RFC 9110 §5.3", ok("max-age=100", x_amz_meta_many=["one", "two"]), get(MISS, 1),
       get(HIT, 1, has={"x-amz-meta-many": "one, two"}))
fields("a field in UTF-8", "RFC 9110 §5.5", ok("max-age=100", x_amz_meta_name="gr\u00fc\u00df"), get(MISS, 1),
       get(HIT, 1, has={"x-amz-meta-name": "gr\u00fc\u00df".encode().decode("latin-1")}))
fields("a hit tells a Date", "RFC 9110 §6.6.1", ok("max-age=100"), get(MISS, 1), get(HIT, 1, has={"date": ANY}))
fields("an unknown kind stays unknown", "RFC 9110 §8.3", ok("max-age=100", Content_Type=None), get(MISS, 1),
       get(HIT, 1, has={"content-type": None}))

sharing = Table("HEAD and GET")
sharing("a HEAD is answered from a stored GET", "RFC 9110 §9.3.2", ok("max-age=100", ETag='"v1"', body=BODY),
        get(MISS, 1), head(HIT, has={"content-length": "1000", "etag": '"v1"'}))
sharing("a HEAD that misses stores nothing", "RFC 9111 §3", ok("max-age=100", body=BODY), head(MISS, asked=1),
        get(MISS, 2, asked=2), head(HIT, has={"content-length": "1000"}), ours=True)
sharing("a HEAD that misses twice", "RFC 9111 §3", ok("max-age=100", body=BODY), head(MISS), head(MISS), ours=True)
sharing("a HEAD between does no harm", "RFC 9111 §4.3.5", ok("max-age=100", ETag='"v1"', body=BODY), get(MISS, 1),
        head(HIT), get(HIT, 1), head(HIT), get(HIT, 1))
sharing("a HEAD of a chunked object", "RFC 9110 §9.3.2", ok("max-age=100", body=BODY, framing="chunked"), get(MISS, 1),
        head(HIT, has={"content-length": "1000"}))
sharing("a HEAD of a stale object", "RFC 9111 §4.3.5", ok("no-cache", ETag='"v1"', body=BODY), get(MISS, 1),
        head(OTHER, asked=2, has={"content-length": "1000", "etag": '"v1"'}), get(REVALIDATED, 1))

errors = Table("errors", ours=True)
for reply, status in ((fails(403, "AccessDenied"), 403), (fails(500), 502), (fails(503, "SlowDown"), 503), (gone(),
404),
                      (fails(400, "InvalidRequest"), 400)):
    errors(f"a {reply.status} is never stored", STORING, [reply, ok("max-age=100")],
           get(OTHER, status=status, has={"x-cache": "MISS"}), get(MISS, 2), get(HIT, 2))
errors("a 403 with max-age is never stored", STORING, [fails(403, "AccessDenied", Cache_Control="max-age=100"), ok()],
       error(403), get(MISS, 2))
errors("a 500 with max-age is never stored", STORING, [fails(500, Cache_Control="max-age=100"), ok()], error(),
       get(MISS, 2))
errors("a redirect is never stored", STORING, [ok("max-age=100", status=301, body=b"", literal=True,
       Location="/elsewhere"), ok()], error(), get(MISS, 2))
errors("a 206 that nobody asked for is never stored", "RFC 9111 §3.3",
       [ok("max-age=100", status=206, literal=True, body=BODY[:10], Content_Range="bytes 0-9/1000"), ok("max-age=100")],
       get(OTHER, status=(200, 206, 502)), get(MISS, 2))

sizes = Table("sizes", bucket="small", ours=True)
sizes("an object at the bucket's bound is stored", "CACHE-8", ok("max-age=100", body=b"x" * 60_000), get(MISS, 1),
      get(HIT, 1))
sizes("an object above the bucket's bound is not stored", "CACHE-8", ok("max-age=100", body=b"x" * 70_000),
      get(MISS, 1), get(MISS, 2))
sizes("a chunked object above the bucket's bound is not stored", "CACHE-8",
      ok("max-age=100", body=b"x" * 70_000, framing="chunked"), get(MISS, 1), get(MISS, 2))
sizes("a bucket whose cache is off", "CACHE-8", ok("max-age=100"), get(OTHER, 1,
      has={"x-cache": None, "cache-status": None, "age": None}), get(OTHER, 2, asked=2,
      has={"x-cache": None, "cache-status": None, "age": None}), bucket="off")

CASES = storing.cases + framing.cases + fields.cases + sharing.cases + errors.cases + sizes.cases
