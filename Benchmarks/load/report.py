"""The table that a load run prints, and the file that keeps its samples."""

import datetime
import json
import os
import pathlib
import platform


def mark(row):
    return {True: "yes", False: "**no**", None: "–"}[row.get("passes")]


def quantity(row, value):
    if value is None:
        return "–"
    return f"{value / (1 << 20):,.0f} MiB/s" if row["unit"] == "bytes_per_second" else f"{value:,.0f}/s"


def text(*tables, notes):
    """The tables that have a row below their head, and the notes."""
    return "\n\n".join("\n".join(lines) for lines in (*(table for table in tables if table[2:]), notes) if lines)


def load_table(titles, results):
    lines = ["| Figure (medians) | Yatagarasu | nginx | HAProxy | ratio | must | aim | met |",
             "|---|---|---|---|---|---|---|---|"]
    for name, title in titles:
        if row := results.get(name):
            medians = {key.removesuffix("-log"): value for key, value in row["medians"].items()}
            cells = [quantity(row, medians.get(peer)) for peer in ("yatagarasu", "nginx", "haproxy")]
            ratio = f"{row['ratio']:.2f}" if "ratio" in row else "–"
            bounds = f"≥ {row['must']} | ≥ {row['aim']}"
            lines.append(f"| {title} | {' | '.join(cells)} | {ratio} | {bounds} | {mark(row)} |")
            if errors := {key: count for key, count in row["errors"].items() if count}:
                lines.append(f"| ↳ failed requests: {errors} | | | | | | | |")
    return lines


def cost_table(titles, results):
    """Processor time a request: it tells who is better where the load's core, not the server's, is the limit."""
    lines = ["| Processor time per request, µs | Yatagarasu | nginx | HAProxy |", "|---|---|---|---|"]
    for name, title in titles:
        if row := results.get(name):
            cost = {key.removesuffix("-log"): value for key, value in row["processor_microseconds"].items()}
            cells = [f"{cost[peer]:,.1f}" if peer in cost else "–" for peer in ("yatagarasu", "nginx", "haproxy")]
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


# The programs of the cache rows by column; nginx is measured with and without sendfile, Redis with its own load.
COLUMNS = {"Yatagarasu": ["cache", "cache-log", "cache-disk", "cache-redis"], "HAProxy": ["haproxy-cache"],
           "nginx": ["nginx-cache", "nginx-cache-log"], "nginx, sendfile": ["nginx-sendfile"],
           "Varnish": ["varnish"], "Redis alone": ["redis"]}


def cache_table(titles, results):
    """Hits: the ratio is ours to the best in the row, round by round; with each rate the processor time per request."""
    lines = [f"| Cache (medians) | {' | '.join(COLUMNS)} | ratio (quartiles) | must | aim | met |",
             "|---" * (len(COLUMNS) + 5) + "|"]
    for name, title in titles:
        if row := results.get(name):
            cells = []
            for programs in COLUMNS.values():
                found = [f"{quantity(row, row['medians'][program])}, {row['processor_microseconds'][program]:,.1f} µs"
                         for program in programs if program in row["medians"]]
                cells += found or ["–"]
            ratio = "–"
            if "ratio" in row:
                low, high = row.get("quartiles", [row["ratio"]] * 2)
                ratio = f"{row['ratio']:.2f} ({low:.2f}–{high:.2f})"
            bounds = f"≥ {row['must']} | ≥ {row['aim']}"
            lines.append(f"| {title} | {' | '.join(cells)} | {ratio} | {bounds} | {mark(row)} |")
            for what, counts in (("failed requests", row["errors"]), ("misses", row["origin_requests"])):
                if counts := {key: count for key, count in counts.items() if count}:
                    lines.append(f"| ↳ {what}: {counts} |" + " |" * (len(COLUMNS) + 4))
    return lines


def cache_notes(results):
    """What stands beside the figures of the cache and is not compared."""
    lines = []
    if row := results.get("redis-1k"):
        rate = quantity(row, row["medians"]["redis-beside"])
        lines.append(f"Redis alone with its load on the same core: {rate}")
    for name, figure in results.get("hit-p99", {}).get("shown", {}).items():
        streamed = figure["streamed_bytes_per_second"] / (1 << 20)
        lines.append(f"Hits beside ten streams, {name}: P99 {figure['p99_milliseconds']:.2f} ms at "
                     f"{figure['requests_per_second']:,.0f}/s and {streamed:,.0f} MiB/s")
    if (row := results.get("cold-100m")) and "value" in row:
        first = row["first_byte_seconds"]
        lines.append(f"Crowd: {row['whole']:,} of {row['clients']:,} got {row['mib']} MiB whole in "
                     f"{row['seconds']:.1f} s (first bytes: median {first['median']:.2f} s, last {first['last']:.2f} s); "
                     f"requests at the origin: {row['asked']}; failed: {row['failed'] or 'none'}")
    return lines


def guard_table(rows, results):
    """Guarded buckets: each judge is a program of ours with one guard less, or the guard itself.

    `of cost`, for information, is the judge's processor time per request by ours, where both do the same work.
    """
    lines = ["| Guarded bucket (medians) | Yatagarasu | against | ratio (quartiles) | of cost | must | aim | met |",
             "|---|---|---|---|---|---|---|---|"]
    for name, title in rows:
        if row := results.get(name):
            cells = [f"{quantity(row, row['medians'][program])}, {row['processor_microseconds'][program]:,.1f} µs"
                     for program in row["medians"]]
            bounds = f"≥ {row['must']} | ≥ {row['aim']}"
            low, high = row.get("quartiles", [row["ratio"]] * 2)
            ratios = f"{row['ratio']:.2f} ({low:.2f}–{high:.2f})"
            ratios += f" | {row['cost_ratio']:.2f}" if "cost_ratio" in row else " | –"
            lines.append(f"| {title} | {' | '.join(cells)} | {ratios} | {bounds} | {mark(row)} |")
            if "asked" in row:
                lines.append(f"| ↳ questions: {row['asked']:,.0f}, requests: {row['served']:,.0f} | | | | | | | |")
            if errors := {key: count for key, count in row["errors"].items() if count}:
                lines.append(f"| ↳ failed requests: {errors} | | | | | | | |")
    return lines


def own_table(titles, results):
    lines = ["| Figure | Yatagarasu | must | aim | met |", "|---|---|---|---|---|"]
    for name, title in titles:
        if "value" in (row := results.get(name, {})):
            unit, extra = row["unit"], []
            if "open" in row:
                extra.append(f"{row['open']:,} open, {row['errors']} errors")
            if "gib" in row:
                extra.append(f"{row['gib']} GiB, {row['bytes_per_second'] / (1 << 20):,.0f} MiB/s")
            note = f" ({', '.join(extra)})" if extra else ""
            lines.append(f"| {title} | {row['value']:.1f} {unit}{note} | < {row['must']} {unit} "
                         f"| < {row['aim']} {unit} | {mark(row)} |")
    return lines


def keep(folder, options, results):
    """Writes the samples to a file of their own and returns its path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    path = folder / f"load-{now:%Y%m%dT%H%M%SZ}.json"
    machine = {"kernel": platform.release(), "architecture": platform.machine(), "cores": os.cpu_count(),
               "load_average": os.getloadavg()}
    options = {key: str(value) if isinstance(value, pathlib.Path) else value for key, value in vars(options).items()}
    path.write_text(json.dumps(
        {"time": now.isoformat(), "machine": machine, "options": options, "results": results}, indent=1))
    return path
