#!/usr/bin/env python3
"""Asks a development origin as boto3 does, and as a client does that boto3 would never be.

usage: boto3_client.py PORT ACCESS SECRET FOLDER

FOLDER is the origin's own, with every bucket a folder in it. Prints PASS or FAIL and the name of each case.
"""

import datetime
import hashlib
import io
import os
import random
import socket
import threading
import time
import traceback

import botocore.auth
from botocore import UNSIGNED

from origin_client import FOLDER, PORT, S3, ask, bucket, client, code_of, leftovers, refused, signed


def case_put_get_head():
    name = bucket("objects")
    body = os.urandom(3000)
    put = S3.put_object(
        Bucket=name, Key="a/b/c.bin", Body=body, ContentType="application/x-thing", CacheControl="max-age=60",
        ContentEncoding="x-own", ContentDisposition='attachment; filename="c"', Metadata={"One": "1", "two": "zwei"})
    tag = '"' + hashlib.md5(body).hexdigest() + '"'
    assert put["ETag"] == tag
    assert (FOLDER / name / "a/b/c.bin").read_bytes() == body
    get = S3.get_object(Bucket=name, Key="a/b/c.bin")
    assert get["Body"].read() == body
    for answer in (get, S3.head_object(Bucket=name, Key="a/b/c.bin")):
        assert answer["ETag"] == tag and answer["ContentLength"] == 3000 and answer["AcceptRanges"] == "bytes"
        assert answer["ContentType"] == "application/x-thing" and answer["CacheControl"] == "max-age=60"
        assert answer["ContentEncoding"] == "x-own"
        assert answer["ContentDisposition"] == 'attachment; filename="c"'
        assert answer["Metadata"] == {"one": "1", "two": "zwei"}, answer["Metadata"]
        assert abs(answer["LastModified"].timestamp() - time.time()) < 60
    S3.put_object(Bucket=name, Key="a/b/c.bin", Body=b"")
    get = S3.get_object(Bucket=name, Key="a/b/c.bin")
    assert get["Body"].read() == b"" and get["Metadata"] == {} and get["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert leftovers(name) == []


def case_large():
    name = bucket("large")
    body = random.Random(1).randbytes(9_000_001)
    put = S3.put_object(Bucket=name, Key="large", Body=io.BytesIO(body))
    assert put["ETag"] == '"' + hashlib.md5(body).hexdigest() + '"'
    assert S3.get_object(Bucket=name, Key="large")["Body"].read() == body
    part = S3.get_object(Bucket=name, Key="large", Range="bytes=262143-5000000")
    assert part["Body"].read() == body[262143:5000001]
    headers = signed("PUT", "/large/unsigned", body=body, payload="UNSIGNED-PAYLOAD")
    assert ask("PUT", "/large/unsigned", headers, body)[0] == 200
    assert (FOLDER / name / "unsigned").read_bytes() == body


def case_ranges():
    name = bucket("ranges")
    body = bytes(range(256)) * 2
    S3.put_object(Bucket=name, Key="k", Body=body)
    S3.put_object(Bucket=name, Key="empty", Body=b"")
    for text, first, last in [
            ("0-0", 0, 0), ("10-19", 10, 19), ("500-", 500, 511), ("-5", 507, 511), ("-5000", 0, 511),
            ("511-99999999999999999999", 511, 511)]:
        part = S3.get_object(Bucket=name, Key="k", Range="bytes=" + text)
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206, text
        assert part["ContentRange"] == f"bytes {first}-{last}/512", part["ContentRange"]
        assert part["Body"].read() == body[first:last + 1], text
        head = S3.head_object(Bucket=name, Key="k", Range="bytes=" + text)
        assert head["ContentRange"] == part["ContentRange"] and head["ContentLength"] == last - first + 1
    for text in ["bytes=0-1,4-5", "bytes=9-3", "lines=1-2", "bytes=a-b"]:
        whole = S3.get_object(Bucket=name, Key="k", Range=text)
        assert whole["ResponseMetadata"]["HTTPStatusCode"] == 200 and whole["Body"].read() == body, text
    for key, text in [("k", "bytes=512-"), ("k", "bytes=-0"), ("empty", "bytes=0-0"), ("empty", "bytes=-1")]:
        assert refused(S3.get_object, Bucket=name, Key=key, Range=text) == (416, "InvalidRange"), (key, text)
    headers = signed("GET", "/ranges/k", headers={"Range": "bytes=600-700"})
    assert ask("GET", "/ranges/k", headers)[1]["content-range"] == "bytes */512"
    tag = S3.head_object(Bucket=name, Key="k")["ETag"]
    for validator, status in [(tag, 206), ('"other"', 200), ("W/" + tag, 200)]:
        headers = signed("GET", "/ranges/k", headers={"Range": "bytes=1-2", "If-Range": validator})
        assert ask("GET", "/ranges/k", headers)[0] == status, validator


def case_conditions():
    name = bucket("conditions")
    tag = S3.put_object(Bucket=name, Key="k", Body=b"body")["ETag"]
    changed = S3.head_object(Bucket=name, Key="k")["LastModified"]
    before, after = changed - datetime.timedelta(seconds=5), changed + datetime.timedelta(seconds=5)
    table = [
        (dict(IfMatch=tag), 200), (dict(IfMatch='"x"'), 412), (dict(IfMatch="*"), 200),
        (dict(IfNoneMatch=tag), 304), (dict(IfNoneMatch="*"), 304), (dict(IfNoneMatch='"x"'), 200),
        (dict(IfNoneMatch='"x", W/' + tag), 304), (dict(IfModifiedSince=changed), 304),
        (dict(IfModifiedSince=before), 200), (dict(IfUnmodifiedSince=before), 412),
        (dict(IfUnmodifiedSince=after), 200), (dict(IfMatch=tag, IfUnmodifiedSince=before), 200),
        (dict(IfNoneMatch='"x"', IfModifiedSince=after), 200)]
    for conditions, status in table:
        for call in (S3.get_object, S3.head_object):
            if status == 200:
                assert call(Bucket=name, Key="k", **conditions)["ETag"] == tag, conditions
            else:
                assert refused(call, Bucket=name, Key="k", **conditions)[0] == status, conditions
    assert refused(S3.get_object, Bucket=name, Key="k", IfMatch='"x"') == (412, "PreconditionFailed")
    headers = signed("GET", "/conditions/k", headers={"If-None-Match": tag})
    status, fields, body = ask("GET", "/conditions/k", headers)
    assert status == 304 and body == b"" and fields["etag"] == tag and "last-modified" in fields


def model(keys, prefix, delimiter, start):
    """What a list must hold, in order: keys, and prefixes that end with the delimiter."""
    out = []
    for key in sorted(keys, key=lambda key: key.encode()):
        if not key.startswith(prefix) or key.encode() <= start.encode():
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = ("key", key) if at < 0 else ("prefix", key[:at + len(delimiter)])
        if not out or out[-1] != entry:
            out.append(entry)
    return out


def pages(name, **arguments):
    out, token, sizes = [], None, []
    while True:
        page = S3.list_objects_v2(Bucket=name, **arguments, **({"ContinuationToken": token} if token else {}))
        items = [("key", item["Key"]) for item in page.get("Contents", [])]
        items += [("prefix", item["Prefix"]) for item in page.get("CommonPrefixes", [])]
        assert page["KeyCount"] == len(items) <= arguments.get("MaxKeys", 1000)
        out += items
        sizes.append(len(items))
        if not page["IsTruncated"]:
            assert "NextContinuationToken" not in page
            return out, sizes
        token = page["NextContinuationToken"]


def case_lists():
    name = bucket("lists")
    rng = random.Random(7)
    parts = ["a", "b", "a-", "a.b", "a0", "é", "日本", "z z", "+", "%2F", "<&>", "~", "A"]
    keys, folders = set(), set()
    for _ in range(300):
        key = "/".join(rng.choice(parts) for _ in range(rng.randint(1, 4)))
        above = {key[:i] for i, c in enumerate(key) if c == "/"}
        if key in folders or above & keys:
            continue
        folders |= above
        keys.add(key)
    for key in keys:
        path = FOLDER / name / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode())
    (FOLDER / name / "empty-folder/inside").mkdir(parents=True)
    everything, _ = pages(name)
    assert everything == model(keys, "", "", "")
    for _ in range(150):
        prefix = rng.choice(["", "a", "a/", "a/b", "é/", "z z/", "none", rng.choice(sorted(keys))[:rng.randint(1, 9)]])
        delimiter = rng.choice(["", "/", "/", "a", "/a", "é"])
        arguments = {"Prefix": prefix} if prefix else {}
        if delimiter:
            arguments["Delimiter"] = delimiter
        start = rng.choice(["", "", rng.choice(sorted(keys)), "a/", "b0"])
        if start:
            arguments["StartAfter"] = start
        size = rng.choice([1, 2, 3, 7, 1000])
        expected = model(keys, prefix, delimiter, start)
        if len(expected) > 60 and size < 3:
            size = 7
        found, sizes = pages(name, MaxKeys=size, **arguments)
        assert sorted(found) == sorted(expected), (arguments, size, found, expected)
        assert all(count == size for count in sizes[:-1]), sizes
    item = S3.list_objects_v2(Bucket=name, Prefix=sorted(keys)[0], MaxKeys=1)["Contents"][0]
    head = S3.head_object(Bucket=name, Key=item["Key"])
    assert (item["ETag"], item["Size"]) == (head["ETag"], head["ContentLength"])
    assert item["LastModified"] == head["LastModified"]


