"""
Bandwidth: how fast the data of one session, of one user and of all together
may pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from ftpactive.core.bucket import Bucket, FairQueue, Flow, Turn
from ftpactive.core.limits import Rates
from ftpactive.logins import IPace, Pace

#: Seconds, at least, between two looks at who may go on.  What it takes too long
#: the burst makes up for.
_TICK = 0.005

#: The largest piece, and how many pieces a second has at least.
_LARGEST, _PIECES = 64 * 1024, 10


class Lane:
    """
    One rate, and those who share it.  Its time comes in as much as it is asked
    for: nothing happens while nobody waits.
    """

    def __init__(self, clock: IReactorTime, rate: int) -> None:
        """
        @param rate: bytes per second, more than 0.
        """
        self.rate = rate
        self._clock = clock
        self._bucket = Bucket(rate, clock.seconds())
        self._queue: FairQueue[Deferred[None]] = FairQueue()
        self._timer: IDelayedCall | None = None

    def take(self, flow: Flow, count: int) -> Deferred[None]:
        """
        Wait until so many bytes may pass.

        @return: may be cancelled, which gives up one's turn.
        """
        self._bucket.refill(self._clock.seconds())
        if not self._queue and not self._bucket.wait():
            self._bucket.draw(count)
            return succeed(None)
        taken: Deferred[None] = Deferred(lambda _: self._left(turn))
        turn = self._queue.push(flow, count, taken)
        self._schedule()
        return taken

    def _left(self, turn: Turn[Deferred[None]]) -> None:
        self._queue.leave(turn)
        if self._timer is not None and not self._queue:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        if self._timer is None and self._queue:
            self._timer = self._clock.callLater(max(self._bucket.wait(), _TICK), self._goOn)

    def _goOn(self) -> None:
        self._timer = None
        self._bucket.refill(self._clock.seconds())
        while not self._bucket.wait() and (next := self._queue.pop()) is not None:
            count, taken = next
            self._bucket.draw(count)
            taken.callback(None)
        self._schedule()


@implementer(IPace)
class LanePace:
    """
    The lanes that the data of one session passes, one way.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        """
        @param lanes: those that few share first: who waits for them does not
            hold up the others.
        """
        self._lanes = [(lane, Flow()) for lane in lanes]
        slowest = min(lane.rate for lane in lanes)
        self.chunk = max(1, min(_LARGEST, slowest // _PIECES))

    def take(self, count: int) -> Deferred[None]:
        """
        See L{IPace.take}.
        """
        return Deferred.fromCoroutine(self._take(count))

    async def _take(self, count: int) -> None:
        for lane, flow in self._lanes:
            await lane.take(flow, count)


@dataclass(slots=True)
class Lanes:
    """
    A rate for each way.
    """

    download: Lane | None
    upload: Lane | None

    @classmethod
    def of(cls, clock: IReactorTime, rates: Rates) -> Lanes:
        """
        Make those that are limited.
        """
        return cls(
            Lane(clock, rates.download) if rates.download else None,
            Lane(clock, rates.upload) if rates.upload else None,
        )


@dataclass(slots=True)
class _User:
    rates: Rates
    lanes: Lanes
    sessions: int = 0


@dataclass(slots=True)
class Throttle:
    """
    Gives each session its pace, and knows what sessions share.
    """

    clock: IReactorTime
    total: Rates
    _all: Lanes = field(init=False)
    _users: dict[str, _User] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Lanes.of(self.clock, self.total)

    def change(self, total: Rates) -> None:
        """
        Limit all sessions together otherwise, those that log in from now on.
        """
        if total != self.total:
            self.total = total
            self._all = Lanes.of(self.clock, total)

    def enter(self, name: str, *, user: Rates, session: Rates) -> Pace | None:
        """
        Give a session its pace; L{leave} follows.

        @param user: the rates of all sessions of this user together.
        @param session: those of this session.
        @return: L{None} where nothing is limited.
        """
        shared = self._users.get(name)
        if shared is None or shared.rates != user:
            sessions = 0 if shared is None else shared.sessions
            shared = self._users[name] = _User(user, Lanes.of(self.clock, user), sessions)
        shared.sessions += 1
        ways = [Lanes.of(self.clock, session), shared.lanes, self._all]
        pace = Pace(_pace(way.download for way in ways), _pace(way.upload for way in ways))
        return None if pace == Pace() else pace

    def leave(self, name: str) -> None:
        """
        A session of this user has ended.
        """
        shared = self._users[name]
        shared.sessions -= 1
        if not shared.sessions:
            del self._users[name]


def _pace(lanes: Iterable[Lane | None]) -> LanePace | None:
    limited = [lane for lane in lanes if lane is not None]
    return LanePace(limited) if limited else None
