"""
What happens once, in general before anybody waits for it.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred


class Happening:
    """
    Something that happens once.  Who comes later need not wait, and is not
    made to: a L{Deferred} costs more than much of what it would wait for.

    @ivar isOver: has it happened?
    """

    __slots__ = ("_waiting", "isOver")

    def __init__(self) -> None:
        self.isOver = False
        self._waiting: Deferred[None] | None = None

    def happen(self) -> None:
        """
        It happens; once.
        """
        self.isOver = True
        if self._waiting is not None:
            self._waiting.callback(None)

    def wait(self) -> Deferred[None]:
        """
        Give what fires when it happens; for one who waits, and before that.
        """
        self._waiting = Deferred()
        return self._waiting
