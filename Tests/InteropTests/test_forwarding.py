"""S3-1, S3-3, S3-4: what of a client's request reaches the origin, and what of its answer reaches the client."""

import re

import pytest

from harness.evidence import EVIDENCE
from harness.proxy import bucket
from harness.relay import http

HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization",
              "proxy-authenticate", "proxy-connection"}


def only_request(relay):
    heads = relay.requests()
    assert len(heads) == 1, [head.line for head in heads]
    return heads[0]


def test_client_credentials_never_reach_the_origin(proxy, relay, alphabet):
    secret = EVIDENCE.new_secret("client")
    relay.forget()
    answer = proxy.ask("GET", "/relayed/alphabet", {
        "Authorization": f"Bearer {secret}", "Cookie": f"session={secret}", "Proxy-Authorization": f"Basic {secret}",
        "x-amz-security-token": secret, "X-Amz-Date": "20200101T000000Z",
        "x-amz-server-side-encryption-customer-key": secret, "X-AMZ-Content-SHA256": "UNSIGNED-PAYLOAD",
        "x-amz-expected-bucket-owner": "me", "x-amz-acl": "public-read"})
    assert answer.body == alphabet.body
    head = only_request(relay)
    assert head.fields["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert secret not in repr(head.fields)
    assert {name for name in head.fields if name.startswith("x-amz-")} <= {"x-amz-date", "x-amz-content-sha256"}
    assert head.fields["x-amz-date"][:4] != "2020"


def test_a_presigned_query_of_the_client_is_dropped(proxy, relay, alphabet):
    secret = EVIDENCE.new_secret("query")
    relay.forget()
    query = (f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20200101%2Fus-east-1%2Fs3%2Faws4_request"
             f"&X-Amz-Signature={secret}&X-Amz-Security-Token={secret}&token={secret}&access_token={secret}")
    assert proxy.get("/relayed/alphabet" + query).body == alphabet.body
    assert only_request(relay).target == "/objects/alphabet"


@pytest.mark.parametrize("query", [
    "?acl", "?uploads", "?tagging", "?torrent", "?partNumber=1", "?list-type=2", "?policy", "?x=y"])
def test_no_subresource_can_be_asked_for(proxy, relay, alphabet, query):
    relay.forget()
    assert proxy.get("/relayed/alphabet" + query).body == alphabet.body
    assert only_request(relay).target == "/objects/alphabet"


def test_hop_by_hop_fields_stay_on_their_hop(proxy, relay, alphabet):
    relay.forget()
    answer = proxy.ask("GET", "/relayed/alphabet", {
        "Connection": "keep-alive, X-Private", "X-Private": "mine", "TE": "trailers", "Upgrade": "h2c",
        "Keep-Alive": "5"})
    assert answer.body == alphabet.body
    head = only_request(relay)
    assert not (HOP_BY_HOP - {"connection"}) & set(head.fields)
    assert "x-private" not in head.fields
    assert head.fields.get("connection", "keep-alive").lower() == "keep-alive"


def test_the_request_id_goes_along(proxy, relay, alphabet):
    relay.forget()
    answer = proxy.get("/relayed/alphabet")
    assert answer.get("x-request-id") in only_request(relay).fields.values()


def test_host_and_signature_name_the_origin(proxy, relay, origin, alphabet):
    relay.forget()
    assert proxy.ask("GET", "/relayed/alphabet", host="public.example.com").status == 200
    head = only_request(relay)
    assert head.fields["host"] == f"127.0.0.1:{relay.port}"
    credential = re.search(r"Credential=([^,]+),", head.fields["authorization"])[1].split("/")
    assert credential[0] == origin.access_key and credential[2:] == ["us-east-1", "s3", "aws4_request"]
    signed = re.search(r"SignedHeaders=([^,]+),", head.fields["authorization"])[1].split(";")
    assert {"host", "x-amz-content-sha256", "x-amz-date"} <= set(signed)


def test_origin_connections_are_kept(proxy, relay, alphabet):
    before = len(relay.links)
    for _ in range(30):
        assert proxy.get("/relayed/alphabet").status == 200
    assert len(relay.links) - before <= 4


OVERRIDES = "?response-content-type=text/html&response-content-disposition=inline&response-cache-control=no-store"


def test_response_overrides_are_dropped_by_default(proxy, relay, alphabet):
    relay.forget()
    answer = proxy.get("/relayed/alphabet" + OVERRIDES)
    assert answer.get("content-type") == "text/plain"
    assert only_request(relay).target == "/objects/alphabet"


def test_response_overrides_where_the_bucket_allows_them(proxy, alphabet):
    answer = proxy.get("/overrides/alphabet" + OVERRIDES)
    assert answer.status == 200, answer
    assert answer.get("content-type") == "text/html"
    assert answer.get("content-disposition") == "inline"
    assert answer.get("cache-control") == "no-store"


def test_version_id_goes_along(proxy, relay, alphabet):
    relay.forget()
    proxy.get("/relayed/alphabet?versionId=abc%2Bdef")
    assert only_request(relay).target == "/objects/alphabet?versionId=abc%2Bdef"


@pytest.mark.parametrize("origin", ["seaweedfs"], indirect=True)
def test_old_versions_can_be_read(proxy, origin):
    """Only one of the two origins keeps versions: the JuiceFS gateway answers NotImplemented."""
    assert origin.keeps_versions
    s3 = origin.s3()
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="versions", Key="v", Body=b"first")["VersionId"]
    new = s3.put_object(Bucket="versions", Key="v", Body=b"second")["VersionId"]
    assert proxy.get(f"/versions/v?versionId={old}").body == b"first"
    assert proxy.get(f"/versions/v?versionId={old}").get("x-amz-version-id") == old
    assert (proxy.get("/versions/v").body, proxy.get("/versions/v").get("x-amz-version-id")) == (b"second", new)
    assert proxy.get("/versions/v?versionId=00000000000000000000000000000000").status in (400, 404)


