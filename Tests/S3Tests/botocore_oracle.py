#!/usr/bin/env python3
"""Prints what botocore makes of random S3 requests, one case a line, for SigningOracleTests.

usage: botocore_oracle.py SEED OBJECTS REQUESTS

Lines are tab-separated; every field but the first is hexadecimal of UTF-8; lists are joined by commas, "-" is the
empty list.

  object   endpoint, addressing, region, bucket, access, secret, token, time, method, key, names, values
           → target, host, authorization
           (a botocore client's get_object / head_object, caught just before it would be sent)
  request  region, access, secret, token, time, method, path, names, values, field names, field values, payload hash
           → authorization
           (S3SigV4Auth on a request of any shape)
"""

import datetime
import random
import sys
from urllib.parse import urlsplit

import botocore.auth
import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import percent_encode

PIECES = [
    "a", "B", "7", "/", "//", ".", "..", "%", "%2F", "%25", "+", " ", "-", "_", "~", "*", "'", "(", ")", "!", "?", "#",
    "&", "=", ":", ";", "@", ",", "$", "\\", '"', "<", ">", "[", "]", "{", "}", "^", "`", "|", "é", "日本", "🙂", "\u0301",
    "\x7f", "\x01", "photo", ".jpg", "index",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
REGIONS = ["us-east-1", "eu-central-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1", "auto", "garage"]
OVERRIDES = {
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentEncoding": "response-content-encoding",
    "ResponseContentLanguage": "response-content-language",
    "ResponseContentType": "response-content-type",
    "VersionId": "versionId",
}


def text(rng, low, high):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(low, high)))


def visible(rng, low, high):
    return "".join(chr(rng.randint(0x21, 0x7E)) for _ in range(rng.randint(low, high)))


def moment(rng):
    return rng.randint(946684800, 4102444799)


def set_clock(seconds):
    now = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now.replace(tzinfo=None)


def emit(kind, *fields):
    def one(field):
        if isinstance(field, list):
            return ",".join(item.encode().hex() for item in field) if field else "-"
        return field.encode().hex()

    print(kind, *(one(field) for field in fields), sep="\t")


def credentials(rng):
    access = "".join(rng.choice(LETTERS.upper()) for _ in range(rng.randint(1, 20)))
    secret = visible(rng, 1, 100)
    token = visible(rng, 1, 300) if rng.random() < 0.4 else ""
    return access, secret, token


def endpoint(rng):
    """An endpoint's URL ("" for AWS) and an addressing style that both sides know."""
    choice = rng.randint(0, 5)
    if choice <= 1:
        return "", rng.choice(["path", "virtual", "auto"])
    if choice == 2:
        address = rng.choice(["http://127.0.0.1:9000", "http://[::1]:9000", "https://10.1.2.3"])
        return address, rng.choice(["auto", "path"])
    host = "".join(rng.choice(LETTERS) for _ in range(8)) + rng.choice([".example", ".storage.example.net", ""])
    port = rng.choice(["", ":80", ":443", ":9000", ":65535"])
    path = rng.choice(["", "", "", "/", "/base", "/base/s3"])
    return rng.choice(["http://", "https://"]) + host + port + path, rng.choice(["path", "virtual"])


def capture(request, sink):
    sink.append(request)
    return AWSResponse(request.url, 200, {}, None)


def objects(rng, count):
    session = botocore.session.get_session()
    made = 0
    while made < count:
        access, secret, token = credentials(rng)
        region = rng.choice(REGIONS)
        url, style = endpoint(rng)
        if not url and region in ("auto", "garage"):
            continue
        caught = []
        client = session.create_client(
            "s3", region_name=region, endpoint_url=url or None, aws_access_key_id=access, aws_secret_access_key=secret,
            aws_session_token=token or None,
            config=Config(
                signature_version="s3v4", s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
                retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send.s3.*", lambda request, **_: capture(request, caught))
        for _ in range(min(40, count - made)):
            bucket = rng.choice(LETTERS) + "".join(rng.choice(LETTERS + "-") for _ in range(rng.randint(2, 20))) + "x"
            key = text(rng, 1, 12)
            extra = {}
            for argument in OVERRIDES:
                if rng.random() < 0.15:
                    extra[argument] = "v" + text(rng, 1, 4).replace("\x01", "").replace("\x7f", "")
            seconds = moment(rng)
            set_clock(seconds)
            caught.clear()
            method = rng.choice(["GET", "HEAD"])
            operation = client.get_object if method == "GET" else client.head_object
            try:
                operation(Bucket=bucket, Key=key, **extra)
            except Exception:
                if not caught:
                    raise
            request = caught[0]
            parts = urlsplit(request.url)
            target = parts.path + ("?" + parts.query if parts.query else "")
            host = S3SigV4Auth(None, "s3", region).headers_to_sign(AWSRequest("GET", request.url))["host"]
            names = [OVERRIDES[argument] for argument in extra]
            authorization = request.headers["Authorization"]
            if isinstance(authorization, bytes):
                authorization = authorization.decode()
            emit(
                "object", url, style, region, bucket, access, secret, token, str(seconds), method, key, names,
                list(extra.values()), target, host, authorization)
            made += 1


def requests(rng, count):
    for _ in range(count):
        access, secret, token = credentials(rng)
        region = rng.choice(REGIONS)
        method = rng.choice(["GET", "HEAD", "PUT", "POST", "DELETE"])
        path = "/" + text(rng, 0, 12)
        query = [(text(rng, 1, 3), text(rng, 0, 3)) for _ in range(rng.choice([0, 0, 1, 2, 5]))]
        if query and rng.random() < 0.3:
            query.append((query[0][0], text(rng, 0, 3)))
        seconds = moment(rng)
        set_clock(seconds)
        fields = {"host": rng.choice(["bucket.s3.amazonaws.com", "127.0.0.1:9000", "s3.example"])}
        for _ in range(rng.choice([0, 1, 3])):
            name = rng.choice(["x-amz-meta-", "x-amz-", "content-", "range-"])
            name += "".join(rng.choice(LETTERS) for _ in range(4))
            words = [visible(rng, 1, 8) for _ in range(rng.randint(0, 3))]
            fields[name] = rng.choice(["", " "]) + rng.choice([" ", "  ", "\t "]).join(words) + rng.choice(["", "  "])
        body = rng.choice([b"", b"some body"])
        url = "http://ignored" + percent_encode(path, safe="/~")
        if query:
            url += "?" + "&".join(percent_encode(n, safe="") + "=" + percent_encode(v, safe="") for n, v in query)
        request = AWSRequest(method, url, headers=dict(fields), data=body)
        S3SigV4Auth(Credentials(access, secret, token or None), "s3", region).add_auth(request)
        names = [name for name, _ in query]
        values = [value for _, value in query]
        emit(
            "request", region, access, secret, token, str(seconds), method, path, names, values, list(fields),
            list(fields.values()), request.headers["X-Amz-Content-SHA256"], request.headers["Authorization"])


if __name__ == "__main__":
    seed, object_count, request_count = (int(argument) for argument in sys.argv[1:4])
    generator = random.Random(seed)
    objects(generator, object_count)
    requests(generator, request_count)
