"""
The parent, as a worker sees it: who is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred, fail

from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.workers.desk import ERRORS


def _stays() -> bool:
    return False


class Parent:
    """
    Asks, and knows what has no answer yet.
    """

    def __init__(
        self, say: Callable[..., object], busy: Callable[[bool], object] = lambda isBusy: None
    ) -> None:
        """
        @param say: sends a message: its kind, and values.
        @param busy: called when somebody waits to be let in, and when nobody does
            any more.
        """
        self._say = say
        self._busy = busy
        self._unanswered = 0
        self._numbers = count(1)
        self._waiting: dict[int, Deferred[Any]] = {}
        self._dismiss: dict[int, Callable[[str], object]] = {}
        self._impatient: dict[int, Callable[[], bool]] = {}
        self._isGone = False

    def tell(self, kind: str, *values: object) -> None:
        """
        Say what needs no answer.
        """
        if not self._isGone:
            self._say(kind, *values)

    def ask(self, kind: str, *values: object, isGone: Callable[[], bool] = _stays) -> Deferred[Any]:
        """
        Say what does.

        @param isGone: has the client left for whom it is asked?  The parent is
            told, and answers soon.
        """
        if self._isGone:
            return fail(_stopping())
        number = next(self._numbers)
        self._say(kind, number, *values)
        if isGone is not _stays:
            self._impatient[number] = isGone
        return self._expect(number)

    def _expect(self, number: int) -> Deferred[Any]:
        waiting = self._waiting[number] = Deferred(lambda _: self.forget(number))
        return waiting

    def admit(self, peer: Address, dismiss: Callable[[str], object]) -> tuple[int, Deferred[int]]:
        """
        Ask for a place.

        @return: its number, and what fires with the number of the session.
        """
        number = next(self._numbers)
        if self._isGone:
            return number, fail(_stopping())
        self._dismiss[number] = dismiss
        self._say("admit", number, *peer)
        self._unanswered += 1
        self._busy(True)
        return number, self._expect(number)

    def tellOf(self, number: int, kind: str) -> None:
        """
        Say what has become of a place, as long as it is had: the last command
        is answered when the session has ended.
        """
        if number in self._dismiss:
            self.tell(kind, number)

    def leave(self, number: int) -> None:
        """
        Give a place back, if it was had.
        """
        if number in self._waiting:
            # The answer is on its way; see _granted.
            self.forget(number)
            self._dismiss.pop(number)
        elif self._dismiss.pop(number, None) is not None:
            self.tell("left", number)
        for asked in [each for each, isGone in self._impatient.items() if isGone()]:
            del self._impatient[asked]
            self.tell("gone", asked)

    def forget(self, number: int) -> None:
        """
        Want no answer any more.
        """
        self._answered(number)

    def _answered(self, number: int) -> Deferred[Any] | None:
        self._impatient.pop(number, None)
        return self._waiting.pop(number, None)

    def hear(self, kind: str, values: list[Any]) -> None:
        """
        An answer came.
        """
        getattr(self, f"_{kind}")(*values)

    def _done(self, number: int) -> None:
        if waiting := self._answered(number):
            waiting.callback(None)

    def _refused(self, number: int, code: int, words: str) -> None:
        if waiting := self._answered(number):
            waiting.errback(ERRORS[code](words))

    def _admitted(self) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._busy(False)

    def _granted(self, number: int, session: int) -> None:
        self._admitted()
        if number in self._waiting:
            self._waiting.pop(number).callback(session)
        else:
            self.tell("left", number)

    def _denied(self, number: int, words: str) -> None:
        self._admitted()
        if number in self._waiting:
            del self._dismiss[number]
            self._waiting.pop(number).errback(ServiceClosing(words))

    def _dismissed(self, number: int, words: str) -> None:
        if number in self._dismiss:
            self._dismiss[number](words)

    def lost(self) -> None:
        """
        Nobody is there any more.
        """
        self._isGone = True
        waiting, self._waiting, self._impatient = self._waiting, {}, {}
        for each in waiting.values():
            each.errback(_stopping())


def _stopping() -> ServiceClosing:
    return ServiceClosing("The service stops, goodbye")
