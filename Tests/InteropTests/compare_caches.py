"""Plays the table of the cache's conformance against nginx and Varnish and writes cache_differences.md.

    python compare_caches.py [--ours] [-k WORDS] [--print]

Needs nginx and varnishd on this machine. `--ours` plays it against YATAGARASU, too.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile

from cache_cases import CASES
from harness.cache_origin import CacheOrigin
from harness.cache_peers import PEERS, needed
from harness.cache_play import play_all
from harness.cache_setups import Caches

PAGE = pathlib.Path(__file__).with_name("cache_differences.md")


def version(command, *arguments):
    done = subprocess.run([needed(command), *arguments], capture_output=True, text=True)
    return re.search(r"\d+\.\d+(\.\d+)?", done.stderr + done.stdout)[0]


def played(cases, with_ours):
    """What every cache found, by its name."""
    origin, found = CacheOrigin(), {}
    with tempfile.TemporaryDirectory(prefix="caches-") as folder:
        pathlib.Path(folder).chmod(0o755)
        for kind in ([Caches] if with_ours else []) + list(PEERS):
            cache = kind(folder, origin)
            shared = cases if cache.is_ours else [case for case in cases if not case.ours and case.setup not in cache.lacks]
            try:
                found["Yatagarasu" if cache.is_ours else cache.name] = play_all(shared, cache, origin)
            finally:
                cache.stop()
    origin.close()
    return found


def passes(findings, members):
    """How many of these cases hold; where not all were played, of how many."""
    played_here = [case for case in members if case in findings]
    count = sum(findings[case] is None for case in played_here)
    return f"{count}" if len(played_here) == len(members) else f"{count} of {len(played_here)}" if played_here else "–"


def page(cases, found):
    """The table of groups, then the cases that differ."""
    names = list(found)
    shared = [case for case in cases if not case.ours]
    lines = [
        "# Differences to nginx and Varnish", "",
        "<!-- Written by compare_caches.py; do not edit. -->", "",
        f"The {len(shared)} cases of `cache_cases` that are about HTTP alone, played against nginx {version('nginx', '-v')} "
        f"(`proxy_cache`) and", f"Varnish {version('varnishd', '-V')}, set up by `harness/cache_peers.py`. Yatagarasu passes all of them "
        f"and {len(cases) - len(shared)} more that are about its own", "promises. Some differences are choices that the RFCs leave open; "
        "the rule says where to look.", "",
        "| Group | Cases | " + " | ".join(names) + " |", "|---|---:|" + "---:|" * len(names)]
    for group in dict.fromkeys(case.group for case in shared):
        members = [case for case in shared if case.group == group]
        passed = [passes(found[name], members) for name in names]
        lines.append(f"| {group} | {len(members)} | " + " | ".join(passed) + " |")
    totals = [passes(found[name], shared) for name in names]
    lines += [f"| all | {len(shared)} | " + " | ".join(totals) + " |", "",
              "Cases that at least one of them does not pass (✗):", "", "| Case | Rule | " + " | ".join(names) + " |",
              "|---|---|" + ":-:|" * len(names)]
    for case in shared:
        marks = ["✗" if found[name].get(case) else "" for name in names]
        if any(marks):
            label = f"{case.group}: {case.name}".replace("|", "\\|")
            lines.append(f"| {label} | {case.rule} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ours", action="store_true")
    options.add_argument("--print", action="store_true", help="says what was found instead of writing the page")
    options.add_argument("-k", default="", help="only cases whose group and name have these words")
    options = options.parse_args()
    cases = [case for case in CASES if options.k in f"{case.group}: {case.name}"]
    found = played(cases, options.ours)
    if not options.print:
        PAGE.write_text(page(cases, found))
    for name, findings in found.items():
        print(f"{name}: {sum(found is None for found in findings.values())} of {len(findings)}")
        for case, finding in findings.items():
            if finding and options.print:
                print(f"  {case.group}: {case.name} ({case.rule})\n      {finding[:330]}")


if __name__ == "__main__":
    main()
