"""The proxies before the cases of the cache's conformance: one for each setup, started when a case first needs it."""

import pathlib
import threading

from .mint import SharedSecret, by_pyjwt, claims
from .ports import free_port
from .proxy import Proxy, bucket, configuration
from .relay import Relay

# The section `cache` of each setup, beside `enabled`.
SETUPS = {
    "default": {},
    "ignoring": {"respect_cache_control": False},
    "serve": {"range_requests": "serve"},
    "slice": {"range_requests": "slice", "slice_size": "64KiB"},
    "stale": {"stale_while_revalidate": 100},
    "on-error": {"stale_if_error": 100},
    "negative": {"negative_ttl_seconds": 100},
    "negative-short": {"negative_ttl_seconds": 1},
    "wait": {},
    "alone": {},
}
COALESCING = {"wait": {"strategy": "wait_for_complete"}, "alone": {"enabled": False}}
MAY_READ = [{"claim": "role", "operator": "equals", "value": "reader"}]


class Caches:
    """This program with one tier (`memory` or `disk`), behind every setup."""

    is_ours = True

    def __init__(self, folder, origin, tier="memory"):
        self.folder = pathlib.Path(folder)
        self.origin = origin
        self.tier = tier
        self.pause = 0.05 if tier == "memory" else 0.3    # what goes to a disk goes there behind the answer (CACHE-4)
        self._secret = SharedSecret("HS256")
        self._relay = Relay(origin.port)
        self._proxies = {}
        self._lock = threading.Lock()

    def proxy(self, setup):
        with self._lock:
            if setup not in self._proxies:
                self._proxies[setup] = self._start(setup)
            return self._proxies[setup]

    def port(self, setup):
        return self.proxy(setup).port

    def token(self, user):
        return by_pyjwt(self._secret, claims(sub=user, role=user))

    def close_relay(self):
        """Ends the origin of the bucket `refused`: connections to it are refused from now on."""
        self._relay.close()

    def stop(self):
        self._relay.close()
        for proxy in self._proxies.values():
            proxy.stop()

    def discard(self):
        for proxy in self._proxies.values():
            proxy.discard()

    def _start(self, setup):
        port, folder = free_port(), self.folder / f"{self.tier}-{setup}"
        tiers = {} if self.tier == "memory" else {
            "cache_layers": [self.tier], self.tier: {"enabled": True, "cache_dir": str(folder / "cache")}}
        return Proxy(folder, configuration(
            self._buckets(), port, {"coalescing": COALESCING.get(setup, {}) | {"window": "4MiB"}},
            cache={"enabled": True} | SETUPS[setup] | tiers,
            jwt={"enabled": True, "token_sources": [{"type": "bearer"}]} | self._secret.settings()), port)

    def _buckets(self):
        def entry(name, cache=None, **s3):
            return bucket(name, self.origin, **s3) | ({"cache": cache} if cache else {})
        return [
            entry("main"), entry("brief", {"ttl_seconds": 1}), entry("off", {"enabled": False}),
            entry("small", {"max_item_size_mb": "64KiB"}), entry("overrides", allow_response_overrides=True),
            entry("hasty", timeout=2), entry("refused", endpoint=f"http://127.0.0.1:{self._relay.port}"),
            entry("guarded") | {"auth": {"enabled": True, "provider": "jwt", "jwt": {"claims": MAY_READ}}},
        ]
