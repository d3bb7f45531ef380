"""
Tests for L{ftpactive.verbs.conversation}, and for whole conversations.
"""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.events import Answered, Connected, Disconnected, Event, Transferred
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.logins import VirtualHost
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.storagecalls import run
from ftpactive.verbs.conversation import Conversation as VerbsConversation

PORT = "PORT 192,0,2,7,78,52"


def transfers(conversation: Conversation) -> list[Transferred]:
    """
    Give the transfers that were told.
    """
    return [event for event in conversation.events if isinstance(event, Transferred)]


class TestEvents:
    """
    What is told to logs and metrics.
    """

    def test_beginAndEnd(self) -> None:
        """
        A session begins with nobody and ends with whoever is in.
        """
        conversation = Conversation(login=False).hears("USER alice", "PASS secret")
        conversation.leaves()
        first, last = conversation.events[0], conversation.events[-1]
        assert first == Connected(1, "192.0.2.7:50000", "")
        assert last == Disconnected(1, "192.0.2.7:50000", "alice", reason="the client left")

    def test_everyCommand(self, conversation: Conversation) -> None:
        """
        With its reply.
        """
        conversation.hears("CWD missing")
        assert conversation.events == [
            Answered(
                1,
                "192.0.2.7:50000",
                "alice",
                command="CWD missing",
                code=550,
                text="No such file or directory",
            )
        ]

    @pytest.mark.parametrize(("arranged", "mode"), [(PORT, "active"), ("PASV", "passive")])
    def test_transfer(self, conversation: Conversation, arranged: str, mode: str) -> None:
        """
        What went through, and how.
        """
        conversation.hears(arranged, "RETR a.txt")
        (told,) = transfers(conversation)
        assert (told.verb, told.path, told.size, told.mode) == ("RETR", "/a.txt", 5, mode)
        assert (told.user, told.error) == ("alice", "")
        assert told.seconds >= 0

    def test_failedTransfer(self, conversation: Conversation) -> None:
        """
        What went through until then, and why no more did.
        """
        conversation.opener.toReceive = b"half"
        conversation.opener.cut = TransferAborted("The client stalled")
        conversation.hears(PORT, "STOR new")
        (told,) = transfers(conversation)
        assert (told.size, told.error) == (4, "The client stalled")

    def test_transferThatNeverOpened(self, conversation: Conversation) -> None:
        """
        It is told as well: operators want to know.
        """
        conversation.opener.failure = CannotOpenData("Connection refused")
        conversation.hears(PORT, "RETR a.txt")
        (told,) = transfers(conversation)
        assert (told.size, told.error) == (0, "Connection refused")

    def test_errorWithoutWords(self, conversation: Conversation) -> None:
        """
        Its class says what it is.
        """
        error = CannotOpenData()
        error.args = ("",)
        conversation.opener.failure = error
        conversation.hears(PORT, "RETR a.txt")
        assert transfers(conversation)[0].error == "CannotOpenData"

    def test_afterTheEndThereIsNobody(self, conversation: Conversation) -> None:
        """
        The last command's reply is told before the login ends.
        """
        conversation.hears("QUIT").leaves()
        answered, gone = conversation.events
        assert (answered.user, gone.user) == ("alice", "")


class TestStorage:
    """
    Nobody gets at files who is not in any more.
    """

    def test_leavingInTheMiddle(self) -> None:
        """
        A verb that goes on after the client has left stops at its next use of
        the storage.
        """
        opening: Deferred[None] = Deferred()
        listed: list[Path] = []

        class Slow(MemoryStorage):
            async def stat(self, path: Path) -> Facts:
                await opening
                return await super().stat(path)

            async def list(self, path: Path):  # type: ignore[no-untyped-def]
                listed.append(path)
                yield []

        conversation = Conversation(Slow()).hears(PORT, "MLSD")
        conversation.leaves()
        opening.callback(None)
        assert listed == []
        last: Event = conversation.events[-1]
        assert isinstance(last, Answered)
        assert last.code == 530


