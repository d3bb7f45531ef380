"""
Tests for what passes between parent and worker: L{ftpactive.workers.line},
L{ftpactive.workers.package} and L{ftpactive.workers.relay}.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogLevel, formatEvent
from zope.interface.verify import verifyObject

from ftpactive.config.configuration import Configuration, Site
from ftpactive.core.events import (
    Banned,
    Connected,
    Disconnected,
    Event,
    Opened,
    Outcome,
    Transferred,
)
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IEventSink
from ftpactive.ops.log import EventLog
from ftpactive.workers.line import NONSENSE, Line
from ftpactive.workers.package import CannotHandOver, Package
from ftpactive.workers.relay import Relay, Transcript


def line(heard: list[Any], lost: list[None]) -> Any:
    """
    Make an end.
    """
    made: Any = Line(lambda *said: heard.append(said), lambda: lost.append(None))
    made.makeConnection(StringTransport())
    return made


class TestLine:
    """
    L{Line} carries messages.
    """

    def test_message(self) -> None:
        """
        It arrives as it was said, names that are not UTF-8 with it.
        """
        heard: list[Any] = []
        one, other = line([], []), line(heard, [])
        one.say("begin", 1, "al\udcffice")
        for byte in one.transport.value():
            other.dataReceived(bytes([byte]))
        assert heard == [("begin", [1, "al\udcffice"])]

    @pytest.mark.parametrize("data", [b"\0\0\0\2{}", b"\0\0\0\1x", b"\xff\xff\xff\xff"])
    def test_nonsense(self, data: bytes) -> None:
        """
        Ends it: nothing is heard or said any more.
        """
        heard: list[Any] = []
        lost: list[None] = []
        one = line(heard, lost)
        one._log = type("Quiet", (), {"failure": lambda *words: None})
        one.dataReceived(data)
        one.say("done", 1)
        assert (heard, lost, one.transport.value()) == ([], [None], b"")


class TestPackage:
    """
    L{Package} is what a worker gets.
    """

    def test_files(self, tmp_path: Path) -> None:
        """
        A file of TLS that the worker cannot read comes along.
        """
        file = tmp_path / "key.pem"
        file.write_bytes(b"secret")
        tls = Protection(KeyPair(str(file)))
        sealed = Package.of(Configuration(Site(Settings()), tls=tls)).seal()
        file.unlink()
        opened = Package.unseal(sealed).opened().tls
        assert opened is not None
        assert Path(opened.pair.certificate).read_bytes() == b"secret"
        os.close(int(Path(opened.pair.certificate).name))

    def test_whatCannotBeHandedOver(self) -> None:
        """
        Is told in one line.
        """
        checker: Any = lambda: None  # noqa: E731
        with pytest.raises(CannotHandOver, match="--auth cannot be had with --workers"):
            Package(Configuration(Site(Settings()), checkers=(checker,))).seal()


def test_relay() -> None:
    """
    Lines are gathered, and warnings go at once; nothing in one can pass for
    another.
    """
    clock, said = Clock(), []
    relay = Relay(clock, lambda kind, lines: said.append(lines))
    event: Any = {"log_format": "{a}", "a": "x\x1by", "log_namespace": "f", "log_time": 0.0}
    relay({**event, "log_level": LogLevel.info})
    assert not said
    relay({**event, "log_level": LogLevel.warn})
    assert [each[0] for each in said[0]] == ["info", "warn"]
    assert said[0][0][3] == {"a": "x\x1by"}
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Transcript(1).write([["info", "f", 3, {}]])


@pytest.mark.parametrize("size", [257, 100_000, 10_000_000])
def test_longLines(size: int) -> None:
    """
    However long what a client has said is, the parent takes it for a message.
    """
    heard: list[Any] = []
    lost: list[None] = []
    one, other = line([], []), line(heard, lost)
    relay = Relay(Clock(), one.say)
    text = "\udcff" * size
    event = Transferred(1, text, text, text, text, 5, 0.25, text, text)
    for _ in range(200):
        relay.emit(event)
        relay({"log_format": "{a}", "a": text, "b": text, "log_level": LogLevel.info})
    relay.flush()
    other.dataReceived(one.transport.value())
    assert (sum(len(each[1][0]) for each in heard), lost) == (400, [])


def test_words() -> None:
    """
    Whatever Twisted can format arrives as it would be logged there, with the
    worker's number.
    """
    said: list[Any] = []
    relay = Relay(Clock(), lambda kind, lines: said.extend(lines))
    outcome = type("Outcome", (), {"value": "refused", "act": lambda self: "called"})()
    for words, shown in (
        ("{a}, {b:.3f}, {outcome.value}", "x, 0.500, refused"),
        ("{outcome.act()}", "called"),
        ("{missing}", "Unable to format event"),
        ("a\nb {a}", "a\nb x"),
    ):
        relay({"log_format": words, "a": "x", "b": 0.5, "outcome": outcome, "log_time": 0.0})
        relay.flush()
        assert said.pop()[2].startswith(shown)


def test_transcript() -> None:
    """
    A line comes to observers as an event, with what stood beside it; none that
    a worker makes up can end a line, or be of no level.
    """
    heard: list[Any] = []
    transcript = Transcript(2)
    transcript._logOf("f").observer = heard.append
    transcript.write([["warn", "f", "a\x1bb", {"size": 5, "log_time": 7, "list": []}]])
    (event,) = heard
    assert formatEvent(event) == "worker 2: a\\x1bb"
    assert event["log_level"] is LogLevel.warn
    assert (event["size"], event["worker"]) == (5, 2)
    assert event["log_time"] != 7 and "list" not in event
    with pytest.raises(NONSENSE):
        transcript.write([["loud", "f", "a", {}]])


@pytest.mark.parametrize(
    "event",
    [
        Connected(1, "192.0.2.7:4000", ""),
        Banned(0, "", "", "192.0.2.7", 600),
        Transferred(1, "p", "alice", "RETR", "/\udcff", 5, 0.25, "active", ""),
        Opened(1, "p", "alice", "active", "s", "t", 0.5, Outcome.REFUSED, "no"),
        Disconnected(1, "p", "alice", "\udcff" * 5000),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events(event: Event, loggedLines: list[str]) -> None:
    """
    What happens in a worker is logged as it is without one, with its number.
    """
    said: list[Any] = []
    relay = Relay(Clock(), lambda kind, lines: said.extend(lines))
    assert verifyObject(IEventSink, relay)
    relay.emit(event)
    relay.flush()
    EventLog().emit(event)
    Transcript(2).write(json.loads(json.dumps(said)))
    first, second = loggedLines
    assert second == f"worker 2: {first}"


@pytest.mark.parametrize(
    "values",
    [
        ["Connected", 1, "p"],
        ["Connected", "1", "p", ""],
        ["Disconnected", 1, "p", "", None],
        ["Opened", 1, "p", "", "active", "s", "t", 0.5, "loud", ""],
        [["Connected"], 1, "p", ""],
        [],
    ],
)
def test_strangeEvents(values: list[Any]) -> None:
    """
    None that a worker makes up is logged.
    """
    with pytest.raises(NONSENSE):
        Transcript(1).write([values])
