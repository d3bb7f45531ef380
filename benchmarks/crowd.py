"""
Many sessions of one server.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.client import Session, Target
from benchmarks.contents import SMALL, SMALL_SIZE
from benchmarks.values import Fault
from benchmarks.waits import Waits, together

#: Of the sessions that take turns, so many do so at once.
MANY_SESSIONS = 32

#: Seconds in which all sessions must have logged in.
JOINING = 30


def _address(number: int) -> str:
    # Of its own for each session, as clients have.
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


@contextmanager
def crowd(target: Target, count: int) -> Iterator[list[Session]]:
    """
    Have many sessions, each from an address of its own.
    """
    with ExitStack() as stack:
        sessions: list[Session] = []
        join(target, sessions, count, stack)
        yield sessions


def join(
    target: Target, sessions: list[Session], count: int, stack: ExitStack, seconds: float = JOINING
) -> None:
    """
    Log in until there are so many sessions.

    @param seconds: how long it may take.
    @raise Fault: it takes longer.
    """
    deadline = time.monotonic() + seconds
    while len(sessions) < count:
        if time.monotonic() > deadline:
            raise Fault(f"{len(sessions)} of {count} sessions have logged in after {seconds:.0f} s")
        begun: list[Session] = []
        # One listening queue is not to be filled beyond what it holds.
        for number in range(len(sessions), min(count, len(sessions) + 25)):
            begun.append(stack.enter_context(Session(target, _address(number), blocks=False)))
        together(begin(session) for session in begun)
        sessions += begun


def begin(session: Session) -> Waits[None]:
    """
    Log in for binary transfers.
    """
    yield from session.login()
    yield from session.ask("TYPE I", b"200")


def takeTurns(sessions: list[Session], mode: str, files: int, seconds: float) -> int:
    """
    Let sessions take small files, some of them at the same time, and each its
    share: of several processes, none does more because it is ahead.

    @param files: how many all of them take, about and at most.
    @param seconds: after these, nobody takes another.
    @return: how many files they took.
    """
    deadline, done = time.monotonic() + seconds, 0
    lanes = min(len(sessions), MANY_SESSIONS)
    share = max(1, files // lanes)

    def turns() -> Iterator[Waits[object]]:
        # Each lane has its own sessions: none is asked to do two things at once.
        for lane in range(lanes):
            yield take(sessions[lane::lanes])

    def take(own: list[Session]) -> Waits[None]:
        nonlocal done
        for session in itertools.islice(itertools.cycle(own), share):
            if time.monotonic() > deadline:
                return
            done += 1
            yield from session.retrieve(SMALL, SMALL_SIZE, mode)

    together(turns())
    return done
