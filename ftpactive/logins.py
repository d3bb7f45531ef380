"""
The seams of who may come in, and to what.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from zope.interface import Attribute, Interface

from ftpactive.core.address import Address
from ftpactive.core.certificate import Certificate
from ftpactive.core.settings import Settings


def _isThere() -> bool:
    return False


class Attempt(NamedTuple):
    """
    What somebody shows who wants to come in.

    @ivar name: what USER said.
    @ivar password: what PASS said; L{None} when only the certificate is shown.
    @ivar peer: where the control connection comes from.
    @ivar certificate: what the client proved by TLS, if anything.
    @ivar isGone: has the client left, so that nobody waits for it any more?
    """

    name: str
    password: str | None
    peer: Address
    certificate: Certificate | None = None
    isGone: Callable[[], bool] = _isThere


class IPace(Interface):
    """
    Decides how fast bytes may pass, one way.
    """

    chunk = Attribute("How many bytes to ask for at once, at most.")

    def take(count: int) -> Awaitable[None]:
        """
        Wait until so many bytes may pass.

        @return: a C{Deferred}, since it may be cancelled, which gives up
            one's turn.
        """


class Pace(NamedTuple):
    """
    How fast data may pass, one L{IPace} for each way; L{None} for as fast as
    it goes.

    @ivar download: from the server to the client.
    @ivar upload: from the client to the server.
    """

    download: Any = None
    upload: Any = None


class Login(NamedTuple):
    """
    What a successful login gives.

    @ivar storage: the L{ftpactive.interfaces.IStorage} of the user.
    @ivar logout: to be called exactly once, when the login ends.
    @ivar pace: how fast data may pass; L{None} for as fast as it goes.
    """

    storage: object
    logout: Callable[[], object]
    pace: Pace | None = None


class IAuthenticator(Interface):
    """
    Decides who may come in.
    """

    def login(attempt: Attempt) -> Awaitable[Login]:
        """
        Try to log in.

        @raise NotLoggedIn: (530) the words do not tell what was wrong.
        @raise ServiceClosing: (421) not now, or not from there.
        """


class IPlace(Interface):
    """
    A control connection that was let in, or that waits to be.
    """

    granted = Attribute(
        "Where somebody else decides, a C{Deferred}: fires with the number of the session, or"
        " fails with L{ServiceClosing}. None for a client that is in."
    )

    def keep() -> None:
        """
        Somebody has logged in: it does not have to make room for others.
        """

    def release() -> None:
        """
        Nobody is logged in any more: it has to, again.
        """

    def leave() -> None:
        """
        It has ended.  Called exactly once.
        """


class IAdmission(Interface):
    """
    Decides who may have a control connection at all.
    """

    def admit(peer: Address, dismiss: Callable[[str], object]) -> IPlace:
        """
        Let a client in, before it is greeted.

        @param dismiss: sends the client away, with these words, when its place
            is needed by another one.
        @raise ServiceClosing: (421) it is sent away; the text says why.
        """


class ILoginRecord(Interface):
    """
    What is remembered of logins, by all who serve the same users.  Whatever is
    awaited may be answered from another process.
    """

    def begin(attempt: Attempt) -> Awaitable[None]:
        """
        Somebody wants to log in; returns when they may, and is followed by
        C{failed} or C{succeeded}, or by C{gaveUp} where nobody can tell.

        Without a password, nothing is guessed: that neither counts nor is held
        against anybody.

        @raise NotLoggedIn: (530) nobody may, as this user and from there.
        @raise ServiceClosing: (421) nobody may, from there, or the client has
            left while it waited.
        """

    def failed(name: str, host: str) -> Awaitable[None]:
        """
        It was wrong.
        """

    def succeeded(name: str, host: str, account: str, most: int) -> Awaitable[None]:
        """
        It was right; to be followed by C{leave} when the login ends.

        @param account: whose it is, by whatever name.
        @param most: how many logins this account may have at once; 0 for any.
        @raise ServiceClosing: (421) there are as many already.
        """

    def gaveUp(name: str, host: str) -> Awaitable[None]:
        """
        It could not be found out.
        """

    def leave(account: str) -> None:
        """
        A login ended.  Nobody waits until this is known everywhere.
        """


class VirtualHost(NamedTuple):
    """
    One of several services behind one address, told apart by HOST, RFC 7151.

    @ivar authenticator: who may come in, and to what.
    @ivar settings: among others its welcome.
    """

    authenticator: IAuthenticator
    settings: Settings