def test_fields_of_the_answer(start_proxy, scripted):
    kept = {"Content-Type": "a/b", "ETag": '"t"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
            "Cache-Control": "no-cache", "Content-Encoding": "br", "Content-Disposition": "inline", "Expires": "0",
            "Accept-Ranges": "bytes",
            "x-amz-meta-a": "b", "X-Amz-Meta-Upper": "C", "x-amz-version-id": "v1", "Content-Language": "de"}
    dropped = {"Connection": "X-Gone", "X-Gone": "1", "Keep-Alive": "timeout=5", "Proxy-Authenticate": "Basic",
               "x-amz-request-id": "internal", "x-amz-id-2": "internal", "Server": "OriginServer/1",
               "Set-Cookie": "a=b"}
    server = scripted(lambda head: [http(200, b"body", kept | dropped)])
    answer = start_proxy([bucket("odd", server)]).get("/odd/key")
    assert answer.body == b"body"
    for name, value in kept.items():
        assert answer.get(name.lower()) == value, name
    for name in ("x-gone", "keep-alive", "proxy-authenticate", "x-amz-request-id", "x-amz-id-2", "set-cookie"):
        assert not answer.has(name), name
    assert "OriginServer" not in answer.get("server", "")
    assert len([1 for name, _ in answer.fields if name == "date"]) == 1


def test_a_chunked_answer_of_the_origin(start_proxy, scripted):
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\n\r\n"
    server = scripted(lambda head: [data])
    proxy = start_proxy([bucket("odd", server)])
    assert proxy.get("/odd/key").body == b"Wikipedia"
    assert proxy.get("/odd/key").body == b"Wikipedia"


def test_credentials_of_two_buckets_do_not_mix(start_proxy, scripted):
    first, second = (scripted(lambda head: [http(200, b"ok")]) for _ in range(2))
    proxy = start_proxy([bucket("one", first, access_key="AKIDONE"), bucket("two", second, access_key="AKIDTWO")])
    for _ in range(3):
        assert proxy.get("/one/k").status == proxy.get("/two/k").status == 200
    assert all("AKIDONE" in head.fields["authorization"] for head in first.requests)
    assert all("AKIDTWO" in head.fields["authorization"] for head in second.requests)
