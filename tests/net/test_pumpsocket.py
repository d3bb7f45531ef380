"""
Tests for L{ftpactive.net.pumpsocket}: data channels that drive their sockets.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadWriteDescriptor
from zope.interface.verify import verifyObject

from ftpactive.core.codec import IDENTITY, Chain
from ftpactive.core.errors import LocalError, TransferAborted
from ftpactive.logins import Pace
from ftpactive.net import pumpclear
from ftpactive.net.deadlines import deadlines
from ftpactive.net.pumpsocket import SocketPump
from ftpactive.storage.sources import FileSource
from tests.net.channels import Doubler, Pieces, Store
from tests.net.played import result
from tests.net.selecting import STALL, Wire, wire
from tests.net.test_pausing import HandPace

__all__ = ["wire"]

#: More than the kernel takes in for a client that does not read.
BIG = os.urandom(1 << 20) * 12

SHARE = 240 * 1024


class Files:
    """
    Makes files to be sent.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "file"
        self.sources: list[FileSource] = []

    def source(self, data: bytes, offset: int = 0, size: int | None = None) -> FileSource:
        """
        Make a file, and open it.

        @param size: what is told of it, if not the truth.
        """
        self.path.write_bytes(data)
        descriptor = os.open(self.path, os.O_RDONLY)
        os.lseek(descriptor, offset, os.SEEK_SET)
        self.sources.append(FileSource(descriptor, len(data) - offset if size is None else size))
        return self.sources[-1]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    """
    Files to be sent.
    """
    files = Files(tmp_path)
    yield files
    for each in files.sources:
        each.close()


def sends(wire: Wire, source: Any, codec: Chain = IDENTITY) -> Deferred[int]:
    """
    Begin a download.
    """
    return Deferred.fromCoroutine(wire.channel.send(source, codec))


def receives(wire: Wire, sink: Store) -> Deferred[int]:
    """
    Begin an upload.
    """
    return Deferred.fromCoroutine(wire.channel.receive(sink, IDENTITY, lambda text, size: None))