def case_list_edges():
    name = bucket("edges")
    assert S3.list_objects_v2(Bucket=name)["KeyCount"] == 0
    for number in range(1005):
        (FOLDER / name / f"{number:05}").write_bytes(b"")
    page = S3.list_objects_v2(Bucket=name, MaxKeys=5000)
    assert page["KeyCount"] == 1000 and page["IsTruncated"] and page["MaxKeys"] == 1000
    none = S3.list_objects_v2(Bucket=name, MaxKeys=0)
    assert none["KeyCount"] == 0 and not none["IsTruncated"]
    for arguments in [dict(MaxKeys=-1), dict(MaxKeys="many"), dict(ContinuationToken="x"), dict(ContinuationToken="k0g"),
                      dict(EncodingType="base64")]:
        assert refused(S3.list_objects_v2, Bucket=name, **arguments) == (400, "InvalidArgument"), arguments
    assert refused(S3.list_objects_v2, Bucket="missing") == (404, "NoSuchBucket")
    status, _, body = ask("GET", "/edges?list-type=2&prefix=0000", signed("GET", "/edges", "list-type=2&prefix=0000"))
    assert status == 200 and body.count(b"<Contents>") == 10 and b"<EncodingType>" not in body
    assert refused(S3.list_objects, Bucket=name) == (501, "NotImplemented")


