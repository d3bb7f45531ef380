"""
Tests for L{ftpactive.net.protocol}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from ftpactive.core.errors import FTPError
from ftpactive.core.events import Answered, Connected, Disconnected, Event, Opened, Transferred
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.logins import Login
from ftpactive.net.reactors import Transport
from ftpactive.net.replies import Replies
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from tests.net.pending import pending
from tests.net.played import Server, lose

LoggedErrors = Callable[..., list[Failure]]


class Odd(Exception):
    """
    What nobody foresees.
    """


def oddly(*arguments: object) -> Any:
    """
    Fail in an unforeseen way.
    """
    raise Odd("1, 2, 3")


class TestConnecting:
    """
    A client is greeted.
    """

    def test_greeting(self) -> None:
        """
        With the words of the settings, and somebody is told.
        """
        conversation = Conversation(login=False, settings=Settings(welcome="Hello"))
        assert conversation.said == b"220 Hello\r\n"
        assert conversation.events == [Connected(1, "192.0.2.7:50000", "")]

    def test_producesItsReplies(self) -> None:
        """
        So that the transport can say when the client does not read them.
        """
        conversation = Conversation()
        assert verifyObject(IPushProducer, conversation.protocol)
        assert conversation.transport.producer is conversation.protocol
        assert conversation.transport.streaming

    def test_telnetOptionsAreRefused(self) -> None:
        """
        IAC DO ECHO is answered IAC WONT ECHO, between the replies.
        """
        conversation = Conversation().hearsBytes(b"\xff\xfd\x01NOOP\r\n")
        assert conversation.said.startswith(b"\xff\xfc\x01200 ")


class TestCommands:
    """
    Commands are done one after the other.
    """

    def test_manyAtOnce(self) -> None:
        """
        However many come in one piece, the stack does not grow with them.
        """
        conversation = Conversation().hearsBytes(b"NOOP\r\n" * 5000)
        assert conversation.codes() == [200] * 5000

    def test_inPieces(self) -> None:
        """
        A command may come byte by byte.
        """
        conversation = Conversation()
        for byte in b"NOOP\r\n":
            conversation.hearsBytes(bytes([byte]))
        assert conversation.codes() == [200]

    def test_lineTooLong(self) -> None:
        """
        It is a command that cannot be understood, and the next one can.
        """
        conversation = Conversation(settings=Settings(lineLimit=50))
        conversation.hears("X" * 51, "NOOP")
        assert conversation.codes() == [500, 200]
        assert [event.code for event in answers(conversation)] == [500, 200]

    def test_eachAnswerIsTold(self) -> None:
        """
        With the command, and without any password.
        """
        conversation = Conversation(login=False).hears("USER alice", "PASS secret")
        assert [(event.command, event.code) for event in answers(conversation)] == [
            ("USER alice", 331),
            ("PASS ****", 230),
        ]

    def test_waitingForAStorage(self) -> None:
        """
        A command whose storage takes its time holds up those behind it.
        """
        conversation, slow = slowly()
        conversation.hears("SIZE a", "NOOP")
        assert conversation.codes() == []
        slow.errback(FTPError())
        assert conversation.codes() == [451, 200]

    def test_othersHaveTheirTurn(self) -> None:
        """
        Between two commands that came in one piece, when the first took long.
        """
        conversation = laboriously()
        conversation.protocol.dataReceived(b"SIZE a\r\nNOOP\r\n")
        conversation.protocol.dataReceived(b"NOOP\r\n")
        assert conversation.codes() == [213]
        conversation.clock.advance(0)
        assert conversation.codes() == [213, 200, 200]

    def test_lostInTheTurnOfOthers(self) -> None:
        """
        Then the rest is not done, and no timer is left.
        """
        conversation = laboriously()
        conversation.protocol.dataReceived(b"SIZE a\r\nNOOP\r\n")
        conversation.leaves()
        assert pending(conversation.clock) == []
        assert conversation.codes() == [213]

    def test_comesInTheTurnOfOthers(self) -> None:
        """
        One that comes while nothing waits but the turn is done, too.
        """
        conversation = laboriously()
        conversation.protocol.dataReceived(b"SIZE")
        conversation.protocol.dataReceived(b" a\r\n")
        conversation.protocol.dataReceived(b"NOOP\r\n")
        assert conversation.codes() == [213, 200]

    def test_abortOvertakes(self) -> None:
        """
        ABOR cuts a transfer at its arrival, in the order of replies.
        """
        conversation = Conversation({"a": b"1"}).during("RETR a").hears("NOOP", "ABOR")
        assert conversation.codes() == [150, 426, 200, 226]


def answers(conversation: Conversation) -> list[Answered]:
    """
    Give the answers that were told.
    """
    return [event for event in conversation.events if isinstance(event, Answered)]


def slowly() -> tuple[Conversation, Deferred[Any]]:
    """
    Give a conversation whose storage answers when the test says so.
    """
    storage, slow = MemoryStorage({"a": b"1"}), Deferred[Any]()
    storage.stat = lambda path: slow  # type: ignore
    return Conversation(storage).hears("TYPE I").forget("200 Type set to I\r\n"), slow


def laboriously() -> Conversation:
    """
    Give a conversation whose storage takes a second, and all others'.
    """
    storage = MemoryStorage({"a": b"1"})
    conversation, stat = Conversation(storage), storage.stat

    async def slow(path: Path) -> Facts:
        conversation.clock.rightNow += 1
        return await stat(path)

    storage.stat = slow  # type: ignore[method-assign]
    return conversation.hears("TYPE I").forget("200 Type set to I\r\n")


class TestFaults:
    """
    What nobody foresees is logged once, and answered 451.
    """

    def faulty(self) -> Conversation:
        """
        Give a conversation whose storage is broken.
        """
        storage = MemoryStorage({"a": b"1"})
        storage.makeDirectory = oddly  # type: ignore
        return Conversation(storage)

    def test_451(self, loggedErrors: LoggedErrors) -> None:
        """
        The client is not shown what is inside of us, and may go on.
        """
        conversation = self.faulty().hears("MKD b", "NOOP")
        assert conversation.codes() == [451, 200]
        assert b"1, 2, 3" not in conversation.said
        assert len(loggedErrors(Odd)) == 1

    def test_passwordIsNotLogged(self, loggedErrors: LoggedErrors) -> None:
        """
        The line names session and command, no more.
        """
        lines: list[LogEvent] = []
        observer = cast(ILogObserver, lines.append)
        conversation = Conversation(login=False)
        conversation.authenticator.login = oddly  # type: ignore
        globalLogPublisher.addObserver(observer)
        try:
            conversation.hears("USER alice", "PASS secret")
        finally:
            globalLogPublisher.removeObserver(observer)
        assert conversation.codes() == [220, 331, 451]
        (line,) = [line for line in lines if "command" in line]
        assert (line["number"], line["command"]) == (1, "PASS ****")
        assert len(loggedErrors(Odd)) == 1

    def test_faultOfAListener(self, loggedErrors: LoggedErrors) -> None:
        """
        A listener that raises, which it must not, is heard of.
        """
        conversation = Conversation()
        conversation._events.emit = oddly  # type: ignore
        conversation.hears("NOOP")
        assert len(loggedErrors(Odd)) == 1


class TestFlow:
    """
    Who does not read is not listened to.
    """

    def test_repliesPileUp(self) -> None:
        """
        Until the client reads again no command is read, or done.
        """
        conversation = Conversation()
        conversation.protocol.pauseProducing()
        conversation.hears("NOOP", "NOOP")
        assert conversation.codes() == []
        assert conversation.transport.producerState == "paused"
        conversation.protocol.resumeProducing()
        assert conversation.codes() == [200, 200]
        assert conversation.transport.producerState == "producing"

    def test_saysNothing(self) -> None:
        """
        Nor is it when it says nothing that is a command: TLS has answers to
        what never gets here.
        """
        conversation = Conversation()
        conversation.protocol.pauseProducing()
        assert conversation.transport.producerState == "paused"
        conversation.protocol.resumeProducing()
        assert conversation.transport.producerState == "producing"

    def test_inTheMiddle(self) -> None:
        """
        A transport that is full after the first of many replies gets no
        second.
        """
        conversation = Conversation()
        transport: Any = conversation.transport
        write = transport.write

        def full(data: bytes) -> None:
            write(data)
            conversation.protocol.pauseProducing()

        transport.write = full
        conversation.hearsBytes(b"NOOP\r\n" * 3)
        assert conversation.codes() == [200]
        conversation.protocol.resumeProducing()
        assert conversation.codes() == [200, 200]

    def test_commandsPileUp(self) -> None:
        """
        Nor is more read than a bounded backlog while a transfer runs.
        """
        conversation = Conversation({"a": b"1"}).during("RETR a")
        conversation.hearsBytes(b"NOOP\r\n" * 2000)
        assert conversation.transport.producerState == "paused"
        conversation.release()
        assert conversation.codes() == [150, 226] + [200] * 2000
        assert conversation.transport.producerState == "producing"

    def test_markersAreNotKept(self) -> None:
        """
        A client that sends restart markers and does not read the replies shall
        not fill our memory with them.
        """
        conversation = Conversation()
        conversation.opener.toReceive = (b"\x10\0\1m" + b"\0\0\1x") * 100 + b"\x40\0\0"
        conversation.hears("MODE B").during("STOR a")
        conversation.protocol.pauseProducing()
        conversation.release()
        assert 110 not in conversation.codes()
        assert conversation.codes()[-1] == 226

    def test_expiresNevertheless(self) -> None:
        """
        Not for ever is anybody waited for.
        """
        conversation = Conversation()
        conversation.protocol.pauseProducing()
        conversation.hears("NOOP")
        conversation.clock.advance(Settings().idleTimeout)
        assert conversation.codes() == [421]
        conversation.clock.advance(10)
        assert conversation.transport.disconnected


class TestClosing:
    """
    A conversation ends in one of many ways, and everything with it.
    """

    def test_quit(self) -> None:
        """
        The last reply leaves before the connection is closed.
        """
        conversation = Conversation().hears("QUIT", "NOOP")
        assert conversation.codes() == [221]
        assert conversation.transport.disconnecting
        assert not conversation.transport.disconnected
        assert conversation.authenticator.logouts == 1

    def test_lingering(self) -> None:
        """
        A client that does not take its last reply is cut off, and that is
        all: no error, no second logout.
        """
        conversation = Conversation().hears("QUIT")
        conversation.clock.advance(9)
        assert not conversation.transport.disconnected
        conversation.clock.advance(1)
        assert conversation.transport.disconnected
        conversation.leaves()
        assert conversation.authenticator.logouts == 1

    def test_closedInTime(self) -> None:
        """
        No timer is left.
        """
        conversation = Conversation().hears("QUIT")
        conversation.leaves()
        assert pending(conversation.clock) == []

    def test_lost(self) -> None:
        """
        The client goes without a word.
        """
        conversation = Conversation()
        conversation.protocol.stopProducing()
        conversation.leaves()
        assert conversation.authenticator.logouts == 1
        assert pending(conversation.clock) == []
        assert conversation.events == [
            Disconnected(1, "192.0.2.7:50000", "alice", "the client left")
        ]

    def test_lostDuringATransfer(self) -> None:
        """
        The data connection goes too; no reply is written to nobody.
        """
        conversation = Conversation({"a": b"1"}).during("RETR a")
        before = conversation.said
        conversation.leaves()
        assert conversation.said == before
        (transferred,) = [each for each in conversation.events if isinstance(each, Transferred)]
        assert transferred.error != ""

    def test_answerAfterTheLoss(self) -> None:
        """
        A storage that answers later finds nobody.
        """
        conversation, slow = slowly()
        conversation.hears("SIZE a", "NOOP").leaves()
        before = conversation.said
        slow.errback(FTPError())
        assert conversation.said == before

    def test_loginAfterTheLoss(self) -> None:
        """
        A login that succeeds too late is logged out at once.
        """
        conversation, late = Conversation(login=False), Deferred[Login]()
        conversation.authenticator.login = lambda attempt: late  # type: ignore
        logouts: list[int] = []
        conversation.hears("USER alice", "PASS secret").leaves()
        assert logouts == []
        late.callback(Login(None, lambda: logouts.append(1)))
        assert logouts == [1]

    def test_silence(self) -> None:
        """
        421 says why.
        """
        conversation = Conversation()
        conversation.clock.advance(Settings().idleTimeout)
        assert conversation.last() == "421 Nothing was said for 300 seconds, goodbye"
        conversation.leaves()
        disconnected = conversation.events[-1]
        assert isinstance(disconnected, Disconnected)
        assert disconnected.reason == "Nothing was said for 300 seconds"

    def test_noLogin(self) -> None:
        """
        Nobody may stay without.
        """
        conversation = Conversation(login=False)
        conversation.clock.advance(Settings().loginTimeout)
        assert conversation.codes() == [220, 421]

    def test_shutDown(self) -> None:
        """
        421 in the middle of a transfer, which is cut; a second time it has
        no meaning, nor has it after QUIT.
        """
        conversation = Conversation({"a": b"1"}).during("RETR a")
        for _ in range(2):
            conversation.protocol.shutDown()
        assert conversation.codes() == [150, 421]
        assert conversation.transport.disconnecting
        assert conversation.authenticator.logouts == 1

    def test_cutOff(self) -> None:
        """
        Now, whatever has not been sent.
        """
        conversation = Conversation()
        conversation.protocol.cutOff()
        assert conversation.transport.disconnected

    def test_dataAfterTheEnd(self) -> None:
        """
        What a client still says is not heard.
        """
        conversation = Conversation().hears("QUIT").hears("NOOP", "ABOR")
        assert conversation.codes() == [221]

    @pytest.mark.parametrize("way", ["QUIT", "421", "lost"])
    def test_logoutRaises(self, way: str, loggedErrors: LoggedErrors) -> None:
        """
        An avatar that cannot be logged out is heard of, and does not keep
        the connection, or its timers, alive.
        """
        conversation = Conversation()
        conversation.authenticator._logout = oddly  # type: ignore
        conversation.hears("USER alice").hears("PASS secret")
        if way == "QUIT":
            conversation.hears("QUIT")
        elif way == "421":
            conversation.protocol.shutDown()
        assert conversation.transport.disconnecting is (way != "lost")
        conversation.leaves()
        assert pending(conversation.clock) == []
        assert len(loggedErrors(Odd)) == 1


class TestOpened:
    """
    Attempts to open a data connection are told.
    """

    def test_withTheSession(self) -> None:
        """
        Whose it was, and between which ends.
        """
        server = Server({"a": b"1"})
        client = server.client().hears("PORT 192,0,2,7,78,52", "RETR a")
        lose(server.reactor.connect())
        (opened,) = events(server, Opened)
        assert (opened.user, opened.mode, opened.error) == ("alice", "active", "")
        assert (opened.source, opened.target) == ("192.0.2.1:20", "192.0.2.7:20020")
        assert client.codes() == [200, 150, 226]


def events(server: Server, kind: type[Event]) -> list[Any]:
    """
    Give the events of a kind that a server told.
    """
    return [event for event in server.events.events if isinstance(event, kind)]


@pytest.mark.parametrize("before", [b"", b"NOOP\r\n"])
def test_preliminaryRepliesLeaveAtOnce(before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    150 does not wait for 226, whether its command came alone or behind others:
    some clients read once for it, and drop what stands behind it.
    """
    calls: list[bytes] = []

    def write(replies: Replies, transport: Transport, data: bytes) -> None:
        calls.append(data[:3])
        if not replies.isHolding:
            calls.append(b"flush")

    conversation = Conversation({"a": b"1"})
    monkeypatch.setattr(Replies, "write", write)
    monkeypatch.setattr(Replies, "flush", lambda *_: calls.append(b"flush"))
    conversation.hears("PORT 192,0,2,7,78,52").hearsBytes(before + b"RETR a\r\n")
    began = calls.index(b"150")
    assert calls[began + 1] == b"flush"
    assert b"226" in calls[began + 2 :]
