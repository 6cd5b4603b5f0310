"""Plays the table of the cache's conformance against nginx and Varnish and writes cache_differences.md.

    python compare_caches.py [--ours] [-k WORDS] [--print]

Needs nginx and varnishd on this machine. `--ours` plays it against YATAGARASU, too.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile
import textwrap

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
            shared = [case for case in cases if cache.is_ours or not case.ours and case.setup not in cache.lacks]
            try:
                findings = play_all(shared, cache, origin)
                # What others do in the background races with the next step: they pass what they pass in one of three.
                for _ in range(0 if cache.is_ours else 2):
                    findings |= play_all([case for case in shared if findings[case]], cache, origin)
                found["Yatagarasu" if cache.is_ours else cache.name] = findings
            finally:
                cache.stop()
    origin.close()
    return found


def passes(findings, members):
    """How many of these cases hold; where not all were played, of how many."""
    played_here = [case for case in members if case in findings]
    count = sum(findings[case] is None for case in played_here)
    return f"{count}" if len(played_here) == len(members) else f"{count} of {len(played_here)}" if played_here else "–"


def paragraph(text, indent=""):
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def page(cases, found):
    """The table of groups, then the cases that differ."""
    names, shared = list(found), [case for case in cases if not case.ours]
    versions = f"nginx {version('nginx', '-v')} (`proxy_cache`) and Varnish {version('varnishd', '-V')}"
    groups = {}
    for case in shared:
        groups.setdefault(case.group, []).append(case)
    lines = [
        "# Differences to nginx and Varnish", "", "<!-- Written by compare_caches.py; do not edit. -->", "",
        paragraph(
            f"How many of the {len(shared)} cases of `cache_cases` that are about HTTP alone each cache passes: "
            f"{versions}, set up by `harness/cache_peers.py`. The other {len(cases) - len(shared)} cases are about "
            "promises of Yatagarasu's own. Not every difference is a fault: some are choices that the RFCs leave open, "
            "or promises that nobody else makes; each case names its rule. Varnish has nothing for slices."), "",
        "| Group | Cases | " + " | ".join(names) + " |", "|---|---:|" + "---:|" * len(names)]
    for group, members in (groups | {"all": shared}).items():
        counts = " | ".join(passes(found[name], members) for name in names)
        lines.append(f"| {group} | {len(members)} | {counts} |")
    for name in names:
        lines += ["", f"## What {name} does not pass", ""]
        for group, members in groups.items():
            failed = [case.name for case in members if found[name].get(case)]
            if failed:
                lines.append(paragraph(f"- **{group}:** " + "; ".join(failed) + ".", "  "))
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
