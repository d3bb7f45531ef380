"""
Many waits of the same length, few of which last until their end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpactive.net.reactors import nothing


class Deadline:
    """
    One of them.
    """

    __slots__ = ("_owner", "call", "due")

    def __init__(self, owner: Deadlines, call: Callable[[], Any]) -> None:
        """
        @param owner: those of the same length.
        @param call: what is called when it is over.
        """
        self._owner = owner
        self.due = owner.next()
        self.call = call

    def active(self) -> bool:
        """
        Is it still waited for?
        """
        return self in self._owner.waits

    def cancel(self) -> None:
        """
        Do not wait any more; also when it is over already.
        """
        self._owner.waits.pop(self, None)
        # In general its owner's, who would hold on to it, and it to its owner.
        self.call = nothing

    def renew(self) -> None:
        """
        Wait as long once more, from now on, unless it is over.
        """
        if self in self._owner.waits:
            self._owner.waits.move_to_end(self)
            self.due = self._owner.next()


class Deadlines:
    """
    Waits that end in the order in which they began: one timer is enough for all
    of them.  The reactor's own cost more than what they are to watch over, when
    that is the connection of a small file.

    @ivar waits: all of them, in their order.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """
        @param seconds: how long each of them is.
        """
        self._clock = clock
        self._seconds = seconds
        self.waits: OrderedDict[Deadline, None] = OrderedDict()
        self._timer: IDelayedCall | None = None

    def begin(self, call: Callable[[], Any]) -> Deadline:
        """
        Wait.

        @param call: what is called in the end, unless it is cancelled.
        """
        deadline = Deadline(self, call)
        self.waits[deadline] = None
        if self._timer is None:
            # It stays when all are cancelled: others begin soon.
            self._timer = self._clock.callLater(self._seconds, self._look)
        return deadline

    def next(self) -> float:
        """
        Give when one is over that begins now.
        """
        return self._clock.seconds() + self._seconds

    @property
    def isIdle(self) -> bool:
        """
        Does nobody wait?
        """
        return not self.waits

    def _look(self) -> None:
        now = self._clock.seconds()
        try:
            while self.waits and (first := next(iter(self.waits))).due <= now:
                call = first.call
                first.cancel()
                call()
        finally:
            # Not before: one that is begun meanwhile would set it for itself alone.
            self._timer = None
            if self.waits:
                left = next(iter(self.waits)).due - now
                self._timer = self._clock.callLater(max(0, left), self._look)


# Should there be more lengths than that, two of one length do no harm.
@lru_cache(maxsize=256)
def deadlines(clock: IReactorTime, seconds: float) -> Deadlines:
    """
    Give the waits of one length, which all who want such ones share.
    """
    return Deadlines(clock, seconds)
