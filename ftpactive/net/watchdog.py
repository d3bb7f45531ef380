"""
Who says nothing for too long is sent away.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpactive.core.settings import Settings


class Watchdog:
    """
    The two deadlines of a control connection: one to log in, and one after
    each command.  A command that is being done, such as a transfer, has time
    limits of its own.
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
        for timer in (self._login, self._idle):
            if timer.active():
                timer.cancel()

    def _loginIsLate(self) -> None:
        if not self._isLoggedIn():
            self._expire(f"No login within {self._settings.loginTimeout:g} seconds")

    def _isIdle(self) -> None:
        if self._isBusy():
            self._idle = self._reactor.callLater(self._idleTimeout(), self._isIdle)
        else:
            self._expire(f"Nothing was said for {self._idleTimeout():g} seconds")
