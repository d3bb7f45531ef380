"""
One line for many: those who were sent away, told of now and then.
"""

from __future__ import annotations

from collections.abc import Callable

from ftpactive.core.address import Address
from ftpactive.core.events import Event, Refused

#: Seconds in which one line is enough, however many are sent away.
_INTERVAL = 10


class Refusals:
    """
    Tells of the first, and then at most once every few seconds of the last,
    with how many there were.
    """

    def __init__(self, emit: Callable[[Event], None], now: Callable[[], float]) -> None:
        self._emit = emit
        self._now = now
        self._quietUntil: float | None = None
        self._others = 0

    def tell(self, peer: Address, why: str) -> None:
        """
        Somebody was sent away.
        """
        now = self._now()
        if self._quietUntil is not None and now < self._quietUntil:
            self._others += 1
            return
        self._quietUntil = now + _INTERVAL
        others, self._others = self._others, 0
        self._emit(Refused(0, str(peer), "", reason=why, others=others))
