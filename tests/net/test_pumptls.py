"""
Tests for L{ftpactive.net.pumptls}: OpenSSL on the socket, with the standard
library's TLS at the other end.
"""

from __future__ import annotations

import os
import select
import ssl
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.defer import Deferred

from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import LocalError, TransferAborted
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.net import pumptls, tlsreading
from ftpactive.net.pumptls import TLSPump
from ftpactive.net.tlscontext import Contexts, Seen
from ftpactive.net.tlsintake import TLSIntake
from tests.net.played import result
from tests.net.selecting import STALL, Wire
from tests.net.test_channel import Pieces, Store
from tests.net.test_pumpsocket import BIG, Files, files, sends
from tests.net.tlsclient import certificate, clientContext

__all__ = ["files"]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> SSL.Context:
    """
    What OpenSSL is told.
    """
    pem = certificate(tmp_path_factory.mktemp("tls"), "ftp.example.org")
    return Contexts(Protection(KeyPair(pem)), lambda: 0).make("", b"binding")


class Shielded(Wire):
    """
    A channel under TLS whose client is a socket.

    @ivar told: how the handshake came out.
    @ivar end: the client's end, of TLS.
    """

    def __init__(
        self, context: SSL.Context, *, needsEnd: bool = True, isUpload: bool = False
    ) -> None:
        super().__init__()
        self.told: list[str] = []
        end = self.transport.end
        connection = SSL.Connection(context, None if isUpload else end)
        connection.set_app_data(Seen())
        connection.set_accept_state()
        reactor: Any = self.reactor
        self.pump = self.channel.pump = (TLSIntake if isUpload else TLSPump)(
            self.channel,
            reactor,
            end,
            connection,
            settled=self.told.append,
            cutShort=(lambda: self.channel.cutShort("cut")) if needsEnd else None,
        )
        self.pump.shake()
        self.plain = self.client
        self.end: Any = None

    def shaken(self, version: str = "1.3") -> Shielded:
        """
        Shake hands.
        """
        self.client = self.end = clientContext(version).wrap_socket(
            self.plain, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self.does(self.end.do_handshake)
        self.turns(lambda: self.told)
        assert self.told == [""]
        return self

    def does(self, call: Any, *args: Any) -> Any:
        """
        Let the client do something, and the reactor turn until it is done.
        """
        done: list[Any] = []

        def attempt() -> bool:
            try:
                done.append(call(*args))
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            return True

        self.turns(attempt)
        return done[0]

    def downloaded(self, done: Deferred[Any]) -> bytes:
        """
        Let the client read to the end of TLS.
        """
        data = b""
        while piece := self.does(self.client.recv, 1 << 18):
            data += piece
        self.turns(lambda: done.called)
        return data

    def uploads(self, data: bytes) -> None:
        """
        Let the client send.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[self.does(self.client.send, rest[: 1 << 16]) :]

    def close(self) -> None:
        """
        Let go of both ends.
        """
        super().close()
        self.plain.close()


@pytest.fixture(params=[False, True], ids=["either", "upload"])
def wire(context: SSL.Context, request: pytest.FixtureRequest) -> Iterator[Shielded]:
    """
    A channel under TLS, for whatever comes, or for an upload.
    """
    wire = Shielded(context, isUpload=request.param)
    yield wire
    wire.close()


@pytest.fixture
def sender(context: SSL.Context) -> Iterator[Shielded]:
    """
    A channel under TLS that can send.
    """
    wire = Shielded(context)
    yield wire
    wire.close()


@pytest.fixture
def intake(context: SSL.Context) -> Iterator[Shielded]:
    """
    A channel under TLS for an upload.
    """
    wire = Shielded(context, isUpload=True)
    yield wire
    wire.close()


class TestHandshake:
    """
    Before the first byte.
    """

    def test_nothingIsReadAfterIt(self, wire: Shielded) -> None:
        """
        Until a transfer wants it.
        """
        wire.shaken()
        assert wire.isQuiet()

    def test_noTLS(self, wire: Shielded) -> None:
        """
        Words tell what the client did.
        """
        wire.client.send(b"hello, this is no TLS")
        wire.turns(lambda: wire.told)
        assert wire.told == ["the client does not speak TLS"]
        assert wire.channel.isEnded and wire.isQuiet()

    @pytest.mark.parametrize("how", ["close", "resets"])
    def test_leaves(self, wire: Shielded, how: str) -> None:
        """
        However it does so.
        """
        getattr(wire.client if how == "close" else wire, how)()
        wire.turns(lambda: wire.told)
        assert wire.told == ["the client closed the connection in the middle of it"]
        assert wire.isQuiet()

    def test_givenUp(self, wire: Shielded) -> None:
        """
        It took too long.  Later that is of no interest.
        """
        for _ in range(2):
            wire.pump.giveUp("late")
        assert wire.told == ["late"] and wire.channel.isEnded

    def test_aborted(self, wire: Shielded) -> None:
        """
        Who waits for it is told so.
        """
        wire.channel.abort()
        assert len(wire.told) == 1 and wire.isQuiet()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
class TestDownload:
    """
    Data from us.
    """

    def test_large(self, sender: Shielded, version: str) -> None:
        """
        All of it comes, piece by piece, and TLS ends before the connection.
        """
        done = Deferred.fromCoroutine(sender.shaken(version).channel.send(Pieces(BIG), IDENTITY))
        assert not done.called
        assert sender.downloaded(done) == BIG
        assert result(done) == len(BIG)
        assert sender.isQuiet()

    def test_clientSaysNoMore(self, sender: Shielded, version: str) -> None:
        """
        It may close its side early and without an end of TLS: it has nothing
        to say.
        """
        sender.shaken(version).client.shutdown(1)
        done = Deferred.fromCoroutine(sender.channel.send(Pieces(BIG), IDENTITY))
        sender.turns(lambda: not sender.reactor.readers)
        assert not done.called
        sender.channel.abort()
        done.addErrback(lambda failure: failure.trap(TransferAborted))


class TestFile:
    """
    Files that the pump reads by itself.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_large(self, sender: Shielded, files: Files, version: str) -> None:
        """
        All of it comes, however often the kernel has no room; what has gone is
        counted on the way.
        """
        done = sends(sender.shaken(version), files.source(BIG))
        assert 0 < sender.channel.transferred < len(BIG)
        assert sender.downloaded(done) == BIG
        assert result(done) == len(BIG)
        assert sender.isQuiet()

    def test_offset(self, sender: Shielded, files: Files) -> None:
        """
        It begins where the descriptor stands, and what was announced is sent,
        no more; with one look at a small file.
        """
        done = sends(sender.shaken(), files.source(b"0123456789", offset=4, size=3))
        assert sender.downloaded(done) == b"456"

    def test_looksOnce(
        self, sender: Shielded, files: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        Of a small file, no more memory is had than it needs, and it is read
        once.
        """
        asked: list[int] = []
        real = os.readv

        def readv(descriptor: int, places: list[memoryview]) -> int:
            asked.extend(map(len, places))
            return real(descriptor, places)

        monkeypatch.setattr(os, "readv", readv)
        assert sender.downloaded(sends(sender.shaken(), files.source(b"12345"))) == b"12345"
        assert asked == [5]

    def test_fairShare(
        self, sender: Shielded, files: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        However fast the client is, others have their turn after a share.
        """
        monkeypatch.setattr(pumptls, "_SHARE", 1 << 15)
        monkeypatch.setattr(pumptls, "_ROOM", 1 << 14)
        done = sends(sender.shaken(), files.source(BIG[: 1 << 17]))
        assert sender.channel.transferred == 1 << 15
        assert sender.downloaded(done) == BIG[: 1 << 17]

    def test_becameShorter(self, sender: Shielded, files: Files) -> None:
        """
        That is not sent as if it were whole.
        """
        done = sends(sender.shaken(), files.source(b"123", size=5))
        sender.turns(lambda: done.called)
        with pytest.raises(LocalError, match="shorter"):
            result(done)
        sender.channel.abort()

    def test_unreadable(
        self, sender: Shielded, files: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        What cannot be read here is left to the source, which tells the error.
        """

        def readv(descriptor: int, places: list[memoryview]) -> int:
            raise OSError

        monkeypatch.setattr(os, "readv", readv)
        done = sends(sender.shaken(), files.source(b"12345"))
        assert sender.downloaded(done) == b"12345"

    @pytest.mark.parametrize("isFile", [True, False])
    def test_slow(
        self, sender: Shielded, files: Files, isFile: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A client has time for as long as it takes anything, also when OpenSSL
        has sent a part of a piece just before the time was over.
        """
        monkeypatch.setattr(pumptls, "_ROOM", len(BIG))
        done = sends(sender.shaken(), files.source(BIG) if isFile else Pieces(BIG))
        sender.turns(lambda: not sender.isWritable())
        sender.reactor.advance(STALL - 1)
        while not sender.isWritable():
            select.select([sender.client], (), ())
            os.read(sender.client.fileno(), 4096)
        sender.turns(lambda: not sender.isWritable())
        assert sender.channel.transferred == 0
        sender.reactor.advance(STALL - 1)
        assert not done.called
        sender.channel.abort()
        with pytest.raises(TransferAborted):
            result(done)

    def test_clientBreaks(self, sender: Shielded, files: Files) -> None:
        """
        In the middle of it.
        """
        done = sends(sender.shaken(), files.source(BIG))
        sender.resets()
        sender.turns(lambda: done.called)
        with pytest.raises(TransferAborted):
            result(done)
        assert sender.isQuiet()

    def test_isNoWayBack(self, sender: Shielded) -> None:
        """
        Who was told to send is not asked for what comes.
        """
        with pytest.raises(NotImplementedError):
            sender.shaken().pump.take()


class Full:
    """
    A socket that takes nothing, or not all.
    """

    def __init__(self, *, isFull: bool) -> None:
        self.isFull = isFull
        self.end: Any = None

    def send(self, data: bytes) -> int:
        """
        Take nothing, or a byte.
        """
        if self.isFull:
            raise BlockingIOError
        return 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.end, name)


#: More records of a byte each than are read in one turn.
_TINY = 16000


def _arrives(client: Any, to: ssl.MemoryBIO) -> bool:
    with suppress(BlockingIOError):
        return bool(to.write(client.recv(1 << 16)))
    return False


def _prepared(wire: Shielded) -> tuple[Any, ssl.MemoryBIO]:
    """
    Give a client that has shaken hands, but for what it has not sent yet, and
    where that is; so that much may be sent in one go.
    """
    client = clientContext("1.3").wrap_bio(to := ssl.MemoryBIO(), out := ssl.MemoryBIO())
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    wire.client.send(out.read())
    wire.turns(lambda: _arrives(wire.client, to))
    client.do_handshake()
    return client, out


class Counted:
    """
    OpenSSL, and how much it was given at a time.
    """

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = connection
        self.given: list[int] = []
        self.asked = 0

    def recv_into(self, *args: Any) -> int:
        """
        Read by the public way.
        """
        self.asked += 1
        return self.connection.recv_into(*args)

    def bio_write(self, data: memoryview) -> None:
        """
        Take it.
        """
        self.given.append(len(data))
        self.connection.bio_write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


class TestUpload:
    """
    Data from the client.
    """

    def begin(self, wire: Shielded, sink: Store) -> Deferred[int]:
        """
        Begin an upload.
        """
        return Deferred.fromCoroutine(wire.channel.receive(sink, IDENTITY, lambda text, size: None))

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_large(self, intake: Shielded, version: str) -> None:
        """
        All of it is stored in large pieces; both say that TLS ends.
        """
        sink = Store()
        done = self.begin(intake.shaken(version), sink)
        intake.uploads(BIG)
        intake.does(intake.end.unwrap)
        intake.turns(lambda: done.called)
        assert result(done) == len(BIG)
        assert b"".join(sink.written) == BIG
        assert max(map(len, sink.written)) > 16 * 1024
        assert intake.isQuiet()

    @pytest.mark.parametrize("needsEnd", [True, False])
    def test_noEnd(self, context: SSL.Context, needsEnd: bool) -> None:
        """
        Somebody on the way may have cut it; unless the operator says that
        clients are like that.  What came is stored in either case.
        """
        wire = Shielded(context, needsEnd=needsEnd, isUpload=True).shaken()
        sink = Store()
        done = self.begin(wire, sink)
        wire.uploads(b"12345")
        wire.client.shutdown(1)
        wire.turns(lambda: done.called)
        assert b"".join(sink.written) == b"12345"
        if needsEnd:
            with pytest.raises(TransferAborted, match="cut"):
                result(done)
        else:
            assert result(done) == 5
        assert wire.transport.isCut is needsEnd
        wire.close()

    @pytest.mark.parametrize("how", ["resets", "talksNonsense"])
    def test_broken(self, intake: Shielded, how: str) -> None:
        """
        That is no end either.
        """
        sink = Store()
        done = self.begin(intake.shaken(), sink)
        intake.uploads(b"12345")
        intake.turns(lambda: sink.written)
        if how == "resets":
            intake.resets()
        else:
            descriptor = intake.client.detach()
            with open(descriptor, "wb", buffering=0) as raw:
                raw.write(b"\x17\x03\x03\x00\x05wrong")
                intake.turns(lambda: done.called)
        intake.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert intake.isQuiet()

    def test_atOnce(self, intake: Shielded) -> None:
        """
        What comes with the end of the handshake is the beginning of the file.
        """
        client, out = _prepared(intake)
        client.write(b"12345")
        with suppress(ssl.SSLWantReadError):
            client.unwrap()
        intake.client.send(out.read())
        intake.turns(lambda: intake.told)
        sink = Store()
        done = self.begin(intake, sink)
        intake.turns(lambda: done.called)
        assert intake.told == [""] and sink.written == [b"12345"] and result(done) == 5

    def counted(self, intake: Shielded) -> tuple[Any, Store]:
        """
        Take a big file, and give what counts what OpenSSL is asked, and the file.
        """
        done = self.begin(intake.shaken(), sink := Store())
        counted: Any = Counted(intake.pump._connection)
        intake.pump._connection = counted
        intake.uploads(BIG)
        intake.does(intake.end.unwrap)
        intake.turns(lambda: done.called)
        return counted, sink

    def test_littleIsKept(self, intake: Shielded) -> None:
        """
        However much comes at once, OpenSSL is given a part of it after the
        other: what it keeps of memory, it keeps for each client.
        """
        counted, sink = self.counted(intake)
        assert max(map(len, sink.written)) > 1 << 17 >= max(counted.given)
        assert b"".join(sink.written) == BIG

    @pytest.mark.parametrize(
        ("library", "isKnown"),
        [(SSL, True), (SimpleNamespace(), False), (SimpleNamespace(_lib=object()), False)],
        ids=["as it is", "without its library", "with another one"],
    )
    def test_withoutACopy(
        self, intake: Shielded, library: object, isKnown: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        pyOpenSSL is asked only why it has ended, unless it is not made as we
        know it: then it is asked for all.
        """
        monkeypatch.setattr(tlsreading, "SSL", library)
        intake.pump.fill = tlsreading.filling(intake.pump.buffer)
        counted, sink = self.counted(intake)
        assert b"".join(sink.written) == BIG
        assert (counted.asked == 1) is isKnown

    def test_tinyRecords(self, intake: Shielded) -> None:
        """
        Records of a byte each cost as much as large ones: between a few
        hundred of them, everybody else has a turn.
        """
        client, out = _prepared(intake)
        for _ in range(_TINY):
            client.write(b"x")
        rest = out.read()
        while rest:
            rest = rest[intake.does(intake.client.send, rest) :]
        intake.turns(lambda: intake.told)
        done = self.begin(intake, sink := Store())
        assert 0 < len(b"".join(sink.written)) < _TINY / 2
        intake.turns(lambda: len(b"".join(sink.written)) == _TINY)
        assert not done.called
        intake.channel.abort()
        done.addErrback(lambda failure: failure.trap(TransferAborted))

    def test_wakes(self, intake: Shielded) -> None:
        """
        Each time that something has come, it is taken.
        """
        sink = Store()
        self.begin(intake.shaken(), sink).addErrback(lambda failure: None)
        intake.turns(lambda: not select.select([intake.transport.end], (), (), 0)[0])
        for count in range(1, 4):
            intake.uploads(b"12345")
            assert select.select([intake.transport.end], (), (), 5)[0]
            intake.pump.doRead()
            assert len(sink.written) == count

    @pytest.mark.parametrize("isFull", [True, False])
    def test_unread(self, intake: Shielded, isFull: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A client that makes us answer without end, and reads nothing, is cut:
        what we keep for it is bounded.
        """
        done = self.begin(intake.shaken(), Store())
        end: Any = Full(isFull=isFull)
        intake.pump._socket, end.end = end, intake.pump._socket
        intake.pump._connection.send(b"an answer")
        intake.uploads(b"12345")
        intake.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)

    def test_stall(self, intake: Shielded) -> None:
        """
        As without TLS.
        """
        done = self.begin(intake.shaken(), Store())
        intake.reactor.advance(STALL)
        with pytest.raises(TransferAborted, match="Nothing moved"):
            result(done)


def test_records(sender: Shielded) -> None:
    """
    One call sends more than one of them.
    """
    assert sender.shaken().pump.give(memoryview(b"0" * 65536)) == 65536


def test_anotherConnection() -> None:
    """
    One that does not show what is OpenSSL's is left alone.
    """
    fill = tlsreading.filling(memoryview(bytearray(1 << 15)))
    nobody: Any = object()
    assert fill(nobody, 5) == (5, False)
