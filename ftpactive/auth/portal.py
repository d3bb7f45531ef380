"""
Logins through a C{twisted.cred} portal: any checker, any realm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.cred.credentials import Anonymous, IAnonymous, ICredentials, UsernamePassword
from twisted.cred.error import LoginDenied, LoginFailed, UnhandledCredentials
from twisted.cred.portal import Portal
from twisted.protocols.ftp import IFTPShell
from zope.interface import implementer

from ftpactive.core.errors import NotLoggedIn
from ftpactive.interfaces import IStorage
from ftpactive.logins import Attempt, IAuthenticator, Login

#: Who logs in without an account, RFC 1635.
_GUESTS = ("anonymous", "ftp")


@implementer(IAuthenticator)
class PortalAuthenticator:
    """
    Asks a portal.

    The realm is asked for an L{IStorage} or else an C{IFTPShell}, so that a
    realm written for Twisted's own FTP server works unchanged.  Credentials
    are C{str}, as that server's are.
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
            _, avatar, logout = await self._portal.login(
                self._credentials(attempt.name, attempt.password or ""), None, IStorage, IFTPShell
            )
        except (LoginFailed, LoginDenied, UnhandledCredentials):
            await self._delay()
            raise NotLoggedIn("Login incorrect") from None
        return Login(_asStorage(avatar, logout), logout)

    def _credentials(self, name: str, password: str) -> ICredentials:
        if name.lower() in _GUESTS and IAnonymous in self._portal.checkers:
            return Anonymous()
        return UsernamePassword(name, password)  # type: ignore[arg-type]


def _asStorage(avatar: object, logout: Callable[[], object]) -> IStorage:
    try:
        return IStorage(avatar)
    except BaseException:
        # Whoever made the avatar may hold something open for it.
        logout()
        raise
