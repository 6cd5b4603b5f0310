"""Fixtures: the real origins, the proxy in front of them, and what the session leaves behind."""

import concurrent.futures
import os
import random
import subprocess
import types

import pytest
import yaml

from harness.evidence import EVIDENCE
from harness.example import Example
from harness.guards import private_object, proxies_in
from harness.keys import KEYS, content
from harness.mint import Keyring
from harness.opa import OPA
from harness.openfga import OpenFGA
from harness.origins import ORIGINS
from harness.ports import free_port
from harness.proxy import Proxy, binary, bucket, configuration
from harness.relay import Relay, ScriptedOrigin

MIB = 1 << 20


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session", autouse=True)
def session_folder(tmp_path_factory):
    binary()
    folder = tmp_path_factory.mktemp("interop")
    EVIDENCE.keep_answers_in(folder / "answers")
    return folder


@pytest.fixture(scope="session", params=list(ORIGINS))
def origin(request, session_folder):
    """A real S3 server with the bucket `objects`; every test that takes it runs against each of them."""
    server = ORIGINS[request.param](session_folder / request.param)
    try:
        server.start()
        server.s3().create_bucket(Bucket="objects")
        yield server
    finally:
        server.stop()


@pytest.fixture
def fresh_origin(origin, tmp_path):
    """A server of the same kind that a test may stop or stall; holds `objects/small`."""
    server = type(origin)(tmp_path / "origin")
    try:
        server.start()
        server.s3().create_bucket(Bucket="objects")
        server.s3().put_object(Bucket="objects", Key="small", Body=b"small")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def relay(origin):
    """A relay before the origin that keeps request heads."""
    relay = Relay(origin.port)
    yield relay
    relay.close()


@pytest.fixture(scope="session")
def proxy(origin, relay, session_folder):
    """The proxy that most tests share: several buckets over one origin."""
    port = free_port()
    config = configuration([
        bucket("objects", origin),
        bucket("two", origin, s3_bucket="objects", prefix="/objects/deep/er"),
        bucket("relayed", relay_address(relay, origin), s3_bucket="objects"),
        bucket("overrides", relay_address(relay, origin), s3_bucket="objects", allow_response_overrides=True),
        bucket("versions", origin),
        bucket("no-bucket", origin, s3_bucket="no-such-bucket"),
        bucket("wrong-secret", origin, s3_bucket="objects", secret_key=EVIDENCE.new_secret("wrong")),
        bucket("wrong-key", origin, s3_bucket="objects", access_key="AKIDNOBODY"),
    ], port)
    proxy = Proxy(session_folder / f"proxy-{origin.name}", config, port)
    yield proxy
    proxy.stop()


def relay_address(relay, origin):
    """The origin's keys at the relay's port."""
    return types.SimpleNamespace(port=relay.port, access_key=origin.access_key, secret_key=origin.secret_key)


@pytest.fixture
def start_proxy(tmp_path):
    """Starts a proxy with a configuration of its own; each must end cleanly with the test."""
    with proxies_in(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_proxy(tmp_path_factory):
    """Starts a proxy that the tests of a module share."""
    with proxies_in(tmp_path_factory.mktemp("module")) as start:
        yield start


@pytest.fixture
def run(tmp_path):
    """Runs the binary to its end on a configuration and returns (exit code, output)."""
    def start(config, *arguments, env=None):
        path = tmp_path / "config.yaml"
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
        command = [binary(), *arguments, "--config", str(path)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=5, env={**os.environ, **(env or {})})
        except subprocess.TimeoutExpired as late:
            EVIDENCE.answer(b"output", (late.stdout or b"") + (late.stderr or b""))
            pytest.fail("it serves with this configuration")
        output = done.stdout + done.stderr
        EVIDENCE.answer(b"output", output)
        return done.returncode, output.decode()

    return start


@pytest.fixture(scope="session")
def keyring(tmp_path_factory):
    """The keys of the session's tokens."""
    return Keyring(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def private_origin():
    """An origin that holds one object under every key; `requests` is all that it was asked."""
    server = ScriptedOrigin(private_object)
    server.access_key, server.secret_key = "AKIDSCRIPTED", EVIDENCE.new_secret("scripted")
    yield server
    server.close()


@pytest.fixture
def start_example(tmp_path):
    """Starts one of the repository's examples; each must end cleanly with the test."""
    started = []

    def start(name, env):
        started.append(Example(name, tmp_path / name, env))
        return started[-1]

    try:
        yield start
        for example in started:
            example.stop()
    finally:
        for example in started:
            example.discard()


@pytest.fixture
def scripted():
    """Starts an origin that follows a script; any keys do, since it verifies nothing."""
    servers = []

    def start(script):
        server = ScriptedOrigin(script)
        server.access_key, server.secret_key = "AKIDSCRIPTED", EVIDENCE.new_secret("scripted")
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def start_opa(tmp_path_factory):
    """Starts an Open Policy Agent over some policies."""
    started = []

    def start(*policies):
        started.append(OPA(tmp_path_factory.mktemp("opa"), *policies))
        return started[-1].start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def start_fga(tmp_path_factory):
    """Starts a server that lets OpenFGA's engine decide over a model and its tuples."""
    started = []

    def start(model, tuples, token=None):
        started.append(OpenFGA(tmp_path_factory.mktemp("fga"), model, tuples, token))
        return started[-1].start()

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="session")
def hostile_keys(origin):
    """Two hundred objects with hostile names and full metadata, written by boto3."""
    s3 = origin.s3()

    def put(numbered):
        number, key = numbered
        s3.put_object(
            Bucket="objects", Key=key, Body=content(key), ContentType=f"text/x-{number}; charset=utf-8",
            CacheControl=f"max-age={number}", ContentDisposition=f'attachment; filename="{number}.bin"',
            ContentEncoding="gzip" if number % 2 else "br",
            Metadata={"number": str(number), "note": 'two  words; "q"'})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(put, enumerate(KEYS)))
    return KEYS


@pytest.fixture(scope="session")
def alphabet(origin):
    """`objects/alphabet`: 1,024 bytes, each telling its position, with ETag and date."""
    body = bytes(i % 251 for i in range(1024))
    s3 = origin.s3()
    s3.put_object(Bucket="objects", Key="alphabet", Body=body, ContentType="text/plain")
    head = s3.head_object(Bucket="objects", Key="alphabet")
    return types.SimpleNamespace(
        body=body, etag=head["ETag"], last_modified=head["ResponseMetadata"]["HTTPHeaders"]["last-modified"])


@pytest.fixture(scope="session")
def download(origin):
    """`objects/download`: 8 MiB that do not repeat."""
    body = random.Random(8).randbytes(8 * MIB)
    origin.s3().put_object(Bucket="objects", Key="download", Body=body)
    return body


@pytest.fixture(scope="session")
def large(origin):
    """`objects/large`: 64 MiB."""
    body = random.Random(64).randbytes(MIB) * 64
    origin.s3().put_object(Bucket="objects", Key="large", Body=body)
    return body
