"""
What a run found, for people: lines on the screen, and C{docs/benchmarks.md}.
"""

from __future__ import annotations

import os
import platform
import ssl
import sys
from pathlib import Path
from statistics import median

from benchmarks import plot
from benchmarks.limits import Verdict
from benchmarks.rounds import Run
from benchmarks.servers import CHECKOUT, SERVERS
from benchmarks.table import WORKS, Entry
from benchmarks.values import KIB, MIB, Results, spread

PAGE = CHECKOUT / "docs/benchmarks.md"
PLOTS = CHECKOUT / "docs/benchmarks"

#: What each figure means; what is not measured in this run is not in it.
INTRODUCTION = (Path(__file__).with_name("introduction.md")).read_text()

#: What a profile has shown, taken by hand: it explains the figures, and is none of them.
PROFILE = (Path(__file__).with_name("profile.md")).read_text()


def number(value: float) -> str:
    """
    Write a figure with three digits that say something.
    """
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def _cell(results: Results, entry: Entry, server: str, what: str) -> str:
    values = [entry.scale * value for value in results.of(entry.name, server, what)]
    if not values:
        return "failed" if (entry.name, server) in results.samples else ""
    middle, low, high = map(number, spread(values))
    return middle if len(values) == 1 else f"{middle} ({low}–{high})"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [_row(head), _row(["---", *["--:"] * (len(head) - 1)]), *map(_row, rows), ""]


def _present(results: Results) -> list[str]:
    found = {server for _, server in results.samples} | set(results.idle) | set(results.growth)
    return [server.name for server in SERVERS if server.name in found]


def works(results: Results, what: str) -> list[str]:
    """
    Make the table of all works.

    @param what: C{cpu} or C{wall}.
    """
    servers = _present(results)
    rows = [
        [f"{e.title}, {e.unit}", *(_cell(results, e, server, what) for server in servers)]
        for e in WORKS
        if any(work == e.name for work, _ in results.samples)
    ]
    return _table(["work", *servers], rows)


def summary(results: Results) -> list[str]:
    """
    Make the lines for the screen: the server's processor time.
    """
    lines = []
    for entry in WORKS:
        for server in _present(results):
            if cell := _cell(results, entry, server, "cpu"):
                ratio = results.ratio((entry.name, server), (entry.name, "pyftpdlib"))
                more = f"  {ratio:.2f} of pyftpdlib's" if ratio else ""
                name = f"{entry.name}, {entry.unit}"
                lines.append(f"{name:36}{server:22}{cell:>26}{more}")
    for server, size in results.idle.items():
        lines.append(f"{'idle session, KiB':36}{server:22}{number(size / KIB):>26}")
    for server, steps in results.growth.items():
        rates = ", ".join(f"{step.sessions}: {step.cpu:.0f}" for step in steps)
        lines.append(f"{'files per CPU second':36}{server:22}{rates}")
    return lines


def _once(results: Results) -> list[str]:
    lines = ["## Memory", "", "Memory for each session that has logged in and waits.", ""]
    rows = [[server, number(size / KIB)] for server, size in results.idle.items()]
    lines += _table(["server", "KiB"], rows)
    if held := results.held:
        alone, beside = (median(s.wall for s in samples) for samples in (held.alone, held.beside))
        lines += [
            "## Idle sessions beside a transfer",
            "",
            f"One process of ftpactive held {held.sessions:,} idle sessions,"
            f" {held.memory / KIB:.1f} KiB each, while another one took the big file.  That cost"
            f" {number(beside)} s per GiB on the clock, and {number(alone)} s without them;"
            f" {held.slower():.2f} times the processor time.",
            "",
        ]
    return lines


