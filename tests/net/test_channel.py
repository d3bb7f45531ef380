"""
Tests for L{ftpactive.net.channel}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from zope.interface.verify import verifyObject

from ftpactive.core.codec import IDENTITY, Chain
from ftpactive.core.errors import LocalError, NoSpace, TransferAborted
from ftpactive.interfaces import IDataChannel
from tests.net.channels import (
    STALL,
    TURN,
    WAITING,
    Bomb,
    Doubler,
    Ending,
    Line,
    Nothing,
    Pieces,
    Store,
)
from tests.net.pending import pending
from tests.net.played import lose, result


@pytest.fixture
def line() -> Line:
    """
    A connected channel.
    """
    return Line()


class TestConnecting:
    """
    What a channel does before a transfer wants it.
    """

    def test_interfaces(self, line: Line) -> None:
        """
        It is a data channel, and the producer of what it sends.
        """
        assert verifyObject(IDataChannel, line.channel)
        assert verifyObject(IPushProducer, line.channel)

    def test_holdsBackWhatComesEarly(self, line: Line) -> None:
        """
        Nothing is read, so that the kernel makes the client wait.
        """
        assert line.transport.producerState == "paused"
        assert line.transport.producer is line.channel

    def test_tellsThatItIsConnected(self, line: Line) -> None:
        """
        Who made it hears of it once.
        """
        assert line.connected == 1

    def test_noTimerBeforeTheTransfer(self, line: Line) -> None:
        """
        The time of a transfer begins with it.
        """
        assert pending(line.clock) == []


class TestSend:
    """
    L{DataChannel.send} sends all of a source and closes.
    """

    def test_sendsAllAndCloses(self, line: Line) -> None:
        """
        Every piece, in order; then the connection is closed.
        """
        line.send(b"one ", b"two")
        assert line.transport.value() == b"one two"
        assert line.transport.disconnecting
        assert not line.transport.disconnected
        assert line.transport.producer is None

    def test_isDoneWhenTheConnectionIs(self, line: Line) -> None:
        """
        Only then has everything been handed to the kernel.
        """
        done = line.send(b"12345")
        assert not done.called
        lose(line.transport)
        assert result(done) == line.channel.transferred == 5

    def test_nothingToSend(self, line: Line) -> None:
        """
        An empty file is a connection that is closed at once.
        """
        done = line.send()
        lose(line.transport)
        assert result(done) == 0
        assert line.transport.value() == b""

    def test_codec(self, line: Line) -> None:
        """
        Bytes of the file are counted, not those of the wire; the codec has
        the last word.
        """
        done = line.send(b"ab", b"c", codec=Chain(Doubler()))
        lose(line.transport)
        assert line.transport.value() == b"ababcc."
        assert result(done) == 3

    def test_nothingToNobody(self, line: Line) -> None:
        """
        Not even an empty file has arrived where the connection had broken.
        """
        lose(line.transport, ConnectionLost())
        with pytest.raises(TransferAborted):
            result(line.send())

    def test_waitsForASlowClient(self, line: Line) -> None:
        """
        While the transport is full nothing more is read.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        line.channel.pauseProducing()
        slow.callback(b"1")
        assert line.transport.value() == b"1"
        line.channel.resumeProducing()
        assert line.transport.value() == b"12"
        lose(line.transport)
        assert result(done) == 2

    def test_doesNotListenToASlowClient(self, line: Line) -> None:
        """
        What it says would be dropped, but TLS may have to answer it.
        """
        line.send(Deferred())
        line.channel.pauseProducing()
        assert line.transport.producerState == "paused"
        line.channel.resumeProducing()
        assert line.transport.producerState == "producing"

    def test_wakesForNothing(self, line: Line) -> None:
        """
        A transport may ask for more when nobody has paused.
        """
        line.channel.resumeProducing()
        done = line.send(b"1")
        line.channel.resumeProducing()
        assert not done.called
        lose(line.transport)
        assert result(done) == 1

    def test_lostWhileBlocked(self, line: Line) -> None:
        """
        A client that goes away does not get the rest.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        line.channel.pauseProducing()
        slow.callback(b"1")
        line.channel.stopProducing()
        lose(line.transport, ConnectionLost())
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert line.transport.value() == b"1"

    def test_closedWhileBlocked(self, line: Line) -> None:
        """
        Nor does one that closes politely, and too early.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        line.channel.pauseProducing()
        slow.callback(b"1")
        lose(line.transport)
        with pytest.raises(TransferAborted, match="closed the data connection early"):
            result(done)

    def test_lostWhileTheSourceIsRead(self, line: Line) -> None:
        """
        What is read for nobody is not written.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow)
        lose(line.transport, ConnectionLost())
        slow.callback(b"1")
        with pytest.raises(TransferAborted):
            result(done)
        assert line.transport.value() == b""

    def test_lostWithTheLastBytes(self, line: Line) -> None:
        """
        All was written, not all has left: the file is not whole.
        """
        done = line.send(b"12345")
        lose(line.transport, ConnectionLost())
        with pytest.raises(TransferAborted, match="broke"):
            result(done)

    def test_sourceFails(self, line: Line) -> None:
        """
        An error of the source is the transfer's; who called it cuts the
        connection.
        """
        done = line.send(b"1", OSError("disk"))
        with pytest.raises(OSError, match="disk"):
            result(done)
        assert not line.transport.disconnecting

    def test_whatTheClientSaysIsDropped(self, line: Line) -> None:
        """
        It is read all the same: to close a socket with unread bytes would cut
        off what the client has not got yet.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        assert line.transport.producerState == "producing"
        line.channel.dataReceived(b"?" * 2 * WAITING)
        assert line.transport.producerState == "producing"
        slow.callback(b"1")
        lose(line.transport)
        assert result(done) == 2

    def test_clientThatSaysNoMoreListensStill(self, line: Line) -> None:
        """
        Its half of the connection may be closed from the start.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        line.channel.readConnectionLost()
        slow.callback(b"1")
        lose(line.transport)
        assert line.transport.value() == b"12"
        assert result(done) == 2

    def test_sourceIsShorterThanItsSize(self, line: Line) -> None:
        """
        A file that was cut meanwhile is not sent as if it were whole.
        """
        source = Pieces(b"123")
        source.size = 5
        done = Deferred.fromCoroutine(line.channel.send(source, IDENTITY))
        with pytest.raises(LocalError, match="shorter"):
            result(done)
        assert not line.transport.disconnecting

    def test_othersHaveTheirTurn(self, line: Line) -> None:
        """
        Also where what is sent is so little that the client never makes us wait.
        """
        done = line.send(*[b"0" * TURN] * 2, codec=Chain(Nothing()))
        assert line.channel.transferred == TURN
        line.clock.advance(0)
        assert line.channel.transferred == 2 * TURN
        line.clock.advance(0)
        lose(line.transport)
        assert result(done) == 2 * TURN

    def test_abortedInTheTurnOfOthers(self, line: Line) -> None:
        """
        Then it does not go on.
        """
        done = line.send(*[b"0" * TURN] * 2, codec=Chain(Nothing()))
        line.channel.abort()
        lose(line.transport, ConnectionAborted())
        line.clock.advance(0)
        with pytest.raises(TransferAborted):
            result(done)
        assert line.channel.transferred == TURN


class TestReceive:
    """
    L{DataChannel.receive} writes what comes to a sink, until a clean end.
    """

    def test_readsWhenWanted(self, line: Line) -> None:
        """
        Now the client may send.
        """
        line.receive(Store())
        assert line.transport.producerState == "producing"

    def test_writesAllThatComes(self, line: Line) -> None:
        """
        Every byte in order, counted.
        """
        sink = Store()
        done = line.receive(sink)
        for piece in (b"one ", b"two"):
            line.channel.dataReceived(piece)
        assert not done.called
        lose(line.transport)
        assert result(done) == line.channel.transferred == 7
        assert sink.written == [b"one ", b"two"]

    def test_clientThatSaysNoMoreIsDone(self, line: Line) -> None:
        """
        It need not close the other half as well: we do.
        """
        sink = Store()
        done = line.receive(sink)
        line.channel.dataReceived(b"12")
        line.channel.readConnectionLost()
        assert result(done) == 2
        assert line.transport.disconnecting
        lose(line.transport, ConnectionLost())

    def test_othersHaveTheirTurn(self, line: Line) -> None:
        """
        In the middle of a small chunk that stands for much.
        """
        sink = Store()
        line.receive(sink, Chain(Bomb()))
        line.channel.dataReceived(b"!")
        assert sink.written == [b"0" * TURN]
        line.clock.advance(0)
        assert sink.written == [b"0" * TURN] * 2

    def test_nothingComes(self, line: Line) -> None:
        """
        An empty file is a connection that is closed at once.
        """
        sink = Store()
        done = line.receive(sink)
        lose(line.transport)
        assert (result(done), sink.written) == (0, [])

    def test_codec(self, line: Line) -> None:
        """
        What is written is counted, and what the codec kept comes last.
        """
        sink = Store()
        done = line.receive(sink, Chain(Doubler()))
        line.channel.dataReceived(b"a")
        lose(line.transport)
        assert (result(done), sink.written) == (3, [b"aa", b"."])

    def test_streamTellsItsEnd(self, line: Line) -> None:
        """
        Then the client need not close: we do.
        """
        sink = Store()
        done = line.receive(sink, Chain(Ending()))
        line.channel.dataReceived(b"a")
        assert not line.transport.disconnecting
        line.channel.dataReceived(b"b.")
        assert line.transport.disconnecting
        assert (result(done), sink.written) == (3, [b"a", b"b."])
        lose(line.transport)
        assert pending(line.clock) == []

    def test_marker(self, line: Line) -> None:
        """
        It is told where it stands, and not stored.
        """
        sink = Store()
        done = line.receive(sink, Chain(Ending()))
        for piece in (b"1234:", b"6"):
            line.channel.dataReceived(piece)
        lose(line.transport)
        assert (result(done), sink.written) == (6, [b"1234:", b"6"])
        assert line.marks == [("here", 5)]

    def test_cutIsNoEnd(self, line: Line) -> None:
        """
        A connection that breaks is not the end of a file: FTP has no other.
        """
        sink = Store()
        done = line.receive(sink, Chain(Doubler()))
        line.channel.dataReceived(b"a")
        lose(line.transport, ConnectionLost())
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert sink.written == [b"aa"]

    @pytest.mark.parametrize("error", [None, ConnectionLost()])
    def test_endsWithBytesStillQueued(self, line: Line, error: Exception | None) -> None:
        """
        What came before the end, of either kind, is written before the end
        is told.
        """
        sink = Store()
        sink.pause = Deferred()
        done = line.receive(sink)
        for piece in (b"1", b"2", b"3"):
            line.channel.dataReceived(piece)
        lose(line.transport, error)
        assert not done.called
        sink.pause.callback(None)
        assert sink.written == [b"1", b"2", b"3"]
        if error is None:
            assert result(done) == 3
        else:
            with pytest.raises(TransferAborted):
                result(done)

    def test_clientWaitsForASlowSink(self, line: Line) -> None:
        """
        A bounded amount is kept; then the client has to wait, and then not.
        """
        sink = Store()
        sink.pause = Deferred()
        done = line.receive(sink)
        half = b"0" * (WAITING // 2)
        states = []
        for _ in range(4):
            line.channel.dataReceived(half)
            states.append(line.transport.producerState)
        # The first is with the sink, two more fill what may wait.
        assert states == ["producing"] * 3 + ["paused"]
        sink.pause.callback(None)
        assert line.transport.producerState == "producing"
        lose(line.transport)
        assert result(done) == 4 * len(half)

    def test_lostWhileMuchWaits(self, line: Line) -> None:
        """
        What has come is stored, though nobody is there any more to be let go on.
        """
        sink = Store()
        sink.pause = Deferred()
        done = line.receive(sink)
        for _ in range(6):
            line.channel.dataReceived(b"0" * (WAITING // 2))
        lose(line.transport, ConnectionLost())
        sink.pause.callback(None)
        with pytest.raises(TransferAborted):
            result(done)
        assert len(b"".join(sink.written)) == 3 * WAITING

    def test_oneHugePiece(self, line: Line) -> None:
        """
        More than may wait in one piece, to a sink that takes it, stops
        nobody.
        """
        done = line.receive(Store())
        line.channel.dataReceived(b"0" * (WAITING + 1))
        assert line.transport.producerState == "producing"
        lose(line.transport)
        assert result(done) == WAITING + 1

    def test_sinkFails(self, line: Line) -> None:
        """
        An error of the sink is the transfer's, and what still comes does no
        harm.
        """
        sink = Store()
        sink.error = NoSpace()
        done = line.receive(sink)
        line.channel.dataReceived(b"1")
        with pytest.raises(NoSpace):
            result(done)
        line.channel.dataReceived(b"2" * (WAITING + 1))
        assert line.transport.producerState == "paused"
        assert sink.written == []

    def test_lastWordsCannotBeStored(self, line: Line) -> None:
        """
        Nor is a file whole whose last bytes the sink refuses.
        """
        sink = Store()
        done = line.receive(sink, Chain(Doubler()))
        sink.error = NoSpace()
        lose(line.transport)
        with pytest.raises(NoSpace):
            result(done)


Begin = Callable[[Line], Any]


class TestAbort:
    """
    L{DataChannel.abort} cuts a transfer at any point.
    """

    @pytest.mark.parametrize(
        "begin",
        [
            pytest.param(lambda line: line.receive(Store()), id="waiting for bytes"),
            pytest.param(lambda line: line.send(b"1"), id="waiting for the end"),
        ],
    )
    def test_cuts(self, line: Line, begin: Begin) -> None:
        """
        The connection is cut at once; the transfer is told 426 when it is
        gone.
        """
        done = begin(line)
        line.channel.abort("No more")
        assert line.transport.disconnected
        assert not done.called
        lose(line.transport, ConnectionAborted())
        with pytest.raises(TransferAborted, match="No more"):
            result(done)

    def test_whileBlocked(self, line: Line) -> None:
        """
        A client that does not read can be cut off.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow, b"2")
        line.channel.pauseProducing()
        slow.callback(b"1")
        line.channel.abort()
        lose(line.transport, ConnectionAborted())
        with pytest.raises(TransferAborted, match="Transfer aborted"):
            result(done)

    def test_whileTheSourceIsRead(self, line: Line) -> None:
        """
        The transfer ends when the source has answered.
        """
        slow: Deferred[bytes] = Deferred()
        done = line.send(slow)
        line.channel.abort("No more")
        lose(line.transport, ConnectionAborted())
        slow.callback(b"1")
        with pytest.raises(TransferAborted, match="No more"):
            result(done)

    def test_asTheClientCloses(self, line: Line) -> None:
        """
        When an upload was aborted, a clean end that was on its way does not
        make it whole.
        """
        done = line.receive(Store())
        line.channel.abort()
        lose(line.transport)
        with pytest.raises(TransferAborted):
            result(done)

    def test_firstReasonCounts(self, line: Line) -> None:
        """
        Who comes second has nothing to add.
        """
        done = line.receive(Store())
        line.channel.abort("first")
        line.channel.abort("second")
        lose(line.transport, ConnectionAborted())
        with pytest.raises(TransferAborted, match="first"):
            result(done)

    def test_afterTheEnd(self, line: Line) -> None:
        """
        Nothing is left to cut.
        """
        done = line.receive(Store())
        lose(line.transport)
        line.channel.abort()
        assert result(done) == 0
        assert not line.transport.disconnected

    def test_beforeTheTransfer(self, line: Line) -> None:
        """
        A connection that nobody has used yet can be dropped; a transfer that
        comes nevertheless finds it gone, and leaves no timer.
        """
        line.channel.abort()
        lose(line.transport, ConnectionAborted())
        with pytest.raises(TransferAborted):
            result(line.send(b"1"))
        assert pending(line.clock) == []


