"""5,000 requests of 100 clients, a 2 GiB object: no error, no leaked descriptor, memory independent of size."""

import concurrent.futures
import zlib

import pytest

from harness.ports import wait_until
from harness.proxy import bucket
from harness.wire import Connection

GIB = 1 << 30


def test_five_thousand_requests_of_a_hundred_clients(start_proxy, origin, alphabet, download):
    proxy = start_proxy([bucket("objects", origin)])

    def client(number):
        """50 requests over a few connections: small, large, missing, conditional, and one download that is dropped."""
        wrong = []
        for _ in range(5):
            with Connection(proxy.port, timeout=60) as connection:
                for step in range(10):
                    if step == 3:
                        answer, right = connection.request("GET", "/objects/missing"), 404
                    elif step == 5:
                        answer, right = connection.request("HEAD", "/objects/alphabet"), 200
                    elif step == 7:
                        answer = connection.request("GET", "/objects/alphabet", {"If-None-Match": alphabet.etag})
                        right = 304
                    else:
                        answer, right = connection.request("GET", "/objects/alphabet"), 200
                        if answer.body != alphabet.body:
                            wrong.append("body")
                    if answer.status != right:
                        wrong.append(answer)
        if number % 10 == 0:
            with Connection(proxy.port, receive_buffer=65536) as dropped:
                dropped.send_request("GET", "/objects/download")
                dropped.receive_head()
        return wrong

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        wrong = [item for found in pool.map(client, range(100)) for item in found]
    assert wrong == []

    def leaked():
        return len(proxy.descriptors()) - proxy.connections_to(origin.port) - proxy.descriptors_at_start

    wait_until(lambda: leaked() <= 0, 15, "the descriptors are back where they were")
    assert proxy.connections_to(origin.port) <= 100
    assert proxy.metric("http_requests_total") >= 5000
    assert proxy.memory() < 100


@pytest.fixture(scope="module")
def two_gib(origin):
    """`objects/huge`: one 64 MiB part, copied 32 times by the server itself. Its crc32."""
    s3 = origin.s3()
    part = bytes(range(256)) * (64 << 12)
    s3.put_object(Bucket="objects", Key="part", Body=part)
    upload = {"Bucket": "objects", "Key": "huge"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = []
    for number in range(1, 33):
        copied = s3.upload_part_copy(PartNumber=number, CopySource={"Bucket": "objects", "Key": "part"}, **upload)
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    yield part
    s3.delete_object(Bucket="objects", Key="huge")


@pytest.mark.parametrize("origin", ["seaweedfs"], indirect=True)
def test_two_gib_stream_through_little_memory(start_proxy, origin, two_gib):
    """HTTP-3. The 10 GiB figure is a row of Benchmarks/load."""
    proxy = start_proxy([bucket("objects", origin)])
    expected = 0
    for _ in range(32):
        expected = zlib.crc32(two_gib, expected)
    with Connection(proxy.port) as connection:
        connection.send_request("GET", "/objects/huge")
        head = connection.receive_head()
        assert (head.status, head.get("content-length")) == (200, str(2 * GIB))
        seen = 0
        for _ in range(2048):
            seen = zlib.crc32(connection.exactly(1 << 20), seen)
    assert seen == expected
    assert proxy.memory("VmHWM") < 100