def case_hostile_keys():
    name = bucket("hostile")
    keys = [
        "space in it", "plus+plus", "percent%2Fslash", "%", "%%41", "quote'\"", "semi;colon", "a=b&c", "question?", "#",
        "日本語/🐦‍⬛.txt", "e\u0301", "\u00e9", "tab\there", "line\nfeed", "back\\slash", "-", "~", "*", "...", ".hidden",
        "..a", "a..", "a/.b", "x" * 255, "y" * 200 + "/" + "z" * 200]
    for key in keys:
        S3.put_object(Bucket=name, Key=key, Body=key.encode())
    for key in keys:
        assert S3.get_object(Bucket=name, Key=key)["Body"].read() == key.encode(), key
        assert S3.head_object(Bucket=name, Key=key)["ContentLength"] == len(key.encode())
    found = [item["Key"] for item in S3.list_objects_v2(Bucket=name)["Contents"]]
    assert found == sorted(keys, key=lambda key: key.encode()), found


def case_errors():
    name = bucket("errors")
    S3.put_object(Bucket=name, Key="file", Body=b"x")
    S3.put_object(Bucket=name, Key="folder/file", Body=b"x")
    for call, arguments, expected in [
            (S3.get_object, dict(Key="none"), (404, "NoSuchKey")),
            (S3.head_object, dict(Key="none"), (404, "404")),
            (S3.get_object, dict(Bucket="missing", Key="k"), (404, "NoSuchBucket")),
            (S3.put_object, dict(Bucket="missing", Key="k"), (404, "NoSuchBucket")),
            (S3.head_bucket, dict(Bucket="missing"), (404, "404")),
            (S3.get_object, dict(Key="folder"), (404, "NoSuchKey")),
            (S3.get_object, dict(Key="folder/"), (404, "NoSuchKey")),
            (S3.get_object, dict(Key="file/below"), (404, "NoSuchKey")),
            (S3.get_object, dict(Key="a//b"), (404, "NoSuchKey")),
            (S3.get_object, dict(Key="s" * 256), (404, "NoSuchKey")),
            (S3.put_object, dict(Key="a//b"), (400, "InvalidArgument")),
            (S3.put_object, dict(Key="s" * 256), (400, "InvalidArgument")),
            (S3.put_object, dict(Key="file/below"), (400, "InvalidArgument")),
            (S3.put_object, dict(Key="folder"), (400, "InvalidArgument")),
            (S3.put_object, dict(Key=".yatagarasu-x"), (400, "InvalidArgument")),
            (S3.get_object, dict(Key="/".join(["s"] * 600)), (400, "KeyTooLongError")),
            (S3.get_object, dict(Key="file", VersionId="v1"), (404, "NoSuchVersion")),
            (S3.put_object, dict(Key="file", IfNoneMatch="*"), (501, "NotImplemented")),
            (S3.copy_object, dict(Key="copy", CopySource="errors/file"), (501, "NotImplemented")),
            (S3.delete_object, dict(Key="file"), (405, "MethodNotAllowed")),
            (S3.get_object_acl, dict(Key="file"), (501, "NotImplemented")),
            (S3.create_multipart_upload, dict(Key="file"), (501, "NotImplemented")),
            (S3.create_bucket, dict(), (409, "BucketAlreadyOwnedByYou")),
            (S3.create_bucket, dict(Bucket="-bad-"), (400, "InvalidBucketName"))]:
        found = refused(call, **{"Bucket": name, **arguments})
        assert found == expected, (call, arguments, found)
    assert S3.get_object(Bucket=name, Key="file")["Body"].read() == b"x"
    assert leftovers(name) == []
    S3.create_bucket(Bucket="made")
    assert (FOLDER / "made").is_dir() and S3.head_bucket(Bucket="made")
    headers = signed("PUT", "/errors/chunked")
    headers["Transfer-Encoding"] = "chunked"
    status, _, body = ask("PUT", "/errors/chunked", headers, iter([b"body"]))
    assert (status, code_of(body)) == (411, "MissingContentLength")
    headers = signed("PUT", "/errors/huge", payload="UNSIGNED-PAYLOAD")
    headers["Content-Length"] = str((5 << 30) + 1)
    status, _, body = ask("PUT", "/errors/huge", headers)
    assert status in (400, 413) and code_of(body) in ("EntityTooLarge", "InvalidRequest"), (status, body)
    headers = signed("PUT", "/errors/streamed", body=b"x", payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert ask("PUT", "/errors/streamed", headers, b"x")[0] == 501


def case_credentials():
    name = bucket("credentials")
    S3.put_object(Bucket=name, Key="k", Body=b"x")
    for other, expected in [
            (client(secret="wrong"), (403, "SignatureDoesNotMatch")),
            (client(access="AKIANOBODY"), (403, "InvalidAccessKeyId")),
            (client(signature_version=UNSIGNED), (403, "AccessDenied"))]:
        assert refused(other.get_object, Bucket=name, Key="k") == expected
        assert refused(other.put_object, Bucket=name, Key="k", Body=b"y") == expected
        assert refused(other.list_objects_v2, Bucket=name) == expected
        assert refused(other.get_object, Bucket=name, Key="none") == expected
        assert refused(other.get_object, Bucket="missing", Key="none") == expected
    status, _, body = ask("GET", "/credentials/k", signed("GET", "/credentials/k", region="eu-central-1"))
    assert (status, code_of(body)) == (400, "AuthorizationHeaderMalformed") and b"<Region>us-east-1</Region>" in body
    # told the right region, boto3 tries again
    assert client(region="eu-central-1").get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    real = botocore.auth.get_current_datetime
    try:
        for minutes, expected in [(-16, True), (16, True), (-14, False), (14, False)]:
            shift = datetime.timedelta(minutes=minutes)
            botocore.auth.get_current_datetime = lambda *a, **k: real(*a, **k) + shift
            if expected:
                assert refused(S3.get_object, Bucket=name, Key="k") == (403, "RequestTimeTooSkewed"), minutes
            else:
                S3.get_object(Bucket=name, Key="k")
    finally:
        botocore.auth.get_current_datetime = real
    assert S3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def case_tampered():
    name = bucket("tampered")
    S3.put_object(Bucket=name, Key="k", Body=b"old")
    S3.put_object(Bucket=name, Key="other", Body=b"other")
    good = signed("GET", "/tampered/k", headers={"x-amz-meta-a": "1"})
    assert ask("GET", "/tampered/k", good)[0] == 200
    for method, target, change in [
            ("GET", "/tampered/other", {}), ("HEAD", "/tampered/k", {}), ("PUT", "/tampered/k", {}),
            ("GET", "/tampered/k?versionId=null", {}), ("GET", "/tampered/k", {"x-amz-meta-a": "2"}),
            ("GET", "/tampered/k", {"Host": "elsewhere"}), ("GET", "/tampered/k", {"x-amz-meta-b": "unsigned"}),
            ("GET", "/tampered/k", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})]:
        status, _, body = ask(method, target, {**good, **change})
        assert status == 403, (method, target, change, status)
        if method != "HEAD":
            assert code_of(body) in ("SignatureDoesNotMatch", "AccessDenied"), body
    headers = signed("PUT", "/tampered/k", body=b"the true body")
    status, _, body = ask("PUT", "/tampered/k", headers, b"another body!")
    assert (status, code_of(body)) == (400, "XAmzContentSHA256Mismatch")
    assert S3.get_object(Bucket=name, Key="k")["Body"].read() == b"old"
    assert leftovers(name) == []


