"""
Tests for L{ftpactive.net.pausing}, and for how a data connection keeps to a
pace.
"""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpactive.core.codec import Chain
from ftpactive.core.errors import TransferAborted
from ftpactive.logins import IPace, Pace
from ftpactive.net.channel import DataChannel
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.channels import STALL, Pieces, Store
from tests.net.pending import pending
from tests.net.played import joined, lose, result


@implementer(IPace)
class HandPace:
    """
    A pace at which bytes pass when the test says so.
    """

    chunk = 4

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.waiting: Deferred[None] = Deferred()

    def take(self, count: int) -> Deferred[None]:
        """
        See L{IPace.take}.
        """
        self.asked.append(count)
        self.waiting = Deferred()
        return self.waiting

    def go(self) -> None:
        """
        Let them pass.
        """
        self.waiting.callback(None)


class Connection:
    """
    A data connection with a pace, and the transfer on it.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.pace = HandPace()
        self.channel = DataChannel(self.clock, STALL, lambda: None)
        self.channel.pace = Pace(self.pace, self.pace)
        self.transport: Any = joined(self.channel, SERVER, CLIENT)
        self.store = Store()

    def sends(self, *pieces: bytes) -> Deferred[int]:
        """
        Begin a download.
        """
        return Deferred.fromCoroutine(self.channel.send(Pieces(*pieces), Chain()))

    def receives(self, data: bytes) -> Deferred[int]:
        """
        Begin an upload, of which this has come.
        """
        received = self.channel.receive(self.store, Chain(), lambda text, size: None)
        done = Deferred.fromCoroutine(received)
        self.channel.dataReceived(data)
        return done


@pytest.fixture
def connection() -> Connection:
    """
    A data connection with a pace.
    """
    return Connection()


class TestDownload:
    """
    What is sent waits before it is written.
    """

    def test_waits(self, connection: Connection) -> None:
        """
        For as many bytes as the source gave.
        """
        connection.sends(b"abc", b"de")
        assert (connection.pace.asked, connection.transport.value()) == ([3], b"")
        connection.pace.go()
        assert (connection.pace.asked, connection.transport.value()) == ([3, 2], b"abc")

    def test_noStall(self, connection: Connection) -> None:
        """
        That we wait is no fault of the client's; if it then does not read, that
        is.
        """
        done = connection.sends(b"abc")
        connection.clock.advance(STALL * 3)
        assert not done.called
        connection.channel.pauseProducing()
        connection.pace.go()
        connection.clock.advance(STALL)
        assert connection.transport.disconnected

    def test_clientLeaves(self, connection: Connection) -> None:
        """
        Then nobody waits any more.
        """
        done = connection.sends(b"abc")
        lose(connection.transport)
        with pytest.raises(TransferAborted, match="closed the data connection early"):
            result(done)
        assert pending(connection.clock) == []


class TestUpload:
    """
    What comes waits before it is stored.
    """

    def test_inParts(self, connection: Connection) -> None:
        """
        Large pieces are stored a part at a time.
        """
        done = connection.receives(b"abcdefghij")
        for _ in range(3):
            connection.pace.go()
        lose(connection.transport)
        assert result(done) == 10
        assert connection.pace.asked == [4, 4, 2]
        assert connection.store.written == [b"abcd", b"efgh", b"ij"]

    def test_allHasCome(self, connection: Connection) -> None:
        """
        A client that has sent all and closed has not cut anything.
        """
        done = connection.receives(b"abcdef")
        lose(connection.transport)
        assert not done.called
        connection.pace.go()
        connection.pace.go()
        assert result(done) == 6

    def test_broken(self, connection: Connection) -> None:
        """
        Of a connection that broke, what came is stored before that is told.
        """
        done = connection.receives(b"abcdef")
        lose(connection.transport, ConnectionLost())
        connection.pace.go()
        connection.pace.go()
        with pytest.raises(TransferAborted):
            result(done)
        assert b"".join(connection.store.written) == b"abcdef"

    @pytest.mark.parametrize("hasClosed", [True, False])
    def test_aborted(self, connection: Connection, hasClosed: bool) -> None:
        """
        ABOR ends it at once, also when the client has closed already.
        """
        done = connection.receives(b"abcdef")
        if hasClosed:
            lose(connection.transport)
        connection.channel.abort()
        if not hasClosed:
            lose(connection.transport, ConnectionLost())
        with pytest.raises(TransferAborted, match="Transfer aborted"):
            result(done)
        assert connection.store.written == []
