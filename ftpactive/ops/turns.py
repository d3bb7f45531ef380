"""
So many at once, and the others wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ftpactive.core.errors import ServiceClosing

#: How many may wait for one key.
_QUEUE = 100


class _Waiting(NamedTuple):
    """
    Somebody in line.

    @ivar turn: fires with C{True} when it is theirs, with C{False} when they
        are in line no more.
    """

    turn: Deferred[bool]
    isGone: Callable[[], bool]


class Turns:
    """
    For each key lets so many in at once as there is room for; the others wait
    in line.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._inside: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[_Waiting]] = {}

    async def enter(
        self, key: Hashable, room: Callable[[], int], isGone: Callable[[], bool]
    ) -> None:
        """
        Wait for one's turn; L{leave} follows.

        @param room: for how many there is room now.
        @param isGone: has who waits left?  Then the others do not wait for it.
        @raise ServiceClosing: (421) too many wait already, or who waits has left.
        """
        while not self.mayEnter(key, room()):
            line = self._waiting.setdefault(key, deque())
            if len(line) >= _QUEUE:
                self._forgetGone(line)
            if len(line) >= _QUEUE:
                raise ServiceClosing("Too many logins from your address at once, try again later")
            turn: Deferred[bool] = Deferred()
            line.append(_Waiting(turn, isGone))
            isTurn = await turn
            if isGone():
                if isTurn:
                    self._next(key)
                raise ServiceClosing

    def mayEnter(self, key: Hashable, room: int) -> bool:
        """
        Have one's turn at once, if there is room; L{leave} follows then.

        @param room: for how many there is room now.
        """
        inside = self._inside.get(key, 0)
        if inside >= room:
            return False
        self._inside[key] = inside + 1
        return True

    def leave(self, key: Hashable) -> None:
        """
        Let the next one look whether there is room.
        """
        inside = self._inside.pop(key) - 1
        if inside:
            self._inside[key] = inside
        if key in self._waiting:
            self._next(key)

    def _next(self, key: Hashable) -> None:
        line = self._waiting.get(key)
        if line is None:
            return
        self._forgetGone(line)
        if line:
            self._tell(line.popleft(), isTurn=True)
        if not line:
            del self._waiting[key]

    def _forgetGone(self, line: deque[_Waiting]) -> None:
        for each in [each for each in line if each.isGone()]:
            line.remove(each)
            self._tell(each, isTurn=False)

    def _tell(self, waiting: _Waiting, *, isTurn: bool) -> None:
        # Not from in here: the next one may leave at once as well, and so on.
        self._clock.callLater(0, waiting.turn.callback, isTurn)
