"""
The log of a worker, on its way into that of the parent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import time
from typing import Any, cast

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent
from zope.interface import implementer

from ftpactive.core.command import printable
from ftpactive.core.events import Event
from ftpactive.ops.log import EventLog, Levelled
from ftpactive.workers.wire import LONGEST, WAYS

#: Seconds in which lines are gathered: each message costs more than a line.
_GATHERING = 0.02

#: And how many of them at once.
_MOST = 200

#: With more characters than this, lines are sent at once; no line has more than
#: that.  So a message is never as long as the parent takes them at most, even
#: if six bytes of JSON stand for each character.
_FULL = 100_000

#: Every line of a worker begins so.
_WHICH = "worker {worker}: "

#: The levels, by their names.
_LEVELS = {level.name: level for level in LogLevel.iterconstants()}

#: What may stand beside a line, for structured logs.
_SIMPLE = (str, int, float, bool)


@implementer(ILogObserver)
class Relay(Levelled):
    """
    Sends what happens in a worker, and what it logs, to the parent.
    """

    def __init__(self, clock: IReactorTime, tell: Callable[..., object]) -> None:
        """
        @param tell: sends a message: its kind, and values.
        """
        self._clock = clock
        self._tell = tell
        self._lines: list[object] = []
        self._size = 0
        self._timer: IDelayedCall | None = None

    def __call__(self, event: LogEvent) -> None:
        """
        Take note.
        """
        level = event.get("log_level") or LogLevel.info
        text = formatEvent(event)
        if failure := event.get("log_failure") or event.get("failure"):
            text = f"{text}\n{failure.getTraceback()}"
        text = text[:_FULL]
        beside = {k: _cut(v) for k, v in event.items() if isinstance(v, _SIMPLE) and _isOwn(k)}
        self._size += len(text) + LONGEST * len(beside)
        namespace = str(event.get("log_namespace") or "-").replace("log_legacy", "-")
        self._lines.append((level.name, namespace, text, beside))
        self._gather(level)

    def write(self, event: Event, level: LogLevel, line: str) -> None:
        """
        Take note of an event.
        """
        self._lines.append(WAYS[type(event).__name__].write(event))
        self._gather(LogLevel.info)

    def _gather(self, level: Any) -> None:
        if level > LogLevel.info or len(self._lines) >= _MOST or self._size > _FULL:
            self.flush()
        elif self._timer is None:
            self._timer = self._clock.callLater(_GATHERING, self.flush)

    def flush(self) -> None:
        """
        Send what was gathered.
        """
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        lines, self._lines, self._size = self._lines, [], 0
        if lines:
            self._tell("log", lines)


def _cut(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


@lru_cache(1000)
def _isOwn(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and not name.startswith(("log_", "_"))


class Transcript:
    """
    Writes what one worker has logged into the log of this process.
    """

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._logs: dict[str, Logger] = {}
        self._log = Logger(namespace="ftpactive")
        source = Logger(namespace=self._log.namespace, observer=cast(ILogObserver, self._mark))
        self._events = EventLog(source)

    def _mark(self, event: LogEvent) -> None:
        event["log_format"] = _WHICH + str(event["log_format"])
        event["worker"] = self._worker
        self._log.observer(event)

    def write(self, lines: list[Any]) -> None:
        """
        Write lines as L{Relay} sends them.

        @raise ValueError: they make no sense; other errors of the sort, too.
        """
        for line in lines:
            if line[0] in WAYS:
                self._events.emit(WAYS[line[0]].read(line[1:]))
            else:
                self._write(*line)

    def _write(self, level: str, namespace: str, text: str, beside: dict[str, Any]) -> None:
        event: LogEvent = {k: v for k, v in beside.items() if _isOwn(k) and isinstance(v, _SIMPLE)}
        log = self._logOf(namespace)
        # As Logger.emit does it, in half of the time.
        event["log_logger"] = log
        event["log_level"] = _LEVELS[level]
        event["log_namespace"] = log.namespace
        event["log_source"] = None
        event["log_format"] = _WHICH + "{text}"
        event["log_time"] = time()
        event["worker"] = self._worker
        event["text"] = text if text.isprintable() else _shown(text)
        log.observer(event)

    def _logOf(self, namespace: str) -> Logger:
        if namespace not in self._logs:
            if len(self._logs) > _MOST:
                self._logs.clear()
            self._logs[namespace] = Logger(namespace=printable(namespace))
        return self._logs[namespace]


def _shown(text: str) -> str:
    # The observer indents what follows the first line.
    return "\n".join(map(printable, text.splitlines()))
