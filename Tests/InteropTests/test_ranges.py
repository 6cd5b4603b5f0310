"""HTTP-4: ranges, single and several, as RFC 9110 §14 wants them, whatever the origin itself makes of them."""

import email
import email.policy

import pytest

TARGET = "/objects/alphabet"


@pytest.mark.parametrize("ask, first, last", [
    ("0-0", 0, 0), ("0-9", 0, 9), ("1000-", 1000, 1023), ("-5", 1019, 1023), ("-5000", 0, 1023),
    ("0-99999", 0, 1023),
    ("1023-1023", 1023, 1023), ("512-767", 512, 767), (" 3-4", 3, 4),
])
def test_one_range(proxy, alphabet, ask, first, last):
    answer = proxy.get(TARGET, range=f"bytes={ask}")
    assert answer.status == 206, answer
    assert answer.get("content-range") == f"bytes {first}-{last}/1024"
    assert answer.body == alphabet.body[first:last + 1]
    assert answer.get("content-length") == str(last - first + 1)
    assert answer.get("etag") == alphabet.etag


@pytest.mark.parametrize("ask", ["1024-", "5000-6000", "-0"])
def test_an_unsatisfiable_range_is_416(proxy, alphabet, ask):
    answer = proxy.get(TARGET, range=f"bytes={ask}")
    assert answer.status == 416, answer
    assert answer.json()["code"] == "RANGE_NOT_SATISFIABLE"
    assert answer.get("content-range") in ("bytes */1024", None)


@pytest.mark.parametrize("value", [
    "bytes=9-3", "bytes=a-b", "bytes=", "bytes=-", "bytes=1", "lines=0-9", "bytes 0-9", "0-9", "bytes=0-9;",
    "bytes=--5", "bytes=0x1-2", "bytes=1-2-3",
])
def test_an_invalid_range_is_ignored(proxy, alphabet, value):
    answer = proxy.get(TARGET, range=value)
    assert answer.status == 200, answer
    assert answer.body == alphabet.body
    assert not answer.has("content-range")


def parts_of(answer):
    """The parts of a multipart/byteranges body: (Content-Range, bytes)."""
    head = f"Content-Type: {answer.get('content-type')}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.body, policy=email.policy.HTTP)
    assert message.get_content_type() == "multipart/byteranges", answer
    boundary = message.get_boundary().encode()
    found = []
    for piece in answer.body.split(b"--" + boundary)[1:-1]:
        fields, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        ranges = [f.split(b":", 1)[1].strip() for f in fields.split(b"\r\n") if f.lower().startswith(b"content-range:")]
        found.append((ranges[0].decode(), data.removesuffix(b"\r\n")))
    assert answer.body.rstrip(b"\r\n").endswith(b"--" + boundary + b"--")
    return found


@pytest.mark.parametrize("ask, expected", [
    ("0-1,5-6", [(0, 1), (5, 6)]), ("0-0,-1", [(0, 0), (1023, 1023)]),
    ("0-1, 500-509 ,1000-", [(0, 1), (500, 509), (1000, 1023)]),
    ("0-1,5000-", [(0, 1)]),
])
def test_several_ranges(proxy, alphabet, ask, expected):
    answer = proxy.get(TARGET, range=f"bytes={ask}")
    assert answer.status == 206, answer
    assert answer.get("etag") == alphabet.etag
    wanted = [(f"bytes {a}-{b}/1024", alphabet.body[a:b + 1]) for a, b in expected]
    if len(expected) == 1 and answer.has("content-range"):
        assert (answer.get("content-range"), answer.body) == wanted[0]
    else:
        assert parts_of(answer) == wanted


def test_overlapping_ranges_are_joined(proxy, alphabet):
    answer = proxy.get(TARGET, range="bytes=0-9,5-14,12-20")
    assert answer.status == 206, answer
    parts = [(answer.get("content-range"), answer.body)] if answer.has("content-range") else parts_of(answer)
    assert parts == [("bytes 0-20/1024", alphabet.body[:21])]


def test_all_ranges_unsatisfiable(proxy, alphabet):
    assert proxy.get(TARGET, range="bytes=2000-2001,3000-").status == 416


def test_the_number_of_ranges_is_bounded(proxy, alphabet):
    ranges = ",".join(f"{i}-{i}" for i in range(0, 1000, 2))
    answer = proxy.get(TARGET, range=f"bytes={ranges}")
    assert answer.status in (200, 206, 400, 416), answer
    assert len(answer.body) <= 4096


@pytest.mark.parametrize("matches", [True, False])
def test_if_range_by_etag(proxy, alphabet, matches):
    tag = alphabet.etag if matches else '"another"'
    answer = proxy.get(TARGET, range="bytes=0-9", if_range=tag)
    assert answer.status == (206 if matches else 200), answer
    assert answer.body == (alphabet.body[:10] if matches else alphabet.body)


def test_if_range_by_date(proxy, alphabet):
    old = proxy.get(TARGET, range="bytes=0-9", if_range="Wed, 21 Oct 2015 07:28:00 GMT")
    assert (old.status, old.body) == (200, alphabet.body)
    same = proxy.get(TARGET, range="bytes=0-9", if_range=alphabet.last_modified)
    assert same.status in (200, 206) and same.body in (alphabet.body, alphabet.body[:10])


def test_if_range_of_several_ranges(proxy, alphabet):
    assert proxy.get(TARGET, range="bytes=0-1,5-6", if_range='"another"').body == alphabet.body
    assert proxy.get(TARGET, range="bytes=0-1,5-6", if_range=alphabet.etag).status == 206


def test_head_with_a_range_has_no_body(proxy, alphabet):
    answer = proxy.ask("HEAD", TARGET, {"Range": "bytes=0-9"})
    assert (answer.status, answer.get("content-length")) in ((200, "1024"), (206, "10"))


def test_a_range_of_a_missing_object_is_404(proxy):
    assert proxy.get("/objects/missing", range="bytes=0-9").status == 404
    assert proxy.get("/objects/missing", range="bytes=0-1,5-6").status == 404


def test_a_range_of_an_empty_object(proxy, origin):
    origin.s3().put_object(Bucket="objects", Key="empty", Body=b"")
    assert proxy.get("/objects/empty").body == b""
    assert proxy.get("/objects/empty", range="bytes=0-0").status == 416
