"""
Clients who answer at once.
"""

from __future__ import annotations

from socket import socket

from ftpactive.net.counts import arrived

#: After so many looks in vain, one after the other, clients are taken for ones that
#: are far, and looked for but every eighth time.
_VAIN = 4
_EVERY = 8

#: What is read at a time.
_PIECE = 64 * 1024


class Nearby:
    """
    Reads what a client has sent since the reactor has read.

    A client on our processor goes on while its reply is being sent, and often has its
    next command sent by the time that this call of the kernel comes back.  To read it
    then is cheaper than to sleep and be woken.  A client elsewhere is never so fast.

    There is one for all sessions: many are too short to find out by themselves.
    """

    __slots__ = ("_left", "_vain")

    def __init__(self) -> None:
        self._vain = self._left = 0

    def look(self, end: socket) -> bytes:
        """
        Give what has come; nothing where nothing has.  The end of the connection, or
        an error, is left for the reactor to find.

        @param end: of a control connection in the clear; does not block.
        """
        if self._left:
            self._left -= 1
            return b""
        try:
            if arrived(end):
                self._vain = 0
                return end.recv(_PIECE)
        except (OSError, ValueError):
            # It is broken, or closed.
            pass
        self._vain += 1
        if self._vain >= _VAIN:
            self._left = _EVERY - 1
        return b""
