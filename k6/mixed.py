"""Readers of many sizes before a bucket with a cache: three of five requests hit, and memory must not grow."""

import os
import pathlib
import re
import statistics
import threading
import time
import urllib.request

from scene import counters, say

# Object number N has 1 KiB << N mod 11, so they reach from 1 KiB to 1 MiB, 186 KiB at the mean: all hot ones fit into
# the cache, and all cold ones are many times larger than it, so none is there any more when its turn comes again.
SIZES = 11
HOT, COLD = 10 * SIZES, 400 * SIZES
MEMORY_MIB, DISK_MIB = 64, 128
SAMPLE_SECONDS = 10
# Growth has a bound in runs of at least so many seconds; shorter ones only print it.
LONG = 600
GROWTH_MIB = 5


class Memory:
    """The resident memory of a process over time, in MiB."""

    def __init__(self, pid, every):
        self.samples = []
        self._path, self._every, self._begun = pathlib.Path(f"/proc/{pid}/status"), every, time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            kilobytes = int(re.search(r"VmRSS:\s+(\d+) kB", self._path.read_text())[1])
            self.samples.append((time.monotonic() - self._begun, kilobytes / 1024))
            if self._ended.wait(self._every):
                return

    def end(self):
        self._ended.set()
        self._thread.join()


def growth(samples, length):
    """What the last tenth of a run has more than the first tenth after warm-up: medians, for garbage comes and goes."""
    warm = min(length / 10, 300)
    after = [value for moment, value in samples if moment >= warm]
    part = max(1, len(after) // 10)
    return statistics.median(after[-part:]) - statistics.median(after[:part])


def make_objects(folder):
    """Each size is on the disk once; names are links to it."""
    (folder / "objects" / "mixed").mkdir(parents=True)
    for exponent in range(SIZES):
        (folder / f"size-{exponent}").write_bytes(os.urandom(1024 << exponent))
    for kind, count in (("hot", HOT), ("cold", COLD)):
        (folder / "objects" / "mixed" / kind).mkdir()
        for number in range(count):
            os.link(folder / f"size-{number % SIZES}", folder / "objects" / "mixed" / kind / str(number))


def run(scene, chosen):
    """Answers 0 when the bounds of k6 and of memory hold."""
    make_objects(scene.folder)
    cache = {"enabled": True, "cache_layers": chosen.tiers, "memory": {"max_cache_size_mb": MEMORY_MIB}}
    if "disk" in chosen.tiers:
        cache["disk"] = {"enabled": True, "cache_dir": str(scene.folder / "cache"), "max_disk_cache_size_mb": DISK_MIB}
        (scene.folder / "cache").mkdir()
    base, proxy = scene.start_proxy(scene.start_origin(), "mixed", {"cache": cache})
    for number in range(HOT):
        with urllib.request.urlopen(f"{base}/mixed/hot/{number}", timeout=10) as answer:
            answer.read()
    text, length = chosen.duration
    memory = Memory(proxy.pid, min(SAMPLE_SECONDS, length / 20))
    code = scene.load("cache-mixed.js", {
        "BASE_URL": base, "RATE": str(chosen.rate or 200), "DURATION": text, "SIZES": str(SIZES), "HOT": str(HOT),
        "COLD": str(COLD)})
    memory.end()
    counters(base, ("yatagarasu_cache_hits_total", "yatagarasu_cache_misses_total", "yatagarasu_cache_evictions_total"))
    if chosen.samples:
        chosen.samples.write_text("seconds,rss_mib\n" + "".join(f"{at:.1f},{mib:.1f}\n" for at, mib in memory.samples))
    values, more = [mib for _, mib in memory.samples], growth(memory.samples, length)
    say(f"memory over {len(values)} samples: first {values[0]:.1f} MiB, most {max(values):.1f} MiB, last "
        f"{values[-1]:.1f} MiB, of which the cache may have {MEMORY_MIB}; growth after warm-up {more:+.1f} MiB")
    if length >= LONG and more >= GROWTH_MIB:
        say(f"memory may grow by less than {GROWTH_MIB} MiB")
        return 1
    return code
