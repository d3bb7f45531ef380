"""
Tests for L{ftpactive.net.working}, beside those of a whole control connection in
C{test_protocol}.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import deferLater
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from ftpactive.core.errors import NotFound
from ftpactive.core.events import (
    Answered,
    Connected,
    Disconnected,
    Event,
    LoggedIn,
    Opened,
    Transferred,
)
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.ops.log import Levelled
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from tests.net.played import Server, lose

LoggedErrors = Callable[..., list[Failure]]

WHO = ContextVar("WHO", default="nobody")


class Told(Levelled):
    """
    Keeps all that it is told, whatever it hears of.
    """

    def __init__(self) -> None:
        self.kinds: list[type[Event]] = []

    def emit(self, event: Event) -> None:
        """
        Keep it.
        """
        self.kinds.append(type(event))

    def write(self, event: Event, level: LogLevel, line: str) -> None:
        """
        Nobody asks for that.
        """


def told(level: str, *, isRefused: bool = False) -> set[type[Event]]:
    """
    Give the kinds of events that one download makes for a log of some level.
    """
    events: Any = Told()
    server = Server({"a": b"1"}, Settings(logLevel=level), events=events)
    if isRefused:
        client = server.client().hears("PORT 192,0,2,7,78,52", "RETR a")
        server.reactor.connectors[-1].fail(ConnectionRefusedError())
    else:
        client = server.client().hears("PASV", "RETR a")
        lose(server.reactor.ports[-1].accept())
    assert client.codes()[-1] == (425 if isRefused else 226)
    lose(client.transport)
    return set(events.kinds)


#: What there is of every session with a login.
_SESSION = {Connected, LoggedIn, Disconnected}


class TestUnheard:
    """
    An event that nobody hears of is not made.
    """

    @pytest.mark.parametrize(
        ("level", "kinds"),
        [
            ("debug", _SESSION | {Answered, Opened, Transferred}),
            ("info", _SESSION | {Transferred}),
            ("warn", set()),
        ],
    )
    def test_success(self, level: str, kinds: set[type[Event]]) -> None:
        """
        What went well is told to those who want to know.
        """
        assert told(level) == kinds

    @pytest.mark.parametrize(("level", "others"), [("info", _SESSION), ("warn", set())])
    def test_failure(self, level: str, others: set[type[Event]]) -> None:
        """
        What failed is told to all.
        """
        assert told(level, isRefused=True) == others | {Opened, Transferred}


class TestIdle:
    """
    Who says nothing for too long is sent away.
    """

    def test_virtualHost(self) -> None:
        """
        The time that a virtual host allows holds from HOST on.
        """
        server = Server(host=Settings(idleTimeout=20))
        client = server.client(login=False).hears("HOST b.example")
        server.reactor.advance(19)
        assert client.codes() == [220, 220]
        server.reactor.advance(1)
        assert client.codes() == [421]


class TestDoing:
    """
    A command is done from one C{Deferred} to the next.
    """

    def test_context(self) -> None:
        """
        What one command sets for itself, others do not see.
        """
        seen = []

        async def look(path: Path) -> Facts:
            await succeed(None)
            seen.append(WHO.get())
            WHO.set("alice")
            await deferLater(conversation.clock, 0)
            seen.append(WHO.get())
            raise NotFound

        storage = MemoryStorage()
        conversation = Conversation(storage).hears("TYPE I")
        storage.stat = look  # type: ignore[method-assign]
        conversation.hears("SIZE a", "SIZE b")
        assert seen == ["nobody", "alice"] * 2

    def test_failure(self) -> None:
        """
        An error is raised where it was waited for.
        """
        waited: Deferred[None] = Deferred()

        async def look(path: Path) -> Facts:
            try:
                await waited
            except ValueError as error:
                raise NotFound(f"It was {error}") from error
            raise AssertionError("it failed")

        storage = MemoryStorage()
        conversation = Conversation(storage).hears("TYPE I")
        storage.stat = look  # type: ignore[method-assign]
        conversation.hears("SIZE a")
        waited.errback(ValueError("wrong"))
        assert conversation.last() == "550 It was wrong"

    def test_somethingElse(self, loggedErrors: LoggedErrors) -> None:
        """
        What is no C{Deferred} would never wake it again: that is a fault of ours.
        """

        class Odd:
            def __await__(self) -> Any:
                yield "odd"

        async def look(path: Path) -> Facts:
            await Odd()
            raise AssertionError("it cannot go on")

        storage = MemoryStorage()
        conversation = Conversation(storage).hears("TYPE I")
        storage.stat = look  # type: ignore[method-assign]
        assert conversation.hears("SIZE a").codes()[-1] == 451
        assert len(loggedErrors(AttributeError)) == 1
