"""RTE-2, S3-1, S3-4: two hundred hostile names, written by boto3, come back byte for byte with all their headers."""

import urllib.parse

import pytest

from harness.keys import KEYS, UNSTORABLE, content, full, minimal
from harness.wire import Connection

KEPT = ("content-type", "content-length", "etag", "last-modified", "cache-control", "content-encoding",
        "content-disposition", "expires", "accept-ranges", "x-amz-meta-number", "x-amz-meta-note", "x-amz-version-id")


def wrong(keys, check):
    """The names for which `check` finds something wrong, with what it found."""
    found = {}
    for key in keys:
        if problem := check(key):
            found[key] = problem
    return found


def test_there_are_two_hundred_names():
    assert len(set(KEYS)) == 200
    assert max(len(key.encode()) for key in KEYS) >= 890


@pytest.mark.parametrize("spelling", [full, minimal], ids=["fully-encoded", "minimally-encoded"])
def test_get_is_byte_identical(proxy, hostile_keys, spelling):
    with Connection(proxy.port) as connection:
        def check(key):
            answer = connection.request("GET", "/objects/" + spelling(key))
            return answer.body != content(key) and answer

        assert wrong(hostile_keys, check) == {}


def test_get_and_head_carry_the_origins_headers(proxy, origin, hostile_keys):
    s3 = origin.s3()
    with Connection(proxy.port) as connection:
        def check(key):
            direct = s3.head_object(Bucket="objects", Key=key)["ResponseMetadata"]["HTTPHeaders"]
            expected = {name: direct[name] for name in KEPT if name in direct}
            assert {"content-type", "content-length", "etag", "last-modified", "x-amz-meta-number"} <= set(expected)
            for method in ("GET", "HEAD"):
                answer = connection.request(method, "/objects/" + full(key))
                seen = {name: answer.get(name) for name in KEPT if answer.has(name)}
                if seen != expected or answer.status != 200:
                    return method, answer, expected
            return None

        assert wrong(hostile_keys, check) == {}


def test_a_range_of_every_name(proxy, hostile_keys):
    with Connection(proxy.port) as connection:
        def check(key):
            whole = content(key)
            if len(whole) < 20:
                return None
            answer = connection.request("GET", "/objects/" + full(key), {"Range": "bytes=7-16"})
            right = answer.status == 206 and answer.body == whole[7:17]
            return None if right and answer.get("content-range") == f"bytes 7-16/{len(whole)}" else answer

        assert wrong(hostile_keys, check) == {}


def test_a_matching_etag_of_every_name_gives_304(proxy, hostile_keys):
    with Connection(proxy.port) as connection:
        def check(key):
            etag = connection.request("HEAD", "/objects/" + full(key)).get("etag")
            answer = connection.request("GET", "/objects/" + full(key), {"If-None-Match": etag})
            return None if answer.status == 304 and etag.startswith('"') else answer

        assert wrong(hostile_keys, check) == {}


@pytest.mark.parametrize("spelling", [full, minimal], ids=["fully-encoded", "minimally-encoded"])
def test_the_origin_is_asked_for_exactly_these_bytes(proxy, relay, hostile_keys, spelling):
    """Both origins merge `//` by themselves, so what the proxy asked for is read from the wire."""
    relay.forget()
    with Connection(proxy.port) as connection:
        for key in hostile_keys:
            assert connection.request("HEAD", "/relayed/" + spelling(key)).status == 200, key
    asked = [urllib.parse.unquote_to_bytes(head.target.partition("?")[0]) for head in relay.requests()]
    assert sorted(set(asked)) == sorted(b"/objects/" + key.encode() for key in hostile_keys)


@pytest.mark.parametrize("key", UNSTORABLE, ids=["trailing-slash", "two-trailing-slashes", "backslash", "900-bytes"])
def test_a_name_that_the_origin_cannot_keep_is_asked_for_as_it_is(proxy, relay, key):
    relay.forget()
    assert proxy.get("/relayed/" + full(key)).status in (200, 400, 404), UNSTORABLE[key]
    assert {urllib.parse.unquote(head.target) for head in relay.requests()} == {"/objects/" + key}


def test_the_path_is_decoded_once(proxy, hostile_keys):
    same = "deep/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"
    assert proxy.get("/objects/" + same.replace("/", "%2F")).body == content(same)
    assert proxy.get("/%6fbjects/" + same).body == content(same)
    assert proxy.get("/objects/a%252Fb").body == content("a%2Fb")
    assert proxy.get("/objects/%252e%252e/x").body == content("%2e%2e/x")
    assert proxy.get("/objects/CASE").status == 404
    assert proxy.get("/objects/Case").body != proxy.get("/objects/case").body


def test_the_query_is_no_part_of_the_name(proxy, hostile_keys):
    assert proxy.get("/objects/plain?list-type=2&acl&uploads=").body == content("plain")
    assert proxy.get("/objects/q%3Fx=y").body == content("q?x=y")
    assert proxy.get("/objects/plain?%zz").status in (200, 400)
