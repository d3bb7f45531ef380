"""
Being told by the kernel of much at once, as long as much comes.

A client sends on while its last bytes are stored.  Who is as fast as it is then
told of each bit that has come: twenty thousand times for a GiB, which took a
fifth of the processor time of an upload under TLS.
"""

from __future__ import annotations

from contextlib import suppress
from socket import SO_RCVLOWAT, SOL_SOCKET, socket
from typing import Any

from ftpactive.net.deadlines import Deadline, deadlines

#: So many times in so many seconds is often.
OFTEN = 8
_SOON = 0.01

#: Bytes that are much.
_MUCH = 256 * 1024

#: Seconds in which they must come; else a client may wait for an answer to less.
_PATIENCE = 0.02


class Gathering:
    """
    Of one connection.
    """

    _timer: Deadline | None = None
    _since = float("-inf")
    _isFed = False

    def __init__(self, reactor: Any, end: socket) -> None:
        """
        @param end: that is read.
        """
        self._reactor = reactor
        self._end = end

    def hurry(self) -> None:
        """
        All that had come was taken, L{OFTEN} times since the last call.
        """
        if self._timer is not None:
            self._isFed = True
            return
        now = self._reactor.seconds()
        if now - self._since < _SOON:
            self._tell(_MUCH)
            self._begin()
        self._since = now

    def _begin(self) -> None:
        self._isFed = False
        self._timer = deadlines(self._reactor, _PATIENCE).begin(self._look)

    def _look(self) -> None:
        if self._isFed:
            self._begin()
        else:
            self._timer = None
            self._tell(1)

    def _tell(self, count: int) -> None:
        # Of fewer bytes the kernel says nothing, unless they are the last.
        with suppress(OSError):
            self._end.setsockopt(SOL_SOCKET, SO_RCVLOWAT, count)

    def end(self) -> None:
        """
        The connection is read no more.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
