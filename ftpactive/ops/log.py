"""
Events as log lines, through C{twisted.logger}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from time import time
from typing import Any

from twisted.logger import LogEvent, Logger, LogLevel
from zope.interface import implementer

from ftpactive.core.command import printable
from ftpactive.core.events import (
    Answered,
    Banned,
    Connected,
    Disconnected,
    Event,
    LoggedIn,
    LoginFailed,
    Opened,
    Refused,
    Secured,
    Transferred,
)
from ftpactive.interfaces import ILevelledSink

#: Every line begins with who it is about.
_WHO = "[{session} {peer} {user}] "


def _opened(event: Opened) -> tuple[LogLevel, str]:
    if event.error:
        return LogLevel.warn, (
            "{mode} data connection failed after {seconds:.3f} s, {outcome.value}: {error}"
        )
    return LogLevel.debug, "{mode} data connection {source} {target} in {seconds:.3f} s"


def _refused(event: Refused) -> tuple[LogLevel, str]:
    others = ", and {others} others since the last such line" if event.others else ""
    return LogLevel.warn, "refused: {reason}" + others


def _transferred(event: Transferred) -> tuple[LogLevel, str]:
    done = "{verb} {path}: {size} bytes in {seconds:.3f} s, {mode}"
    if event.error:
        return LogLevel.warn, done + ", failed: {error}"
    return LogLevel.info, done


def _secured(event: Secured) -> tuple[LogLevel, str]:
    words = "protected by {version}, {cipher}"
    if event.certificate:
        words += ", the client's certificate is of {certificate}"
    return LogLevel.info, words


#: What is always said in the same words.
_PLAIN: dict[type[Event], tuple[LogLevel, str]] = {
    Connected: (LogLevel.info, "connected"),
    Banned: (LogLevel.warn, "{whom} is banned for {seconds:g} s"),
    Disconnected: (LogLevel.info, "disconnected: {reason}"),
    LoggedIn: (LogLevel.info, "logged in"),
    LoginFailed: (LogLevel.warn, "login failed for {name}"),
    Answered: (LogLevel.debug, "{command} -> {code} {text}"),
}

#: And what is not.
_CHOSEN: dict[type[Event], Callable[[Any], tuple[LogLevel, str]]] = {
    Refused: _refused,
    Secured: _secured,
    Opened: _opened,
    Transferred: _transferred,
}

#: The levels of events that tell of no failure; the others have one only.
_USUAL = {kind: level for kind, (level, _) in _PLAIN.items()} | {
    Opened: LogLevel.debug,
    Secured: LogLevel.info,
    Transferred: LogLevel.info,
}

#: Texts that are shorter, and printable, are told as they are.
_SHORT = 200


def _reading(kind: type[Event]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]:
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


_FIELDS = {kind: _reading(kind) for kind in (*_PLAIN, *_CHOSEN)}


def lineOf(event: Event) -> tuple[LogLevel, str] | None:
    """
    Give the level of an event and the format of its line; L{None} for one of
    somebody else's.
    """
    kind = type(event)
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _CHOSEN[kind](event) if kind in _CHOSEN else None


@implementer(ILevelledSink)
class Levelled:
    """
    What hears of events from one level on.
    """

    _least = LogLevel.debug
    _unheard: frozenset[type[Event]] = frozenset()

    @property
    def least(self) -> str:
        """
        See L{ILevelledSink}.
        """
        return self._least.name  # type: ignore[no-any-return]

    @least.setter
    def least(self, name: str) -> None:
        self._least = LogLevel.levelWithName(name)
        self._unheard = frozenset(kind for kind in _USUAL if _USUAL[kind] < self._least)

    def hears(self, kind: type[Event]) -> bool:
        """
        See L{ILevelledSink.hears}.
        """
        return kind not in self._unheard

    def emit(self, event: Event) -> None:
        """
        See L{IEventSink.emit}.
        """
        line = lineOf(event)
        if line is not None and not line[0] < self._least:
            self.write(event, *line)

    def write(self, event: Event, level: LogLevel, line: str) -> None:
        """
        Hear of an event.

        @param level: its level.
        @param line: the format of its line.
        """
        raise NotImplementedError


class EventLog(Levelled):
    """
    Writes a line per event, with the event's fields beside it for structured
    logs.  Nothing that a client sent can end a line or colour a terminal.
    """

    def __init__(self, log: Logger | None = None) -> None:
        self._log = log or Logger(namespace="ftpactive")

    def write(self, event: Event, level: LogLevel, line: str) -> None:
        """
        Write the line.
        """
        log = self._log
        # As Logger.emit does it, which takes as long to see whether there is
        # such a level as all else here.
        values: LogEvent = {
            "log_logger": log,
            "log_level": level,
            "log_namespace": log.namespace,
            "log_source": log.source,
            "log_format": _WHO + line,
            "log_time": time(),
        }
        names, read = _FIELDS[type(event)]
        for name, value in zip(names, read(event), strict=True):
            isOdd = isinstance(value, str) and not (len(value) < _SHORT and value.isprintable())
            values[name] = printable(value) if isOdd else value
        log.observer(values)
