"""
Look for inputs that break something: what C{make fuzz} runs.

Each target gets a share of the time, in a process of its own, under atheris,
which sees what an input makes run and goes on from there.  Where there is no
atheris for this Python, hypothesis makes up the inputs.  A finding is written
to C{.fuzz/findings}, and::

    python tools/fuzz.py --file .fuzz/findings/memory-crash-... memory

runs it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

#: Each target by its name: the module that has it, and its longest input.  A
#: session doubles a file with every three lines, so that a long script would
#: find nothing but the end of the memory.
TARGETS = {
    "control": ("tools.fuzztargets", 1000),
    "parsers": ("tools.fuzztargets", 400),
    "codecs": ("tools.fuzztargets", 2000),
    "memory": ("tools.fuzzsessions", 600),
    "disk": ("tools.fuzzsessions", 600),
}

PLACE = Path(__file__).resolve().parent.parent / ".fuzz"


def load(name: str) -> Callable[[bytes], None]:
    """
    Give a target.
    """
    target: Callable[[bytes], None] = getattr(import_module(TARGETS[name][0]), name)
    return target


def _words() -> Any:
    # Not at the top of the file: it imports verbs, which the process that runs
    # a target must import in a way that lets atheris see into them.
    return import_module("tools.fuzzwords")


def guided(name: str, seconds: int, memory: int) -> int:
    """
    Try a target with atheris.

    @param memory: what the process may use, MiB.
    @return: 0 if nothing was found.
    """
    corpus, findings = PLACE / "corpus" / name, PLACE / "findings"
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    begin = _words()
    for number, seed in enumerate(begin.SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = PLACE / "words"
    quoted = ("".join(f"\\x{byte:02x}" for byte in token) for token in begin.TOKENS)
    words.write_text("".join(f'"{token}"\n' for token in quoted))
    limits = f"-max_total_time={seconds} -max_len={TARGETS[name][1]} -rss_limit_mb={memory}".split()
    others = [
        f"-artifact_prefix={findings / name}-",
        f"-dict={words}",
        "-timeout=30",
        "-verbosity=0",
    ]
    program = [sys.executable, "-W", "error", __file__, "--guided", name]
    return subprocess.run([*program, str(corpus), *limits, *others]).returncode


def runGuided(name: str, options: list[str]) -> None:
    """
    Be the process that atheris runs a target in; it does not return.
    """
    atheris = import_module("atheris")
    # It tells of every module.
    with redirect_stderr(StringIO()), atheris.instrument_imports(include=["ftpactive"]):
        target = load(name)
    atheris.Setup([sys.argv[0], *options], target)
    atheris.Fuzz()


def unguided(name: str, seconds: int) -> int:
    """
    Try a target with hypothesis.

    @return: 0 if nothing was found.
    """
    hypothesis = import_module("hypothesis")
    given, begin = hypothesis.strategies, _words()
    target, last = load(name), b""

    def attempt(data: bytes) -> None:
        nonlocal last
        last = data
        target(data)

    words = given.sampled_from((*begin.TOKENS, *begin.SEEDS[name]))
    pieces = given.lists(words | given.binary(max_size=8), max_size=60)
    calm = hypothesis.settings(
        max_examples=500, deadline=None, database=None, suppress_health_check=hypothesis.HealthCheck
    )
    attempts = calm(hypothesis.given(pieces.map(b"".join))(attempt))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            attempts()
        except BaseException:
            # The last one that was tried is the smallest that fails.
            finding = PLACE / "findings" / f"{name}-crash"
            finding.parent.mkdir(parents=True, exist_ok=True)
            finding.write_bytes(last)
            print(f"{name}: see {finding}", file=sys.stderr)
            raise
    return 0


def main() -> None:
    """
    Try all targets, or those that are named.
    """
    if sys.argv[1:2] == ["--guided"]:
        runGuided(sys.argv[2], sys.argv[3:])
    options = argparse.ArgumentParser(description="Look for inputs that break something.")
    options.add_argument("--seconds", type=int, default=600, help="for all targets together")
    options.add_argument("--memory", type=int, default=1024, help="for one process, MiB")
    options.add_argument("--file", type=Path, help="try this input only")
    options.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="target")
    chosen = options.parse_args()
    names = chosen.targets or list(TARGETS)
    if chosen.file:
        for name in names:
            load(name)(chosen.file.read_bytes())
        return
    share = max(1, chosen.seconds // len(names))
    hasAtheris = find_spec("atheris") is not None
    if not hasAtheris:
        print("There is no atheris for this Python: hypothesis tries instead, and finds less.")
    for name in names:
        print(f"{name}: {share} seconds", flush=True)
        if guided(name, share, chosen.memory) if hasAtheris else unguided(name, share):
            sys.exit(f"{name}: found something, see above and {PLACE / 'findings'}")
    print("Nothing was found.")


if __name__ == "__main__":
    main()
