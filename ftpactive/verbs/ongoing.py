"""
The transfer that a conversation has under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ftpactive.core.events import Transferred
from ftpactive.interfaces import IDataPlan


@dataclass(slots=True)
class Transfer:
    """
    A transfer that runs.

    @ivar plan: where its data connection comes from.
    @ivar verb: what is being done.
    @ivar path: to or from which path, as text.
    @ivar channel: its data connection, as soon as it is open.
    """

    plan: IDataPlan
    verb: str
    path: str
    began: float
    channel: Any = None

    @property
    def size(self) -> int:
        """
        Give the bytes of the file that went through so far.
        """
        return self.channel.transferred if self.channel is not None else 0

    def ended(self, who: tuple[int, str, str], now: float, error: str) -> Transferred:
        """
        Tell how it ended.

        @param who: what every event begins with.
        @param now: the time, seconds since the epoch.
        @param error: why it failed; empty when it did not.
        """
        return Transferred(
            *who,
            verb=self.verb,
            path=self.path,
            size=self.size,
            seconds=now - self.began,
            mode="passive" if self.plan.isPassive else "active",
            error=error,
        )
