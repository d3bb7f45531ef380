"""
Tests for L{ftpactive.auth.portal}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.cred.checkers import (
    AllowAnonymousAccess,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.cred.error import LoginDenied, LoginFailed, UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, fail, succeed
from twisted.protocols.ftp import FTPAnonymousShell, FTPRealm, FTPShell, IFTPShell
from twisted.python.failure import Failure
from twisted.python.filepath import FilePath
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpactive import FTPFactory, Settings
from ftpactive.auth.portal import PortalAuthenticator
from ftpactive.core.address import Address
from ftpactive.core.errors import NotLoggedIn
from ftpactive.interfaces import IStorage
from ftpactive.logins import Attempt, IAuthenticator, Login
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.shell import ShellStorage
from tests.net.played import Client, PlayedReactor, lose, result

LoggedErrors = Callable[..., list[Failure]]


@implementer(IRealm)
class Realm:
    """
    Gives whatever avatar it was given.

    @ivar asked: what for, in order.
    @ivar logouts: how many of its avatars are not needed any more.
    """

    def __init__(self, avatar: object) -> None:
        self.avatar = avatar
        self.asked: list[tuple[object, ...]] = []
        self.logouts = 0

    def requestAvatar(self, avatarId: object, mind: object, *interfaces: object) -> Any:
        """
        Give the avatar, or raise it.
        """
        self.asked.append((avatarId, mind, *interfaces))
        if isinstance(self.avatar, Exception):
            raise self.avatar
        if isinstance(self.avatar, Failure):
            return self.avatar
        return interfaces[0], self.avatar, self._logout

    def _logout(self) -> None:
        self.logouts += 1


@implementer(ICredentialsChecker)
class Checker:
    """
    A checker that says what it was told to say.
    """

    def __init__(self, answer: Any, kind: Any = IUsernamePassword) -> None:
        self.credentialInterfaces = (kind,)
        self.answer = answer
        self.credentials: list[Any] = []

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Say it.
        """
        self.credentials.append(credentials)
        return fail(self.answer) if isinstance(self.answer, Exception) else succeed(self.answer)


CLIENT = Address("192.0.2.7", 50000)


class Door:
    """
    An authenticator, and what is behind it.
    """

    def __init__(self, avatar: object, *checkers: Any) -> None:
        self.realm = Realm(avatar)
        self.delays: list[Deferred[None]] = []
        self.authenticator = PortalAuthenticator(Portal(self.realm, checkers), self._delay)

    def _delay(self) -> Deferred[None]:
        self.delays.append(Deferred())
        return self.delays[-1]

    def login(self, name: str = "alice", password: str = "secret") -> Deferred[Login]:
        """
        Begin to log in.
        """
        return Deferred.fromCoroutine(self.authenticator.login(Attempt(name, password, CLIENT)))


class TestAccepted:
    """
    L{PortalAuthenticator} lets in whom the portal lets in.
    """

    def test_interface(self) -> None:
        """
        It is what verbs ask.
        """
        assert verifyObject(IAuthenticator, Door(None).authenticator)

    def test_storage(self) -> None:
        """
        The avatar is the storage, and its logout is left to the caller.
        """
        storage = MemoryStorage()
        door = Door(storage, Checker("alice"))
        login = result(door.login())
        assert login.storage is storage
        assert door.realm.asked == [("alice", None, IStorage, IFTPShell)]
        assert door.realm.logouts == 0
        login.logout()
        assert door.realm.logouts == 1

    def test_shell(self, tmp_path: Path) -> None:
        """
        The avatar of a realm for Twisted's own FTP server is adapted.
        """
        door = Door(FTPShell(FilePath(str(tmp_path))), Checker("alice"))
        assert isinstance(result(door.login()).storage, ShellStorage)

    def test_credentialsAreText(self) -> None:
        """
        As those of Twisted's own FTP server are.
        """
        checker = Checker("alice")
        result(Door(MemoryStorage(), checker).login("älice", "sécret"))
        (credentials,) = checker.credentials
        assert (credentials.username, credentials.password) == ("älice", "sécret")

    def test_noDelay(self) -> None:
        """
        Who is let in does not wait.
        """
        door = Door(MemoryStorage(), Checker("alice"))
        result(door.login())
        assert door.delays == []


