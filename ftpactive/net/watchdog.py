"""
Who says nothing for too long is sent away.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpactive.core.settings import Settings


class Watchdog:
    """
    The deadlines of a control connection: one to log in, one after each
    command, and perhaps one for all of it.  A command that is being done, such
    as a transfer, has time limits of its own, and ends only with the last.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        settings: Settings,
        *,
        isLoggedIn: Callable[[], bool],
        isBusy: Callable[[], bool],
        idleTimeout: Callable[[], float],
        expire: Callable[[str], None],
    ) -> None:
        """
        @param isBusy: is a command being done?
        @param idleTimeout: how long it may say nothing, seconds; may change.
        @param expire: called with what to say to the client.
        """
        self._settings = settings
        self._isLoggedIn = isLoggedIn
        self._isBusy = isBusy
        self._idleTimeout = idleTimeout
        self._expire = expire
        self._login = reactor.callLater(settings.loginTimeout, self._loginIsLate)
        self._idle: IDelayedCall = reactor.callLater(idleTimeout(), self._isIdle)
        self._session: IDelayedCall | None = None
        if settings.sessionTimeout:
            self._session = reactor.callLater(settings.sessionTimeout, self._isOver)
        self._reactor = reactor

    def answered(self) -> None:
        """
        A command was answered: the client has its time again.
        """
        if self._idle.active():
            self._idle.reset(self._idleTimeout())

    def stop(self) -> None:
        """
        The connection is gone.
        """
        for timer in (self._login, self._idle, self._session):
            if timer is not None and timer.active():
                timer.cancel()

    def _isOver(self) -> None:
        seconds = self._settings.sessionTimeout
        self._expire(f"The session has lasted {seconds:g} seconds, and may not last longer")

    def _loginIsLate(self) -> None:
        if not self._isLoggedIn():
            self._expire(f"No login within {self._settings.loginTimeout:g} seconds")

    def _isIdle(self) -> None:
        if self._isBusy():
            self._idle = self._reactor.callLater(self._idleTimeout(), self._isIdle)
        else:
            self._expire(f"Nothing was said for {self._idleTimeout():g} seconds")