class TestFile:
    """
    A file that the kernel sends.
    """

    def test_small(self, wire: Wire, files: Files) -> None:
        """
        It is sent at once: nothing is watched, nothing waits, no timer runs.
        """
        done = sends(wire, files.source(b"0123456789", offset=4))
        assert result(done) == 6
        assert wire.isQuiet()
        assert wire.heard(done) == b"456789"

    def test_isNotRead(self, wire: Wire, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        No byte of it comes to us.
        """
        source = files.source(BIG)
        monkeypatch.delattr(FileSource, "read")
        assert wire.heard(sends(wire, source)) == BIG

    def test_fairShare(self, wire: Wire, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        However fast the client is, in each turn others have theirs: it is sent
        a share when the turn begins, and perhaps one when it has made room since.
        """
        asked = []
        real = os.sendfile

        def sendfile(out: int, file: int, offset: Any, count: int) -> int:
            asked.append((wire.reactor.turns, count))
            return real(out, file, offset, count)

        monkeypatch.setattr(os, "sendfile", sendfile)
        assert wire.heard(sends(wire, files.source(BIG))) == BIG
        turns = [turn for turn, _ in asked]
        assert max(turns.count(turn) for turn in turns) <= 2
        assert max(count for _, count in asked) == SHARE

    def test_countsWhileItIsSent(self, wire: Wire, files: Files) -> None:
        """
        STAT can tell how much has gone.
        """
        done = sends(wire, files.source(BIG))
        assert 0 < wire.channel.transferred < len(BIG)
        wire.heard(done)
        assert result(done) == wire.channel.transferred == len(BIG)

    def test_becameShorter(self, wire: Wire, files: Files) -> None:
        """
        That is not sent as if it were whole.
        """
        done = sends(wire, files.source(b"123", size=5))
        wire.turns(lambda: done.called)
        with pytest.raises(LocalError, match="shorter"):
            result(done)
        assert not wire.channel.isEnded
        wire.channel.abort()

    def test_becameLonger(self, wire: Wire, files: Files) -> None:
        """
        What was announced is sent, and no more.
        """
        done = sends(wire, files.source(b"12345", size=3))
        assert wire.heard(done) == b"123"

    def test_noSize(self, wire: Wire, files: Files) -> None:
        """
        A file that says it is empty, as those of /proc do, is read to its end.
        """
        done = sends(wire, files.source(b"12345", size=0))
        assert wire.heard(done) == b"12345"

    @pytest.mark.parametrize("before", [0, 1])
    def test_kernelCannot(
        self, wire: Wire, files: Files, monkeypatch: pytest.MonkeyPatch, before: int
    ) -> None:
        """
        Some file systems do not know how, or fail: what is left is read, and
        an error told by whoever reads.
        """
        calls = []
        real = os.sendfile

        def sendfile(out: int, file: int, offset: Any, count: int) -> int:
            calls.append(count)
            if len(calls) > before:
                raise OSError(errno.EINVAL, "Invalid argument")
            return real(out, file, offset, 3)

        monkeypatch.setattr(os, "sendfile", sendfile)
        assert wire.heard(sends(wire, files.source(b"0123456789"))) == b"0123456789"
        assert len(calls) == before + 1

    def test_pace(self, wire: Wire, files: Files) -> None:
        """
        It is asked for each piece.
        """
        pace = HandPace()
        wire.channel.pace = Pace(pace, pace)
        done = sends(wire, files.source(b"abcdefghij"))
        asked = []
        while not done.called:
            asked.append((wire.channel.transferred, pace.asked[-1]))
            pace.go()
        assert asked == [(0, 4), (4, 4), (8, 2)]
        assert wire.heard(done) == b"abcdefghij"

    def test_clientBreaks(self, wire: Wire, files: Files) -> None:
        """
        Nobody is served any more, and nothing is left behind.
        """
        done = sends(wire, files.source(BIG))
        wire.resets()
        wire.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert wire.isQuiet()


class TestPieces:
    """
    What has to be read by us.
    """

    def test_codec(self, wire: Wire, files: Files) -> None:
        """
        A file that is converted.
        """
        done = sends(wire, files.source(b"ab"), Chain(Doubler()))
        assert wire.heard(done) == b"abab."

    def test_slowClient(self, wire: Wire) -> None:
        """
        What the kernel does not take waits for it, in order.
        """
        halves = BIG[: len(BIG) // 2], BIG[len(BIG) // 2 :]
        assert wire.heard(sends(wire, Pieces(*halves))) == BIG

    def test_clientTalks(self, wire: Wire) -> None:
        """
        What it says is dropped while we wait for it, and before the end: a
        socket that has not been read would be reset, and the file cut.
        """
        wire.client.send(b"?" * 100_000)
        done = sends(wire, Pieces(BIG))
        wire.client.send(b"?" * 100_000)
        assert wire.heard(done) == BIG

    def test_clientSaysNoMore(self, wire: Wire) -> None:
        """
        It listens still.
        """
        wire.client.shutdown(1)
        done = sends(wire, Pieces(BIG))
        wire.turns(lambda: not wire.reactor.readers)
        assert wire.heard(done) == BIG

    def test_goneBefore(self, wire: Wire) -> None:
        """
        That is noticed at the first byte, or at the next.
        """
        wire.resets()
        with pytest.raises(TransferAborted, match="broke"):
            result(sends(wire, Pieces(b"1", b"2")))

    def test_stall(self, wire: Wire) -> None:
        """
        A client that does not read is cut off; each byte that it reads gives
        it more time.
        """
        done = sends(wire, Pieces(BIG))
        wire.reactor.advance(STALL - 1)
        got = 0
        while got < 2 << 20:
            got += len(wire.client.recv(1 << 20))
            wire.turns(lambda: True)
        (waits,) = deadlines(wire.reactor, STALL).waits
        wire.turns(lambda: waits.due > STALL)
        wire.reactor.advance(STALL - 1)
        assert not done.called
        wire.reactor.advance(STALL)
        with pytest.raises(TransferAborted, match="Nothing moved"):
            result(done)
        assert wire.transport.isCut and wire.isQuiet()

    @pytest.mark.parametrize("isFile", [True, False])
    def test_slow(
        self, wire: Wire, files: Files, isFile: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A client that takes little has time, although the kernel does not yet ask
        for more; once it takes nothing it is cut off.
        """
        # So that the kernel has all that it takes.
        monkeypatch.setattr(pumpclear, "SHARE", len(BIG))
        done = sends(wire, files.source(BIG) if isFile else Pieces(BIG))
        wire.turns(lambda: not wire.isWritable())
        for _ in range(3):
            # Until its kernel tells ours, which is too little for ours to ask for more.
            held = wire.held()
            while wire.held() == held:
                select.select([wire.client], (), ())
                wire.client.recv(4096)
            assert not wire.isWritable()
            wire.reactor.advance(STALL)
            assert not done.called
        wire.reactor.advance(STALL)
        with pytest.raises(TransferAborted, match="Nothing moved"):
            result(done)
        assert wire.transport.isCut and wire.isQuiet()


class TestUpload:
    """
    What comes from the client.
    """

    @pytest.mark.parametrize("isEarly", [True, False])
    def test_whole(self, wire: Wire, isEarly: bool) -> None:
        """
        It ends when the client says no more; then we close.
        """
        sink = Store()
        done = None if isEarly else receives(wire, sink)
        wire.client.send(b"12345")
        wire.client.shutdown(1)
        done = done or receives(wire, sink)
        wire.turns(lambda: done.called)
        assert result(done) == 5
        assert b"".join(sink.written) == b"12345"
        assert wire.isQuiet() and wire.heard(done) == b""

    def test_broken(self, wire: Wire) -> None:
        """
        That is no end of a file.
        """
        sink = Store()
        done = receives(wire, sink)
        wire.client.send(b"12345")
        wire.turns(lambda: sink.written)
        wire.resets()
        wire.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert wire.isQuiet()

    def test_slowSink(self, wire: Wire) -> None:
        """
        While it works nothing is read, and the reactor does not turn in vain.
        """
        sink = Store()
        sink.pause = Deferred()
        done = receives(wire, sink)
        wire.client.send(b"1")
        select.select([wire.transport.end], (), (), 5)
        wire.reactor.turn()
        wire.client.send(b"2")
        wire.turns(lambda: not wire.reactor.readers)
        sink.pause.callback(None)
        wire.client.shutdown(1)
        wire.turns(lambda: done.called)
        assert (result(done), sink.written) == (2, [b"1", b"2"])

    def test_abort(self, wire: Wire) -> None:
        """
        The reactor forgets the socket before it is closed.
        """
        done = receives(wire, Store())
        assert wire.reactor.readers
        wire.channel.abort("No more")
        with pytest.raises(TransferAborted, match="No more"):
            result(done)
        assert wire.isQuiet() and wire.transport.isCut

    def test_abortedInTheSink(self, wire: Wire) -> None:
        """
        What comes after that is not read.
        """
        sink = Store()
        sink.pause = Deferred()
        done = receives(wire, sink)
        wire.client.send(b"1")
        select.select([wire.transport.end], (), (), 5)
        wire.reactor.turn()
        wire.client.send(b"2")
        wire.channel.abort()
        sink.pause.callback(None)
        with pytest.raises(TransferAborted):
            result(done)
        assert wire.isQuiet()


class TestReactor:
    """
    What the reactor sees.
    """

    def test_interface(self, wire: Wire) -> None:
        """
        A descriptor for either kind of event.
        """
        assert verifyObject(IReadWriteDescriptor, wire.channel.pump)
        assert wire.channel.pump.fileno() == wire.transport.end.fileno()  # type: ignore[attr-defined]

    def test_reactorStops(self, wire: Wire) -> None:
        """
        Then whoever is watched is told, and an upload is not whole.
        """
        done = receives(wire, Store())
        (pump,) = wire.reactor.readers
        assert isinstance(pump, SocketPump)
        pump.connectionLost(None)  # type: ignore[arg-type]
        with pytest.raises(TransferAborted, match="broke"):
            result(done)

    def test_lateEvents(self, wire: Wire) -> None:
        """
        What the reactor had found out before we were done is of no interest.
        """
        pump: Any = wire.channel.pump
        wire.channel.abort()
        pump.doRead()
        pump.doWrite()
        pump.watch(reading=True, writing=True)
        assert wire.isQuiet()


def test_eventAtHandForTheTransport(wire: Wire) -> None:
    """
    A reactor that has told the transport that it is connected may go on to tell
    it that bytes can go, when the transfer is over already.
    """
    wire.transport.doRead()
    wire.transport.doWrite()
    wire.channel.abort()
    wire.transport.doWrite()
