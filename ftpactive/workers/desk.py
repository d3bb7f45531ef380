"""
Where the parent answers one worker: who may come in, and how fast data goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.errors import FTPError, NotLoggedIn, ServiceClosing
from ftpactive.core.limits import Rates
from ftpactive.core.recent import block
from ftpactive.logins import Attempt, IPlace, Pace
from ftpactive.ops.guarded import Guard
from ftpactive.workers.tokens import Tokens

#: The most that a worker may ask for at once, bytes.
_MOST = 1 << 24

#: What is said of no number of the worker's own.
_NAMED = ("logout", "give")

#: The errors that a worker can be told of, by their codes.
ERRORS: dict[int, type[FTPError]] = {each.code: each for each in (ServiceClosing, NotLoggedIn)}


class Desk:
    """
    Asks the guard of the group for one worker, and knows what it holds, so that
    nothing stays taken when it dies.

    What a worker says is not trusted to make sense.
    """

    def __init__(
        self,
        guard: Guard,
        say: Callable[..., object],
        numbers: Iterator[int],
        changed: Callable[[], object],
        tokens: Tokens,
    ) -> None:
        """
        @param say: sends a message to the worker: its kind, and values.
        @param numbers: of sessions; all of the group take from it.
        @param changed: called when the worker has more sessions, or less.
        @param tokens: the locks of the group.
        """
        self._guard = guard
        self._tokens = tokens
        self._say = say
        self._numbers = numbers
        self._changed = changed
        self._places: dict[int, IPlace] = {}
        self._waiting: set[int] = set()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._logins: Counter[str] = Counter()
        self._paces: dict[int, tuple[Pace | None, Callable[[], object]]] = {}
        self._isClosed = False
        self._ways: dict[str, Callable[..., object]] = {
            "admit": self._admit,
            "keep": lambda number: self._places[number].keep(),
            "release": lambda number: self._places[number].release(),
            "left": self._left,
            "begin": self._begin,
            "gone": self._waiting.discard,
            "failed": partial(self._ended, guard.record.failed),
            "gaveUp": partial(self._ended, guard.record.gaveUp),
            "succeeded": self._succeeded,
            "logout": self._logout,
            "enter": self._enter,
            "exit": lambda number: self._paces.pop(number)[1](),
            "take": self._take,
            "hold": self._hold,
            "give": lambda name: tokens.give(name, self),
        }

    @property
    def sessions(self) -> int:
        """
        Tell how many sessions the worker has.
        """
        return len(self._places)

    def hear(self, kind: str, values: list[Any]) -> None:
        """
        Do what the worker asks for.

        @raise ValueError: it makes no sense; other errors of the sort, too.
            Nothing was done then.
        """
        if kind not in _NAMED:
            _whole(values[0])
        self._ways[kind](*values)

    def close(self) -> None:
        """
        The worker is dead: let go of all that it held.
        """
        self._isClosed = True
        # Who waits for a turn is out of the line.
        self._waiting.clear()
        for number in list(self._places):
            self._left(number)
        for (name, host), count in self._attempts.items():
            for _ in range(count):
                ensureDeferred(self._guard.record.gaveUp(name, host))
        for account, count in self._logins.items():
            for _ in range(count):
                self._guard.record.leave(account)
        for _, leave in self._paces.values():
            leave()
        self._tokens.leave(self)
        self._attempts.clear()
        self._logins.clear()
        self._paces.clear()

    def _answer(self, number: int, answer: Deferred[Any]) -> None:
        answer.addCallbacks(
            lambda _: self._say("done", number), lambda failure: self._refuse(number, failure)
        )

    def _refuse(self, number: int, failure: Failure) -> None:
        failure.trap(*ERRORS.values())
        error: Any = failure.value
        self._say("refused", number, error.code, str(error))

    def _admit(self, number: int, host: str, port: int) -> None:
        if number in self._places:
            raise ValueError(number)
        try:
            place = self._guard.admission.admit(
                Address(_text(host), _whole(port)), partial(self._say, "dismissed", number)
            )
        except ServiceClosing as error:
            self._say("denied", number, str(error))
            return
        self._places[number] = place
        self._say("granted", number, next(self._numbers))
        self._changed()

    def _left(self, number: int) -> None:
        self._places.pop(number).leave()
        self._changed()

    def _begin(self, number: int, name: str, host: str, isGuess: bool) -> None:
        if number in self._waiting:
            raise ValueError(number)
        attempt = Attempt(
            _text(name),
            "" if isGuess else None,
            Address(_client(host), 0),
            isGone=lambda: number not in self._waiting,
        )
        self._waiting.add(number)
        begun = ensureDeferred(self._guard.record.begin(attempt))
        begun.addBoth(partial(self._tried, number))
        self._answer(number, begun.addCallback(lambda _: self._begun((name, host))))

    def _tried(self, number: int, result: object) -> object:
        self._waiting.discard(number)
        return result

    def _begun(self, who: tuple[str, str]) -> None:
        if self._isClosed:
            # The worker died while it waited for its turn.
            ensureDeferred(self._guard.record.gaveUp(*who))
        else:
            self._attempts[who] += 1

    def _ended(self, end: Callable[..., Any], number: int, name: str, host: str) -> None:
        self._uncount(name, host)
        self._answer(number, ensureDeferred(end(name, host)))

    def _uncount(self, name: str, host: str) -> None:
        if not self._attempts[name, host]:
            raise ValueError(name)
        self._attempts[name, host] -= 1
        if not self._attempts[name, host]:
            del self._attempts[name, host]

    def _succeeded(self, number: int, name: str, host: str, account: str, most: int) -> None:
        _text(account), _whole(most)
        self._uncount(name, host)
        done = ensureDeferred(self._guard.record.succeeded(name, host, account, most))

        def succeeded(_: object) -> None:
            self._logins[account] += 1

        self._answer(number, done.addCallback(succeeded))

    def _logout(self, account: str) -> None:
        if not self._logins[account]:
            raise ValueError(account)
        self._logins[account] -= 1
        if not self._logins[account]:
            del self._logins[account]
        self._guard.record.leave(account)

    def _enter(self, number: int, name: str) -> None:
        if number in self._paces:
            raise ValueError(number)
        account = self._guard.findAccount(_text(name)) or Account(name)
        # What is the session's own, the worker sees to.
        pace = self._guard.throttle.enter(account.name, user=account.rates, session=Rates())
        leave = partial(self._guard.throttle.leave, account.name)
        self._paces[number] = (pace, leave)

    def _take(self, number: int, pace: int, way: str, count: int) -> None:
        if not 0 < _whole(count) <= _MOST or way not in ("download", "upload"):
            raise ValueError(count)
        given = self._paces[pace][0]
        lanes = None if given is None else getattr(given, way)
        if lanes is None:
            # There was a limit before the configuration was read again.
            self._say("done", number)
        else:
            self._answer(number, lanes.take(count))

    def _hold(self, number: int, name: str) -> None:
        self._answer(number, self._tokens.ask(_text(name), self))

    def wanted(self, name: str) -> None:
        """
        See L{ftpactive.workers.tokens.Holder.wanted}.
        """
        self._say("wanted", name)


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _client(host: str) -> str:
    # Raises ValueError where it is no address.
    block(_text(host))
    return host


def _whole(value: int) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(value)
    return value