class TestGuests:
    """
    Some come without an account, RFC 1635.
    """

    @pytest.mark.parametrize("name", ["anonymous", "ftp", "Anonymous", "FTP"])
    def test_names(self, name: str) -> None:
        """
        Any spelling of two names, any password.
        """
        door = Door(MemoryStorage(), AllowAnonymousAccess(), Checker(UnauthorizedLogin()))
        result(door.login(name, "me@example.org"))
        assert len(door.realm.asked) == 1

    def test_othersAreNoGuests(self) -> None:
        """
        A name with a password is checked.
        """
        door = Door(MemoryStorage(), AllowAnonymousAccess())
        done = door.login("alice")
        door.delays[0].callback(None)
        with pytest.raises(NotLoggedIn):
            result(done)

    def test_withoutGuests(self) -> None:
        """
        Where no guests are let in, the name is one as any other.
        """
        checker = Checker("ftp")
        result(Door(MemoryStorage(), checker).login("ftp"))
        assert checker.credentials[0].username == "ftp"


class TestRefused:
    """
    Who is not let in is told so, later, and not why.
    """

    @pytest.mark.parametrize("error", [UnauthorizedLogin(), LoginFailed(), LoginDenied("why")])
    def test_byTheChecker(self, error: Exception) -> None:
        """
        530 comes when the delay is over.
        """
        door = Door(MemoryStorage(), Checker(error))
        done = door.login()
        assert not done.called
        door.delays[0].callback(None)
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            result(done)

    @pytest.mark.parametrize("isRaised", [True, False])
    def test_byTheRealm(self, isRaised: bool) -> None:
        """
        In the same words, also where it gives why in the place of raising it.
        """
        denied = LoginDenied("no home")
        door = Door(denied if isRaised else Failure(denied), Checker("alice"))
        done = door.login()
        door.delays[0].callback(None)
        with pytest.raises(NotLoggedIn, match="^Login incorrect$"):
            result(done)

    def test_nobodyChecksPasswords(self) -> None:
        """
        A portal without a fitting checker lets nobody in.
        """
        door = Door(MemoryStorage(), Checker("alice", IUsernameHashedPassword))
        done = door.login()
        door.delays[0].callback(None)
        with pytest.raises(NotLoggedIn):
            result(done)


class TestFaults:
    """
    Checkers and realms can be broken.
    """

    def test_checker(self) -> None:
        """
        That is no refusal: the error goes on to where it is logged.
        """
        door = Door(MemoryStorage(), Checker(ValueError("database")))
        with pytest.raises(ValueError, match="database"):
            result(door.login())
        assert door.delays == []

    def test_realm(self) -> None:
        """
        A realm that knows neither of our interfaces says so.
        """
        door = Door(NotImplementedError("only POP3 here"), Checker("alice"))
        with pytest.raises(NotImplementedError):
            result(door.login())

    def test_avatarThatIsNoStorage(self) -> None:
        """
        It is logged out again: whoever made it may hold something open.
        """
        door = Door(object(), Checker("alice"))
        with pytest.raises(TypeError, match=r"^object does not say @implementer\(IStorage\)$"):
            result(door.login())
        assert door.realm.logouts == 1

    def test_adapterThatFails(self) -> None:
        """
        The same holds for an avatar whose adapter is broken.
        """

        class Broken:
            def __conform__(self, interface: object) -> object:
                raise ValueError("broken")

        door = Door(Broken(), Checker("alice"))
        with pytest.raises(ValueError, match="broken"):
            result(door.login())
        assert door.realm.logouts == 1

    def test_logoutThatFailsAsWell(self, loggedErrors: LoggedErrors) -> None:
        """
        Does not hide why the login failed.
        """

        class Stuck(Realm):
            def _logout(self) -> None:
                raise ValueError("stuck")

        door = Door(object(), Checker("alice"))
        door.authenticator = PortalAuthenticator(
            Portal(Stuck(object()), [Checker("alice")]), door._delay
        )
        with pytest.raises(TypeError, match="does not say"):
            result(door.login())
        assert [str(each.value) for each in loggedErrors(ValueError)] == ["stuck"]

    def test_sessionSurvives(self, loggedErrors: LoggedErrors) -> None:
        """
        The client hears 451, and may try again as if nothing had been.
        """
        checker = Checker(ValueError("database"))
        reactor = cast(Any, PlayedReactor())
        client = Client(FTPFactory(Portal(Realm(MemoryStorage()), [checker]), reactor))
        client.hears("USER alice", "PASS secret", "PWD", "PASS secret")
        assert client.codes() == [220, 331, 451, 530, 503]
        assert len(loggedErrors(ValueError)) == 1
        checker.answer = "alice"
        assert client.hears("USER alice", "PASS secret", "PWD").codes() == [331, 230, 257]


