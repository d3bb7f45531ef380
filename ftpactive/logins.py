"""
The seams of who may come in, and to what.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from zope.interface import Interface

from ftpactive.core.address import Address
from ftpactive.core.certificate import Certificate
from ftpactive.core.settings import Settings


class Attempt(NamedTuple):
    """
    What somebody shows who wants to come in.

    @ivar name: what USER said.
    @ivar password: what PASS said; L{None} when only the certificate is shown.
    @ivar peer: where the control connection comes from.
    @ivar certificate: what the client proved by TLS, if anything.
    """

    name: str
    password: str | None
    peer: Address
    certificate: Certificate | None = None


class Login(NamedTuple):
    """
    What a successful login gives.

    @ivar storage: the L{ftpactive.interfaces.IStorage} of the user.
    @ivar logout: to be called exactly once, when the login ends.
    """

    storage: object
    logout: Callable[[], object]


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


class IAdmission(Interface):
    """
    Decides who may have a control connection at all.
    """

    def admit(peer: Address) -> Callable[[], object]:
        """
        Let a client in, before it is greeted.

        @return: to be called exactly once, when the connection has ended.
        @raise ServiceClosing: (421) it is sent away; the text says why.
        """


class VirtualHost(NamedTuple):
    """
    One of several services behind one address, told apart by HOST, RFC 7151.

    @ivar authenticator: who may come in, and to what.
    @ivar settings: among others its welcome.
    """

    authenticator: IAuthenticator
    settings: Settings
