"""HTTP-2: OPTIONS and CORS."""

import pytest

from harness.proxy import bucket

PAGE = "https://app.example.com"


@pytest.fixture
def cors_proxy(start_proxy, origin):
    return start_proxy([
        bucket("objects", origin,
               cors={"allow_origins": [PAGE], "allow_headers": ["X-Trace", "Range"], "max_age": 600}),
        bucket("open", origin, s3_bucket="objects", cors={"allow_origins": ["*"]}),
        bucket("closed", origin, s3_bucket="objects"),
    ])


def preflight(proxy, target, page=PAGE):
    return proxy.ask("OPTIONS", target, {
        "Origin": page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-trace"})


def test_options_without_an_origin(proxy):
    answer = proxy.ask("OPTIONS", "/objects/alphabet")
    assert answer.status in (200, 204)
    assert answer.body == b""
    assert {name.strip() for name in answer.get("allow").split(",")} == {"GET", "HEAD", "OPTIONS"}
    assert not answer.has("access-control-allow-origin")


def test_preflight(cors_proxy):
    answer = preflight(cors_proxy, "/objects/alphabet")
    assert answer.status in (200, 204)
    assert answer.get("access-control-allow-origin") == PAGE
    assert {"GET", "HEAD"} <= {name.strip() for name in answer.get("access-control-allow-methods").split(",")}
    assert "x-trace" in answer.get("access-control-allow-headers").lower()
    assert answer.get("access-control-max-age") == "600"
    assert "origin" in answer.get("vary").lower()


def test_preflight_of_a_stranger(cors_proxy):
    assert not preflight(cors_proxy, "/objects/alphabet", "https://evil.example").has("access-control-allow-origin")
    assert not preflight(cors_proxy, "/objects/alphabet", PAGE + ".evil").has("access-control-allow-origin")
    assert not preflight(cors_proxy, "/closed/alphabet").has("access-control-allow-origin")


def test_a_real_answer_carries_the_fields(cors_proxy, alphabet):
    answer = cors_proxy.get("/objects/alphabet", origin=PAGE)
    assert answer.body == alphabet.body
    assert answer.get("access-control-allow-origin") == PAGE
    assert "origin" in answer.get("vary").lower()
    assert "etag" in answer.get("access-control-expose-headers", "etag").lower()
    missing = cors_proxy.get("/objects/missing", origin=PAGE)
    assert (missing.status, missing.get("access-control-allow-origin")) == (404, PAGE)
    assert not cors_proxy.get("/objects/alphabet", origin="https://evil.example").has("access-control-allow-origin")
    assert not cors_proxy.get("/closed/alphabet", origin=PAGE).has("access-control-allow-origin")


def test_an_answer_varies_by_origin_even_when_none_is_sent(cors_proxy, alphabet):
    """Or a shared cache would hand one page's answer to another."""
    assert "origin" in cors_proxy.get("/objects/alphabet").get("vary", "").lower()


def test_any_origin(cors_proxy, alphabet):
    assert cors_proxy.get("/open/alphabet", origin="https://anyone.example").get("access-control-allow-origin") == "*"
    assert preflight(cors_proxy, "/open/alphabet", "https://anyone.example").get("access-control-allow-origin") == "*"
