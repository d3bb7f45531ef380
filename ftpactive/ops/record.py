"""
What is remembered of logins: who failed lately, who has been in before, who is
in now.

An address is banned after too many failures, whatever the names were.  An
account is only closed to addresses from which nobody has logged in to it: who
guesses a password from anywhere does not lock its owner out.  Nor can a single
address close it: that takes as many failures as would ban several.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from ftpactive.core.errors import NotLoggedIn, ServiceClosing
from ftpactive.core.events import Banned, Event
from ftpactive.core.limits import Limits
from ftpactive.core.recent import CAPACITY, Recent, Until, block
from ftpactive.logins import Attempt, ILoginRecord
from ftpactive.ops.turns import Turns

#: Failures of an address that cost nothing but the usual delay: typing errors.
_FREE = 2

#: The longest that an address waits before its next try, as a multiple of the
#: usual delay.
_LONGEST = 16

#: Attempts of one address that may be under way at once, at most.
_AT_ONCE = 20

_MINUTE = 60.0

#: How many times as many failures close an account as ban an address.
_ADDRESSES = 3

#: No more than this is cheap to remember; other names are not anybody's.
_LONGEST_NAME = 256


@implementer(ILoginRecord)
class LoginRecord:
    """
    Keeps it in memory, bounded, and forgets.

    @ivar delay: what a failed login costs usually, seconds; each further one
        from the same address doubles it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        limits: Limits,
        *,
        delay: float,
        emit: Callable[[Event], None],
    ) -> None:
        self._clock = clock
        self.delay = delay
        self._emit = emit
        self._turns = Turns(clock)
        self._bans = Until()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._sessions: dict[str, int] = {}
        self.change(limits)

    def change(self, limits: Limits) -> None:
        """
        Begin to count anew, by other limits; bans stay.
        """
        self._limits = limits
        self._atOnce = min(limits.banAfter or _AT_ONCE, _AT_ONCE)
        most = max(limits.banAfter, _FREE + 5)
        self._failures = Recent(limits.banWindow, most=most)
        self._guesses = Recent(limits.banWindow, most=max(_ADDRESSES * limits.banAfter, 1))
        self._attempts = Recent(_MINUTE, most=max(limits.loginsPerMinute, 1))

    def banOf(self, client: str) -> float:
        """
        Tell for how many more seconds an address is banned; 0 if it is not.

        @param client: as L{block} gives it.
        """
        return self._bans.left(client, self._clock.seconds())

    async def begin(self, attempt: Attempt) -> None:
        """
        See L{ILoginRecord.begin}.
        """
        client, name = block(attempt.peer.host), attempt.name[:_LONGEST_NAME]
        isGuess = attempt.password is not None
        now = self._clock.seconds()
        if self._bans.left(client, now):
            self._refuseBanned(client, now)
        if isGuess and self._limits.loginsPerMinute:
            self._countAttempt(client)
        failures = self._failures.count(client, now)
        room = self._room(name, client, failures) if failures else self._atOnce
        hasTurn = self._turns.mayEnter(client, room)
        if not hasTurn:
            await self._turns.enter(client, lambda: self._roomOf(name, client), attempt.isGone)
        try:
            if not hasTurn:
                now = self._clock.seconds()
                self._refuseBanned(client, now)
                failures = self._failures.count(client, now)
            if isGuess:
                if failures > _FREE:
                    await self._waitBefore(name, client, failures)
                    self._refuseBanned(client, self._clock.seconds())
                if (name, client) not in self._known and self.banOf(_account(name)):
                    await self._refuseGuess(client)
        except BaseException:
            self._turns.leave(client)
            raise

    def _roomOf(self, name: str, client: str) -> int:
        return self._room(name, client, self._failures.count(client, self._clock.seconds()))

    def _room(self, name: str, client: str, failures: int) -> int:
        """
        How many attempts of an address may be under way at once?  As many
        more as may fail, so that a hundred at once are not a hundred guesses.

        @param failures: how many have failed lately.
        """
        if failures > _FREE and (name, client) not in self._known:
            return 1
        return self._atOnce - failures if failures < self._atOnce else 1

    async def _waitBefore(self, name: str, client: str, failures: int) -> None:
        if self.delay and (name, client) not in self._known:
            factor = min(2.0 ** (failures - _FREE - 1), _LONGEST)
            await deferLater(self._clock, self.delay * factor)

    def _refuseBanned(self, client: str, now: float) -> None:
        if self._bans.left(client, now):
            raise ServiceClosing("Too many failed logins from your address, try again later")

    def _countAttempt(self, client: str) -> None:
        most, now = self._limits.loginsPerMinute, self._clock.seconds()
        if self._attempts.count(client, now) >= most:
            raise ServiceClosing(
                f"Too many logins from your address ({most} in a minute), try again later"
            )
        self._attempts.add(client, now)

    async def _refuseGuess(self, client: str) -> None:
        # The same for a name that nobody has: nothing is told by it.
        self._fail(client)
        await deferLater(self._clock, self.delay)
        raise NotLoggedIn("Too many failed logins of this user, try again later")

    async def failed(self, name: str, host: str) -> None:
        """
        See L{ILoginRecord.failed}.
        """
        client, name = block(host), name[:_LONGEST_NAME]
        self._fail(client)
        limits, now = self._limits, self._clock.seconds()
        most = _ADDRESSES * limits.banAfter
        if most and self._guesses.add(name, now) >= most:
            self._ban(_account(name), f"user {name}, for addresses not seen before,")
        self._turns.leave(client)

    def _fail(self, client: str) -> None:
        count = self._failures.add(client, self._clock.seconds())
        if self._limits.banAfter and count >= self._limits.banAfter:
            self._ban(client, client)

    def _ban(self, key: str, whom: str) -> None:
        now = self._clock.seconds()
        if not self._bans.left(key, now):
            self._emit(Banned(0, "", "", whom=whom, seconds=self._limits.banTime))
        self._bans.set(key, now + self._limits.banTime)

    async def succeeded(self, name: str, host: str, account: str, most: int) -> None:
        """
        See L{ILoginRecord.succeeded}.
        """
        key = name[:_LONGEST_NAME], block(host)
        self._turns.leave(key[1])
        most = most or self._limits.sessionsPerUser
        sessions = self._sessions.get(account, 0)
        if most and sessions >= most:
            raise ServiceClosing(
                f"Too many sessions of this user ({most} at once), end one or try again later"
            )
        self._sessions[account] = sessions + 1
        self._known[key] = None
        self._known.move_to_end(key)
        while len(self._known) > CAPACITY:
            self._known.popitem(last=False)

    async def gaveUp(self, name: str, host: str) -> None:
        """
        See L{ILoginRecord.gaveUp}.
        """
        self._turns.leave(block(host))

    def leave(self, account: str) -> None:
        """
        See L{ILoginRecord.leave}.
        """
        sessions = self._sessions.pop(account) - 1
        if sessions:
            self._sessions[account] = sessions


def _account(name: str) -> str:
    # No address begins so.
    return f"user {name}"
