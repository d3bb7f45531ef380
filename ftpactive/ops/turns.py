"""
So many at once, and the others wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ftpactive.core.errors import ServiceClosing

#: How many may wait for one key.
_QUEUE = 100


class Turns:
    """
    For each key lets so many in at once as there is room for; the others wait
    in line.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._inside: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, deque[Deferred[None]]] = {}

    async def enter(self, key: Hashable, room: Callable[[], int]) -> None:
        """
        Wait for one's turn; L{leave} follows.

        @param room: for how many there is room now.
        @raise ServiceClosing: (421) too many wait already.
        """
        while self._inside.get(key, 0) >= room():
            line = self._waiting.setdefault(key, deque())
            if len(line) >= _QUEUE:
                raise ServiceClosing("Too many logins from your address at once, try again later")
            turn: Deferred[None] = Deferred()
            line.append(turn)
            await turn
        self._inside[key] = self._inside.get(key, 0) + 1

    def leave(self, key: Hashable) -> None:
        """
        Let the next one look whether there is room.
        """
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
        line = self._waiting.get(key)
        if line is None:
            return
        turn = line.popleft()
        if not line:
            del self._waiting[key]
        # Not from in here: the next one may leave at once as well, and so on.
        self._clock.callLater(0, turn.callback, None)
