"""HTTP-5: preconditions reach the origin and its verdict comes back (RFC 9110 §13)."""

import pytest

from harness.wire import Connection

TARGET = "/objects/alphabet"
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
FAR_AHEAD = "Wed, 21 Oct 2037 07:28:00 GMT"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("field, value, status", [
    ("If-None-Match", "{etag}", 304), ("If-None-Match", '"other"', 200), ("If-Match", "{etag}", 200),
    ("If-Match", '"other"', 412), ("If-Modified-Since", "{date}", 304), ("If-Modified-Since", LONG_AGO, 200),
    ("If-Unmodified-Since", LONG_AGO, 412), ("If-Unmodified-Since", "{date}", 200),
    ("If-Unmodified-Since", FAR_AHEAD, 200),
])
def test_one_precondition(proxy, alphabet, method, field, value, status):
    value = value.format(etag=alphabet.etag, date=alphabet.last_modified)
    answer = proxy.ask(method, TARGET, {field: value})
    assert answer.status == status, answer
    if method == "GET":
        assert (answer.body == alphabet.body) == (status == 200)
    if status == 304:
        assert answer.get("etag") == alphabet.etag
        assert answer.get("content-length") in (None, "1024")
    if status == 412 and method == "GET":
        assert answer.json()["code"] == "PRECONDITION_FAILED"


def test_etag_goes_before_date(proxy, alphabet):
    both = proxy.get(TARGET, if_none_match='"other"', if_modified_since=alphabet.last_modified)
    assert both.status == 200
    both = proxy.get(TARGET, if_match=alphabet.etag, if_unmodified_since=LONG_AGO)
    assert both.status == 200


def test_a_precondition_with_a_range(proxy, alphabet):
    assert proxy.get(TARGET, range="bytes=0-9", if_match=alphabet.etag).status == 206
    assert proxy.get(TARGET, range="bytes=0-9", if_match='"other"').status == 412
    assert proxy.get(TARGET, range="bytes=0-9", if_none_match=alphabet.etag).status == 304


def test_a_condition_on_a_missing_object_is_404(proxy):
    assert proxy.get("/objects/missing", if_none_match='"x"').status == 404


def test_a_connection_stays_usable_after_304_and_412(proxy, alphabet):
    with Connection(proxy.port) as connection:
        for _ in range(3):
            assert connection.request("GET", TARGET, {"If-None-Match": alphabet.etag}).status == 304
            assert connection.request("GET", TARGET, {"If-Match": '"x"'}).status == 412
            assert connection.request("GET", TARGET).body == alphabet.body
