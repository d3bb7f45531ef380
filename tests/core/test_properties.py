"""
What holds for the control connection whatever a client sends, and however the
network cuts it.
"""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import assume, given
from hypothesis import strategies as st

from ftpactive.core.command import Command, parseCommand
from ftpactive.core.control import ControlChannel, Signal
from ftpactive.core.errors import FTPError, UnknownCommand
from ftpactive.core.reply import Reply
from ftpactive.core.telnet import TelnetFilter

LIMIT = 30

#: Bytes that are likely to mean something, among any others.
PIECES = st.sampled_from(
    (b"NOOP", b"STAT", b"ABOR", b"RETR a", b"\r\n", b"\n", b"\r", b"\0", b" ", b"a" * LIMIT)
    + (b"\xff", b"\xff\xff", b"\xff\xf4\xff\xf2", b"\xff\xfb\x01", b"\xff\xfa\x18", b"\xff\xf0")
)
STREAMS = st.lists(PIECES | st.binary(max_size=40), max_size=30).map(b"".join)
CUTS = st.lists(st.integers(min_value=1, max_value=20), min_size=1, max_size=30)


def cut(stream: bytes, sizes: Iterable[int]) -> list[bytes]:
    """
    Cut a stream into chunks of these sizes, and what is left.
    """
    chunks = []
    for size in sizes:
        chunks.append(stream[:size])
        stream = stream[size:]
    return [*chunks, stream]


def greeted() -> ControlChannel:
    """
    Make a channel that can release its first command.
    """
    control = ControlChannel(
        limit=LIMIT,
        isUrgent=lambda command: command.verb == "STAT",
        isInterrupt=lambda command: command.verb == "ABOR",
    )
    control.send(Reply(220, "Welcome"))
    return control


def drain(control: ControlChannel) -> list[Command | str]:
    """
    Take all commands, answering each at once.
    """
    found: list[Command | str] = []
    while True:
        try:
            command = control.nextCommand()
        except UnknownCommand as error:
            found.append(str(error))
        else:
            if isinstance(command, Signal):
                return found
            found.append(command)
        control.send(Reply(200, "Okay"))


@given(st.binary())
def test_everyLineIsACommand(line: bytes) -> None:
    """
    L{parseCommand} never fails, and what it shows is one harmless line.
    """
    command = parseCommand(line)
    assert command.shown().isprintable()


@given(st.text(st.characters()))
def test_everyTextCanBeSaid(text: str) -> None:
    """
    A storage may have names that no disk has: surrogates that stand for no
    byte.  A reply with one is a reply all the same.
    """
    assert Reply(250, text).encode().endswith(b"\r\n")


def test_surrogateThatStandsForNothing() -> None:
    """
    It leaves as a question mark.
    """
    assert Reply(250, "a\ud800b").encode() == b"250 a?b\r\n"


@given(STREAMS, CUTS)
def test_telnetIsTheSameForAnyCut(stream: bytes, sizes: list[int]) -> None:
    """
    L{TelnetFilter} finds the same text and answers the same.
    """
    whole, telnet = TelnetFilter().feed(stream), TelnetFilter()
    parts = [telnet.feed(chunk) for chunk in cut(stream, sizes)]
    assert (b"".join(text for text, _ in parts), b"".join(said for _, said in parts)) == whole


@given(STREAMS, CUTS)
def test_commandsAreTheSameForAnyCut(stream: bytes, sizes: list[int]) -> None:
    """
    Whether they arrive together or byte by byte, lines that are too long
    included.
    """
    whole, pieces = greeted(), greeted()
    whole.receiveData(stream)
    found = []
    for chunk in cut(stream, sizes):
        pieces.receiveData(chunk)
        found += drain(pieces)
    assert found == drain(whole)


@given(STREAMS, CUTS)
def test_aloneIsTheSame(stream: bytes, sizes: list[int]) -> None:
    """
    What L{ControlChannel.receiveAlone} takes is what the long way would give.
    """
    short, long = greeted(), greeted()
    found, expected = [], []
    # Some command before them: the first line of all is looked at closely.
    for chunk in [b"NOOP\r\n", *cut(stream, sizes), b"\nRETR a\r\n", b"RETR b\r\n"]:
        long.receiveData(chunk)
        expected += drain(long)
        command = short.receiveAlone(chunk)
        if command is None:
            short.receiveData(chunk)
            found += drain(short)
        else:
            short.send(Reply(200, "Okay"))
            found.append(command)
    assert found == expected
    assert short.foreign == long.foreign


@given(STREAMS)
def test_linesAreCommands(stream: bytes) -> None:
    """
    There is one command for each end of a line, and at most one more for a
    line that is too long already.
    """
    control = greeted()
    control.receiveData(stream)
    # A request of another protocol ends all.
    assume(not control.foreign)
    text, _ = TelnetFilter().feed(stream)
    assert len(drain(control)) - text.count(b"\n") in (0, 1)


@given(STREAMS, CUTS)
def test_memoryIsBounded(stream: bytes, sizes: list[int]) -> None:
    """
    Once everything was answered, nothing but a piece of one line is held.
    """
    control = greeted()
    for chunk in cut(stream, sizes):
        control.receiveData(chunk)
    drain(control)
    assert control.isIdle
    assert not control.isFull
    assert not control.isInterrupted
    assert len(control._partial) <= LIMIT + 1


@given(STREAMS, st.lists(st.sampled_from((150, 200)), max_size=60))
def test_oneFinalReplyForEachCommand(stream: bytes, codes: list[int]) -> None:
    """
    In whatever order commands are taken and replies are sent: those sent are
    as many as those owed, and one more is refused.
    """
    control, owed = greeted(), 0
    control.receiveData(stream)
    for code in codes:
        try:
            owed += not isinstance(control.nextCommand(), Signal)
        except FTPError:
            owed += 1
        if owed:
            control.send(Reply(code, ""))
            owed -= code == 200
        assert control.isIdle is (owed == 0)
        assert owed <= 2
