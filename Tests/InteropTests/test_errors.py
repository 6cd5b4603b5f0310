"""S3-5, RTE-3, RTE-5, HTTP-2, HTTP-7: every refusal has its status and one JSON body, and tells no internals."""

import re

import pytest

from harness.relay import s3_error, http
from harness.proxy import bucket
from harness.wire import Connection

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def assert_error(answer, status, code=None):
    """The error body of HTTP-7, which agrees with the head."""
    assert answer.status == status, answer
    assert answer.get("content-type").startswith("application/json")
    body = answer.json()
    assert set(body) - {"s3_code"} == {"error", "code", "message", "status", "request_id"}
    assert body["status"] == status
    assert body["request_id"] == answer.get("x-request-id")
    assert UUID.fullmatch(body["request_id"])
    assert re.fullmatch(r"[A-Z0-9_]+", body["code"])
    assert code is None or body["code"] == code
    for internal in ("127.0.0.1", "Signature", "Resource", "RequestId", "AKID", "<", "Swift", ".swift"):
        assert internal not in body["message"]


@pytest.mark.parametrize("target, status, code", [
    ("/objects/no/such/key", 404, "NOT_FOUND"),
    ("/no-bucket/key", 404, None),
    ("/unmapped/key", 404, "NO_ROUTE"),
    ("/objectsfoo/key", 404, "NO_ROUTE"),
    ("/object", 404, "NO_ROUTE"),
    ("/", 404, None),
    ("/Objects/alphabet", 404, "NO_ROUTE"),
    ("/objects", 404, None),
    ("/objects/", 404, None),
    ("/objects/?list-type=2", 404, None),
    ("/objects?prefix=a", 404, None),
    ("/objects%2F", 404, None),
    ("/wrong-secret/alphabet", 502, "ORIGIN_CREDENTIALS"),
    ("/wrong-key/alphabet", 502, "ORIGIN_CREDENTIALS"),
])
def test_refusals(proxy, alphabet, target, status, code):
    assert_error(proxy.get(target), status, code)
    head = proxy.ask("HEAD", target)
    assert head.status == status
    assert UUID.fullmatch(head.get("x-request-id"))


def test_no_listing_ever(proxy, alphabet):
    """An empty key must not become `GET bucket/`, which S3 answers with a listing."""
    for target in ("/objects", "/objects/", "/objects//", "/objects/?list-type=2&prefix=", "/objects/?location"):
        answer = proxy.get(target)
        assert answer.status == 404, answer
        assert b"ListBucket" not in answer.body and b"alphabet" not in answer.body


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"])
def test_other_methods_are_405(proxy, alphabet, method):
    with Connection(proxy.port) as connection:
        answer = connection.request(method, "/objects/alphabet", {"Content-Length": "4"}, b"body")
        assert_error(answer, 405, "METHOD_NOT_ALLOWED")
        assert {name.strip() for name in answer.get("allow").split(",")} == {"GET", "HEAD", "OPTIONS"}
    assert proxy.get("/objects/alphabet").body == alphabet.body


def test_every_answer_has_a_request_id_of_its_own(proxy, alphabet):
    seen = {proxy.get("/objects/alphabet").get("x-request-id") for _ in range(5)}
    assert len(seen) == 5 and all(UUID.fullmatch(value) for value in seen)
    stranger = "11111111-2222-4333-8444-555555555555"
    assert proxy.get("/objects/alphabet", x_request_id=stranger).get("x-request-id") != stranger


def test_the_longest_prefix_wins_on_segment_boundaries(proxy, origin, alphabet):
    s3 = origin.s3()
    s3.put_object(Bucket="objects", Key="deep/erx", Body=b"of the outer prefix")
    s3.put_object(Bucket="objects", Key="inner", Body=b"of the inner prefix")
    assert proxy.get("/objects/deep/er/inner").body == b"of the inner prefix"
    assert proxy.get("/objects/deep/erx").body == b"of the outer prefix"
    assert proxy.get("/objects/deep/er").status == 404


def test_a_root_prefix(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin, prefix="/")])
    assert proxy.get("/alphabet").body == alphabet.body
    assert proxy.get("/").status == 404
    assert proxy.get("/health").json()["status"] == "healthy"


SCRIPTS = {
    "500": (s3_error(500, "InternalError"), 502, "S3_ERROR"),
    "503": (s3_error(503, "SlowDown"), 503, "ORIGIN_BUSY"),
    "403": (s3_error(403, "AccessDenied"), 403, "ACCESS_DENIED"),
    "400": (s3_error(400, "InvalidRequest"), 400, None),
    "404": (s3_error(404, "NoSuchKey"), 404, "NOT_FOUND"),
    "404-bucket": (s3_error(404, "NoSuchBucket"), 404, None),
    "416": (s3_error(416, "InvalidRange"), 416, "RANGE_NOT_SATISFIABLE"),
    "signature": (s3_error(403, "SignatureDoesNotMatch"), 502, "ORIGIN_CREDENTIALS"),
    "key-id": (s3_error(403, "InvalidAccessKeyId"), 502, "ORIGIN_CREDENTIALS"),
    "301": (http(301, b"", {"Location": "http://elsewhere/"}), 502, None),
    "not-xml": (http(403, b"<html>go away", {"Content-Type": "text/html"}), 502, None),
    "not-http": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 502, "ORIGIN_INVALID_RESPONSE"),
    "two-lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 502, "ORIGIN_INVALID_RESPONSE"),
    "closed": (None, 502, None),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_origins_say_wrong(start_proxy, scripted, name):
    data, status, code = SCRIPTS[name]
    def script(head):
        bare = data and data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return [bare if head.method == "HEAD" else data, None]

    server = scripted(script)
    proxy = start_proxy([bucket("odd", server)])
    answer = proxy.get("/odd/key")
    assert_error(answer, status, code)
    assert b"internals" not in answer.body and b"4442587FB7D0A2F9" not in answer.body
    if status == 503:
        assert int(answer.get("retry-after")) > 0
    assert proxy.ask("HEAD", "/odd/key").status == status
