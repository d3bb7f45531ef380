"""
A command that is being done.
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class Doing:
    """
    Runs a coroutine from one L{Deferred} that it waits for to the next.  Most
    commands wait for none; what they need not have (a L{Deferred} of their
    own, and its callbacks) costs more than all that they do.

    @ivar command: what is being done.
    """

    __slots__ = ("_context", "_coroutine", "command")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], command: Any) -> None:
        """
        @param coroutine: awaits only C{Deferred}s, whatever is between.
        """
        self._coroutine = coroutine
        self._context: Context = copy_context()
        self.command = command

    def goOn(self, result: object = None) -> Deferred[Any]:
        """
        Go on until the next C{Deferred} is waited for.

        @param result: of the one before.
        @return: what is waited for.
        @raise StopIteration: it is done; the value is what it returned.
        """
        if isinstance(result, Failure):
            awaited = self._context.run(result.throwExceptionIntoGenerator, self._coroutine)
        else:
            awaited = self._context.run(self._coroutine.send, None)
        if not isinstance(awaited, Deferred):
            raise TypeError(f"A command can await a Deferred, not {awaited!r:.60}")
        return awaited