class TestBreathing:
    """
    Long work lets everybody else have a turn.
    """

    def test_without(self) -> None:
        """
        Where nobody gives turns, it goes straight on.
        """
        played = Conversation()
        c = VerbsConversation(
            number=1,
            default=VirtualHost(played.authenticator, Settings()),
            opener=played.opener,
            send=lambda reply: None,
            tell=lambda event: None,
            now=lambda: 0,
        )
        assert run(c.breathe()) is None

    def test_othersAreHeard(self) -> None:
        """
        The next step is done only after them.
        """
        conversation = Conversation({"a": b"1\n"})
        conversation.protocol.dataReceived(b"SIZE a\r\n")
        before = conversation.codes()
        conversation.clock.advance(0)
        assert (before, conversation.codes()) == ([], [213])

    @pytest.mark.parametrize("lines", [b"ABOR\r\n", b"NOOP\r\nABOR\r\n"])
    def test_abort(self, lines: bytes) -> None:
        """
        Nor does who does not want to know any more; no data connection was
        there to be cut, so that it is not 426.
        """
        conversation = Conversation({"a": b"1\n"})
        conversation.protocol.dataReceived(b"SIZE a\r\n" + lines)
        conversation.clock.advance(0)
        assert conversation.replies()[0] == "451 Aborted"
        assert conversation.codes()[-1] == 226

    def test_leaving(self) -> None:
        """
        Who has left does not keep us busy.
        """
        conversation = Conversation({"a": b"1\n"})
        conversation.protocol.dataReceived(b"SIZE a\r\n")
        conversation.leaves()
        conversation.clock.advance(0)
        last = conversation.events[-1]
        assert isinstance(last, Answered)
        assert last.code == 451


class TestPipelining:
    """
    Commands may be sent without waiting for replies.
    """

    def test_manyInOneWrite(self, conversation: Conversation) -> None:
        """
        All are answered, in order; none is lost, and no stack overflows.
        """
        conversation.hearsBytes(b"NOOP\r\nSYST\r\n" * 500)
        assert conversation.codes() == [200, 215] * 500

    def test_byteByByte(self, conversation: Conversation) -> None:
        """
        Or in as small pieces as the network likes.
        """
        for byte in b"NOOP\r\nCWD sub\r\nPWD\r\n":
            conversation.hearsBytes(bytes((byte,)))
        assert conversation.codes() == [200, 250, 257]

    def test_duringATransfer(self, conversation: Conversation) -> None:
        """
        They wait for its end; Twisted's own server did not read them.
        """
        conversation.during("RETR a.txt").hears("NOOP", "PWD").release()
        assert conversation.codes() == [150, 226, 200, 257]

    def test_statusOvertakesOnlyTheTransfer(self, conversation: Conversation) -> None:
        """
        With another command before it, STAT waits as well, or its reply would
        be taken for that one's.
        """
        conversation.during("RETR a.txt").hears("STAT", "NOOP", "STAT")
        before = conversation.codes()
        conversation.release()
        assert (before, conversation.codes()) == ([150, 211], [150, 211, 226, 200, 211])

    def test_lineTooLong(self) -> None:
        """
        It is answered 500 once, and the next one is heard.
        """
        conversation = Conversation(settings=Settings(lineLimit=30))
        conversation.hears("RETR " + "a" * 99, "NOOP")
        assert conversation.codes() == [500, 200]

    def test_lineWithoutEnd(self, conversation: Conversation) -> None:
        """
        A client cannot fill our memory with one.
        """
        for _ in range(100):
            conversation.hearsBytes(b"a" * 4096)
        assert conversation.codes() == [500]

    def test_telnetOptions(self, conversation: Conversation) -> None:
        """
        They are refused at once and disturb no command.
        """
        conversation.hearsBytes(b"NO\xff\xfb\x01OP\r\n")
        assert conversation.said == b"\xff\xfe\x01200 NOOP command successful\r\n"


class TestBackPressure:
    """
    A client that does not read its replies is not listened to.
    """

    def test_isPaused(self, conversation: Conversation) -> None:
        """
        Nothing is read from it, and what came is not done.
        """
        conversation.protocol.pauseProducing()
        conversation.hears("NOOP")
        assert conversation.transport.producerState == "paused"
        assert conversation.codes() == []

    def test_goesOn(self, conversation: Conversation) -> None:
        """
        When it has read, what came meanwhile is answered.
        """
        conversation.protocol.pauseProducing()
        conversation.hears("NOOP", "PWD")
        conversation.protocol.resumeProducing()
        assert conversation.transport.producerState == "producing"
        assert conversation.codes() == [200, 257]

    def test_tooManyCommands(self, conversation: Conversation) -> None:
        """
        Who sends more commands than it waits for is paused as well.
        """
        conversation.during("RETR a.txt").hearsBytes(b"NOOP\r\n" * 1200)
        before = conversation.transport.producerState
        conversation.release()
        assert (before, conversation.transport.producerState) == ("paused", "producing")
        assert conversation.codes() == [150, 226] + [200] * 1200
