"""
The locks of L{ftpactive.workers.tokens}, where a worker uses them.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred, DeferredLock
from twisted.python.failure import Failure

from ftpactive.workers.parent import Parent


class Token:
    """
    One lock.
    """

    def __init__(self, parent: Parent, name: str) -> None:
        self._parent = parent
        self._name = name
        # Of those in this process, one asks.
        self._inside = DeferredLock()
        self._isHeld = False
        self._isAsked = False
        self._isWanted = False
        self._waiting: Deferred[None] | None = None

    async def __aenter__(self) -> None:
        await self._inside.acquire()
        try:
            if not self._isHeld:
                await self._ask()
        except BaseException:
            self._release()
            raise

    async def __aexit__(self, *error: object) -> None:
        self._release()

    def _ask(self) -> Deferred[None]:
        # Whoever gives up waiting does not undo the question: the answer is for
        # the next one.
        waiting = self._waiting = Deferred()
        if not self._isAsked:
            self._isAsked = True
            self._parent.ask("hold", self._name).addCallbacks(self._held, self._refused)
        return waiting

    def _held(self, _: None) -> None:
        self._isAsked, self._isHeld = False, True
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)

    def _refused(self, failure: Failure) -> None:
        self._isAsked = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.errback(failure)

    def _release(self) -> None:
        if self._isWanted:
            self._give()
        self._inside.release()

    def _give(self) -> None:
        self._isWanted = self._isHeld = False
        self._parent.tell("give", self._name)

    def wanted(self) -> None:
        """
        Another worker waits for it.
        """
        if self._isHeld:
            self._isWanted = True
            if not self._inside.locked:
                self._give()


class Purse:
    """
    All locks of a worker.
    """

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._tokens: dict[str, Token] = {}

    def token(self, name: str) -> Token:
        """
        Give a lock.
        """
        if name not in self._tokens:
            self._tokens[name] = Token(self._parent, name)
        return self._tokens[name]

    def wanted(self, name: str) -> None:
        """
        Another worker waits for one.
        """
        if name in self._tokens:
            self._tokens[name].wanted()
