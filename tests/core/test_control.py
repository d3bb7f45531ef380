"""
Tests for L{ftpactive.core.control}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.command import Command, parseCommand
from ftpactive.core.control import NEED_DATA, PAUSED, ControlChannel
from ftpactive.core.errors import UnknownCommand
from ftpactive.core.reply import Reply

OKAY = Reply(200, "Okay")
OPENING = Reply(150, "Opening")
COMPLETE = Reply(226, "Complete")
NOOP = Command("NOOP", "")
STAT = Command("STAT", "")


@pytest.fixture
def control() -> ControlChannel:
    """
    A channel whose client has been greeted; STAT is urgent, ABOR interrupts.
    """
    channel = ControlChannel(
        limit=20,
        isUrgent=lambda command: command == STAT,
        isInterrupt=lambda command: command.verb == "ABOR",
    )
    channel.send(Reply(220, "Welcome"))
    return channel


@pytest.fixture
def transferring(control: ControlChannel) -> ControlChannel:
    """
    A channel that has answered a RETR with 150.
    """
    control.receiveData(b"RETR a\r\n")
    control.nextCommand()
    control.send(OPENING)
    return control


class TestOrder:
    """
    Commands are released one by one, replies are sent one by each.
    """

    def test_nothingBeforeTheGreeting(self) -> None:
        """
        To connect is the first command, and 220 the reply to it.
        """
        control = ControlChannel()
        control.receiveData(b"NOOP\r\n")
        assert control.nextCommand() is PAUSED

    def test_command(self, control: ControlChannel) -> None:
        """
        A line is a command.
        """
        control.receiveData(b"RETR a\r\n")
        assert control.nextCommand() == Command("RETR", "a")

    def test_needData(self, control: ControlChannel) -> None:
        """
        Without a whole line there is none.
        """
        control.receiveData(b"NOO")
        assert control.nextCommand() is NEED_DATA

    def test_bareLineFeed(self, control: ControlChannel) -> None:
        """
        People who type by hand end lines with LF alone.
        """
        control.receiveData(b"NOOP\n")
        assert control.nextCommand() == NOOP

    def test_nextAfterTheAnswer(self, control: ControlChannel) -> None:
        """
        A second command waits for the reply to the first.
        """
        control.receiveData(b"RETR a\r\nNOOP\r\n")
        control.nextCommand()
        before = control.nextCommand()
        control.send(OKAY)
        assert (before, control.nextCommand()) == (PAUSED, NOOP)

    def test_preliminaryReplyEndsNothing(self, transferring: ControlChannel) -> None:
        """
        After 150 an ordinary command goes on waiting.
        """
        transferring.receiveData(b"NOOP\r\n")
        assert transferring.nextCommand() is PAUSED

    def test_secondFinalReply(self, control: ControlChannel) -> None:
        """
        It would be taken for the reply to the next command: a fault of ours.
        """
        control.receiveData(b"NOOP\r\n")
        control.nextCommand()
        control.send(OKAY)
        with pytest.raises(RuntimeError):
            control.send(OKAY)

    def test_isIdle(self, control: ControlChannel) -> None:
        """
        A command that is being done is not an idle client.
        """
        control.receiveData(b"NOOP\r\n")
        states = [control.isIdle]
        control.nextCommand()
        states.append(control.isIdle)
        control.send(OKAY)
        assert [*states, control.isIdle] == [True, False, True]


class TestUrgent:
    """
    STAT is heard during a transfer, RFC 959 section 4.1.3.
    """

    def test_overtakesATransfer(self, transferring: ControlChannel) -> None:
        """
        It does not wait for 226.
        """
        transferring.receiveData(b"STAT\r\n")
        assert transferring.nextCommand() == STAT

    def test_notBeforeTheTransferRuns(self, control: ControlChannel) -> None:
        """
        Before 150 its reply could be taken for the one to RETR.
        """
        control.receiveData(b"RETR a\r\nSTAT\r\n")
        control.nextCommand()
        assert control.nextCommand() is PAUSED

    def test_notBeforeAnother(self, transferring: ControlChannel) -> None:
        """
        What came before it is answered before it.
        """
        transferring.receiveData(b"NOOP\r\nSTAT\r\n")
        assert transferring.nextCommand() is PAUSED

    def test_oneAtATime(self, transferring: ControlChannel) -> None:
        """
        A second STAT waits for the reply to the first.
        """
        transferring.receiveData(b"STAT\r\nSTAT\r\n")
        transferring.nextCommand()
        before = transferring.nextCommand()
        transferring.send(OKAY)
        assert (before, transferring.nextCommand()) == (PAUSED, STAT)

    def test_endsWithTheTransfer(self, transferring: ControlChannel) -> None:
        """
        After 226 the next command is ordinary again.
        """
        transferring.send(COMPLETE)
        transferring.receiveData(b"NOOP\r\nSTAT\r\n")
        transferring.nextCommand()
        assert transferring.nextCommand() is PAUSED

    def test_lineTooLongDoesNotOvertake(self, transferring: ControlChannel) -> None:
        """
        It has its turn, like any other.
        """
        transferring.receiveData(b"a" * 30 + b"\r\n")
        assert transferring.nextCommand() is PAUSED

    def test_nothingIsUrgentUnlessSaid(self) -> None:
        """
        By itself the core knows no verbs.
        """
        control = ControlChannel()
        control.send(Reply(220, "Welcome"))
        control.receiveData(b"RETR a\r\nABOR\r\n")
        control.nextCommand()
        control.send(OPENING)
        assert (control.nextCommand(), control.isInterrupted) == (PAUSED, False)


class TestInterrupt:
    """
    ABOR is seen when it arrives and answered in its turn.
    """

    def test_isSeenAtOnce(self, transferring: ControlChannel) -> None:
        """
        Even behind other commands.
        """
        transferring.receiveData(b"NOOP\r\nABOR\r\n")
        assert transferring.isInterrupted

    def test_waitsForItsTurn(self, transferring: ControlChannel) -> None:
        """
        The transfer's own reply comes first.
        """
        transferring.receiveData(b"ABOR\r\n")
        assert transferring.nextCommand() is PAUSED

    def test_endsWhenItIsReleased(self, transferring: ControlChannel) -> None:
        """
        A transfer behind it is not cut.
        """
        transferring.receiveData(b"ABOR\r\n")
        transferring.send(COMPLETE)
        transferring.nextCommand()
        assert not transferring.isInterrupted

    def test_twoOfThem(self, control: ControlChannel) -> None:
        """
        The first does not end what the second says.
        """
        control.receiveData(b"ABOR\r\nABOR\r\n")
        control.nextCommand()
        assert control.isInterrupted


class TestLimits:
    """
    What waits is bounded.
    """

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    def test_longestLine(self, control: ControlChannel, end: bytes) -> None:
        """
        The end of a line is not counted.
        """
        control.receiveData(b"RETR " + b"a" * 15 + end)
        assert control.nextCommand() == Command("RETR", "a" * 15)

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    def test_oneByteMore(self, control: ControlChannel, end: bytes) -> None:
        """
        It is told with 500, and counts as a command.
        """
        control.receiveData(b"RETR " + b"a" * 16 + end)
        with pytest.raises(UnknownCommand, match="more than 20"):
            control.nextCommand()
        assert not control.isIdle

    def test_isToldOnce(self, control: ControlChannel) -> None:
        """
        However many pieces the line comes in, it is skipped to its end.
        """
        for _ in range(9):
            control.receiveData(b"a" * 30)
        control.receiveData(b"a\r\nNOOP\r\n")
        with pytest.raises(UnknownCommand):
            control.nextCommand()
        control.send(Reply(500, "Too long"))
        assert control.nextCommand() == NOOP

    def test_isToldBeforeItsEnd(self, control: ControlChannel) -> None:
        """
        A client that never ends its line hears of it, and nothing is kept.
        """
        control.receiveData(b"a" * 30)
        with pytest.raises(UnknownCommand):
            control.nextCommand()

    @pytest.mark.parametrize("line", [b"NOOP\r\n", b"\n"])
    def test_isFull(self, control: ControlChannel, line: bytes) -> None:
        """
        A client that sends and sends is told to wait, empty lines included.
        """
        before = control.isFull
        control.receiveData(line * 1200)
        assert (before, control.isFull) == (False, True)

    def test_isNotFullForEver(self, control: ControlChannel) -> None:
        """
        As soon as commands were released there is room again.
        """
        control.receiveData(b"NOOP\r\n" * 1200)
        for _ in range(1200):
            control.nextCommand()
            control.send(OKAY)
        assert not control.isFull


class TestEnds:
    """
    A conversation ends, or moves into TLS.
    """

    def test_nothingIsReleasedAfterTheEnd(self, control: ControlChannel) -> None:
        """
        What waits is dropped, and what still comes.
        """
        control.receiveData(b"NOOP\r\nABOR\r\n")
        control.close()
        control.receiveData(b"NOOP\r\n")
        assert (control.nextCommand(), control.isInterrupted) == (NEED_DATA, False)

    def test_421NeedsNoCommand(self, control: ControlChannel) -> None:
        """
        RFC 959 section 5.4: it may come at any time.
        """
        assert control.close(Reply(421, "Idle")) == b"421 Idle\r\n"

    def test_closingInSilence(self, control: ControlChannel) -> None:
        """
        After 221 all has been said.
        """
        assert control.close() == b""

    def test_noReplyAfterTheEnd(self, transferring: ControlChannel) -> None:
        """
        Nobody is there to read it.
        """
        transferring.close()
        with pytest.raises(RuntimeError):
            transferring.send(COMPLETE)

    def test_plaintextIsForgotten(self, control: ControlChannel) -> None:
        """
        Commands, half a line, and half a Telnet command that came in the
        clear never run inside TLS.
        """
        control.receiveData(b"ABOR\r\nDELE a\r\nDELE b\xff")
        control.forgetPlaintext()
        control.receiveData(b"NOOP\r\n")
        assert (control.nextCommand(), control.isInterrupted) == (NOOP, False)

    def test_halfALongLineIsForgotten(self, control: ControlChannel) -> None:
        """
        The first line inside TLS is not skipped.
        """
        control.receiveData(b"a" * 30)
        control.forgetPlaintext()
        control.receiveData(b"NOOP\r\n")
        assert control.nextCommand() == NOOP

    def test_telnetIsAnsweredAtOnce(self, control: ControlChannel) -> None:
        """
        Refusals of options are no replies to commands.
        """
        assert control.receiveData(b"\xff\xfb\x01") == b"\xff\xfe\x01"


class TestAlone:
    """
    L{ControlChannel.receiveAlone} takes in and releases in one go what comes
    alone.
    """

    @pytest.fixture
    def heard(self, control: ControlChannel) -> ControlChannel:
        """
        A channel that has answered a command.
        """
        control.receiveData(b"NOOP\r\n")
        control.nextCommand()
        control.send(OKAY)
        return control

    def test_usual(self, heard: ControlChannel) -> None:
        """
        It is in flight then.
        """
        assert heard.receiveAlone(b"RETR a\r\n") == Command("RETR", "a")
        assert not heard.isIdle
        heard.send(COMPLETE)
        assert heard.isIdle

    @pytest.mark.parametrize("data", [b"PASV\r\n", b"PASV \r\n"])
    def test_bare(self, heard: ControlChannel, data: bytes) -> None:
        """
        So is one without an argument.
        """
        assert heard.receiveAlone(data) == Command("PASV", "")
        assert not heard.isIdle

    @pytest.mark.parametrize(
        "argument", [b"a b", b" a ", b"a\rb", b"a\r\0b", b"a\0b", "é".encode(), b"\xc3", b"\r", b""]
    )
    def test_argument(self, heard: ControlChannel, argument: bytes) -> None:
        """
        It is what all commands are read as.
        """
        line = b"RETR " + argument
        assert heard.receiveAlone(line + b"\r\n") == parseCommand(line + b"\r")

    def test_first(self, control: ControlChannel) -> None:
        """
        The first line of all is no other, unless it may be of another protocol.
        """
        assert control.receiveAlone(b"GET / HTTP/1.1\r\n") is None
        assert control.receiveAlone(b"USER a\r\n") == Command("USER", "a")

    @pytest.mark.parametrize(
        "data",
        [
            b"RETR a",
            b"RETR a\r\nNOOP\r\n",
            b"ABOR\r\n",
            b"GET / HTTP/1.1\r\n",
            b"RETR \xff\xfd\x01\r\n",
            b"RETR " + b"a" * 20 + b"\r\n",
            b"\r\n",
            b"",
            b"RETR",
            b"RETR ",
            b"RETR \n",
            b"pasv\r\n",
            b"PASV\n",
            b"retr a\r\n",
        ],
    )
    def test_other(self, heard: ControlChannel, data: bytes) -> None:
        """
        Part of a line, more than one, what interrupts, what is no command of
        FTP, Telnet, what is too long, and what hardly any client writes: nothing of
        them was taken in.
        """
        assert heard.receiveAlone(data) is None
        assert heard.isIdle
        assert heard.nextCommand() is NEED_DATA

    def test_busy(self, heard: ControlChannel) -> None:
        """
        Its turn has not come while another is being done, or waits.
        """
        heard.receiveAlone(b"RETR a\r\n")
        assert heard.receiveAlone(b"NOOP\r\n") is None
        heard.receiveData(b"NOOP\r\n")
        heard.send(COMPLETE)
        assert heard.receiveAlone(b"NOOP\r\n") is None
        assert heard.nextCommand() == NOOP

    @pytest.mark.parametrize("before", [b"NO", b"a" * 30, b"\xff", b"\xff\xfd"])
    def test_behind(self, heard: ControlChannel, before: bytes) -> None:
        """
        The rest of a line is no line of its own, nor is that of Telnet.
        """
        heard.receiveData(before)
        assert heard.receiveAlone(b"RETR\r\n") is None

    def test_closed(self, heard: ControlChannel) -> None:
        """
        Nothing is heard after the end.
        """
        heard.close()
        assert heard.receiveAlone(b"NOOP\r\n") is None
