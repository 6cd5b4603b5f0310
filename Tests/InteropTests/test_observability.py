"""OBS-1, OBS-2, OBS-3: health, readiness, metrics and the log, as their readers parse them."""

import re

from harness.evidence import EVIDENCE
from harness.keys import full
from harness.ports import free_port, wait_until
from harness.proxy import bucket
from harness.wire import Connection, ask, timed


def test_health(proxy):
    answer, seconds = timed(lambda: proxy.get("/health"))
    body = answer.json()
    assert set(body) == {"status", "uptime_seconds", "version"} and body["status"] == "healthy"
    assert body["uptime_seconds"] >= 0 and seconds < 0.5
    head = proxy.ask("HEAD", "/health")
    assert head.status == 200 and int(head.get("content-length")) > 0
    assert proxy.ask("POST", "/health").status == 405


def test_ready(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)])
    wait_until(lambda: proxy.get("/ready").status == 200, 5, "the first probe")
    answer = proxy.get("/ready")
    assert answer.json() == {"status": "ready", "backends": {"objects": {
        "status": "ready", "replicas": {"default": "healthy"}}}}
    assert proxy.ask("HEAD", "/ready").status == 200


def test_ready_tells_which_bucket_is_not(start_proxy, origin, alphabet):
    dead = bucket("dead", origin, endpoint=f"http://127.0.0.1:{free_port()}", connect_timeout=1)
    proxy = start_proxy([bucket("objects", origin), dead])
    wait_until(lambda: proxy.get("/ready").json()["backends"]["objects"]["status"] == "ready", 5, "the first probe")
    body = proxy.get("/ready")
    assert body.status == 503
    assert body.json()["backends"]["objects"]["status"] == "ready"
    assert body.json()["backends"]["dead"] == {"status": "unavailable", "replicas": {"default": "unhealthy"}}


def test_metrics_are_prometheus_text_and_move(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)])
    for target in ("/objects/alphabet", "/objects/alphabet", "/objects/missing"):
        proxy.get(target)
    # A request is counted once its last byte has gone out, which its client may learn first.
    wait_until(lambda: proxy.metric("http_requests_by_bucket_total") == 3, 5, "the count of requests")
    answer = proxy.get("/metrics")
    assert answer.get("content-type").startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert text.endswith("\n")
    families = set(re.findall(r"^# TYPE (\S+) (?:counter|gauge|histogram)$", text, re.MULTILINE))
    assert families == set(re.findall(r"^# HELP (\S+) \S.*$", text, re.MULTILINE))
    seen = set()
    for line in text.splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r'([a-z_:][a-z0-9_:]*)(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})? (\S+)', line)
            assert match, line
            float(match[2].replace("+Inf", "inf"))
            assert re.sub(r"_(bucket|sum|count)$", "", match[1]) in families or match[1] in families, line
            assert line.rpartition(" ")[0] not in seen
            seen.add(line.rpartition(" ")[0])
    assert 'http_requests_by_status_total{status="200"} ' in text
    assert 'http_requests_by_status_total{status="404"} 1' in text
    assert re.search(r'http_requests_by_bucket_total\{bucket="objects"\} 3', text)
    assert re.search(r'http_request_duration_seconds_bucket\{.*le="\+Inf"\} \d', text)
    assert proxy.metric("bytes_sent_total") >= 2048
    assert proxy.metric("uptime_seconds") >= 0 and proxy.metric("memory_usage_bytes") > 1_000_000


def test_a_metrics_listener_of_its_own(start_proxy, origin, alphabet):
    port = free_port()
    proxy = start_proxy([bucket("objects", origin)], metrics={"enabled": True, "address": "127.0.0.1", "port": port})
    assert ask(port, "GET", "/metrics").status == 200
    assert ask(port, "GET", "/objects/alphabet").status == 404
    assert proxy.get("/metrics").status == 404


def test_metrics_can_be_off(start_proxy, origin):
    assert start_proxy([bucket("objects", origin)], metrics={"enabled": False}).get("/metrics").status == 404


def test_the_access_log(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)])
    secret = EVIDENCE.new_secret("logged")
    with Connection(proxy.port) as connection:
        answer = connection.request(
            "GET", f"/objects/al%70habet?token={secret}&X-Amz-Signature={secret}&note=%22%0a", {"User-Agent": 'a"b\\c'})
    line = next(line for line in proxy.log_of(answer.get("x-request-id")) if "status" in line)
    assert {"timestamp", "level", "message", "request_id", "method", "path", "bucket", "key", "status", "bytes",
            "client_ip"} <= set(line)
    assert any(key.startswith("duration") for key in line)
    assert (line["method"], line["bucket"], line["key"], line["status"]) == ("GET", "objects", "alphabet", 200)
    assert line["bytes"] >= 1024 and line["client_ip"] == "127.0.0.1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", line["timestamp"])


def test_hostile_names_are_one_json_line_each(start_proxy, origin, hostile_keys):
    proxy = start_proxy([bucket("objects", origin)])
    ids = [proxy.get("/objects/" + full(key)).get("x-request-id") for key in hostile_keys]
    proxy.log_of(ids[-1])
    logged = {line["request_id"]: line.get("key") for line in proxy.log() if line.get("request_id") in set(ids)}
    assert [logged.get(i) for i in ids] == hostile_keys


def test_an_origin_error_is_logged_with_its_code(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin, secret_key=EVIDENCE.new_secret("wrong"))])
    answer = proxy.get("/objects/alphabet")
    assert answer.status == 502
    assert any("SignatureDoesNotMatch" in str(line) for line in proxy.log_of(answer.get("x-request-id")))


def test_the_access_log_can_be_off(start_proxy, origin, alphabet):
    proxy = start_proxy([bucket("objects", origin)], logging={"access_log": False})
    request_id = proxy.get("/objects/alphabet").get("x-request-id")
    proxy.stop()
    assert request_id not in proxy.program.stdout_path.read_text()
