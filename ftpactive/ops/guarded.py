"""
Logins within limits: attempts, bans, sessions of a user, and their bandwidth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from ftpactive.core.account import Account
from ftpactive.core.errors import NotLoggedIn
from ftpactive.core.events import Event
from ftpactive.core.limits import UNLIMITED, Limits, Rates
from ftpactive.logins import Attempt, IAuthenticator, ILoginRecord, Login, Pace
from ftpactive.ops.admission import Admission
from ftpactive.ops.record import LoginRecord
from ftpactive.ops.refusals import Refusals
from ftpactive.ops.throttle import Throttle

#: Gives what an operator says of a user, by the name that USER gave.
FindAccount = Callable[[str], Account | None]


class Guard:
    """
    All limits of a service that are not of its disk.

    @ivar admission: who may connect.
    @ivar record: who may try to log in.
    @ivar throttle: how fast data goes.
    """

    def __init__(
        self,
        clock: IReactorTime,
        limits: Limits,
        *,
        loginDelay: float,
        emit: Callable[[Event], None],
        findAccount: FindAccount = lambda name: None,
    ) -> None:
        """
        @param loginDelay: what a failed login costs, seconds; more and more for
            an address from which many fail.
        @param findAccount: gives the limits of a user of their own.
        """
        self.limits = limits
        self._pacesAll = _pacesAll(limits)
        self.findAccount = findAccount
        self.record = LoginRecord(clock, limits, delay=loginDelay, emit=emit)
        self._refusals = Refusals(emit, clock.seconds)
        self.admission = Admission(limits, self.record.banOf, self._refusals.tell)
        self.throttle = Throttle(clock, limits.total)

    def change(self, limits: Limits, *, loginDelay: float | None = None) -> None:
        """
        Hold others to other limits: those who come, or log in, from now on.

        @param loginDelay: what a failed login costs from now on; by default what
            it did.
        """
        if loginDelay is not None:
            self.record.delay = loginDelay
        if limits != self.limits:
            self.limits = self.admission.limits = limits
            self._pacesAll = _pacesAll(limits)
            self.record.change(limits)
            self.throttle.change(limits.total)

    def pace(self, account: Account) -> tuple[Pace | None, Callable[[], object]]:
        """
        Tell how fast data of a login may pass.

        @return: with it, what is to be called when the login ends.
        """
        # Nearly all have the same two, which limit nothing.
        isLimited = account.rates is not UNLIMITED or account.perSession is not UNLIMITED
        if not self._pacesAll and not (isLimited and _pacesOne(account)):
            return None, _nothing
        session = either(account.perSession, self.limits.perSession)
        pace = self.throttle.enter(account.name, user=account.rates, session=session)
        return pace, partial(self.throttle.leave, account.name)

    def protect(self, authenticator: IAuthenticator) -> GuardedAuthenticator:
        """
        Hold logins to the limits.
        """
        return GuardedAuthenticator(authenticator, self)


@implementer(IAuthenticator)
class GuardedAuthenticator:
    """
    Asks another one, as often as the limits allow.
    """

    def __init__(self, authenticator: IAuthenticator, guard: Guard) -> None:
        self._authenticator = authenticator
        self._guard = guard
        self._record: ILoginRecord = guard.record

    async def login(self, attempt: Attempt) -> Login:
        """
        See L{IAuthenticator.login}.
        """
        name, host = attempt.name, attempt.peer.host
        await self._record.begin(attempt)
        try:
            login = await self._authenticator.login(attempt)
        except NotLoggedIn:
            # Without a password, nothing was guessed.
            isGuess = attempt.password is not None
            await (self._record.failed if isGuess else self._record.gaveUp)(name, host)
            raise
        except BaseException:
            await self._record.gaveUp(name, host)
            raise
        account = self._guard.findAccount(name) or Account(name)
        try:
            await self._record.succeeded(name, host, account.name, account.sessions or 0)
        except BaseException:
            login.logout()
            raise
        return self._paced(login, account)

    def _paced(self, login: Login, account: Account) -> Login:
        pace, leave = self._guard.pace(account)

        def logout() -> object:
            leave()
            self._record.leave(account.name)
            return login.logout()

        return Login(login.storage, logout, pace)


def either(own: Rates, usual: Rates) -> Rates:
    """
    Give rates of one's own, and the usual ones where there are none.
    """
    if not own.isAny:
        return usual
    return Rates(own.download or usual.download, own.upload or usual.upload)


def _pacesOne(account: Account) -> bool:
    return account.rates.isAny or account.perSession.isAny


def _pacesAll(limits: Limits) -> bool:
    return limits.total.isAny or limits.perSession.isAny


def _nothing() -> None:
    pass
