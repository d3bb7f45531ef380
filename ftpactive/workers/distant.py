"""
What a worker has instead of limits of its own: the way to ask the parent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.bucket import Flow
from ftpactive.core.limits import Limits
from ftpactive.logins import Attempt, IAdmission, ILoginRecord, IPlace, Pace
from ftpactive.ops.guarded import FindAccount, Guard, either
from ftpactive.ops.throttle import Lane, LanePace
from ftpactive.workers.parent import Parent

#: What is asked for at once, at least: this part of a second.
_PART = 10

#: And this much at most, bytes.
_LEASE = 64 * 1024


@implementer(ILoginRecord)
class DistantRecord:
    """
    See L{ILoginRecord}: what is remembered is with the parent.
    """

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

    async def begin(self, attempt: Attempt) -> None:
        """
        See L{ILoginRecord.begin}.
        """
        # The password stays here.
        isGuess = attempt.password is not None
        await self._parent.ask(
            "begin", attempt.name, attempt.peer.host, isGuess, isGone=attempt.isGone
        )

    async def failed(self, name: str, host: str) -> None:
        """
        See L{ILoginRecord.failed}.
        """
        await self._parent.ask("failed", name, host)

    async def succeeded(self, name: str, host: str, account: str, most: int) -> None:
        """
        See L{ILoginRecord.succeeded}.
        """
        await self._parent.ask("succeeded", name, host, account, most)

    async def gaveUp(self, name: str, host: str) -> None:
        """
        See L{ILoginRecord.gaveUp}.
        """
        await self._parent.ask("gaveUp", name, host)

    def leave(self, account: str) -> None:
        """
        See L{ILoginRecord.leave}.
        """
        self._parent.tell("logout", account)


@implementer(IPlace)
class DistantPlace:
    """
    A control connection that waits for the parent's word.
    """

    def __init__(self, parent: Parent, number: int, granted: Deferred[int]) -> None:
        self._parent = parent
        self._number = number
        self.granted = granted

    def keep(self) -> None:
        """
        See L{IPlace.keep}.
        """
        self._parent.tellOf(self._number, "keep")

    def release(self) -> None:
        """
        See L{IPlace.release}.
        """
        self._parent.tellOf(self._number, "release")

    def leave(self) -> None:
        """
        See L{IPlace.leave}.
        """
        self._parent.leave(self._number)


@implementer(IAdmission)
class DistantAdmission:
    """
    See L{IAdmission}: whoever comes waits for the parent's word.
    """

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

    def admit(self, peer: Address, dismiss: Callable[[str], object]) -> IPlace:
        """
        See L{IAdmission.admit}.
        """
        place: Any = DistantPlace(self._parent, *self._parent.admit(peer, dismiss))
        return place  # type: ignore[no-any-return]


class Lease:
    """
    What one session has of the bandwidth that others share, one way: it is
    asked for in pieces, not for each one that is sent.
    """

    def __init__(self, parent: Parent, number: int, way: str, rate: int) -> None:
        """
        @param rate: the lowest of those that are shared, bytes per second.
        """
        self.rate = rate
        self._ask: Callable[[int], Deferred[None]] = partial(parent.ask, "take", number, way)
        self._least = max(1, min(_LEASE, rate // _PART))
        self._left = 0

    def take(self, flow: Flow, count: int) -> Deferred[None]:
        """
        Wait until so many bytes may pass.  See L{Lane.take}.
        """
        if count <= self._left:
            self._left -= count
            return succeed(None)
        asked = max(count - self._left, self._least)
        taken: Deferred[None] = self._ask(asked)
        return taken.addCallback(lambda _: self._taken(asked - count))

    def _taken(self, more: int) -> None:
        self._left += more


class DistantGuard(Guard):
    """
    Limits that hold for all workers together.
    """

    def __init__(
        self, parent: Parent, clock: IReactorTime, limits: Limits, findAccount: FindAccount
    ) -> None:
        # Nothing of what the other keeps is kept here.
        self.limits = limits
        self.findAccount = findAccount
        self.record = cast(Any, DistantRecord(parent))
        self.admission = cast(Any, DistantAdmission(parent))
        self._parent = parent
        self._clock = clock
        self._numbers = count(1)

    def change(self, limits: Limits, *, loginDelay: float | None = None) -> None:
        """
        See L{Guard.change}; the delay is with the parent.
        """
        self.limits = limits

    def pace(self, account: Account) -> tuple[Pace | None, Callable[[], object]]:
        """
        See L{Guard.pace}.
        """
        number = next(self._numbers)
        pace = Pace(*(self._way(account, number, way) for way in ("download", "upload")))
        if pace == Pace():
            return None, lambda: None
        self._parent.tell("enter", number, account.name)
        return pace, lambda: self._parent.tell("exit", number)

    def _way(self, account: Account, number: int, way: str) -> LanePace | None:
        own = getattr(either(account.perSession, self.limits.perSession), way)
        shared = [getattr(rates, way) for rates in (account.rates, self.limits.total)]
        lanes: list[Any] = [Lane(self._clock, own)] if own else []
        if any(shared):
            rate = min(filter(None, shared))
            lanes.append(Lease(self._parent, number, way, rate))
        return LanePace(lanes) if lanes else None
