"""Proxies that answer from a cache, tuned as well as we know how, and our own with each tier alone."""

import socket
import time

from peers import FOLDERS, nginx
from programs import GET, LOAD_CORE, SCRIPT, SERVER_CORE, Program

REDIS_KEYS = FOLDERS["small"][0]
# nginx has no memory tier: it reads from the system's page cache, with `sendfile` or without. Small buffers suit small
# objects and large ones large objects, so each is one read.
NGINX = """{log} {upstream}
    proxy_cache_path {folder}/{name}-cache keys_zone=hits:32m max_size=4g inactive=1d use_temp_path=off;
    open_file_cache max=10000 inactive=1d; open_file_cache_valid 1d;
    sendfile {sendfile}; sendfile_max_chunk 512k; output_buffers 1 {buffer};
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_cache hits; proxy_cache_key $uri; proxy_cache_valid 200 1d; proxy_buffers 8 256k; proxy_buffer_size 4k;
        location / {{ proxy_pass http://origin; }}
        location /bench/middle/ {{ proxy_pass http://origin; output_buffers 1 1m; }}
        location /bench/big/ {{
            proxy_pass http://origin; proxy_cache off; proxy_buffering off; proxy_buffer_size 16k;
        }}
    }}"""
HAPROXY = """global
    nbthread 1
    maxconn 4000
    tune.bufsize 16384
cache hits
    total-max-size 256
    max-object-size 16000000
    max-age 86400
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout http-keep-alive 1h
    http-reuse always
    option dontlognull
    no log
frontend in
    bind 127.0.0.1:{port} backlog 4096
    http-request cache-use hits
    http-response cache-store hits
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin} pool-max-conn 256 maxconn 4000
"""
VARNISH = """vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_recv {{ return (hash); }}
sub vcl_backend_response {{ set beresp.ttl = 1d; return (deliver); }}
"""
# What Varnish would tell its shared log of each request. Without it a hit costs a fifth less.
VARNISH_LOG = """Begin End Timestamp ReqStart ReqMethod ReqURL ReqProtocol ReqHeader ReqUnset RespProtocol RespStatus
    RespReason RespHeader RespUnset VCL_call VCL_return Hit ReqAcct Link SessOpen SessClose Filters""".split()
OURS = {
    "cache": {"cache_layers": ["memory"], "memory": {"max_cache_size_mb": 256}},
    "cache-disk": {"cache_layers": ["disk"]},
    "cache-redis": {"cache_layers": ["redis"]},
}
OURS["cache-log"] = OURS["cache"]


def walk(bench, folder):
    """A script that lets wrk read all objects of a folder in turn."""
    path = bench.folder / f"walk-{folder}.lua"
    path.write_text(SCRIPT.format(objects=FOLDERS[folder][0], request=GET.format(folder=f"/bench/{folder}/")))
    return path


def start_yatagarasu(bench, name, cache, access_log=False):
    """Our proxy with a cache; a tier on disk has a folder of its own, one in Redis the run's server."""
    sections = dict(cache)
    if "disk" in cache["cache_layers"]:
        folder = bench.folder / f"{name}-disk"
        folder.mkdir()
        sections["disk"] = {"enabled": True, "cache_dir": str(folder), "max_disk_cache_size_mb": 4096}
    if "redis" in cache["cache_layers"]:
        sections["redis"] = {"enabled": True, "redis_url": f"redis://127.0.0.1:{bench.ports['redis']}"}
    return bench.start_yatagarasu(name, access_log, cache=sections)


class Caches:
    """The programs of the chosen cache rows; they end with the `with` block."""

    def __init__(self, bench, rows):
        self.bench = bench
        self._wanted = {name for row in rows for name in row.programs}
        self._before = set()

    def __enter__(self):
        self._before = set(self.bench.programs)
        start = {
            "nginx-cache": lambda name: self._nginx(name, "off"),
            "nginx-sendfile": lambda name: self._nginx(name, "on"),
            "nginx-cache-log": lambda name: self._nginx(name, "off", log=True),
            "haproxy-cache": self._haproxy, "varnish": self._varnish, "redis": self._redis,
        }
        for name in start:
            if name in self._wanted:
                start[name](name)
        for name in OURS:
            if name in self._wanted and self.bench.has_tiers(OURS[name]["cache_layers"]):
                start_yatagarasu(self.bench, name, OURS[name], access_log=name.endswith("-log"))
        return self

    def __exit__(self, *_):
        for name in self.bench.programs.keys() - self._before:
            self.bench.stop(name)

    def _nginx(self, name, sendfile, log=False):
        more = ',"cache":"$upstream_cache_status"'
        self.bench.started(nginx(name, SERVER_CORE, self.bench.folder, NGINX.format(
            folder=self.bench.folder, name=name, port=self.bench.port(name), upstream=self.bench.upstream(),
            sendfile=sendfile, buffer="128k", log=self.bench.log(name, more) if log else "")))

    def _haproxy(self, name):
        path = self.bench.folder / f"{name}.cfg"
        path.write_text(HAPROXY.format(port=self.bench.port(name), origin=self.bench.ports["origin"]))
        self.bench.started(Program(name, ["haproxy", "-db", "-f", str(path)], SERVER_CORE, self.bench.folder))

    def _varnish(self, name):
        """One pool of threads, all of them there from the beginning."""
        path = self.bench.folder / f"{name}.vcl"
        path.write_text(VARNISH.format(origin=self.bench.ports["origin"]))
        argv = ["varnishd", "-F", "-j", "none", "-n", str(self.bench.folder / name), "-T", "none", "-f", str(path),
                "-a", f"127.0.0.1:{self.bench.port(name)}", "-s", "malloc,512m"]
        for setting in ("thread_pools=1", "thread_pool_min=100", "thread_pool_max=4000", "timeout_idle=3600",
                        "vsl_mask=" + ",".join(f"-{record}" for record in VARNISH_LOG)):
            argv += ["-p", setting]
        self.bench.started(Program(name, argv, SERVER_CORE, self.bench.folder))

    def _redis(self, name):
        """Redis beside wrk and the origin; it is also asked without a proxy, under two names for the two loads."""
        port = self.bench.port(name)
        argv = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no",
                "--dir", str(self.bench.folder), "--maxclients", "1000"]
        program = Program(name, argv, LOAD_CORE, self.bench.folder)
        for also in (name, "redis-beside"):
            self.bench.ports[also], self.bench.programs[also] = port, program
        with connection(port) as client:
            for number in range(REDIS_KEYS):
                client.sendall(b"SET key:%012d %s\r\n" % (number, b"x" * 1024))    # the keys of redis-benchmark
            answer = b""
            while len(answer) < len(b"+OK\r\n") * REDIS_KEYS:
                answer += client.recv(8192) or b"the connection ended" * REDIS_KEYS
        if answer != b"+OK\r\n" * REDIS_KEYS:
            raise SystemExit("redis does not take its keys")


def connection(port):
    """To a server that is about to listen."""
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")
