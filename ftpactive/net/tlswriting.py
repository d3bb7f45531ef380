"""
What OpenSSL has to say, from its memory to the socket.

pyOpenSSL gives it in new memory, after a copy.  The kernel can take it from
where OpenSSL wrote it, which saves a tenth of the processor time of a download;
there is no public way to that, and where pyOpenSSL is not made as we know it,
the public way is left.
"""

from __future__ import annotations

from socket import socket
from typing import Any

from OpenSSL import SSL

#: What the kernel is offered at a time: more than the records of one piece of a file.
_MOST = 400 * 1024

_private: Any = SSL


class Outgoing:
    """
    What OpenSSL has to say on one connection.
    """

    try:
        _where, _drop = _private._lib.BIO_get_mem_data, _private._lib.BIO_read
        _show, _place = _private._ffi.buffer, _private._ffi.new("char **")
    except AttributeError:
        _show = None

    def __init__(self, connection: SSL.Connection) -> None:
        """
        @param connection: of OpenSSL, for memory.
        """
        self._connection = connection
        self._memory = getattr(connection, "_from_ssl", None) if self._show else None
        self._copied = memoryview(b"")

    def send(self, end: socket) -> int:
        """
        Send some of it.

        @return: how many bytes the kernel took; none when there are no more.
        @raise BlockingIOError: it takes nothing now.
        @raise OSError: the connection is broken.
        """
        if self._memory is None:
            return self._sendCopied(end)
        size = min(self._where(self._memory, self._place), _MOST)
        if size <= 0:
            return 0
        sent = end.send(self._show(self._place[0], size))
        # There is no other way to drop it than to read it: to where it stands, which
        # takes the place of nothing else in the processor's cache.
        self._drop(self._memory, self._place[0], sent)
        return sent

    def _sendCopied(self, end: socket) -> int:
        if not self._copied:
            try:
                self._copied = memoryview(self._connection.bio_read(_MOST))
            except SSL.WantReadError:
                return 0
        sent = end.send(self._copied)
        self._copied = self._copied[sent:]
        return sent
