"""
What "make fuzz" tries of whole sessions: any script, over a storage in memory
and one on disk.

A script is lines.  A line is what the client sends, but for those that begin
with a control character: see L{_ACTIONS}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.settings import Settings
from ftpactive.core.telnet import TelnetFilter
from ftpactive.interfaces import IStorage
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation

#: Files and folders that every script finds.
_FILES = {"a": b"hello\r\n", "sub/b": b"below"}


def memory(data: bytes) -> None:
    """
    A session over a storage in memory.
    """
    with _noFaults():
        play({"a": _FILES["a"], "sub": {"b": _FILES["sub/b"]}}, data)


def disk(data: bytes) -> None:
    """
    A session over a folder on disk, out of which nothing gets.
    """
    with TemporaryDirectory() as name, _noFaults():
        around, root = Path(name), Path(name, "root")
        (root / "sub").mkdir(parents=True)
        for file, contents in _FILES.items():
            (root / file).write_bytes(contents)
        (around / "outside").write_bytes(b"")
        storage = LocalStorage(root)
        try:
            play(cast(IStorage, storage), data)
        finally:
            storage.close()
        assert {path.name for path in around.iterdir()} == {"outside", "root"}, "it got out"
        assert (around / "outside").stat().st_size == 0, "it wrote outside"


def play(storage: IStorage | dict[str, object], script: bytes) -> None:
    """
    Play a script to its end; what the table forbids, L{Conversation} says.
    """
    settings = Settings(loginFailures=1000, loginDelay=0, lineLimit=200)
    conversation = Conversation(storage, settings=settings)
    telnet, lines = TelnetFilter(), 0
    for line in script.split(b"\n"):
        action = _ACTIONS.get(line[:1])
        if action is not None:
            action(conversation, line[1:])
        else:
            lines += telnet.feed(line + b"\r\n")[0].count(b"\n")
            settle(conversation.hears(line))
        if conversation.transport.disconnecting:
            break
    conversation.opener.isHeld = False
    _release(conversation, b"")
    _check(conversation, lines)
    conversation.leaves()
    settle(conversation)
    logins = 1 + conversation.codes().count(230)
    assert conversation.authenticator.logouts == logins, "a login does not end"


def _check(conversation: Conversation, lines: int) -> None:
    codes = conversation.codes()
    final = [code for code in codes if code >= 200]
    # A line that is too long already is answered before its end comes.
    assert len(final) <= lines + 1, "there are more replies than commands"
    if not conversation.transport.disconnecting:
        assert len(final) >= lines, "a command is not answered"
        assert codes[-1:] != [150], "a transfer has no end"


def settle(conversation: Conversation) -> None:
    """
    Let long work go on to its end: it takes a turn after each step.
    """
    clock = conversation.clock
    while any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()):
        clock.advance(0)


def _upload(conversation: Conversation, rest: bytes) -> None:
    conversation.opener.toReceive = rest


def _cut(conversation: Conversation, rest: bytes) -> None:
    conversation.opener.cut = TransferAborted("Cut") if rest else None


def _fail(conversation: Conversation, rest: bytes) -> None:
    conversation.opener.failure = CannotOpenData("Refused") if rest else None


def _hold(conversation: Conversation, rest: bytes) -> None:
    conversation.opener.isHeld = bool(rest)


def _release(conversation: Conversation, rest: bytes) -> None:
    # One that was released lets the next one begin.
    for channel in conversation.opener.channels:
        channel.release()
    settle(conversation)


_ACTIONS: dict[bytes, Callable[[Conversation, bytes], None]] = {
    b"\x01": _upload,
    b"\x02": _cut,
    b"\x03": _fail,
    b"\x04": _hold,
    b"\x05": _release,
}


@implementer(ILogObserver)
class _Faults:
    """
    Keeps the errors that are logged.
    """

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        """
        Keep an event's failure, if it has one.
        """
        if event.get("log_failure") is not None:
            self.failures.append(event["log_failure"])


@contextmanager
def _noFaults() -> Iterator[None]:
    """
    Raise what was logged as an error meanwhile.
    """
    faults = _Faults()
    globalLogPublisher.addObserver(faults)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(faults)
    if faults.failures:
        faults.failures[0].raiseException()
