"""
Sending under TLS, with OpenSSL on the socket itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from socket import socket

from OpenSSL import SSL
from twisted.internet.interfaces import IReactorFDSet

from ftpactive.net.pump import Owner
from ftpactive.net.pumpsocket import SocketPump
from ftpactive.net.tlswords import words

#: What is read of a file at a time: OpenSSL finds it in the processor's cache.
_ROOM = 64 * 1024

#: Bytes of a file after which everybody else has a turn.
_SHARE = 2 * 1024 * 1024

_LEFT = "the client closed the connection in the middle of it"

_WAIT = (SSL.WantReadError, SSL.WantWriteError)


class TLSPump(SocketPump):
    """
    Shakes hands, then sends bytes as records.
    """

    # What each piece costs besides weighs more than to keep twice as much of it.
    piece = 512 * 1024

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
        @param cutShort: called, in an upload, when the client has closed without an end of
            TLS (close_notify); where there is none, that is an end as well.
        """
        super().__init__(owner, reactor, end)
        self._connection = connection
        self._settled: Callable[[str], object] | None = settled
        self.cutShort = cutShort
        # A part of the file, until OpenSSL has all of it.
        self._room = memoryview(b"")

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
        # It is the owner's.
        self.cutShort = None
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
            if self.isDraining():
                # OpenSSL tells of a piece only when all of it has gone.
                self.owner.moved(0)
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

    def sendFile(self, descriptor: int, count: int) -> None:
        """
        See L{Pump.sendFile}; by way of memory that is used again and again.
        """
        size = min(count, _ROOM)
        if len(self._room) < size:
            self._room = memoryview(bytearray(size))
        super().sendFile(descriptor, count)

    def _pushFile(self) -> bool:
        share = _SHARE
        while share > 0 and (self._rest or (self._left and self._fill())):
            size = len(self._rest)
            if not self._pushBytes():
                return False
            self.owner.moved(size)
            share -= size
        return share > 0 or not self._left

    def _fill(self) -> bool:
        try:
            size = os.readv(self._file, [self._room[: self._left]])
        except OSError:
            # Whoever reads the rest is told.
            size = 0
        self._left -= size
        self._rest = self._room[:size]
        return size > 0

    def take(self) -> bytes | memoryview:
        """
        See L{SocketPump.take}: who was told to send does not ask.
        """
        raise NotImplementedError

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
