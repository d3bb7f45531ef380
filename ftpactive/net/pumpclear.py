"""
Moving bytes in the clear: the kernel sends files by itself (C{sendfile}), and
takes large uploads from the socket to the file by way of a pipe (C{splice}),
which copies them once in the place of twice.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from socket import socket
from typing import Any

from ftpactive.net.counts import arrived
from ftpactive.net.pumpsocket import SHARE, SocketPump

#: Bytes that the pipe is to hold: more are for root alone, on a system as it comes.
_SIZE = 1024 * 1024

#: As a system gives to all, but to users who have very many: to read and write
#: costs less than a smaller one.
_USUAL = 64 * 1024

#: What is said of a call that this system does not have, or a sandbox does not allow.
_REFUSALS = frozenset({errno.ENOSYS, errno.EPERM, errno.EINVAL})


class Pipe:
    """
    Holds what has come on one connection until a sink has taken it.
    """

    _outlet = _inlet = -1
    _isRefused = False

    def open(self) -> bool:
        """
        Have one, if that can be.
        """
        if self.isOpen or self._isRefused:
            return self.isOpen
        # Not every system, nor where all descriptors are taken.
        with suppress(AttributeError, OSError):
            self._splice = os.splice
            self._outlet, self._inlet = os.pipe()
            with suppress(OSError):
                fcntl.fcntl(self._inlet, fcntl.F_SETPIPE_SZ, _SIZE)
            if fcntl.fcntl(self._inlet, fcntl.F_GETPIPE_SZ) < _USUAL:
                self._refuse()
        return self.isOpen

    def fill(self, end: socket) -> int:
        """
        Take in what has come.

        @return: how many bytes; nothing at the end, and where no bytes can be had in
            this way.
        @raise BlockingIOError: there is nothing yet, or an urgent byte comes next.
        @raise OSError: the connection is broken.
        """
        try:
            return self._splice(end.fileno(), self._inlet, _SIZE, flags=os.SPLICE_F_NONBLOCK)
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            self._refuse()
            return 0

    def empty(self, sink: Any, count: int) -> None:
        """
        Have it taken.

        @param count: how many bytes there are.
        @raise FTPError: the sink fails.
        """
        try:
            sink.takeNow(self._outlet, count)
            if self.held():
                raise RuntimeError("The sink has left some of the file")
        except BaseException:
            # It is not to get into the next one.
            self.close()
            raise

    def held(self) -> int:
        """
        Give how many bytes are in it.
        """
        return arrived(self._outlet)

    @property
    def isOpen(self) -> bool:
        """
        Is there one?
        """
        return self._inlet >= 0

    def _refuse(self) -> None:
        self.close()
        self._isRefused = True

    def close(self) -> None:
        """
        Forget what is in it.
        """
        if self.isOpen:
            os.close(self._inlet)
            os.close(self._outlet)
            self._inlet = self._outlet = -1


class ClearPump(SocketPump):
    """
    Begins as its base does, which costs a small file less.

    @cvar pipe: of all connections: it is only filled and emptied in one go.
    """

    pipe = Pipe()
    _isMuch = _isPiped = _isStuck = False

    def pour(self, sink: Any) -> int | None:
        """
        See L{Pump.pour}.
        """
        if self._isMuch and self.pipe.open():
            count = self.come(self._receive)
            if count and self._isPiped:
                self.pipe.empty(sink, count)
                return count
        else:
            count = self.come(self._socket.recv_into, self.buffer)
        if count:
            sink.writeNow(self.buffer[:count])
            self._isMuch = self._isMuch or count == self.piece
        return count

    def _receive(self) -> int:
        self._isPiped = False
        try:
            if count := self.pipe.fill(self._socket):
                self._isPiped, self._isStuck = True, False
                return count
        except BlockingIOError:
            if not self._isStuck:
                self._isStuck = True
                raise
        # This knows what has stopped the pipe: the end, or an urgent byte, which is
        # passed over.
        return self._socket.recv_into(self.buffer)

    def _pushFile(self) -> bool:
        try:
            sent = os.sendfile(self._socket.fileno(), self._file, None, min(self._left, SHARE))
        except BlockingIOError:
            return False
        except ConnectionError:
            self._break()
            return False
        except OSError:
            # It may be the file's error as well as the socket's.
            return True
        self._left -= sent
        self.owner.moved(sent)
        return not (sent and self._left)
