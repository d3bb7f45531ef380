"""
Moving bytes under TLS, with OpenSSL on the socket itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from socket import socket

from OpenSSL import SSL
from twisted.internet.interfaces import IReactorFDSet

from ftpactive.net.pump import Owner
from ftpactive.net.pumpsocket import SocketPump
from ftpactive.net.tlswords import words

#: The bytes of a record, and all that OpenSSL gives at a time.
RECORD = 16 * 1024

_LEFT = "the client closed the connection in the middle of it"

_WAIT = (SSL.WantReadError, SSL.WantWriteError)


class TLSPump(SocketPump):
    """
    Shakes hands, then moves bytes as records.

    @ivar fault: why OpenSSL had no more, where that is still to be told.
    """

    sendsFiles = False
    # What each piece costs besides weighs more than to keep twice as much of it.
    piece = 512 * 1024
    buffer = memoryview(bytearray(piece))

    def __init__(
        self,
        owner: Owner,
        reactor: IReactorFDSet,
        end: socket,
        connection: SSL.Connection,
        *,
        settled: Callable[[str], object],
        cutShort: Callable[[], object] | None,
    ) -> None:
        """
        @param connection: of OpenSSL, on the socket.
        @param settled: called once, with why the handshake failed, or with
            nothing when TLS is there.
        @param cutShort: called when the client has closed without an end of
            TLS (close_notify); where there is none, that is an end as well.
        """
        super().__init__(owner, reactor, end)
        self._connection = connection
        self._settled: Callable[[str], object] | None = settled
        self._cutShort = cutShort
        self.fault: SSL.Error | None = None

    def shake(self) -> None:
        """
        Begin the handshake, in which the client speaks first; and go on.
        """
        try:
            self.shakeHands()
        except SSL.WantReadError:
            self.watch(reading=True, writing=False)
        except SSL.WantWriteError:
            self.watch(reading=False, writing=True)
        except SSL.SysCallError:
            self.giveUp(_LEFT)
        except SSL.Error as error:
            self.giveUp(words(error))
        else:
            # It reads again when the transfer begins.
            self.watch(reading=False, writing=False)
            self._settle("")

    def shakeHands(self) -> None:
        """
        Do what can be done of the handshake now.

        @raise SSL.Error: it is not over.
        """
        self._connection.do_handshake()

    def giveUp(self, why: str) -> None:
        """
        The handshake has failed; OpenSSL has told the client.

        @param why: in words.
        """
        if self._settled is not None:
            self._settle(why)
            self.finishSocket()

    def _settle(self, why: str) -> None:
        settled, self._settled = self._settled, None
        if settled is not None:
            settled(why)

    def lost(self) -> None:
        """
        See L{Pump.lost}.
        """
        super().lost()
        self._settle(_LEFT)

    def doRead(self) -> None:
        """
        Something has come.
        """
        if self._settled is None:
            super().doRead()
        else:
            self.shake()

    def doWrite(self) -> None:
        """
        Something can go.
        """
        if self._settled is None:
            super().doWrite()
        else:
            self.shake()

    def give(self, data: memoryview) -> int:
        """
        See L{SocketPump.give}.  OpenSSL wants to see the same bytes again when
        it could not send all records of them.
        """
        try:
            return self._connection.send(data)
        except _WAIT:
            raise BlockingIOError from None
        except SSL.Error as error:
            raise ConnectionError(words(error)) from None

    def take(self) -> bytes | memoryview:
        """
        See L{SocketPump.take}.
        """
        size = self.gather() if self.fault is None else 0
        if size:
            if isinstance(self.fault, _WAIT):
                self.fault = None
            return self.buffer[:size]
        fault, self.fault = self.fault, None
        return self._ended(fault)

    def gather(self, size: int = 0) -> int:
        """
        Put what has come into the buffer.

        @param size: how many bytes are there already.
        @return: how many bytes; if it does not fill the buffer, C{fault} says
            why, and what came before that is taken first.
        """
        try:
            while size + RECORD <= len(self.buffer):
                size += self._connection.recv_into(self.buffer[size:], RECORD)
        except SSL.Error as error:
            self.fault = error
        return size

    def _ended(self, fault: SSL.Error | None) -> bytes:
        if isinstance(fault, _WAIT):
            raise BlockingIOError
        if isinstance(fault, SSL.ZeroReturnError):
            return b""
        if not (isinstance(fault, SSL.SysCallError) and fault.args[0] == -1):
            raise ConnectionError("TLS broke")
        if self._cutShort is not None:
            self._cutShort()
            raise BlockingIOError
        return b""

    def finish(self) -> None:
        """
        See L{Pump.finish}; TLS ends before.
        """
        self._push(self._end)

    def sayEnd(self) -> None:
        """
        Say that we say no more (close_notify).  The client's answer to that is
        not waited for: it changes nothing.

        @raise SSL.Error: it cannot be said, or not yet.
        """
        self._connection.shutdown()

    def _end(self) -> bool:
        try:
            self.sayEnd()
        except _WAIT:
            return False
        except SSL.Error:
            self._break()
            return False
        self.finishSocket()
        return True

    def finishSocket(self) -> None:
        """
        Close, when there is nothing more to be said.
        """
        super().finish()

    def close(self) -> None:
        """
        See L{Pump.close}.
        """
        with suppress(SSL.Error):
            self.sayEnd()
        super().close()