def _growth(results: Results) -> list[str]:
    counts = sorted({step.sessions for steps in results.growth.values() for step in steps})
    lines = ["## Growth", ""]
    for title, what in (
        ("Files per second of the server's processor time", "cpu"),
        ("Files per second on the clock", "wall"),
        ("Memory of all the server's processes, MiB", "memory"),
    ):
        rows = []
        for server, steps in results.growth.items():
            found = {step.sessions: float(getattr(step, what)) for step in steps}
            scale = MIB if what == "memory" else 1
            cells = (number(found[c] / scale) if c in found else "" for c in counts)
            rows.append([server, *cells])
        lines += [f"{title}, against sessions:", ""]
        lines += _table(["server", *(f"{count:,}" for count in counts)], rows)
    lines += ["![files per second](benchmarks/growth-files.svg)", ""]
    lines += ["![memory](benchmarks/growth-memory.svg)", ""]
    return lines


def _machine(run: Run, folder: str) -> list[str]:
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MIB / KIB
    rows = [
        ["processor", f"{cpu[0] if cpu else platform.machine()}, {os.cpu_count()} cores"],
        ["memory", f"{memory:.0f} GiB"],
        ["kernel", platform.release()],
        ["Python", sys.version.split()[0]],
        ["OpenSSL of the client", ssl.OPENSSL_VERSION],
        ["files in", folder],
        ["descriptors a process may have", f"{run.descriptors:,}"],
        ["processor time known by", "; ".join(sorted(run.ways))],
        ["rounds", str(run.rounds)],
        *([name, version] for name, version in run.versions.items()),
        *([name, f"missing: {why}"] for name, why in run.results.missing.items()),
    ]
    return ["## The machine and the versions", "", *_table(["", ""], rows)]


def _limits(verdicts: list[Verdict]) -> list[str]:
    rows = []
    for verdict in verdicts:
        limit = verdict.limit
        found = "not measured" if verdict.figure is None else f"{verdict.figure:.3g}"
        word = "holds" if verdict.holds else "not reached" if limit.isAim else "**missed**"
        bound = ("aim: " if limit.isAim else "") + limit.bound()
        rows.append([limit.text, found, bound, word])
    return ["## What must hold", "", *_table(["figure", "measured", "limit", ""], rows)]


def _faults(results: Results) -> list[str]:
    if not results.faults:
        return []
    seen = dict.fromkeys(f"- {work}, {server}: {why}" for work, server, why in results.faults)
    return ["## What failed", "", "No figure was taken from these.", "", *seen, ""]


def _draw(results: Results) -> None:
    PLOTS.mkdir(exist_ok=True)
    for entry in WORKS:
        found = {s: results.of(entry.name, s) for s in _present(results)}
        values = {s: entry.scale * median(v) for s, v in found.items() if v}
        if values:
            drawn = plot.bars(entry.title, entry.unit, values)
            (PLOTS / f"{entry.name}.svg").write_text(drawn)
    for name, what, title in (
        ("growth-files", "cpu", "files per second of processor time"),
        ("growth-memory", "memory", "bytes of memory"),
    ):
        data = {
            server: [(step.sessions, getattr(step, what)) for step in steps]
            for server, steps in results.growth.items()
            if steps
        }
        if data:
            drawn = plot.lines(f"Growth: {title}", "sessions", title, data)
            (PLOTS / f"{name}.svg").write_text(drawn)


def text(run: Run, verdicts: list[Verdict], folder: str) -> str:
    """
    Make the page.
    """
    results = run.results
    drawn = [e for e in WORKS if any(results.of(e.name, s) for s in _present(results))]
    lines = [INTRODUCTION, *_machine(run, folder), *_limits(verdicts)]
    lines += ["## The server's processor time", "", *works(results, "cpu")]
    lines += ["## Time on the clock", "", *works(results, "wall")]
    lines += [*_once(results), *_growth(results), *_faults(results), PROFILE, "## Plots", ""]
    lines += [f"![{entry.title}](benchmarks/{entry.name}.svg)\n" for entry in drawn]
    return "\n".join(lines).rstrip() + "\n"


def write(run: Run, verdicts: list[Verdict], folder: str) -> None:
    """
    Write the page and its plots.
    """
    _draw(run.results)
    PAGE.write_text(text(run, verdicts, folder))
    print(f"wrote {PAGE.relative_to(CHECKOUT)}")
