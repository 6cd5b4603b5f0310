"""How the cases of boto3_client.py reach the origin: through boto3, and past it with a signature of botocore's."""

import http.client
import pathlib
import sys

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

PORT, ACCESS, SECRET, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])


def client(access=ACCESS, secret=SECRET, region="us-east-1", **config):
    options = dict(
        s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, signature_version="s3v4",
        parameter_validation=False)
    options.update(config)
    return boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{PORT}", region_name=region, aws_access_key_id=access,
        aws_secret_access_key=secret, config=Config(**options))


S3 = client()


def bucket(name):
    (FOLDER / name).mkdir(exist_ok=True)
    return name


def refused(call, **arguments):
    """Status and code of a refusal."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    raise AssertionError(f"not refused: {arguments}")


def signed(method, path, query="", headers=None, body=b"", payload=None, region="us-east-1"):
    """The fields of a request that botocore signed. `path` stands as it is in the target."""
    url = f"http://127.0.0.1:{PORT}{path}" + ("?" + query if query else "")
    request = AWSRequest(method, url, headers=headers or {}, data=body)
    auth = S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", region)
    if payload:
        auth.payload = lambda request: payload
    auth.add_auth(request)
    assert payload in (None, request.headers["X-Amz-Content-SHA256"])
    return dict(request.headers.items())


def ask(method, target, headers, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request(method, target, body=body, headers=headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
    finally:
        connection.close()


def code_of(body):
    return body.split(b"<Code>")[1].split(b"</Code>")[0].decode()


def leftovers(name):
    return [path for path in (FOLDER / name).rglob("*") if path.name.startswith(".yatagarasu-")]
