"""
What is measured once, each on a server of its own that was just started.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from benchmarks.client import PASSIVE, Session
from benchmarks.crowd import crowd, join, takeTurns
from benchmarks.measure import Running
from benchmarks.processors import Placing, placed
from benchmarks.starting import Started
from benchmarks.values import Amounts, Fault, Held, Sample, Step
from benchmarks.waits import finish
from benchmarks.works import Act, Work, loggedIn, retrieveBig

#: Descriptors that a process needs beside its sessions.
_SPARE = 100


def allowDescriptors() -> int:
    """
    Ask for as many descriptors as a process may have; servers inherit that.

    @return: how many.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def possible(sessions: int, descriptors: int) -> int:
    """
    Give how many sessions one process can have.
    """
    return min(sessions, descriptors - _SPARE)


def sample(running: Running, act: Act) -> Sample:
    """
    Measure one work.
    """
    running.settle()
    # Not in the middle of what is measured on the clock.
    gc.collect()
    each, cpu, began = running.each(), running.cpu(), time.perf_counter()
    units = act()
    wall = time.perf_counter() - began
    running.settle()
    used = running.cpu() - cpu
    busiest = max((t - each.get(p, 0) for p, t in running.each().items()), default=used)
    return Sample(used / units, wall / units, busiest / units)


def measured(started: Started, work: Work, amounts: Amounts, placing: Placing) -> Sample:
    """
    Prepare a work, measure it, check it.
    """
    with placed(started.running, placing), work(started.target, amounts) as act:
        return sample(started.running, act)


def idleMemory(started: Started, amounts: Amounts) -> float:
    """
    Give the bytes of memory for each session that has logged in and waits.
    """
    running = started.running
    # Whatever is loaded with the first sessions is not theirs.
    with crowd(started.target, 20):
        running.settle()
    running.settle()
    before = running.memory()
    with crowd(started.target, amounts.idle) as sessions:
        running.settle()
        after = running.memory()
        stillThere(sessions)
    return (after - before) / amounts.idle


def stillThere(sessions: list[Session]) -> None:
    """
    See that none of them was lost.
    """
    for session in sessions[:: max(1, len(sessions) // 100)]:
        session.block()
        finish(session.ask("NOOP", b"200"))


def growth(started: Started, amounts: Amounts, deadline: float) -> Iterator[Step]:
    """
    Let more and more sessions take turns in taking small files.

    @param deadline: on the monotonic clock; a step after it is left out.
    """
    sessions: list[Session] = []
    with ExitStack() as stack:
        for count in amounts.growth:
            left = deadline - time.monotonic()
            if left < 0:
                return
            join(started.target, sessions, count, stack, left)
            started.running.settle()
            memory = started.running.memory()
            # pyftpdlib 2.2.0 stands still when several clients are active at once.
            turns = partial(takeTurns, sessions, PASSIVE, 2 * amounts.files, amounts.seconds)
            took = sample(started.running, turns)
            yield Step(count, memory, 1 / took.wall, 1 / took.cpu)


def held(started: Started, amounts: Amounts, descriptors: int) -> Held:
    """
    Take the big file, without idle sessions and beside them.
    """
    count = possible(amounts.held, descriptors)
    if count < 1:
        raise Fault(f"{descriptors} descriptors are too few")
    repeats = 1 if amounts.rounds == 1 else 3
    once = partial(measured, started, retrieveBig, amounts, Placing.APART)
    once()
    alone = tuple(once() for _ in range(repeats))
    before = started.running.memory()
    with crowd(started.target, count) as sessions:
        started.running.settle()
        memory = (started.running.memory() - before) / count
        beside = tuple(once() for _ in range(repeats))
        stillThere(sessions)
        with loggedIn(started.target):
            pass
    return Held(count, memory, alone, beside)
