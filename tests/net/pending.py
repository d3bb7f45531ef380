"""
What a clock has still to do.
"""

from __future__ import annotations

from typing import Any

from ftpactive.net.deadlines import Deadlines


def pending(clock: Any) -> list[Any]:
    """
    Give the calls that somebody waits for: the timer of L{Deadlines} is left
    running when nobody does.
    """
    return [call for call in clock.getDelayedCalls() if not _isIdle(call.func)]


def _isIdle(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    return isinstance(owner, Deadlines) and owner.isIdle
