"""
Who says nothing for too long is sent away.
"""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpactive.core.settings import Settings
from ftpactive.net.deadlines import Deadline, deadlines

_NEVER = float("inf")


class Watched(Protocol):
    """
    What a watchdog watches.
    """

    @property
    def isLoggedIn(self) -> bool: ...

    @property
    def isBusy(self) -> bool:
        """
        Is a command being done?
        """

    @property
    def idleTimeout(self) -> float:
        """
        Give how long it may say nothing, seconds; may change.
        """

    def dismiss(self, why: str) -> None:
        """
        Send the client away.
        """


class Watchdog:
    """
    The deadlines of a control connection: one to log in, also after a logout,
    one after each command, and perhaps one for all of it.  A command that is being done, such
    as a transfer, has time limits of its own, and ends only with the last.

    There is one timer for all of them.  An answer only notes the time: the
    timer looks at it when it fires, and is set anew for what is left.

    @ivar lastAnswer: when a command was answered last: the client has its time
        again.
    """

    __slots__ = (
        "_due",
        "_isOn",
        "_login",
        "_reactor",
        "_session",
        "_settings",
        "_timer",
        "_watched",
        "lastAnswer",
    )

    def __init__(self, reactor: IReactorTime, settings: Settings, watched: Watched) -> None:
        self._reactor = reactor
        self._settings = settings
        self._watched = watched
        self._isOn = True
        self.lastAnswer = now = reactor.seconds()
        self._login = self._due = now + settings.loginTimeout
        self._session = now + settings.sessionTimeout if settings.sessionTimeout else _NEVER
        self._timer: IDelayedCall | Deadline
        if self._session < self._due or settings.idleTimeout < settings.loginTimeout:
            self._wait()
        else:
            # Most sessions are over before, and all others have logged in.
            self._timer = deadlines(reactor, settings.loginTimeout).begin(self._look)

    def answered(self) -> None:
        """
        A command was answered that may have changed who is logged in, or the
        time that is allowed.
        """
        if self._isOn:
            now = self.lastAnswer = self._reactor.seconds()
            if self._watched.isLoggedIn:
                self._login = _NEVER
            elif self._login == _NEVER:
                self._login = now + self._settings.loginTimeout
            if self._login < self._due or now + self._watched.idleTimeout < self._due:
                # It has less time than before: REIN, or SITE IDLE.
                self._timer.cancel()
                self._wait()

    def stop(self) -> None:
        """
        The connection is gone.
        """
        self._isOn = False
        # A deadline may be cancelled at any time.
        if isinstance(self._timer, Deadline) or self._timer.active():
            self._timer.cancel()
        # They hold it as well.
        del self._timer, self._watched

    @property
    def _silence(self) -> float:
        """
        Give when nothing was said for too long.
        """
        return self.lastAnswer + self._watched.idleTimeout

    def _wait(self) -> None:
        self._due = min(self._login, self._session, self._silence)
        seconds = max(0, self._due - self._reactor.seconds())
        self._timer = self._reactor.callLater(seconds, self._look)

    def _look(self) -> None:
        why = self._complaint(self._reactor.seconds())
        if why:
            self._watched.dismiss(why)
        else:
            self._wait()

    def _complaint(self, now: float) -> str:
        """
        Tell which time is over; nothing where none is.
        """
        settings = self._settings
        if now >= self._session:
            lasted = f"{settings.sessionTimeout:g} seconds"
            return f"The session has lasted {lasted}, and may not last longer"
        if now >= self._login:
            self._login = _NEVER
            if not self._watched.isLoggedIn:
                return f"No login within {settings.loginTimeout:g} seconds"
        if now >= self._silence:
            if not self._watched.isBusy:
                return f"Nothing was said for {self._watched.idleTimeout:g} seconds"
            # It has all its time again when the command has been done.
            self.lastAnswer = now
        return ""
