"""CFG-1, CFG-3, CFG-4, CFG-7, CFG-8: what the program says about its configuration before it serves."""

import re
import subprocess
import time

import pytest
import yaml

from harness.evidence import EVIDENCE
from harness.ports import free_port
from harness.proxy import binary, bucket, configuration
from harness.relay import http

SECRET = EVIDENCE.new_secret("config")
BUCKET = {"bucket": "bkt", "region": "us-east-1", "endpoint": "http://127.0.0.1:1", "access_key": "AKID",
          "secret_key": SECRET}


def good(**server):
    return configuration([{"name": "one", "path_prefix": "/one", "s3": BUCKET}], free_port(), server)


def test_the_summary(run):
    config = good()
    for flag in ("--test", "--validate"):
        code, output = run(config, flag)
        assert code == 0, output
        assert "Configuration is valid" in output
        assert str(config["server"]["port"]) in output and "config.yaml" in output
        assert re.search(r"[Bb]uckets.*1|1.*bucket", output)
        assert SECRET not in output


@pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["serve", "test"])
@pytest.mark.parametrize("text, expected", [
    ("", "empty"), ("\n# nothing\n", "empty"), ("server: [1", ""), ("- a\n- b\n", ""), ("just text\n", ""),
    ("server:\n\tport: 1\n", ""), ("a: *nowhere\n", ""),
])
def test_malformed_files(run, arguments, text, expected):
    code, output = run(text, *arguments)
    assert code == 1, output
    assert "config.yaml" in output and expected in output.lower()
    assert "Fatal error" not in output


def test_missing_and_unreadable_files(tmp_path):
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        done = subprocess.run([binary(), "--config", str(path)], capture_output=True, timeout=15)
        assert done.returncode == 1
        assert str(path).encode() in done.stdout + done.stderr


@pytest.mark.parametrize("change, expected", [
    (lambda c: c["server"].update(prot=1), "prot"),
    (lambda c: c["server"].update(port=70000), "port"),
    (lambda c: c["server"].update(port="abc"), "port"),
    (lambda c: c["buckets"][0].update(path_prefix="one"), "path_prefix"),
    (lambda c: c["buckets"][0].pop("path_prefix"), "path_prefix"),
    (lambda c: c["buckets"].append(dict(c["buckets"][0], name="two", path_prefix="/one/")), "/one"),
    (lambda c: c["buckets"].append(dict(c["buckets"][0], path_prefix="/two")), "one"),
    (lambda c: c["buckets"][0].update(path_prefix="/health"), "/health"),
    (lambda c: c["buckets"][0].update(path_prefix="/metrics/x"), "/metrics"),
    (lambda c: c["buckets"][0]["s3"].pop("secret_key"), "secret_key"),
    (lambda c: c["buckets"][0]["s3"].update(endpoint="ftp://x"), "endpoint"),
    (lambda c: c.update(bukets=[]), "bukets"),
])
def test_invalid_settings_name_their_place(run, change, expected):
    config = yaml.safe_load(yaml.safe_dump(good()))
    change(config)
    code, output = run(config)
    assert code == 1, output
    assert re.search(r"config\.yaml:\d+:\d+", output), output
    assert expected in output
    assert SECRET not in output


def test_every_problem_is_reported_at_once_with_a_hint(run):
    config = good()
    config["server"]["adress"] = "x"
    config["buckets"][0]["path_prefx"] = "/x"
    config["server"]["port"] = 0.5
    code, output = run(config)
    assert code == 1
    for word in ("adress", "address", "path_prefx", "path_prefix", "port"):
        assert word in output


def test_a_broken_flow_mapping_is_masked(run):
    """CFG-4: the excerpt shows the line, but no value of a line that holds an unknown key."""
    key = EVIDENCE.new_secret("access")
    text = (f"server: {{address: 127.0.0.1, port: {free_port()}}}\nbuckets:\n  - name: one\n    path_prefix: /one\n"
            f"    s3: {{bucket: bkt, region: us-east-1, access_key: {key}, secret_ky: {SECRET}}}\n")
    for arguments in ((), ("--test",)):
        code, output = run(text, *arguments)
        assert code == 1
        assert "config.yaml:5:" in output and "secret_ky" in output and "secret_key" in output
        assert SECRET not in output and key not in output


def test_an_unfinished_flow_mapping_is_masked(run):
    text = (f"server: {{address: 127.0.0.1, port: {free_port()}}}\nbuckets:\n  - name: one\n    path_prefix: /one\n"
            f"    s3: {{bucket: bkt, access_key: AKID, secret_key: {SECRET}\n")
    code, output = run(text)
    assert code == 1
    assert SECRET not in output


def test_a_secret_in_the_wrong_place_is_masked(run):
    text = f"server:\n  address: 127.0.0.1\n  port: {free_port()}\n  secret_key: {SECRET}\nbuckets: []\n"
    code, output = run(text)
    assert code == 1
    assert SECRET not in output


def test_variables(run, start_proxy, scripted):
    config = good()
    config["buckets"][0]["s3"] = dict(BUCKET, secret_key="${INTEROP_SECRET}", region="${INTEROP_REGION:-eu-west-3}")
    code, output = run(config)
    assert code == 1 and "INTEROP_SECRET" in output and re.search(r"config\.yaml:\d+:\d+", output)
    server = scripted(lambda head: [http(200, b"ok")])
    proxy = start_proxy(
        [bucket("one", server, secret_key="${INTEROP_SECRET}", region="${INTEROP_REGION:-eu-west-3}")],
        env={"INTEROP_SECRET": EVIDENCE.new_secret('quote" : {x: # \\') })
    assert proxy.get("/one/key").body == b"ok"
    assert "/eu-west-3/s3/aws4_request" in server.requests[-1].fields["authorization"]


def test_a_port_in_use(run, scripted):
    server = scripted(lambda head: [])
    code, output = run(good(port=server.port))
    assert code == 1
    assert str(server.port) in output and "use" in output.lower()


def test_the_start_log(start_proxy, scripted):
    server = scripted(lambda head: [http(200)])
    begun = time.monotonic()
    proxy = start_proxy([bucket("one", server)])
    assert time.monotonic() - begun < 5
    text = proxy.program.stdout_path.read_text()
    assert "config.yaml" in text and str(proxy.port) in text and "version" in text.lower()


def test_version_and_help():
    for flag in ("--version", "--help"):
        done = subprocess.run([binary(), flag], capture_output=True, timeout=15)
        assert done.returncode == 0 and done.stdout
    assert b"--config" in done.stdout
