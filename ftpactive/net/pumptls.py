"""
Sending under TLS: OpenSSL makes records in memory, and the kernel takes them
from there, many at a time.
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
from ftpactive.net.tlswriting import Outgoing

#: What OpenSSL is given at a time: with less, Python costs more; more is no
#: faster, and takes more memory.
_ROOM = 384 * 1024

#: What is received of the client at a time in a handshake.
_FLIGHT = 64 * 1024

#: Bytes of a file after which everybody else has a turn.
_SHARE = 2 * 1024 * 1024

_LEFT = "the client closed the connection in the middle of it"


class TLSPump(SocketPump):
    """
    Shakes hands, then sends bytes as records.
    """

    # What each piece costs besides weighs more than to keep twice as much of it.
    piece = 512 * 1024
    # Of all connections: OpenSSL takes a part of a file at once.
    _room = memoryview(bytearray(_ROOM))

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
        @param connection: of OpenSSL, for memory.
        @param settled: called once, with why the handshake failed, or with
            nothing when TLS is there.
        @param cutShort: called, in an upload, when the client has closed without an end of
            TLS (close_notify); where there is none, that is an end as well.
        """
        super().__init__(owner, reactor, end)
        self._connection = connection
        self._settled: Callable[[str], object] | None = settled
        self.cutShort = cutShort
        self._outgoing = Outgoing(connection)
        # Bytes of a file whose records have not gone.
        self._unsent = 0

    def shake(self) -> None:
        """
        Begin the handshake, in which the client speaks first; and go on.
        """
        try:
            self._shakeHands()
        except SSL.WantReadError:
            self.watch(reading=True, writing=False)
        except (SSL.SysCallError, OSError):
            self.giveUp(_LEFT)
        except SSL.Error as error:
            self.giveUp(words(error))
        else:
            # It reads again when the transfer begins.
            self.watch(reading=False, writing=False)
            self._settle("")

    def _shakeHands(self) -> None:
        with suppress(BlockingIOError):
            self.offer(self.receive(_FLIGHT))
        try:
            self._connection.do_handshake()
        finally:
            self.answer()

    def receive(self, most: int) -> memoryview:
        """
        Give what has come, nothing at its end.

        @raise BlockingIOError: there is nothing yet.
        """
        place = self.buffer[-self.piece :][:most]
        return place[: self._socket.recv_into(place)]

    def offer(self, records: memoryview) -> None:
        """
        Have OpenSSL take in what has come; nothing is the end.
        """
        if records:
            self._connection.bio_write(records)
        else:
            self._connection.bio_shutdown()

    def answer(self) -> None:
        """
        Send what OpenSSL has to say besides: little enough for the kernel to
        take it all from us.

        @raise ConnectionError: it does not, since the client asks for answers,
            such as new keys, and reads none.
        """
        try:
            while self._outgoing.send(self._socket):
                pass
        except BlockingIOError:
            raise ConnectionError("the client does not read") from None

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
            super().doWrite()

    def _pushBytes(self) -> bool:
        return self._pushAll(self._nextBytes)

    def _nextBytes(self) -> memoryview:
        data = self._rest[: len(self._room)]
        self._rest = self._rest[len(data) :]
        return data

    def _pushFile(self) -> bool:
        return self._pushAll(self._nextOfFile)

    def _nextOfFile(self) -> memoryview:
        if not self._left:
            return self._room[:0]
        try:
            size = os.readv(self._file, [self._room[: self._left]])
        except OSError:
            # Whoever reads the rest is told.
            size = 0
        self._left = self._left - size if size else 0
        self._unsent = size
        return self._room[:size]

    def _pushAll(self, take: Callable[[], memoryview]) -> bool:
        share = _SHARE
        try:
            while share > 0:
                while sent := self._outgoing.send(self._socket):
                    share -= sent
                    # Records are a little more than what is in them.
                    moved = min(sent, self._unsent)
                    self._unsent -= moved
                    self.owner.moved(moved)
                piece = take()
                if not piece:
                    return True
                if self._connection.send(piece) != len(piece):
                    # It may do so in a mode that it is not in.
                    raise ConnectionError("OpenSSL has not taken all")
        except BlockingIOError:
            pass
        except (OSError, SSL.Error):
            self._break()
        return False

    def take(self) -> bytes | memoryview:
        """
        See L{SocketPump.take}: who was told to send does not ask.
        """
        raise NotImplementedError

    def finish(self) -> None:
        """
        See L{Pump.finish}; TLS ends before.
        """
        try:
            self._sayEnd()
        except SSL.Error:
            self._break()
        self._push(self._end)

    def _sayEnd(self) -> None:
        # We say no more (close_notify).  The client's answer to that is not
        # waited for: it changes nothing.
        self._connection.shutdown()

    def _end(self) -> bool:
        isAll = self._pushAll(lambda: memoryview(b""))
        if isAll:
            self.finishSocket()
        return isAll

    def finishSocket(self) -> None:
        """
        Close, when there is nothing more to be said.
        """
        super().finish()

    def close(self) -> None:
        """
        See L{Pump.close}.
        """
        with suppress(OSError, SSL.Error):
            self._sayEnd()
            self.answer()
        super().close()
