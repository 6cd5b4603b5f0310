"""nginx and Varnish as caches before the same origin, each set up as well as it can be for the same promises."""

import pathlib
import shutil

from .cache_setups import SETUPS
from .ports import free_port, is_listening, wait_until
from .program import Program
from .relay import Relay

NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/body; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s; proxy_temp_path {folder}/proxy; default_type ""; server_tokens off;
  proxy_cache_path {folder}/cache keys_zone=all:16m max_size=1g use_temp_path=off;
  proxy_http_version 1.1; proxy_hide_header Set-Cookie; proxy_ignore_headers Set-Cookie X-Accel-Expires;
  proxy_cache_revalidate on; proxy_cache_background_update on; proxy_cache_lock on; proxy_cache_lock_timeout 30s;
  proxy_cache_lock_age 30s; proxy_hide_header Proxy-Authenticate;
  proxy_cache_valid 200 3600s; proxy_read_timeout 20s; proxy_pass_header Date;
  if_modified_since before; proxy_ignore_client_abort on;
  proxy_next_upstream off;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 32; }}
  upstream relay {{ server 127.0.0.1:{relay} max_fails=0; }}
{servers}
}}
"""
NGINX_SERVER = """\
  server {{
    listen 127.0.0.1:{port} backlog=4096; proxy_cache all;
    proxy_cache_key {setup}|$uri|$arg_versionId{slice}; {extra}
    {range}
    location / {{ proxy_pass http://origin; }}
    location /brief/ {{ proxy_cache_valid 200 1s; proxy_pass http://origin; }}
    location /hasty/ {{ proxy_read_timeout 2s; proxy_pass http://origin; }}
    location /refused/ {{ proxy_pass http://relay; }}
  }}
"""
CLEAN = 'proxy_set_header Connection ""; proxy_set_header Accept-Encoding ""; proxy_set_header Origin "";'
RANGED = "proxy_cache_bypass $http_range; proxy_no_cache $http_range; proxy_set_header Range $http_range; " \
    "proxy_set_header If-Range $http_if_range;"
ERRORS = "error timeout invalid_header http_500 http_502 http_503 http_504"
NGINX_EXTRA = {
    "ignoring": "proxy_ignore_headers Cache-Control Expires Set-Cookie X-Accel-Expires;",
    "serve": "proxy_force_ranges on;",
    "stale": "proxy_cache_use_stale updating;",
    "on-error": f"proxy_cache_use_stale {ERRORS};",
    "negative": "proxy_cache_valid 404 100s;",
    "negative-short": "proxy_cache_valid 404 1s;",
    "slice": "slice 64k; proxy_cache_valid 206 3600s;",
    "alone": "proxy_cache_lock off;",
}

VCL = """\
vcl 4.1;
import std;
backend origin { .host = "127.0.0.1"; .port = "%(origin)s"; .first_byte_timeout = 20s; }
backend relay { .host = "127.0.0.1"; .port = "%(relay)s"; .first_byte_timeout = 20s; }
sub vcl_recv {
  set req.http.X-Setup = local.socket;
  unset req.http.Cookie; unset req.http.Authorization; unset req.http.Accept-Encoding; unset req.http.Origin;
  if (req.method != "GET" && req.method != "HEAD") { return (synth(405)); }
  if (req.url ~ "^/refused/") { set req.backend_hint = relay; }
  if (req.url ~ "[?&]versionId=[^&]") {
    set req.url = regsub(req.url, "\\?(?:.*&)?(versionId=[^&]+).*", "?\\1");
  } else { set req.url = regsub(req.url, "\\?.*", ""); }
  if (req.url ~ "^/off/") { return (pass); }
  if (req.http.Range && local.socket != "serve" && local.socket != "slice") { return (pass); }
  return (hash);
}
sub vcl_hash { hash_data(req.http.X-Setup); hash_data(req.url); return (lookup); }
sub vcl_backend_fetch {
  if (bereq.url ~ "^/hasty/") { set bereq.first_byte_timeout = 2s; }
  unset bereq.http.X-Setup-Seen;
}
sub vcl_backend_response {
  unset beresp.http.Set-Cookie;
  set bereq.http.X-Control = regsuball(beresp.http.Cache-Control, {"="([^"\\\\]|\\\\.)*""}, "=0");
  if (bereq.uncacheable) { return (deliver); }
  if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }
  if (bereq.http.X-Control ~ "(?i)must-revalidate|proxy-revalidate") { set beresp.grace = 0s; }
  elsif (bereq.http.X-Control ~ "(?i)stale-if-error=[0-9]") {
    set beresp.grace = std.duration(regsub(bereq.http.X-Control, "(?i).*stale-if-error=([0-9]+).*", "\\1s"), 0s);
  }
  elsif (bereq.http.X-Control !~ "(?i)stale-while-revalidate=" &&
      (bereq.http.X-Setup == "stale" || bereq.http.X-Setup == "on-error")) { set beresp.grace = 100s; }
  if (bereq.http.X-Setup == "ignoring") {
    set beresp.ttl = 3600s;
    if (bereq.url ~ "^/brief/") { set beresp.ttl = 1s; }
    if (beresp.http.Vary ~ "\\*") { set beresp.uncacheable = true; }
    return (deliver);
  }
  if (bereq.url ~ "^/brief/" && !beresp.http.Cache-Control && !beresp.http.Expires) { set beresp.ttl = 1s; }
  if (beresp.status == 404 && bereq.http.X-Setup == "negative") { set beresp.ttl = 100s; return (deliver); }
  if (beresp.status == 404 && bereq.http.X-Setup == "negative-short") { set beresp.ttl = 1s; return (deliver); }
  if (beresp.status != 200 && beresp.status != 304) {
    set beresp.uncacheable = true; set beresp.ttl = 0s; return (deliver);
  }
  if (bereq.http.X-Control ~ "(?i)(^|[ ,])no-cache($|[ ,=])" && (beresp.http.ETag || beresp.http.Last-Modified) &&
      bereq.http.X-Control !~ "(?i)no-store($|[ ,=])|private($|[ ,=])") {
    set beresp.ttl = 0.01ms; set beresp.grace = 0s; return (deliver);
  }
  if (beresp.ttl <= 0s && (beresp.http.ETag || beresp.http.Last-Modified)) { set beresp.ttl = 0.01ms; }
  if (bereq.http.X-Control ~ "(?i)(^|[ ,])(no-store|private|no-cache)($|[ ,=])" || beresp.http.Vary ~ "\\*") {
    set beresp.uncacheable = true; set beresp.ttl = 0s;
  }
  return (deliver);
}
sub vcl_deliver { unset resp.http.X-Varnish; unset resp.http.Via; return (deliver); }
"""


def needed(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise AssertionError(f"{name} is missing: apt-get install nginx varnish")
    return path


class Peer:
    """A cache of others; one port for each setup."""

    is_ours = False
    pause = 0
    name = ""
    lacks = ()    # setups that it has nothing for

    def __init__(self, folder, origin):
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir(parents=True)
        self.origin = origin
        self._relay = Relay(origin.port)
        self._ports = {setup: free_port() for setup in SETUPS}
        self._program = self._start()
        wait_until(lambda: all(map(is_listening, self._ports.values())), 20, f"{self.name} listens")

    def port(self, setup):
        return self._ports[setup]

    def token(self, user):
        return "none"

    def close_relay(self):
        self._relay.close()

    def stop(self):
        self._relay.close()
        self._program.stop(5)


class Nginx(Peer):
    name = "nginx"

    def _start(self):
        def server(setup, port):
            ranged = CLEAN + {"serve": "", "slice": "proxy_set_header Range $slice_range;"}.get(setup, RANGED)
            return NGINX_SERVER.format(
                port=port, setup=setup, slice="|$slice_range" if setup == "slice" else "", range=ranged,
                extra=NGINX_EXTRA.get(setup, ""))
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(
            folder=self.folder, origin=self.origin.port, relay=self._relay.port,
            servers="\n".join(server(*pair) for pair in self._ports.items())))
        self.folder.chmod(0o777)
        return Program("nginx", [needed("nginx"), "-c", str(config), "-p", str(self.folder)], self.folder)


class Varnish(Peer):
    name = "varnish"
    lacks = ("slice",)

    def _start(self):
        vcl = self.folder / "default.vcl"
        vcl.write_text(VCL % {"origin": self.origin.port, "relay": self._relay.port})
        listen = [word for setup, port in self._ports.items() for word in ("-a", f"{setup}=127.0.0.1:{port}")]
        return Program("varnish", [
            needed("varnishd"), "-F", "-n", str(self.folder / "work"), "-f", str(vcl), "-s", "malloc,256m", *listen,
            "-p", "default_ttl=3600", "-p", "default_grace=0", "-p", "default_keep=3600", "-p", "http_gzip_support=off",
            "-p", "thread_pool_min=200", "-j", "none"], self.folder)


PEERS = (Nginx, Varnish)
