"""Configurations of the programs in a load run, tuned as well as we know how: a slow peer proves nothing."""

import json
import os
import pathlib
import re
import subprocess

from programs import LOAD_CORE, SERVER_CORE, Program, fetch, free_port, wait_for, wrk

# Objects below /bench/teams/blue/, numbered from 0.
GUARDED = 512
# Objects below /bench/small/, /bench/middle/ and /bench/big/, numbered from 0: how many, and of how many bytes.
FOLDERS = {"small": (1000, 1024), "middle": (100, 1 << 20), "big": (10, 1 << 30)}
USER = "user root;" if os.geteuid() == 0 else ""
HEALTH = '{"status":"healthy","uptime_seconds":12,"version":"0.1.0"}'
LISTING = ('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
           '<Name>bench</Name><KeyCount>0</KeyCount><MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated>'
           '</ListBucketResult>')

# `sendfile on; tcp_nopush on` is slow on loopback, so tcp_nopush stays off everywhere. For 1 MiB, processor time per
# MiB was measured with seven buffer settings: none beats `proxy_buffering off` with buffers of 256 KiB. Of HAProxy's
# buffer sizes 16, 64 and 256 KiB the middle one is best. The log lines of both proxies tell the same.
NGINX = """daemon off; {user} worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log off; keepalive_requests 100000000; keepalive_timeout 3600s; tcp_nodelay on; tcp_nopush off;
    client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
    {http}
}}
"""
ORIGIN = """sendfile on; sendfile_max_chunk 512k; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;
    default_type application/octet-stream; etag on;
    server {{
        listen 127.0.0.1:{port} backlog=4096; root {root};
        location = /bench {{ default_type application/xml; return 200 '{listing}'; }}
        location = /bench/ {{ default_type application/xml; return 200 '{listing}'; }}
        location = /bench/cold {{ limit_rate 25m; }}
        location = /count {{ stub_status; }}
        location / {{ }}
    }}"""
LOG = """
    log_format json escape=json '{{"timestamp":"$time_iso8601","level":"INFO","message":"request",'
        '"request_id":"$request_id","method":"$request_method","path":"$uri","protocol":"$server_protocol",'
        '"bucket":"bench","key":"$uri","status":$status,"duration_ms":$request_time,'
        '"ttfb_ms":"$upstream_header_time","bytes":$body_bytes_sent,"client_ip":"$remote_addr",'
        '"origin_status":"$upstream_status","user_agent":"$http_user_agent"{more}}}';
    access_log {path} json buffer=64k flush=1s;"""
UPSTREAM = """
    upstream origin {{
        server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 100000000; keepalive_timeout 3600s;
    }}"""
PASS = """sendfile off; {log} {upstream}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /health {{ default_type application/json; return 200 '{health}'; }}
        proxy_http_version 1.1; proxy_set_header Connection ""; proxy_max_temp_file_size 0;
        location / {{ proxy_pass http://origin; }}
        location = /bench/1m {{
            proxy_pass http://origin; proxy_buffering off; proxy_buffer_size 256k; proxy_buffers 8 256k;
        }}
    }}"""
HAPROXY = """global
    nbthread 1
    maxconn 4000
    tune.bufsize 65536
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
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin} pool-max-conn 256 maxconn 4000
"""


def nginx(name, core, folder, http):
    path = pathlib.Path(folder) / f"{name}.conf"
    path.write_text(NGINX.format(user=USER, folder=folder, name=name, http=http))
    return Program(name, ["nginx", "-p", str(folder), "-c", str(path)], core, folder)


