"""
Logins through a C{twisted.cred} portal: any checker, any realm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.cred.credentials import Anonymous, IAnonymous, ICredentials
from twisted.cred.error import LoginDenied, LoginFailed, UnhandledCredentials
from twisted.cred.portal import Portal
from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger
from twisted.protocols.ftp import IFTPShell
from zope.interface import implementer

from ftpactive.auth.credentials import shown
from ftpactive.core.account import Account
from ftpactive.core.errors import NotLoggedIn
from ftpactive.interfaces import IStorage
from ftpactive.logins import Attempt, IAuthenticator, Login

_log = Logger()

#: What checkers give at once.  To ask whether something is a C{Deferred} costs more.
_AT_ONCE = (str, bytes, Account)

#: Who logs in without an account, RFC 1635.
GUESTS = ("anonymous", "ftp")


@implementer(IAuthenticator)
class PortalAuthenticator:
    """
    Asks a portal.

    The realm is asked for an L{IStorage} or else an C{IFTPShell}, so that a
    realm written for Twisted's own FTP server works unchanged.  Credentials
    are C{str}, as that server's are; and they provide
    L{ftpactive.auth.credentials.IShown}, for checkers that ask for more than a
    name and a password.
    """

    def __init__(self, portal: Portal, delay: Callable[[], Awaitable[object]]) -> None:
        """
        @param delay: gives what is awaited before a refusal is told, so that
            guessing takes time.
        """
        self._portal = portal
        self._delay = delay

    async def login(self, attempt: Attempt) -> Login:
        """
        See L{IAuthenticator.login}.
        """
        try:
            _, avatar, logout = await self._ask(self._credentials(attempt))
        except (LoginFailed, LoginDenied, UnhandledCredentials):
            # A certificate alone is shown before anything is guessed.
            if attempt.password is not None:
                await self._delay()
            raise NotLoggedIn("Login incorrect") from None
        return Login(_asStorage(avatar, logout), logout)

    async def _ask(self, credentials: ICredentials) -> Any:
        """
        Do what C{Portal.login} does, without the C{Deferred} that it puts around
        everything: most checkers and realms give what they have at once.
        """
        portal = self._portal
        if type(portal) is Portal:
            checker: Any
            for kind, checker in portal.checkers.items():
                if kind.providedBy(credentials):
                    avatarId = checker.requestAvatarId(credentials)
                    if not isinstance(avatarId, _AT_ONCE):
                        avatarId = await maybeDeferred(_same, avatarId)
                    found: Any = portal.realm.requestAvatar(avatarId, None, IStorage, IFTPShell)
                    return found if isinstance(found, tuple) else await maybeDeferred(_same, found)
        # It has a login of its own; or complains, in its words.
        return await portal.login(credentials, None, IStorage, IFTPShell)

    def _credentials(self, attempt: Attempt) -> ICredentials:
        # Guests are let in when they have said a password, whatever it is.
        if attempt.password is not None and IAnonymous in self._portal.checkers:
            if isGuest(attempt.name):
                return Anonymous()
        return shown(attempt)


def _same(given: Any) -> Any:
    return given


def isGuest(name: str) -> bool:
    """
    Is it a name of those who have no account?
    """
    return name.lower() in GUESTS


def _asStorage(avatar: object, logout: Callable[[], object]) -> object:
    # To ask for an adapter of what needs none takes ten times as long.
    if IStorage.providedBy(avatar):
        return avatar
    try:
        storage = IStorage(avatar, None)
        if storage is None:
            raise TypeError(f"{type(avatar).__name__} does not say @implementer(IStorage)")
        return storage
    except BaseException:
        # Whoever made the avatar may hold something open for it.
        maybeDeferred(logout).addErrback(lambda why: _log.failure("Logout failed", why))
        raise
