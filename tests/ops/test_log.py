"""
Tests for L{ftpactive.ops.log}.
"""

from __future__ import annotations

from typing import cast

import pytest
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent, globalLogPublisher
from zope.interface.verify import verifyObject

from ftpactive.core.events import (
    Answered,
    Banned,
    Connected,
    Disconnected,
    Event,
    LoggedIn,
    LoginFailed,
    Opened,
    Outcome,
    Refused,
    Secured,
    Transferred,
)
from ftpactive.interfaces import IEventSink
from ftpactive.ops.log import EventLog

WHO = (7, "192.0.2.7:50000", "alice")


def keeping(lines: list[LogEvent]) -> ILogObserver:
    """
    Give an observer that keeps what is logged.
    """
    return cast(ILogObserver, lines.append)


def logged(event: Event) -> LogEvent:
    """
    Give what is logged of an event.
    """
    lines: list[LogEvent] = []
    EventLog(Logger(namespace="test", observer=keeping(lines))).emit(event)
    (line,) = lines
    return line


#: Each kind of event, at which level it is logged, and as what.
LINES = [
    (Connected(*WHO), LogLevel.info, "connected"),
    (Refused(*WHO, "full", 0), LogLevel.warn, "refused: full"),
    (
        Refused(*WHO, "full", 5),
        LogLevel.warn,
        "refused: full, and 5 others since the last such line",
    ),
    (
        Banned(*WHO, "192.0.2.7", 600.0),
        LogLevel.warn,
        "192.0.2.7 is banned for 600 s",
    ),
    (Disconnected(*WHO, "the client left"), LogLevel.info, "disconnected: the client left"),
    (Secured(*WHO, "TLSv1.3", "AES", ""), LogLevel.info, "protected by TLSv1.3, AES"),
    (
        Secured(*WHO, "TLSv1.3", "AES", "bob"),
        LogLevel.info,
        "protected by TLSv1.3, AES, the client's certificate is of bob",
    ),
    (LoggedIn(*WHO), LogLevel.info, "logged in"),
    (LoginFailed(*WHO, "bob"), LogLevel.warn, "login failed for bob"),
    (Answered(*WHO, "PASS ****", 230, "Hello"), LogLevel.debug, "PASS **** -> 230 Hello"),
    (
        Opened(*WHO, "active", "192.0.2.1:20", "192.0.2.7:20020", 0.0125, Outcome.CONNECTED, ""),
        LogLevel.debug,
        "active data connection 192.0.2.1:20 192.0.2.7:20020 in 0.013 s",
    ),
    (
        Opened(
            *WHO, "active", "192.0.2.1:20", "192.0.2.7:20020", 30, Outcome.TIMED_OUT, "no answer"
        ),
        LogLevel.warn,
        "active data connection failed after 30.000 s, timed out: no answer",
    ),
    (
        Transferred(*WHO, "RETR", "/a b", 5, 1.5, "passive", ""),
        LogLevel.info,
        "RETR /a b: 5 bytes in 1.500 s, passive",
    ),
    (
        Transferred(*WHO, "STOR", "/a", 5, 1.5, "active", "cut"),
        LogLevel.warn,
        "STOR /a: 5 bytes in 1.500 s, active, failed: cut",
    ),
]


class TestEventLog:
    """
    L{EventLog} writes a line per event.
    """

    def test_interface(self) -> None:
        """
        It may be told events.
        """
        assert verifyObject(IEventSink, EventLog())

    @pytest.mark.parametrize(("event", "level", "words"), LINES)
    def test_line(self, event: Event, level: object, words: str) -> None:
        """
        Who it is about, and what happened.
        """
        line = logged(event)
        assert line["log_level"] is level
        assert formatEvent(line) == f"[7 192.0.2.7:50000 alice] {words}"

    @pytest.mark.parametrize("event", [event for event, _, _ in LINES])
    def test_fields(self, event: Event) -> None:
        """
        A structured log finds everything by its name.
        """
        line = logged(event)
        for name in event.__dataclass_fields__:
            assert line[name] == getattr(event, name)

    @pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\x9b", "\u2028", "\udcff"])
    def test_nothingThatDoesHarm(self, character: str) -> None:
        """
        What a client sent can neither end a line nor colour a terminal.
        """
        line = logged(Transferred(*WHO, "STOR", f"/a{character}b", 1, 1, "active", ""))
        assert formatEvent(line).isprintable()
        assert str(line["path"]).isprintable()

    @pytest.mark.parametrize("name", ["{session}", "{0.__class__}", "{", "%s", "{nobody}"])
    def test_bracesAreLetters(self, name: str) -> None:
        """
        A name is never taken for a format.
        """
        assert formatEvent(logged(LoginFailed(*WHO, name))).endswith(f"failed for {name}")

    def test_unknownEvents(self) -> None:
        """
        Kinds that somebody else made are not logged.
        """
        lines: list[LogEvent] = []
        EventLog(Logger(namespace="test", observer=keeping(lines))).emit(Event(*WHO))
        assert lines == []

    def test_namespace(self) -> None:
        """
        Lines go to Twisted's log, where they can be told from others.
        """
        lines: list[LogEvent] = []
        observer = keeping(lines)
        globalLogPublisher.addObserver(observer)
        try:
            EventLog().emit(Connected(*WHO))
        finally:
            globalLogPublisher.removeObserver(observer)
        assert [line["log_namespace"] for line in lines] == ["ftpactive"]


class TestLeast:
    """
    What is below the level that was chosen is not logged.
    """

    @pytest.mark.parametrize(
        ("least", "count"), [("debug", 3), ("info", 2), ("warn", 1), ("error", 0)]
    )
    def test_lines(self, least: str, count: int) -> None:
        """
        A level is logged with those above it.
        """
        lines: list[LogEvent] = []
        log = EventLog(Logger(namespace="test", observer=keeping(lines)))
        log.least = least
        for event in (Answered(*WHO, "NOOP", 200, "Hi"), LoggedIn(*WHO), LoginFailed(*WHO, "bob")):
            log.emit(event)
        assert (len(lines), log.least) == (count, least)

    @pytest.mark.parametrize(
        ("least", "kinds"),
        [
            ("debug", {Answered, Opened, Transferred, LoggedIn, LoginFailed, Refused}),
            ("info", {Transferred, LoggedIn, LoginFailed, Refused}),
            ("warn", {LoginFailed, Refused}),
        ],
    )
    def test_hears(self, least: str, kinds: set[type[Event]]) -> None:
        """
        What no line would tell of need not be made.
        """
        log = EventLog()
        log.least = least
        all = (Answered, Opened, Transferred, LoggedIn, LoginFailed, Refused)
        assert {kind for kind in all if log.hears(kind)} == kinds