def case_dropped_files():
    name = bucket("dropped")
    place = FOLDER / name
    (place / "page.html").write_bytes(b"<p>")
    (place / "data").write_bytes(b"\0")
    head = S3.head_object(Bucket=name, Key="page.html")
    assert head["ContentType"] == "text/html; charset=utf-8" and head["ETag"].endswith('-1"')
    assert S3.head_object(Bucket=name, Key="data")["ContentType"] == "binary/octet-stream"
    assert S3.head_object(Bucket=name, Key="page.html")["ETag"] == head["ETag"]
    time.sleep(0.02)
    (place / "page.html").write_bytes(b"<b>")
    assert S3.head_object(Bucket=name, Key="page.html")["ETag"] != head["ETag"]
    S3.put_object(Bucket=name, Key="page.html", Body=b"new", ContentType="text/own")
    time.sleep(0.02)
    (place / "page.html").write_bytes(b"changed by hand")
    head = S3.head_object(Bucket=name, Key="page.html")
    assert head["ContentType"] == "text/html; charset=utf-8" and head["ETag"].endswith('-1"')
    outside = FOLDER.parent / (FOLDER.name + "-outside")
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (place / "link").symlink_to(outside / "secret")
    (place / "inner-link").symlink_to("data")
    (place / "folder-link").symlink_to(outside)
    (FOLDER / "bucket-link").symlink_to(outside)
    os.mkfifo(place / "pipe")
    try:
        for key in ["link", "inner-link", "folder-link/secret", "pipe"]:
            assert refused(S3.get_object, Bucket=name, Key=key) == (404, "NoSuchKey"), key
        assert refused(S3.get_object, Bucket="bucket-link", Key="secret") == (404, "NoSuchBucket")
        keys = [item["Key"] for item in S3.list_objects_v2(Bucket=name)["Contents"]]
        assert keys == ["data", "page.html"], keys
        assert refused(S3.put_object, Bucket=name, Key="folder-link/new", Body=b"x") == (400, "InvalidArgument")
        S3.put_object(Bucket=name, Key="link", Body=b"replaces the link")
        assert (outside / "secret").read_bytes() == b"secret" and not (place / "link").is_symlink()
        assert os.listdir(outside) == ["secret"]
    finally:
        (outside / "secret").unlink()
        outside.rmdir()


