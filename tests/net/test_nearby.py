"""
Tests for L{ftpactive.net.nearby}, and of how a control connection uses it.
"""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from ftpactive.core.errors import FTPError
from ftpactive.net.nearby import Nearby
from ftpactive.net.replies import Replies
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from tests.net.wire import Wire


class TestLook:
    """
    What is there is read, and nobody waits for what is not.
    """

    def test_whatHasCome(self, wire: Wire) -> None:
        """
        All of it, once.
        """
        nearby = Nearby()
        wire.theirs.send(b"NOOP\r\n")
        assert [nearby.look(wire.socket), nearby.look(wire.socket)] == [b"NOOP\r\n", b""]

    def test_end(self, wire: Wire) -> None:
        """
        The reactor finds it afterwards.
        """
        nearby = Nearby()
        wire.theirs.close()
        assert nearby.look(wire.socket) == b""
        assert wire.socket.recv(1) == b""

    def test_closed(self, wire: Wire) -> None:
        """
        There is nothing any more.
        """
        nearby = Nearby()
        wire.socket.close()
        assert nearby.look(wire.socket) == b""

    def test_farClient(self, wire: Wire) -> None:
        """
        Where none is fast enough, four are looked for, and then every eighth.
        """
        nearby = Nearby()
        assert [nearby.look(wire.socket) for _ in range(4)] == [b""] * 4
        for _ in range(2):
            wire.theirs.send(b"1")
            assert [nearby.look(wire.socket) for _ in range(7)] == [b""] * 7
            assert wire.socket.recv(9) == b"1"
            assert nearby.look(wire.socket) == b""

    def test_nearAgain(self, wire: Wire) -> None:
        """
        What is found then makes them near ones again.
        """
        nearby = Nearby()
        for _ in range(4 + 7):
            nearby.look(wire.socket)
        wire.theirs.send(b"1")
        assert nearby.look(wire.socket) == b"1"
        assert [nearby.look(wire.socket) for _ in range(3)] == [b""] * 3
        wire.theirs.send(b"2")
        assert nearby.look(wire.socket) == b"2"


class Fast:
    """
    A client that has sent each command by the time that somebody looks.

    @ivar rest: what it will send.
    @ivar isUnread: does it leave replies unread?
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rest: bytes) -> None:
        self.rest = list(rest)
        self.isUnread = False
        monkeypatch.setattr(Nearby, "look", lambda nearby, end: self._say())
        # There is no socket to which it could be said, or from which it came.
        monkeypatch.setattr(StringTransport, "getHandle", lambda transport: None, raising=False)
        monkeypatch.setattr(Replies, "isSent", lambda replies, transport: not self.isUnread)

    def _say(self) -> bytes:
        return self.rest.pop(0) if self.rest else b""


class TestReadingOn:
    """
    A control connection goes on with what a near client says, as long as it would
    listen anyway.
    """

    def test_commands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Each is answered, in pieces as well.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, b"NOOP\r\n", b"TYPE", b" I\r\nNO", b"OP\r\n")
        conversation.hears("PWD")
        assert (conversation.codes(), fast.rest) == ([257, 200, 200, 200], [])

    def test_greeting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What is said to that is heard at once as well.
        """
        fast = Fast(monkeypatch, b"USER alice\r\n", b"PASS secret\r\n")
        conversation = Conversation(login=False)
        assert (conversation.codes(), fast.rest) == ([220, 331, 230], [])

    def test_afterOneThatTookLong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Nothing is read for one that is being done; when it is, the client is near still.
        """
        storage, slow = MemoryStorage({"a": b"1"}), Deferred[Any]()
        storage.stat = lambda path: slow  # type: ignore
        conversation = Conversation(storage)
        fast = Fast(monkeypatch, b"NOOP\r\n")
        conversation.hears("MDTM a")
        assert fast.rest
        slow.errback(FTPError())
        assert (conversation.codes(), fast.rest) == ([451, 200], [])

    def test_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Behind QUIT nothing is heard.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, b"QUIT\r\n", b"NOOP\r\n")
        ended: list[Failure] = []
        conversation.transport.connectionLost = ended.append
        conversation.hears("NOOP")
        assert ended
        assert (conversation.codes(), fast.rest) == ([200, 221], [b"NOOP\r\n"])

    def test_othersHaveTheirTurn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        After 10 ms the reactor is asked again.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, *[b"NOOP\r\n"] * 9)
        take = conversation.protocol._take

        def takeLong(data: bytes) -> None:
            conversation.clock.advance(0.004)
            take(data)

        monkeypatch.setattr(conversation.protocol, "_take", takeLong)
        conversation.hears("NOOP")
        assert (conversation.codes(), len(fast.rest)) == ([200] * 4, 6)

    def test_doesNotRead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Who does not read replies is not listened to, neither here.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, b"NOOP\r\n")
        conversation.protocol.pauseProducing()
        conversation.hears("NOOP")
        assert fast.rest
        conversation.protocol.resumeProducing()
        conversation.hears("NOOP")
        assert (conversation.codes(), fast.rest) == ([200, 200, 200], [])

    def test_replyIsUnderWay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Nor is one whose reply the kernel has not taken yet.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, b"NOOP\r\n")
        fast.isUnread = True
        conversation.hears("NOOP")
        assert (conversation.codes(), fast.rest) == ([200], [b"NOOP\r\n"])

    def test_noSocket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What a transport does with its bytes, such as TLS, only it knows.
        """
        looked: list[object] = []
        monkeypatch.setattr(Nearby, "look", lambda nearby, end: looked.append(end))
        assert Conversation().hears("NOOP").codes() == [200]
        assert looked == []

    def test_pipelined(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Commands that wait for others' turn have theirs first.
        """
        conversation = Conversation()
        fast = Fast(monkeypatch, b"SYST\r\n")
        seconds = iter(range(100))
        monkeypatch.setattr(conversation.clock, "seconds", lambda: next(seconds))
        conversation.protocol.dataReceived(b"NOOP\r\nPWD\r\n")
        assert (conversation.codes(), fast.rest) == ([200], [b"SYST\r\n"])
