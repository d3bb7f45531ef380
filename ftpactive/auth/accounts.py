"""
Who comes in by an account that an operator wrote down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from zope.interface import implementer

from ftpactive.auth.credentials import IShown, ShownPassword
from ftpactive.auth.portal import isGuest
from ftpactive.auth.verifier import Hashes, Verifier
from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.policy import isIn
from ftpactive.logins import Attempt


@implementer(ICredentialsChecker)
class AccountsChecker:
    """
    Knows accounts, and whom another checker knows.  What it gives for an
    avatar's name is an L{Account}; of whom only the other one knows, what that
    gives: the name.

    Who shows a password waits for one verification, and for the other checker
    unless that was right: whether there is such an account, may come from
    there, or has a password at all, does not show in the time.
    """

    credentialInterfaces = (IShown,)

    def __init__(
        self,
        accounts: Iterable[Account],
        verifier: Verifier,
        *,
        guests: Account | None = None,
        others: Account | None = None,
        checker: ICredentialsChecker | None = None,
    ) -> None:
        """
        @param guests: that of those who have none; without it, they are not
            let in.
        @param others: that of the users whom C{checker} knows, but for the
            name; without it, they are not let in.
        @param checker: takes names and passwords that are C{str}.
        """
        self._accounts = {account.name: account for account in accounts}
        self._hashes = Hashes(
            ((name, account.password) for name, account in self._accounts.items()), verifier
        )
        self._guests = guests
        self._others = others
        self._checker = checker

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        See C{ICredentialsChecker.requestAvatarId}.

        @return: an L{Account}, or a name; or a C{Deferred} of it.
        """
        attempt = credentials.attempt
        if attempt.password is None:
            return self._byCertificate(attempt)
        if not self._accounts and not isGuest(attempt.name):
            # There is nobody to be told from others: no verification is due.
            return self._other(credentials)
        return Deferred.fromCoroutine(self._byPassword(credentials))

    def _byCertificate(self, attempt: Attempt) -> Account:
        account, certificate = self._accounts.get(attempt.name), attempt.certificate
        if (
            account is None
            or certificate is None
            or not _mayComeFrom(attempt.peer, account)
            or not any(certificate.isMeantBy(each) for each in account.certificates)
        ):
            raise UnauthorizedLogin
        return account

    async def _byPassword(self, credentials: ShownPassword) -> Account | str | bytes:
        attempt = credentials.attempt
        account = self._accounts.get(attempt.name)
        if account is None and self._guests is not None and isGuest(attempt.name):
            if _mayComeFrom(attempt.peer, self._guests):
                return self._guests
        isWelcome = account is not None and _mayComeFrom(attempt.peer, account)
        password: Any = credentials.password
        isTheirs = await self._hashes.isRight(attempt.name, password, isWelcome=isWelcome)
        if account is not None and isTheirs:
            return account
        other: str | bytes = await maybeDeferred(self._other, credentials)
        if account is not None:
            # What the operator says of an account is not got round elsewhere.
            raise UnauthorizedLogin
        return other

    def _other(self, credentials: ShownPassword) -> Any:
        checker, others = self._checker, self._others
        # What holds for all of them tells nothing of any.
        if checker is None or others is None or not _mayComeFrom(credentials.attempt.peer, others):
            raise UnauthorizedLogin
        return checker.requestAvatarId(credentials)


def _mayComeFrom(peer: Address, account: Account) -> bool:
    return not account.networks or isIn(peer.host, account.networks)
