"""Plays one scene inside namespaces of its own: a DNS server, an https origin, and the binary, chrooted or traced.

Started by `unshare` (see `scenes.py`), so that 127.0.0.1:53 is free and nothing outlives it. Prints one JSON object.
"""

import argparse
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
import time

BODY = b"seen through a static binary\n" * 1000
ORIGIN_PORT = 9443
PROXY_PORT = 8080
START_LIMIT = 20
STOP_LIMIT = 40


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers every key alike, like a bucket with one object under all names."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("ETag", '"one"')
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(BODY)

    def log_message(self, format, *values):
        """Keeps standard output for the verdict."""


def start_origin(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", ORIGIN_PORT), Origin)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "origin.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def start_dns(folder, name):
    """A DNS server that knows one name, and none of the host's files."""
    log = folder / "dns.log"
    command = [
        "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--group=root",
        "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces", "--log-queries", f"--log-facility={log}",
        f"--address=/{name}/127.0.0.1",
    ]
    return subprocess.Popen(command), log


def request(path):
    connection = http.client.HTTPConnection("127.0.0.1", PROXY_PORT, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_until_healthy(process):
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and process.poll() is None:
        try:
            return request("/health")[0]
        except OSError:
            time.sleep(0.05)
    return None


def the_program(process, is_traced):
    """The process to signal: strace passes no signal on to what it traces."""
    if not is_traced:
        return process.pid
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def play(arguments):
    folder, root = arguments.folder, arguments.root
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    start_origin(folder)
    dns, dns_log = start_dns(folder, arguments.name)
    command = [shutil.which("chroot"), root, "/yatagarasu", "--config", "/config.yaml"]
    if arguments.trace:
        command = [shutil.which("strace"), "-f", "-c", "-U", "calls,name", "-o", folder / "calls", *command]
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={})
    scene = {"health": wait_until_healthy(process)}
    if scene["health"]:
        scene["answers"] = [status for status, body in (request(f"/files/key-{n}") for n in range(20)) if body == BODY]
        scene["ready"] = request("/ready")[0]
        os.kill(the_program(process, arguments.trace), signal.SIGTERM)
    try:
        scene["exit"] = process.wait(timeout=STOP_LIMIT)
    except subprocess.TimeoutExpired:
        scene["exit"] = "did not stop"
    dns.terminate()
    dns.wait()
    scene["output"] = (folder / "output").read_text(errors="replace")[-4000:]
    scene["queries"] = dns_log.read_text(errors="replace").count(f"query[A] {arguments.name}")
    if arguments.trace:
        scene["calls"] = (folder / "calls").read_text()
    return scene


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--trace", action="store_true")
    print(json.dumps(play(parser.parse_args())))
