"""
Waiting until bytes may pass, where a pace is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from ftpactive.logins import IPace, Pace

#: What is moved at a time where nothing else is said.  Twisted tells that it
#: wants more only when all was sent, so that this much within the stall
#: timeout is the slowest client we bear with.
CHUNK = 64 * 1024


class Pausing:
    """
    The waits of one data connection.
    """

    def __init__(self) -> None:
        self._waiting: Deferred[None] | None = None

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


def chunkOf(pace: IPace | None) -> int:
    """
    Give how many bytes to move at a time.
    """
    return CHUNK if pace is None else min(CHUNK, pace.chunk)


def partsOf(data: bytes, pace: IPace | None) -> Iterator[bytes]:
    """
    Cut what came into parts that pass one after the other.
    """
    if pace is None or len(data) <= pace.chunk:
        return iter((data,))
    size = pace.chunk
    return (data[begin : begin + size] for begin in range(0, len(data), size))


UNLIMITED = Pace()
