"""
How many bytes may pass now, and in whose turn: arithmetic, without a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic, TypeVar

#: What may be saved up, in seconds of the rate.  It must outlast the moments in
#: which a busy process does other things, or they would be lost; and it is what
#: the first of several gets ahead of the others.
BURST = 0.1

T = TypeVar("T")


class Bucket:
    """
    Lets a rate pass, and what was saved up for a short while.  Times are
    seconds of any clock that does not go back.
    """

    def __init__(self, rate: int, now: float) -> None:
        """
        @param rate: bytes per second, more than 0.
        """
        self.rate = rate
        self._level = 0.0
        self._then = now

    def refill(self, now: float) -> None:
        """
        Take in what the time has brought.
        """
        gained = (now - self._then) * self.rate
        self._level = min(self._level + gained, self.rate * BURST)
        self._then = now

    def draw(self, count: int) -> None:
        """
        Let bytes pass: more than there is makes a debt, which keeps the next
        ones waiting.
        """
        self._level -= count

    def wait(self) -> float:
        """
        Tell for how many seconds nothing may pass, as of the last refill.
        """
        return max(0.0, -self._level / self.rate)


@dataclass(slots=True, eq=False)
class Flow:
    """
    One of those who share a rate.

    @ivar finish: up to where it has had its share, on a scale that all share.
    """

    finish: float = 0.0


@dataclass(order=True, slots=True)
class Turn(Generic[T]):
    """
    A place in the line.
    """

    start: float
    number: int
    count: int = field(compare=False)
    what: T = field(compare=False)
    isWanted: bool = field(default=True, compare=False)


class FairQueue(Generic[T]):
    """
    Orders what several flows want to send so that each gets the same number
    of bytes, however large the pieces are that it comes with: fair queueing
    by start times.  Who was idle has not saved up any turns.
    """

    def __init__(self) -> None:
        self._turns: list[Turn[T]] = []
        self._number = 0
        self._now = 0.0

    def push(self, flow: Flow, count: int, what: T) -> Turn[T]:
        """
        Stand in line.

        @return: for L{leave}.
        """
        start = max(self._now, flow.finish)
        flow.finish = start + count
        self._number += 1
        turn = Turn(start, self._number, count, what)
        heappush(self._turns, turn)
        return turn

    def leave(self, turn: Turn[T]) -> None:
        """
        Leave the line before one's turn.
        """
        turn.isWanted = False

    def pop(self) -> tuple[int, T] | None:
        """
        Give whose turn it is: how many bytes, and what was pushed; L{None} when
        nobody stands in line.
        """
        if not self:
            return None
        turn = heappop(self._turns)
        self._now = turn.start
        return turn.count, turn.what

    def __bool__(self) -> bool:
        """
        Does anybody stand in line?
        """
        while self._turns and not self._turns[0].isWanted:
            heappop(self._turns)
        return bool(self._turns)
