"""
Many waits of the same length, few of which last until their end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Deadline:
    """
    One of them.
    """

    __slots__ = ("_all", "call", "due")

    def __init__(self, all: OrderedDict[Deadline, None], due: float, call: Callable[[], Any]):
        """
        @param all: those of the same length, in their order.
        @param due: when it is over.
        @param call: what is called then.
        """
        self._all = all
        self.due = due
        self.call = call

    def active(self) -> bool:
        """
        Is it still waited for?
        """
        return self in self._all

    def cancel(self) -> None:
        """
        Do not wait any more; also when it is over already.
        """
        self._all.pop(self, None)


class Deadlines:
    """
    Waits that end in the order in which they began: one timer is enough for all
    of them.  The reactor's own cost more than what they are to watch over, when
    that is the connection of a small file.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """
        @param seconds: how long each of them is.
        """
        self._clock = clock
        self._seconds = seconds
        self._all: OrderedDict[Deadline, None] = OrderedDict()
        self._timer: IDelayedCall | None = None

    def begin(self, call: Callable[[], Any]) -> Deadline:
        """
        Wait.

        @param call: what is called in the end, unless it is cancelled.
        """
        deadline = Deadline(self._all, self._clock.seconds() + self._seconds, call)
        self._all[deadline] = None
        if self._timer is None:
            # It stays when all are cancelled: others begin soon.
            self._timer = self._clock.callLater(self._seconds, self._look)
        return deadline

    @property
    def isIdle(self) -> bool:
        """
        Does nobody wait?
        """
        return not self._all

    def _look(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        try:
            while self._all and (first := next(iter(self._all))).due <= now:
                first.cancel()
                first.call()
        finally:
            if self._all and self._timer is None:
                left = next(iter(self._all)).due - now
                self._timer = self._clock.callLater(max(0, left), self._look)


# One service asks for few lengths, and for those at every connection.
@lru_cache(maxsize=64)
def deadlines(clock: IReactorTime, seconds: float) -> Deadlines:
    """
    Give the waits of one length, which all who want such ones share.
    """
    return Deadlines(clock, seconds)