class Peers:
    """Everything that runs side by side during a load run.

    `ports` maps a program's name to where it listens; `fields` and `scripts` to what its load holds beside the target.
    """

    def __init__(self, folder, binary, stream_bytes):
        self.folder, self.binary = pathlib.Path(folder), binary
        self.ports, self.programs, self.fields, self.scripts = {}, {}, {}, {}
        self._counted = 0
        self._files(stream_bytes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs.values():
            program.stop()

    def start_all(self):
        """The origin first, then every proxy before it."""
        port = self.port("origin")
        root = self.folder / "root"
        self.started(nginx("origin", LOAD_CORE, self.folder, ORIGIN.format(port=port, root=root, listing=LISTING)))
        for name, log in (("nginx", ""), ("nginx-log", self.log("nginx-log"))):
            http = PASS.format(port=self.port(name), upstream=self.upstream(), log=log, health=HEALTH)
            self.started(nginx(name, SERVER_CORE, self.folder, http))
        path = self.folder / "haproxy.cfg"
        path.write_text(HAPROXY.format(port=self.port("haproxy"), origin=port))
        self.started(Program("haproxy", ["haproxy", "-db", "-f", str(path)], SERVER_CORE, self.folder))
        if self.binary:
            self.start_yatagarasu("yatagarasu", access_log=False)
            self.start_yatagarasu("yatagarasu-log", access_log=True)

    def start_yatagarasu(self, name, access_log, wait=True, jwt=None, auth=None, cache=None):
        """`jwt` and `cache` are sections of the configuration, `auth` the bucket's; without it the bucket is public."""
        config = {
            "server": {"address": "127.0.0.1", "port": self.port(name), "threads": 1, "max_connections": 15000,
                       "max_concurrent_requests": 10000, "idle_timeout": 600},
            "logging": {"access_log": access_log},
            "buckets": [{"name": "bench", "path_prefix": "/bench", "s3": {
                "bucket": "bench", "region": "us-east-1", "endpoint": f"http://127.0.0.1:{self.ports['origin']}",
                "addressing": "path", "access_key": "AKIDBENCH", "secret_key": "not-a-secret",
                "connection_pool_size": 256, "max_pending_requests": 10000}}]}
        if auth:
            config["jwt"] = jwt
            config["buckets"][0]["auth"] = {"enabled": True, **auth}
        if cache:
            config["cache"] = {"enabled": True, **cache}
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(config, indent=1))    # JSON is YAML
        argv = [str(self.binary), "--config", str(path)]
        program = Program(name, argv, SERVER_CORE, self.folder, self.folder / f"{name}.out")
        self.programs[name] = program
        if wait:
            wait_for(program, self.ports[name], "/health" if auth else "/bench/1k")
        return program

    def load(self, name, target, seconds, connections, script=None):
        """One measurement of a program."""
        script = script or self.scripts.get(name)
        return wrk(self.ports[name], target, seconds, connections, self.fields.get(name), script)

    def fetch(self, name, target):
        """Status and body of one request like those of the load."""
        return fetch(self.ports[name], target, fields=self.fields.get(name))

    def stop(self, name):
        self.programs.pop(name).stop()

    def port(self, name):
        """Where a program listens, or will."""
        return self.ports.setdefault(name, free_port())

    def origin_requests(self):
        """How many requests the origin has got, without those that ask for this number."""
        self._counted += 1
        _, text = fetch(self.ports["origin"], "/count")
        return int(re.search(rb"requests\s+\d+ \d+ (\d+)", text)[1]) - self._counted

    def has_tiers(self, tiers):
        """Whether there is a binary, and it can cache there."""
        if not self.binary:
            return False
        done = subprocess.run([self.binary, "--print-config-schema"], capture_output=True, check=True)
        sections = json.loads(done.stdout)["properties"]
        return "cache" in sections and sections["cache"]["properties"].keys() >= set(tiers)

    def log(self, name, more=""):
        """`more` are fields that a proxy's lines have beside those of a pass-through."""
        return LOG.format(path=self.folder / f"{name}.access", more=more)

    def upstream(self):
        return UPSTREAM.format(origin=self.ports["origin"])

    def started(self, program, target="/bench/1k"):
        """Ends it with the run; waits until it answers."""
        self.programs[program.name] = program
        wait_for(program, self.ports[program.name], target)

    def _files(self, stream_bytes):
        folder = self.folder / "root" / "bench"
        folder.mkdir(parents=True)
        for name, size in (("1k", 1024), ("100k", 100 << 10), ("1m", 1 << 20)):
            (folder / name).write_bytes(os.urandom(size))
        guarded = folder / "teams" / "blue"
        guarded.mkdir(parents=True)
        for number in range(GUARDED):
            os.link(folder / "1k", guarded / str(number))
        for path, size in ((folder / "stream", stream_bytes), (folder / "sparse", FOLDERS["big"][1])):
            with open(path, "wb") as sparse:
                sparse.truncate(size)
        for name, file in (("small", "1k"), ("middle", "1m"), ("big", "sparse")):
            (folder / name).mkdir()
            for number in range(FOLDERS[name][0]):
                os.link(folder / file, folder / name / str(number))
