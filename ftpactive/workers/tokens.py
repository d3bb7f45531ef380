"""
Locks that only one worker can have at a time.

A worker keeps a lock until another one wants it.  So users who are with one
worker, as most are, cost no word between processes.
"""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, succeed


class Holder(Protocol):
    """
    Who may have locks.
    """

    def wanted(self, name: str) -> object:
        """
        Another one waits for a lock that this one has.
        """


class Tokens:
    """
    The locks, where the parent gives them out: first come, first served.
    """

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._waiting: dict[str, list[tuple[Holder, Deferred[None]]]] = {}

    def ask(self, name: str, holder: Holder) -> Deferred[None]:
        """
        Get a lock; there will be L{give} or L{leave}.
        """
        if name not in self._holders:
            self._holders[name] = holder
            return succeed(None)
        line = self._waiting.setdefault(name, [])
        waiting: Deferred[None] = Deferred()
        line.append((holder, waiting))
        if len(line) == 1:
            self._holders[name].wanted(name)
        return waiting

    def give(self, name: str, holder: Holder) -> None:
        """
        Give it back.

        @raise ValueError: it is not had.
        """
        if self._holders.get(name) is not holder:
            raise ValueError(name)
        line = self._waiting.get(name)
        if not line:
            del self._holders[name]
            return
        following, waiting = line.pop(0)
        self._holders[name] = following
        waiting.callback(None)
        if line:
            following.wanted(name)
        else:
            del self._waiting[name]

    def leave(self, holder: Holder) -> None:
        """
        Somebody is dead: give back all that it has, and let it wait no more.
        """
        for name, line in list(self._waiting.items()):
            line[:] = [each for each in line if each[0] is not holder]
            if not line:
                del self._waiting[name]
        for name in [name for name, each in self._holders.items() if each is holder]:
            self.give(name, holder)
