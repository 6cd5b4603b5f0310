"""Other people's clients read through the proxy: awscli, boto3 without credentials, curl."""

import os
import subprocess

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from harness.keys import content
from harness.program import tool

NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1"}


def aws(proxy, *arguments):
    """The path prefix stands where path-style clients put the bucket."""
    return subprocess.run(
        [tool("aws"), "--endpoint-url", f"http://127.0.0.1:{proxy.port}", "--no-sign-request", *arguments],
        env={**os.environ, **NO_CREDENTIALS}, capture_output=True, timeout=60)


def test_awscli_get_object(proxy, download, tmp_path):
    target = tmp_path / "got"
    done = aws(proxy, "s3api", "get-object", "--bucket", "objects", "--key", "download", str(target))
    assert done.returncode == 0, done.stderr.decode()
    assert target.read_bytes() == download


def test_awscli_range_and_head(proxy, download, tmp_path):
    target = tmp_path / "got"
    done = aws(
        proxy, "s3api", "get-object", "--bucket", "objects", "--key", "download", "--range", "bytes=10-19", str(target))
    assert done.returncode == 0, done.stderr.decode()
    assert target.read_bytes() == download[10:20]
    done = aws(proxy, "s3api", "head-object", "--bucket", "objects", "--key", "download", "--query", "ContentLength")
    assert done.stdout.strip() == str(len(download)).encode()


def test_awscli_copies_a_file(proxy, large, tmp_path):
    """`aws s3 cp` asks HEAD first and then for many ranges at once."""
    target = tmp_path / "got"
    done = aws(proxy, "s3", "cp", "s3://objects/large", str(target), "--no-progress")
    assert done.returncode == 0, done.stderr.decode()
    assert target.read_bytes() == large


def test_awscli_sees_a_failure(proxy, tmp_path):
    done = aws(proxy, "s3api", "get-object", "--bucket", "objects", "--key", "missing", str(tmp_path / "got"))
    assert done.returncode != 0
    assert b"404" in done.stderr or b"Not Found" in done.stderr


def test_boto3_unsigned(proxy, hostile_keys):
    s3 = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{proxy.port}", region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}))
    for key in hostile_keys:
        assert s3.get_object(Bucket="objects", Key=key)["Body"].read() == content(key), key


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], capture_output=True)


def test_curl(proxy, download, tmp_path):
    url = f"http://127.0.0.1:{proxy.port}/objects/download"
    assert curl(url).stdout == download
    assert curl("-r", "5-9", url).stdout == download[5:10]
    assert b"HTTP/1.1 200" in curl("-I", url).stdout
    assert curl("-f", url + "-missing").returncode == 22
    part = tmp_path / "part"
    part.write_bytes(download[:1_000_000])
    assert curl("-C", "-", "-o", str(part), url).returncode == 0
    assert part.read_bytes() == download


def test_curl_asks_for_a_newer_one(proxy, download, tmp_path):
    url = f"http://127.0.0.1:{proxy.port}/objects/download"
    tag, target = tmp_path / "etag", tmp_path / "got"
    assert curl("--etag-save", str(tag), "-o", str(target), url).returncode == 0
    again = curl("--etag-compare", str(tag), "-w", "%{http_code}", "-o", str(tmp_path / "second"), url)
    assert again.stdout == b"304"
