"""
TLS between a protocol and its socket: seen from the socket a protocol, seen from
the protocol a transport.

It stands on the same socket whichever end has connected, so that we are the TLS
server in active mode as well.  Twisted's own layer is not used, since it waits
with its end for that of the client (who may wait for 226 first), and cannot be
taken away again (CCC, REIN).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.net.passed import Passed
from ftpactive.net.reasons import HandshakeFailed
from ftpactive.net.replies import Replies
from ftpactive.net.tlsending import TLSEnding
from ftpactive.net.tlswords import words

#: What is taken from OpenSSL at a time: more than a chunk of a file in records.
_MOST = 96 * 1024

#: The bytes of a record, and of what stands before them.
_RECORD = 16 * 1024
_HEADER = 5

_LEFT = "the client closed the connection in the middle of it"


class _State(Enum):
    """
    How far it is.
    """

    #: Nothing can be read, and what is written waits.
    HANDSHAKE = "handshake"
    OPEN = "open"
    #: We have said that we say no more (close_notify), and listen still.
    SAID = "said"
    #: It failed, or it is gone.
    OVER = "over"


@implementer(IHalfCloseableProtocol)
class TLSLayer(Passed, Protocol):
    """
    One connection under TLS.
    """

    def __init__(
        self,
        connection: SSL.Connection,
        raw: Any,
        above: Any,
        *,
        settled: Callable[[str], object],
        cutShort: Callable[[], object],
    ) -> None:
        """
        @param connection: of OpenSSL, for memory.
        @param raw: the socket's transport.
        @param above: the protocol that TLS is for.
        @param settled: called once, with why the handshake failed, or with
            nothing when TLS is there.
        @param cutShort: called when the client has closed without an end of
            TLS (close_notify), as somebody on the way could do.
        """
        super().__init__(raw)
        self._connection = connection
        self._above = above
        self._settled: Callable[[str], object] | None = settled
        self._cutShort = cutShort
        self._state = _State.HANDSHAKE
        self._early: list[bytes] = []
        self._hasEnd = False
        self._failure: Failure | None = None
        self._out: Replies | None = None
        # Has OpenSSL had nothing but whole records, as far as we have looked?
        self._isWhole = True

    def begin(self, *, isFree: bool = False) -> None:
        """
        Take the place of the protocol above, and wait for the client to begin.

        @param isFree: has all that was written before left the transport?  Then
            records go straight to the socket.
        """
        self._connection.set_accept_state()
        if isFree:
            self._out = Replies(self._raw)
        self._raw.protocol = self
        self._above.transport = self
        self._raw.resumeProducing()

    def end(self) -> None:
        """
        Say that TLS ends, and give the socket back to the protocol above.
        """
        self._sayEnd()
        self._state = _State.OVER
        self._above.transport = self._raw
        self._raw.protocol = TLSEnding(self._connection, self._raw, self._above)

    def giveUp(self, why: str) -> None:
        """
        The handshake has failed: the client is told so by TLS.

        @param why: in words.
        """
        if self._state is _State.HANDSHAKE:
            self._state = _State.OVER
            self._flush()
            self._failure = Failure(HandshakeFailed(why))
            self._settle(why)
            self._raw.loseConnection()

    def _settle(self, why: str) -> None:
        settled, self._settled = self._settled, None
        if settled is not None:
            settled(why)

    # The socket's protocol.

    def dataReceived(self, data: bytes) -> None:
        """
        Take in what came, and pass on what it says.
        """
        if self._state is _State.OVER:
            return
        self._connection.bio_write(data)
        count = self._countOf(data) if self._isWhole else 0
        if self._state is _State.HANDSHAKE:
            self._shake()
            count = 0
        if self._state in (_State.OPEN, _State.SAID):
            self._read(isOne=count == 1)

    def _countOf(self, data: bytes) -> int:
        # How many records it is, as what came before were whole ones.
        place = count = 0
        while place + _HEADER <= len(data):
            place += _HEADER + int.from_bytes(data[place + 3 : place + _HEADER], "big")
            count += 1
        self._isWhole = place == len(data)
        return count if self._isWhole else 0

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
        except SSL.Error as error:
            self.giveUp(words(error))
        else:
            self._flush()
            self._state = _State.OPEN
            self._settle("")
            early, self._early = self._early, []
            for each in early:
                self.write(each)

    def _read(self, *, isOne: bool) -> None:
        try:
            while self._state is not _State.OVER:
                self._above.dataReceived(self._connection.recv(_RECORD))
                if isOne:
                    # It was data, and all there was: to ask OpenSSL for more,
                    # and for answers, costs as much as this did.
                    return
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._clientEnded()
        except SSL.Error as error:
            self._broke(error)
        # Answers to what is not data, such as new keys.
        self._flush()

    def _broke(self, error: SSL.Error) -> None:
        self._flush()
        self._failure = Failure(ConnectionLost(f"TLS broke: {words(error)}"))
        self.abortConnection()

    def _clientEnded(self) -> None:
        self._hasEnd = True
        if IHalfCloseableProtocol.providedBy(self._above):
            self._above.readConnectionLost()
        else:
            self.loseConnection()

    def readConnectionLost(self) -> None:
        """
        The client has closed its side of the socket.
        """
        if self._state is _State.HANDSHAKE:
            self.giveUp(_LEFT)
        elif not self._hasEnd:
            self._cutShort()

    def writeConnectionLost(self) -> None:
        """
        Our side of the socket is closed, and all has left.
        """
        if IHalfCloseableProtocol.providedBy(self._above):
            self._above.writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The socket is gone.
        """
        if self._state is _State.HANDSHAKE:
            self._failure = Failure(HandshakeFailed(_LEFT))
        self._state = _State.OVER
        self._above.connectionLost(self._failure or reason)
        self._settle(_LEFT)

    # The protocol's transport.

    def write(self, data: bytes) -> None:
        """
        Send bytes; those that are written before TLS is there wait for it.
        """
        if self._state is _State.HANDSHAKE:
            self._early.append(data)
        elif self._state is _State.OPEN:
            try:
                # There is room for all of it in memory.
                self._connection.sendall(data)
            except SSL.Error as error:
                self._broke(error)
            else:
                self._flush()

    def _flush(self) -> None:
        """
        Hand to the socket what OpenSSL has for it.
        """
        try:
            while data := self._connection.bio_read(_MOST):
                if self._out is None:
                    self._raw.write(data)
                else:
                    self._out.write(self._raw, data)
                if len(data) < _MOST:
                    break
        except SSL.WantReadError:
            pass

    def _sayEnd(self) -> None:
        if self._state is _State.OPEN:
            self._connection.shutdown()
            self._flush()
            self._state = _State.SAID

    def loseWriteConnection(self) -> None:
        """
        Say that we say no more, and close our side when all has left.
        """
        self._sayEnd()
        self._raw.loseWriteConnection()

    def loseConnection(self) -> None:
        """
        Say that we say no more, and close when all has left.  The client's
        answer to that is not waited for: it changes nothing.
        """
        self._sayEnd()
        self._raw.loseConnection()
