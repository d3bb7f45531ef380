"""
Whether a worker still turns.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds between two questions.
INTERVAL = 10.0

#: So many may be without an answer: by one that serves, and by one that begins,
#: which on a slow machine has modules to read first.
_SERVING, _BEGINNING = 3, 12


class Pulse:
    """
    Asks again and again whether somebody is there.

    It counts questions, not seconds: when the machine slept, or the parent was
    stopped together with its workers, nobody is taken for dead.
    """

    def __init__(
        self, ask: Callable[[], object], isServing: Callable[[], bool], hung: Callable[[], object]
    ) -> None:
        """
        @param hung: called once, when there was no answer for too long.
        """
        self._ask = ask
        self._isServing = isServing
        self._hung = hung
        self._unanswered = 0
        self._timer: IDelayedCall | None = None

    def start(self, clock: IReactorTime) -> None:
        """
        Begin.
        """
        self._clock = clock
        self._timer = clock.callLater(INTERVAL, self._beat)

    def heard(self) -> None:
        """
        Something was said: whatever it is, nothing hangs.
        """
        self._unanswered = 0

    def stop(self) -> None:
        """
        Ask no more.
        """
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _beat(self) -> None:
        if self._unanswered >= (_SERVING if self._isServing() else _BEGINNING):
            self._hung()
            return
        self._unanswered += 1
        self._ask()
        self._timer = self._clock.callLater(INTERVAL, self._beat)
