"""
All that somebody shows who wants to come in, as credentials.

Checkers that know of C{IUsernamePassword} alone find a name and a password in
them, as ever; those of ours find the whole L{Attempt}.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import ICredentials, IUsernamePassword, UsernamePassword
from zope.interface import Attribute, implementer

from ftpactive.logins import Attempt


class IShown(ICredentials):
    """
    What somebody shows at the door.
    """

    attempt = Attribute("The L{Attempt}.")


@implementer(IShown, IUsernamePassword)
class ShownPassword(UsernamePassword):
    """
    A name and a password, both C{str}; and perhaps more.
    """

    def __init__(self, attempt: Attempt, password: str) -> None:
        # What UsernamePassword has are bytes.
        named: Any = self
        named.username, named.password = attempt.name, password
        self.attempt = attempt


@implementer(IShown)
class ShownCertificate:
    """
    A name and a certificate, and no password.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt


def shown(attempt: Attempt) -> ICredentials:
    """
    Give the credentials of somebody.
    """
    if attempt.password is None:
        return ShownCertificate(attempt)
    return ShownPassword(attempt, attempt.password)
