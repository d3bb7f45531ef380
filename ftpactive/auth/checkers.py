"""
One form of credentials for checkers that want different ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any

from twisted.cred.checkers import (
    FilePasswordDB,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.auth.hashfile import HashFileChecker


@implementer(ICredentialsChecker)
class BytesChecker:
    """
    Asks a checker that wants C{bytes} where we have C{str}.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, checker: ICredentialsChecker) -> None:
        self._checker = checker

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        See C{ICredentialsChecker.requestAvatarId}.
        """
        return self._checker.requestAvatarId(
            UsernamePassword(_encode(credentials.username), _encode(credentials.password))
        )


@implementer(ICredentialsChecker)
class MemoryChecker:
    """
    Knows names and passwords, as C{memory:} lists them.  How long it compares tells
    nothing of a password; and it answers at once.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, passwords: Mapping[Any, Any]) -> None:
        """
        @param passwords: by name, both C{str}; may be changed at any time.
        """
        self._passwords = passwords

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        See C{ICredentialsChecker.requestAvatarId}.
        """
        name = credentials.username
        known = self._passwords.get(name)
        # No client says bytes.
        if not isinstance(known, str):
            raise UnauthorizedLogin
        if not compare_digest(_encode(known), _encode(credentials.password)):
            raise UnauthorizedLogin
        return name


@implementer(ICredentialsChecker)
class EitherChecker:
    """
    Asks several checkers, one after the other, until one of them knows the
    user: a portal keeps only one for each kind of credentials.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, checkers: Sequence[ICredentialsChecker]) -> None:
        """
        @param checkers: at least one.
        """
        self._checkers = checkers

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        See C{ICredentialsChecker.requestAvatarId}.
        """
        first, *others = self._checkers
        asked = maybeDeferred(first.requestAvatarId, credentials)
        for checker in others:
            asked.addErrback(_askNext, checker, credentials)
        return asked


def _askNext(failure: Failure, checker: ICredentialsChecker, credentials: Any) -> Any:
    # Anything else is a fault, which another checker shall not hide.
    failure.trap(UnauthorizedLogin)
    return checker.requestAvatarId(credentials)


def adapt(checker: ICredentialsChecker) -> ICredentialsChecker:
    """
    Give a checker made by C{strcred} that takes C{str}.

    The kinds that Twisted ships disagree: C{memory:} compares with the C{str}
    that it was given, C{file:} and C{unix} want C{bytes}, as their types say.
    """
    if isinstance(checker, HashFileChecker):
        return checker
    if type(checker) is InMemoryUsernamePasswordDatabaseDontUse:
        return MemoryChecker(checker.users)
    # Who derives from that knows best how to look up.
    isOfText = isinstance(checker, InMemoryUsernamePasswordDatabaseDontUse)
    return checker if isOfText else BytesChecker(checker)


def complaint(checker: ICredentialsChecker) -> str:
    """
    Tell why a checker made by C{strcred} will let nobody in.

    C{file:} only warns of a file that is not there, and fails at each login.

    @return: what is wrong, in words; empty when nothing is known to be.
    """
    if isinstance(checker, HashFileChecker):
        return checker.complaint()
    if isinstance(checker, FilePasswordDB):
        try:
            with open(checker.filename, "rb"):
                pass
        except OSError as error:
            return f"{checker.filename} cannot be read: {error.strerror}"
    return ""


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