def case_overrides():
    name = bucket("overrides")
    S3.put_object(Bucket=name, Key="k", Body=b"x", ContentType="text/own", CacheControl="no-store")
    answer = S3.get_object(
        Bucket=name, Key="k", ResponseContentType="text/other", ResponseContentDisposition="inline",
        ResponseContentLanguage="ja", VersionId="null")
    assert answer["ContentType"] == "text/other" and answer["ContentDisposition"] == "inline"
    assert answer["ContentLanguage"] == "ja" and answer["CacheControl"] == "no-store"
    headers = signed("GET", "/overrides/k", "response-content-type=a%0D%0AX-Evil%3A1")
    status, fields, body = ask("GET", "/overrides/k?response-content-type=a%0D%0AX-Evil%3A1", headers)
    assert (status, code_of(body)) == (400, "InvalidArgument") and "x-evil" not in fields


def case_broken_upload():
    name = bucket("broken")
    S3.put_object(Bucket=name, Key="k", Body=b"old")
    headers = signed("PUT", "/broken/k", payload="UNSIGNED-PAYLOAD")
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        fields = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        head = f"PUT /broken/k HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n{fields}Content-Length: 1000000\r\n\r\n"
        connection.sendall(head.encode() + b"n" * 600_000)
        deadline = time.time() + 5
        while not leftovers(name) and time.time() < deadline:
            time.sleep(0.02)
        assert leftovers(name), "the upload must be under way"
        assert S3.get_object(Bucket=name, Key="k")["Body"].read() == b"old"
        assert [item["Key"] for item in S3.list_objects_v2(Bucket=name)["Contents"]] == ["k"]
    deadline = time.time() + 5
    while leftovers(name) and time.time() < deadline:
        time.sleep(0.02)
    assert leftovers(name) == []
    assert S3.get_object(Bucket=name, Key="k")["Body"].read() == b"old"


def case_concurrency():
    name = bucket("concurrency")
    bodies = {letter: letter.encode() * 300_000 for letter in "abcdef"}
    S3.put_object(Bucket=name, Key="k", Body=bodies["a"], ContentType="text/a")
    torn = []

    def write(letter):
        own = client()
        for _ in range(8):
            own.put_object(Bucket=name, Key="k", Body=bodies[letter], ContentType="text/" + letter)

    def read():
        own = client()
        for _ in range(20):
            answer = own.get_object(Bucket=name, Key="k")
            body = answer["Body"].read()
            letter = chr(body[0])
            if (body != bodies.get(letter) or answer["ContentType"] != "text/" + letter
                    or answer["ETag"] != '"' + hashlib.md5(body).hexdigest() + '"'):
                torn.append((letter, answer["ContentType"], answer["ETag"]))

    threads = [threading.Thread(target=write, args=letter) for letter in "abc"]
    threads += [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == [] and leftovers(name) == [], torn


if __name__ == "__main__":
    for label, case in list(globals().items()):
        if not label.startswith("case_"):
            continue
        try:
            case()
            print("PASS", label[5:], flush=True)
        except Exception:
            print("FAIL", label[5:], traceback.format_exc().replace("\n", " | "), flush=True)
