"""
Tests for L{ftpactive.auth.accounts}.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import maybeDeferred
from zope.interface.verify import verifyObject

from ftpactive.auth.accounts import AccountsChecker
from ftpactive.auth.credentials import IShown, shown
from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.certificate import Certificate
from ftpactive.logins import Attempt
from tests.auth.cheap import CountingVerifier, cheapHash
from tests.net.played import result

HOME, AWAY = Address("192.0.2.7", 50000), Address("198.51.100.1", 50000)
NEAR = (ipaddress.ip_network("192.0.2.0/24"),)
CERTIFICATE = Certificate("alice", "ab" * 32)

ALICE = Account("alice", cheapHash("secret"), certificates=("alice",))
BOB = Account("bob", cheapHash("secret"), networks=NEAR)
CAROL = Account("carol", certificates=("sha256:" + "ab" * 32,), networks=NEAR)
GUESTS = Account("anonymous", networks=NEAR)
OTHERS = Account("", umask=0o27)


class Door:
    """
    A checker, and what it does.
    """

    def __init__(self, **others: Any) -> None:
        self.verifier = CountingVerifier()
        self.checker = AccountsChecker([ALICE, BOB, CAROL], self.verifier, **others)

    def asks(
        self,
        name: str,
        password: str | None = None,
        *,
        peer: Address = HOME,
        certificate: Certificate | None = None,
    ) -> Account | None:
        """
        Give the account of somebody, L{None} when refused.
        """
        attempt = Attempt(name, password, peer, certificate)
        try:
            account: Account = result(maybeDeferred(self.checker.requestAvatarId, shown(attempt)))
        except UnauthorizedLogin:
            return None
        return account


@pytest.fixture
def door() -> Door:
    """
    One for three accounts and nobody else.
    """
    return Door()


@pytest.fixture
def wide() -> Door:
    """
    One for guests as well, and for those whom another checker knows.
    """
    memory = InMemoryUsernamePasswordDatabaseDontUse()
    users: dict[Any, Any] = {"dave": "secret", "alice": "elsewhere", "carol": "secret"}
    memory.users.update(users)
    return Door(guests=GUESTS, others=OTHERS, checker=memory)


class TestCredentials:
    """
    What is shown is found by checkers of any kind.
    """

    def test_password(self) -> None:
        """
        A name and a password are that to others as well.
        """
        credentials: Any = shown(Attempt("alice", "secret", HOME))
        assert verifyObject(IShown, credentials)
        assert verifyObject(IUsernamePassword, credentials)
        assert (credentials.username, credentials.password) == ("alice", "secret")

    def test_certificate(self) -> None:
        """
        A certificate alone is never taken for an empty password.
        """
        credentials = shown(Attempt("alice", None, HOME, CERTIFICATE))
        assert verifyObject(IShown, credentials)
        assert not IUsernamePassword.providedBy(credentials)


class TestPassword:
    """
    Who shows a password.
    """

    def test_isAChecker(self, door: Door) -> None:
        """
        As C{twisted.cred} wants them.
        """
        assert verifyObject(ICredentialsChecker, door.checker)

    def test_right(self, door: Door) -> None:
        """
        The right one gives the account.
        """
        assert door.asks("alice", "secret") is ALICE

    @pytest.mark.parametrize(
        ("name", "password", "peer"),
        [
            ("alice", "wrong", HOME),
            ("alice", "", HOME),
            ("nobody", "secret", HOME),
            ("anonymous", "secret", HOME),
            ("bob", "secret", AWAY),
            ("carol", "", HOME),
            ("", "", HOME),
        ],
    )
    def test_refusalsCostTheSame(self, door: Door, name: str, password: str, peer: Address) -> None:
        """
        Whatever is wrong, one password is verified, and the answer is no.
        """
        assert door.asks(name, password, peer=peer) is None
        assert len(door.verifier.asked) == 1

    def test_rightCostsTheSame(self, door: Door) -> None:
        """
        As it is when all is right.
        """
        door.asks("bob", "secret")
        assert len(door.verifier.asked) == 1

    def test_networks(self, door: Door) -> None:
        """
        Who may come from here may not come from there.
        """
        assert door.asks("bob", "secret", peer=HOME) is BOB
        assert door.asks("bob", "secret", peer=AWAY) is None


class TestCertificate:
    """
    Who shows a certificate alone.
    """

    def test_name(self, door: Door) -> None:
        """
        A common name that was written down will do.
        """
        assert door.asks("alice", certificate=CERTIFICATE) is ALICE

    def test_fingerprint(self, door: Door) -> None:
        """
        So will a fingerprint.
        """
        assert door.asks("carol", certificate=CERTIFICATE) is CAROL

    @pytest.mark.parametrize("name", ["bob", "nobody", "anonymous"])
    def test_otherAccounts(self, wide: Door, name: str) -> None:
        """
        It is nobody else's.
        """
        assert wide.asks(name, certificate=CERTIFICATE) is None

    def test_otherCertificate(self, door: Door) -> None:
        """
        Another one is not enough, nor is none.
        """
        assert door.asks("alice", certificate=Certificate("mallory", "cd" * 32)) is None
        assert door.asks("alice") is None

    def test_networks(self, door: Door) -> None:
        """
        It is good only where its account is.
        """
        assert door.asks("carol", certificate=CERTIFICATE, peer=AWAY) is None

    def test_wrongPassword(self, door: Door) -> None:
        """
        Who shows a password is known by that.
        """
        assert door.asks("alice", "wrong", certificate=CERTIFICATE) is None


class TestGuests:
    """
    Who has no account.
    """

    @pytest.mark.parametrize("name", ["anonymous", "ftp", "Anonymous"])
    def test_guests(self, wide: Door, name: str) -> None:
        """
        Any password will do.
        """
        assert wide.asks(name, "me@example.org") is GUESTS

    def test_networks(self, wide: Door) -> None:
        """
        Guests, too, may be welcome from some networks only.
        """
        assert wide.asks("ftp", "", peer=AWAY) is None


class TestOthers:
    """
    Whom another checker knows.
    """

    def test_known(self, wide: Door) -> None:
        """
        They come in under the name that it gives.
        """
        assert wide.asks("dave", "secret") == "dave"

    def test_wrong(self, wide: Door) -> None:
        """
        A wrong password is wrong there as well.
        """
        assert wide.asks("dave", "wrong") is None

    def test_networks(self) -> None:
        """
        Where they come from can matter, too.
        """
        memory = InMemoryUsernamePasswordDatabaseDontUse()
        users: dict[Any, Any] = {"dave": "secret"}
        memory.users.update(users)
        door = Door(others=Account("", networks=NEAR), checker=memory)
        assert door.asks("dave", "secret", peer=AWAY) is None
        assert door.asks("dave", "secret", peer=HOME) == "dave"

    @pytest.mark.parametrize(("name", "password"), [("alice", "elsewhere"), ("carol", "secret")])
    def test_accountsComeFirst(self, wide: Door, name: str, password: str) -> None:
        """
        Who has an account does not get in by what others think of the name.
        """
        assert wide.asks(name, password) is None
