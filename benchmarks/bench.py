"""
ftpactive beside the others: what C{make bench} runs.

    python -m benchmarks.bench [--quick] [--only WORK,WORK] [--servers NAME,NAME]
        [--folder FOLDER] [--json FILE]

Every server runs in processes of its own on loopback, and all of them are ended
at the end.  All works of all servers are done in turns, round by round, until
there is no time for another round.  A whole run writes C{docs/benchmarks.md}.
The exit status is 1 if a limit of L{benchmarks.limits} is missed, or if a work
of ours failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks import contents, page
from benchmarks.limits import judge, missed
from benchmarks.rounds import EXTRAS, Run
from benchmarks.servers import SERVERS
from benchmarks.starting import Ground
from benchmarks.table import WORKS
from benchmarks.values import QUICK, Amounts, Fault

#: Seconds for what is measured: in a whole run, and in a quick one.
TIME, QUICK_TIME = 555, 55

#: After so many more, whatever still runs is cut.
GRACE = 40


def _chosen(known: list[str], words: str) -> list[str]:
    names = words.split(",")
    if strange := [name for name in names if name not in known]:
        raise SystemExit(f"there is no {strange[0]!r}: choose from {', '.join(known)}")
    return names


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure ftpactive beside other FTP servers.")
    parser.add_argument("--quick", action="store_true", help="small amounts; writes no page")
    parser.add_argument("--only", metavar="WORK,WORK", help="do not do all works")
    parser.add_argument("--servers", metavar="NAME,NAME", help="do not measure all servers")
    parser.add_argument("--folder", help="where files are; without it, in memory if it has room")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    options = parser.parse_args(arguments)
    works = [entry.name for entry in WORKS] + list(EXTRAS)
    options.isWhole = not (options.quick or options.only or options.servers)
    options.works = _chosen(works, options.only) if options.only else works
    names = [server.name for server in SERVERS]
    chosen = _chosen(names, options.servers) if options.servers else names
    options.chosen = [server for server in SERVERS if server.name in chosen]
    return options


def _folder(asked: str | None, amounts: Amounts) -> str:
    memory = Path("/dev/shm")
    if asked or not memory.is_dir():
        return asked or tempfile.gettempdir()
    # The file, what is used and given back before uploads, and what is still being removed.
    hasRoom = shutil.disk_usage(memory).free > 5 * amounts.big
    return str(memory) if hasRoom else tempfile.gettempdir()


def _stop(number: int, _: object) -> None:
    raise SystemExit(f"ended by signal {number}" + " (time is over)" * (number == signal.SIGALRM))


def _report(run: Run, options: argparse.Namespace, folder: str) -> int:
    works = None if options.isWhole else set(options.works)
    verdicts = judge(run.results, works)
    if not options.isWhole:
        # What nobody asked for is not missed; what failed is told as that.
        verdicts = [verdict for verdict in verdicts if verdict.figure is not None]
    for line in page.summary(run.results):
        print(line)
    for verdict in verdicts:
        print(verdict.line())
    if options.json:
        Path(options.json).write_text(json.dumps(run.results.asJson(), indent=1) + "\n")
    if options.isWhole:
        page.write(run, verdicts, folder)
    failed = missed(verdicts)
    faults = run.results.ownFaults()
    print(f"{len(failed)} limits missed, {len(faults)} works of ours failed")
    return 1 if failed or faults else 0


def main(arguments: list[str]) -> int:
    """
    Measure, write, judge.

    @return: the exit status.
    """
    options = _options(arguments)
    amounts = QUICK if options.quick else Amounts()
    seconds = QUICK_TIME if options.quick else TIME
    # However it ends, it ends its servers.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, _stop)
    place = _folder(options.folder, amounts)
    with tempfile.TemporaryDirectory(prefix="ftp-benchmark-", dir=place) as folder:
        # Servers that shed root go through it.
        os.chmod(folder, 0o755)
        ground = Ground(Path(folder))
        contents.furnish(ground.root, amounts)
        run = Run(ground, amounts, options.works, options.chosen)
        run.find()
        signal.alarm(seconds + GRACE)
        run.measure(seconds)
        signal.alarm(0)
        return _report(run, options, place)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Fault, KeyboardInterrupt) as error:
        sys.exit(f"not measured: {str(error) or 'interrupted'}")
