"""Buckets with a guard at the door, and what their tests ask: was the object read, was it refused as it must be."""

import contextlib
import re

from .mint import bearer
from .ports import free_port
from .proxy import Proxy, bucket, configuration
from .relay import http

OBJECT = b"what only the right readers may read"
TOKEN_START = re.compile(rb"eyJ[\w-]{8}|ZXlK[\w-]{8}")


def private_object(head):
    """A scripted origin's answer: one object under every key, with metadata that tells of it."""
    answer = http(200, OBJECT, {"ETag": '"private-etag"', "x-amz-meta-owner": "private-owner"})
    return [answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head.method == "HEAD" else answer]


def guarded(name, origin, provider="jwt", s3=None, **auth):
    """An entry of `buckets` that asks for a token; `auth` are further keys of its section `auth`."""
    return bucket(name, origin, s3_bucket="objects", **(s3 or {})) | {"auth": {"enabled": True, "provider": provider} | auth}


@contextlib.contextmanager
def proxies_in(folder):
    """A function that starts proxies; each must end cleanly with the block."""
    started = []

    def start(buckets, server=None, env=None, port=None, **sections):
        port = port or free_port()
        config = configuration(buckets, port, server, **sections)
        started.append(Proxy(folder / f"proxy-{len(started)}", config, port, env))
        return started[-1]

    try:
        yield start
        for proxy in started:
            proxy.stop()
    finally:
        for proxy in started:
            proxy.discard()


def read(proxy, name, token=None, target=None, method="GET", **fields):
    """Asks for the object of a bucket with a token."""
    fields = {field.replace("_", "-"): value for field, value in fields.items()}
    return proxy.ask(method, target or f"/{name}/key", fields | (bearer(token) if token else {}))


def is_object(answer):
    return answer is not None and answer.status == 200 and answer.body == OBJECT


def assert_nothing_leaks(answer):
    """Neither the object and its metadata, nor anything that a token is made of."""
    everything = answer.head + b"\r\n\r\n" + answer.body
    for secret in (OBJECT, b"private-etag", b"private-owner"):
        assert secret not in everything, answer
    assert not TOKEN_START.search(everything), answer


def assert_refused(answer, status, code=None, challenge=None):
    """A refusal as HTTP-7 wants it, with the challenge that RFC 6750 wants beside a 401."""
    assert_nothing_leaks(answer)
    assert answer.status == status, answer
    body = answer.json()
    assert (body["status"], body["request_id"]) == (status, answer.get("x-request-id"))
    assert code is None or body["code"] == code, answer
    if status == 401:
        invalid = body["code"] != "MISSING_TOKEN"
        expected = challenge or ('Bearer error="invalid_token"' if invalid else "Bearer")
        assert answer.get("www-authenticate") == expected, answer
    else:
        assert not answer.has("www-authenticate"), answer


def assert_answered(answer, status, code=None):
    """The object where the status is 200, a refusal that tells nothing where it is not."""
    if status == 200:
        assert is_object(answer), answer
    else:
        assert_refused(answer, status, code)


def access_line(proxy, answer):
    """The access-log line of an answer."""
    return next(line for line in proxy.log_of(answer.get("x-request-id")) if "status" in line)


def sample(proxy, line):
    """The value of one sample of /metrics, named with its labels; 0 when it is absent."""
    for said in proxy.get("/metrics").body.decode().splitlines():
        name, _, value = said.rpartition(" ")
        if name == line:
            return float(value)
    return 0.0
