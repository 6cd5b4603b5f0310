"""CACHE-1, CACHE-5…8, CACHE-10, HTTP-4, HTTP-5: the cache against the table of `cache_cases`, case by case.

All cases that a session runs are played before the first of them is judged, side by side, since many must wait for
something to become stale. Each has keys of its own, so that the proxies serve all of them.
"""

import pytest

from cache_cases import CASES
from harness.cache_origin import CacheOrigin
from harness.cache_play import play_all
from harness.cache_setups import Caches

NAMES = [f"{case.group}: {case.name}" for case in CASES]


@pytest.fixture(scope="module", params=["memory", "disk"])
def findings(request, tmp_path_factory):
    """What each chosen case found, by case."""
    tier = request.param
    chosen = [item.callspec.params["case"] for item in request.session.items
              if item.originalname == "test_case" and item.callspec.params["findings"] == tier]
    origin = CacheOrigin()
    caches = Caches(tmp_path_factory.mktemp("conformance"), origin, tier)
    try:
        yield play_all(chosen, caches, origin)
        caches.stop()
    finally:
        caches.discard()
        origin.close()


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_case(findings, case):
    assert findings[case] is None, f"{case.name} ({case.rule}): {findings[case]}"


def test_names_are_unique():
    assert len(set(NAMES)) == len(NAMES) >= 150
