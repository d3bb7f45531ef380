"""
The waits of a data connection: for the client, but not for ever; until bytes
may pass, where a pace is set; and for everybody else's turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from ftpactive.logins import IPace, Pace
from ftpactive.net.deadlines import Deadline, deadlines


class Pausing:
    """
    The waits of one data connection.
    """

    _waiting: Deferred[None] | None = None

    @property
    def isOn(self) -> bool:
        """
        Is it we who wait, and not for the client?
        """
        return self._waiting is not None

    async def take(self, pace: IPace | None, count: int) -> None:
        """
        Wait until so many bytes may pass, or until L{end} is called.
        """
        if pace is None:
            return
        taken: Any = pace.take(count)
        self._waiting = taken
        try:
            await taken
        except CancelledError:
            # Why is known to whoever called L{end}.
            pass
        finally:
            self._waiting = None

    def end(self) -> None:
        """
        Wait no longer.
        """
        if self._waiting is not None:
            self._waiting.cancel()


#: Bytes of files after which everybody else has a turn, where the client does
#: not make us wait by itself: what compresses well is a few bytes to it.
_TURN = 1024 * 1024


class Patience:
    """
    Waits for a client as long as it moves something now and then.

    @ivar timeout: seconds without that.
    """

    _timer: Deadline | None = None
    _waiting: Deferred[None] | None = None
    _sinceTurn = 0
    _isOver = False

    def __init__(self, reactor: IReactorTime, timeout: float, stalled: Callable[[], bool]) -> None:
        """
        @param stalled: called when nothing has moved for so long; tells whether
            that is the end.
        """
        self.timeout = timeout
        self._reactor = reactor
        self._stalled = stalled

    def begin(self) -> None:
        """
        Count the seconds from now on, if they are not yet: small files in the
        kernel's hands are over before anybody waits.
        """
        if self._timer is None and not self._isOver:
            self._timer = deadlines(self._reactor, self.timeout).begin(self._expire)

    def change(self) -> Deferred[None]:
        """
        Give what fires when anything has changed.
        """
        self.begin()
        self._sinceTurn = 0
        self._waiting = Deferred()
        return self._waiting

    def wake(self) -> bool:
        """
        Something has changed.

        @return: has anybody waited for that?
        """
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return False
        waiting.callback(None)
        return True

    def moved(self) -> None:
        """
        The client has taken or given something.
        """
        if self._timer is not None:
            self._timer.renew()

    def isLong(self, count: int) -> bool:
        """
        Is it time for everybody else to have a turn?

        @param count: bytes of the file since the last call.
        """
        self._sinceTurn += count
        return self._sinceTurn >= _TURN

    def share(self) -> Deferred[None]:
        """
        Let everybody else have a turn.
        """
        self._sinceTurn = 0
        return deferLater(self._reactor, 0)

    def end(self) -> None:
        """
        The connection is gone, and nobody stalls any more.
        """
        self._isOver = True
        if self._timer is not None:
            self._timer.cancel()
        del self._stalled
        self.wake()

    def _expire(self) -> None:
        if not self._stalled():
            self._timer = deadlines(self._reactor, self.timeout).begin(self._expire)


def chunkOf(pace: IPace | None, most: int) -> int:
    """
    Give how many bytes to move at a time.

    @param most: as many are moved where no pace is set.
    """
    return most if pace is None else min(most, pace.chunk)


def partsOf(data: bytes, pace: IPace | None) -> Iterator[bytes]:
    """
    Cut what came into parts that pass one after the other.
    """
    if pace is None or len(data) <= pace.chunk:
        return iter((data,))
    size = pace.chunk
    return (data[begin : begin + size] for begin in range(0, len(data), size))


UNLIMITED = Pace()