class TestStall:
    """
    A transfer on which nothing moves is cut.
    """

    @pytest.mark.parametrize(
        "begin",
        [
            pytest.param(lambda line: line.receive(Store()), id="upload"),
            pytest.param(lambda line: line.send(b"1"), id="last bytes"),
            pytest.param(lambda line: line.send(Deferred()), id="source"),
        ],
    )
    def test_cuts(self, line: Line, begin: Begin) -> None:
        """
        Whoever is waited for, it is not for ever.
        """
        done = begin(line)
        line.clock.advance(STALL - 1)
        assert not line.transport.disconnected
        line.clock.advance(1)
        assert line.transport.disconnected
        lose(line.transport, ConnectionAborted())
        done.addErrback(lambda failure: failure.trap(TransferAborted))

    def test_words(self, line: Line) -> None:
        """
        The client is told what happened.
        """
        done = line.receive(Store())
        line.clock.advance(STALL)
        lose(line.transport, ConnectionAborted())
        with pytest.raises(TransferAborted, match="Nothing moved .* for 60 seconds"):
            result(done)

    def test_bytesThatComePostponeIt(self, line: Line) -> None:
        """
        A slow upload is not a stalled one.
        """
        done = line.receive(Store())
        for _ in range(3):
            line.clock.advance(STALL - 1)
            line.channel.dataReceived(b"1")
        lose(line.transport)
        assert result(done) == 3

    def test_bytesThatGoPostponeIt(self, line: Line) -> None:
        """
        Nor is a slow download.
        """
        pieces: list[Deferred[bytes]] = [Deferred() for _ in range(3)]
        done = line.send(*pieces)
        for piece in pieces:
            line.clock.advance(STALL - 1)
            piece.callback(b"1")
        lose(line.transport)
        assert result(done) == 3

    def test_timerEndsWithTheConnection(self, line: Line) -> None:
        """
        Nothing is left behind.
        """
        line.receive(Store())
        lose(line.transport)
        assert pending(line.clock) == []

    def test_writingAfterAStall(self, line: Line) -> None:
        """
        A sink that answers after the cut neither starts the timer again nor
        hears more than what had come.
        """
        sink = Store()
        sink.pause = Deferred()
        done = line.receive(sink)
        line.channel.dataReceived(b"1")
        line.channel.dataReceived(b"2")
        line.clock.advance(STALL)
        sink.pause.callback(None)
        lose(line.transport, ConnectionAborted())
        assert sink.written == [b"1", b"2"]
        assert pending(line.clock) == []
        with pytest.raises(TransferAborted):
            result(done)
