"""
Tests for L{ftpactive.net.tlsintake} and L{ftpactive.net.tlsreading}: uploads
under TLS, with the standard library's TLS at the other end.
"""

from __future__ import annotations

import select
import ssl
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.defer import Deferred

from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import TransferAborted
from ftpactive.net import tlsreading
from tests.net.channels import Store
from tests.net.played import result
from tests.net.selecting import STALL
from tests.net.shielding import Shielded, context, intake
from tests.net.test_pumpsocket import BIG
from tests.net.tlsclient import clientContext

__all__ = ["context", "intake"]


class Full:
    """
    A socket that takes nothing, or a byte before.
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
        self.isFull = True
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
        Where OpenSSL cannot read what came from where it is, it is given a part
        of it after the other: what it keeps of memory, it keeps for each client.
        """
        intake.pump.lend = lambda *what: False
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
        monkeypatch.setattr(tlsreading, "_private", library)
        intake.pump.fill = tlsreading.filling(intake.pump.buffer)
        intake.pump.lend = tlsreading.lending(intake.pump.buffer)
        counted, sink = self.counted(intake)
        assert b"".join(sink.written) == BIG
        assert (counted.asked == 1) is isKnown
        assert (not counted.given) is isKnown

    def test_rest(self, intake: Shielded) -> None:
        """
        What OpenSSL has not read yet is not taken from it.
        """
        client, out = _prepared(intake)
        client.write(b"12345")
        connection = intake.pump._connection
        connection.bio_write(out.read())
        assert not intake.pump.lend(connection, 0, 5)
        assert connection.recv(5) == b"12345"
        assert intake.pump.lend(connection, 0, 5)

    def test_tinyRecords(self, intake: Shielded) -> None:
        """
        Records of a byte each cost as much as large ones: between a few
        hundred of them, everybody else has a turn.
        """
        client, out = _prepared(intake)
        for _ in range(_TINY):
            client.write(b"x")
        self._sends(intake, out)
        intake.turns(lambda: intake.told)
        done = self.begin(intake, sink := Store())
        assert 0 < len(b"".join(sink.written)) < _TINY / 2
        intake.turns(lambda: len(b"".join(sink.written)) == _TINY)
        assert not done.called
        intake.channel.abort()
        done.addErrback(lambda failure: failure.trap(TransferAborted))

    def test_tinyBehindLarge(self, intake: Shielded, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Nor does it help to send large ones first: what came with them is kept, and
        taken in other turns, though nothing more comes.
        """
        client, out = _prepared(intake)
        intake.client.send(out.read())
        intake.turns(lambda: intake.told)
        done = self.begin(intake, sink := Store())
        large = BIG[: 4 * intake.pump.piece]
        client.write(large)
        self._sends(intake, out)
        intake.turns(lambda: sum(map(len, sink.written)) == len(large))
        sink.written.clear()
        for _ in range(_TINY):
            client.write(b"x")
        with suppress(ssl.SSLWantReadError):
            client.unwrap()
        calls: list[float] = []
        callLater = intake.reactor.callLater
        monkeypatch.setattr(
            intake.reactor, "callLater", lambda *call: calls.append(call[0]) or callLater(*call)
        )
        self._sends(intake, out)
        intake.turns(lambda: done.called)
        assert result(done) == len(large) + _TINY
        assert sum(map(len, sink.written)) == _TINY
        assert max(map(len, sink.written)) < _TINY / 2
        # But for what came before the others had to wait.
        assert calls.count(0) >= len(sink.written) - 2

    def _sends(self, wire: Shielded, out: ssl.MemoryBIO) -> None:
        rest = out.read()
        while rest:
            with suppress(BlockingIOError):
                rest = rest[wire.client.send(rest) :]
            wire.reactor.turn()

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
        done = self.begin(intake.shaken(), sink := Store())
        end: Any = Full(isFull=isFull)
        intake.pump._socket, end.end = end, intake.pump._socket
        intake.pump._connection.send(b"an answer")
        intake.uploads(b"12345")
        intake.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert b"".join(sink.written) == b"12345"

    def test_unreadEnd(self, intake: Shielded) -> None:
        """
        Who has sent all, and does not wait for our answer, has sent all.
        """
        client, out = _prepared(intake)
        intake.client.send(out.read())
        intake.turns(lambda: intake.told)
        end: Any = Full(isFull=True)
        intake.pump._socket, end.end = end, intake.pump._socket
        intake.pump._connection.send(b"an answer")
        client.write(b"12345")
        with suppress(ssl.SSLWantReadError):
            client.unwrap()
        intake.client.send(out.read())
        done = self.begin(intake, sink := Store())
        intake.turns(lambda: done.called)
        assert result(done) == 5
        assert b"".join(sink.written) == b"12345"

    def test_stall(self, intake: Shielded) -> None:
        """
        As without TLS.
        """
        done = self.begin(intake.shaken(), Store())
        intake.reactor.advance(STALL)
        with pytest.raises(TransferAborted, match="Nothing moved"):
            result(done)


def test_anotherConnection() -> None:
    """
    One that does not show what is OpenSSL's is left alone.
    """
    fill = tlsreading.filling(memoryview(bytearray(1 << 15)))
    nobody: Any = object()
    assert fill(nobody, 5) == (5, False)