class TestTwistedsOwn:
    """
    A realm that was written for Twisted's own FTP server works unchanged.
    """

    @pytest.fixture
    def client(self, tmp_path: Path) -> Iterator[Client]:
        """
        A client of a server with C{FTPRealm}: guests see one folder, alice
        lives in another.
        """
        for name in ("guests", "homes/alice/sub"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "guests" / "a").write_bytes(b"hello")
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser("alice", "secret")  # type: ignore[arg-type]
        realm = FTPRealm(str(tmp_path / "guests"), str(tmp_path / "homes"))
        self.reactor = cast(Any, PlayedReactor())
        portal = Portal(realm, [AllowAnonymousAccess(), checker])
        client = Client(FTPFactory(portal, self.reactor, Settings()))
        client.replies()
        yield client
        if client.transport.connected:
            lose(client.transport)

    def transport(self) -> Any:
        """
        Connect to the port that PASV opened last.
        """
        return self.reactor.ports[-1].accept()

    def test_guest(self, client: Client) -> None:
        """
        C{FTPAnonymousShell}: a guest looks, fetches, and changes nothing.
        """
        client.hears("USER anonymous", "PASS me@example.org", "TYPE I", "CWD /", "SIZE a")
        assert client.codes() == [331, 230, 200, 250, 213]
        for command, wanted in (("RETR a", b"hello"), ("NLST", b"a\r\n")):
            client.hears("PASV", command)
            data = self.transport()
            # A listing gives others their turn.
            self.reactor.advance(0)
            assert data.value() == wanted
            lose(data)
            assert client.codes() == [227, 150, 226]
        client.hears("PASV", "STOR b", "DELE a", "MKD c", "QUIT")
        assert client.codes() == [227, 550, 550, 550, 221]

    def test_user(self, client: Client, tmp_path: Path) -> None:
        """
        C{FTPShell}: a user stores, renames, removes, in a home of their own.
        """
        home = tmp_path / "homes" / "alice"
        client.hears("USER alice", "PASS secret", "TYPE I", "PASV", "STOR b")
        data = self.transport()
        data.protocol.dataReceived(b"hello")
        lose(data)
        assert client.codes() == [331, 230, 200, 227, 150, 226]
        assert (home / "b").read_bytes() == b"hello"
        client.hears("RNFR b", "RNTO c", "CWD sub", "CDUP", "MKD d", "RMD sub", "QUIT")
        assert client.codes() == [350, 250, 250, 250, 257, 250, 221]
        assert sorted(path.name for path in home.iterdir()) == ["c", "d"]

    @pytest.mark.parametrize("end", ["QUIT", "REIN", "USER anonymous", "lost", "stop"])
    def test_logout(self, client: Client, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
        """
        An avatar with a C{logout} is told once, however the session ends.
        """
        logouts: list[object] = []
        for shell in (FTPAnonymousShell, FTPShell):
            # Not the method of a list, which would not be given the avatar.
            monkeypatch.setattr(shell, "logout", lambda it: logouts.append(it), raising=False)
        client.hears("USER alice", "PASS secret")
        if end == "lost":
            lose(client.transport)
        elif end == "stop":
            client.protocol.shutDown()
        else:
            client.hears(end)
        assert len(logouts) == 1
        assert isinstance(logouts[0], FTPShell)
