"""The table of the cache's conformance: every case of every group, each with a name of its own."""

from . import collapsing, freshness, ranges, revalidating, selecting, staleness, storing, telling

CASES = [case for part in (freshness, storing, revalidating, selecting, ranges, staleness, collapsing,
telling) for case in part.CASES]
