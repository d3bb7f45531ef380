"""
Tests for L{ftpactive.net.pumptls}, with the standard library's TLS at the
other end.
"""

from __future__ import annotations

import os
import select
from socket import socket

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import LocalError, TransferAborted
from ftpactive.net import pumptls
from ftpactive.net.pumptls import TLSPump
from tests.net.channels import Pieces
from tests.net.played import result
from tests.net.selecting import STALL
from tests.net.shielding import Shielded, context, sender, wire
from tests.net.test_pumpsocket import BIG, Files, files, sends

__all__ = ["context", "files", "sender", "wire"]


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

    def test_endWaits(
        self, sender: Shielded, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        When the kernel has no room for the end of TLS, that comes later, and
        then the connection is closed once.
        """
        connection = sender.shaken(version).pump._connection
        tried: list[None] = []
        send = sender.pump._outgoing.send

        def full(end: socket) -> int:
            if connection.get_shutdown():
                tried.append(None)
                if len(tried) == 1:
                    raise BlockingIOError
            return send(end)

        monkeypatch.setattr(sender.pump._outgoing, "send", full)
        done = Deferred.fromCoroutine(sender.channel.send(Pieces(b"hello"), IDENTITY))
        assert not done.called and sender.isWritable()
        assert sender.downloaded(done) == b"hello"
        assert result(done) == 5 and len(tried) > 1
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
        monkeypatch.setattr(TLSPump, "_room", memoryview(bytearray(1 << 14)))
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
        monkeypatch.setattr(TLSPump, "_room", memoryview(bytearray(len(BIG))))
        done = sends(sender.shaken(), files.source(BIG) if isFile else Pieces(BIG))
        sender.turns(lambda: not sender.isWritable())
        sender.reactor.advance(STALL - 1)
        while not sender.isWritable():
            select.select([sender.client], (), ())
            os.read(sender.client.fileno(), 4096)
        sender.turns(lambda: not sender.isWritable())
        assert sender.channel.transferred < len(BIG)
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


def test_records(sender: Shielded) -> None:
    """
    One call makes more than one of them, and one sends them.
    """
    pump = sender.shaken().pump
    assert pump._connection.send(memoryview(b"0" * 65536)) == 65536
    assert pump._outgoing.send(pump._socket) > 65536
