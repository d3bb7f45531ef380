"""
The log of a worker, on its way into that of the parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent
from zope.interface import implementer

from ftpactive.core.command import printable

#: Seconds in which lines are gathered: each message costs more than a line.
_GATHERING = 0.02

#: And how many of them at once.
_MOST = 200

#: What may stand beside a line, for structured logs.
_SIMPLE = (str, int, float, bool)


@implementer(ILogObserver)
class Relay:
    """
    Sends what a worker logs to the parent.
    """

    def __init__(self, clock: IReactorTime, tell: Callable[..., object]) -> None:
        """
        @param tell: sends a message: its kind, and values.
        """
        self._clock = clock
        self._tell = tell
        self._lines: list[object] = []
        self._timer: IDelayedCall | None = None

    def __call__(self, event: LogEvent) -> None:
        """
        Take note.
        """
        level = event.get("log_level") or LogLevel.info
        text = formatEvent(event)
        if failure := event.get("log_failure") or event.get("failure"):
            text = f"{text}\n{failure.getTraceback()}"
        beside = {k: v for k, v in event.items() if isinstance(v, _SIMPLE) and _isOwn(k)}
        namespace = str(event.get("log_namespace") or "-").replace("log_legacy", "-")
        self._lines.append((level.name, namespace, text, beside))
        if level > LogLevel.info or len(self._lines) >= _MOST:
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
        lines, self._lines = self._lines, []
        if lines:
            self._tell("log", lines)


def _isOwn(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and not name.startswith(("log_", "_"))


class Transcript:
    """
    Writes what one worker has logged into the log of this process.
    """

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._logs: dict[str, Logger] = {}

    def write(self, lines: list[Any]) -> None:
        """
        Write lines as L{Relay} sends them.

        @raise ValueError: they make no sense; other errors of the sort, too.
        """
        for level, namespace, text, beside in lines:
            fields = {k: v for k, v in beside.items() if _isOwn(k) and isinstance(v, _SIMPLE)}
            shown = text if text.isprintable() else _shown(text)
            fields.update(worker=self._worker, text=shown)
            self._log(namespace).emit(
                LogLevel.levelWithName(level), "worker {worker}: {text}", **fields
            )

    def _log(self, namespace: str) -> Logger:
        if namespace not in self._logs:
            if len(self._logs) > _MOST:
                self._logs.clear()
            self._logs[namespace] = Logger(namespace=printable(namespace))
        return self._logs[namespace]


def _shown(text: str) -> str:
    # The observer indents what follows the first line.
    return "\n".join(map(printable, text.splitlines()))
