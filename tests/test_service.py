"""
Tests for L{ftpactive.service}.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.application.service import MultiService
from twisted.cred.checkers import ANONYMOUS, ICredentialsChecker
from twisted.cred.credentials import IAnonymous, IUsernamePassword
from twisted.cred.error import LoginDenied
from twisted.cred.portal import Portal
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import ConnectionAborted
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from zope.interface import implementer

from ftpactive import FTPFactory, FTPService, Settings, makePortal, makeRealm
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import IStorage
from ftpactive.ops.log import EventLog
from ftpactive.service import CannotServe
from tests.net.pending import pending
from tests.net.played import Client, PlayedReactor, lose, result

_IN = ["230 User alice logged in"]


@implementer(ICredentialsChecker)
class Everybody:
    """
    A checker that knows everybody by their name.
    """

    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Let in.
        """
        return succeed(credentials.username)


def portal(root: Path, homes: str = "") -> Portal:
    """
    Make a portal that lets everybody in.
    """
    return makePortal(makeRealm(str(root), homes), [Everybody()], anonymous=True)


def storageOf(realm: Any, avatarId: object) -> Any:
    """
    Give the storage that a realm makes.
    """
    _, storage, _ = realm.requestAvatar(avatarId, None, IStorage)
    return storage


@pytest.fixture
def lines() -> Iterator[list[LogEvent]]:
    """
    What is logged.
    """
    logged: list[LogEvent] = []
    observer = cast(ILogObserver, logged.append)
    globalLogPublisher.addObserver(observer)
    yield logged
    globalLogPublisher.removeObserver(observer)


class TestMakeRealm:
    """
    L{makeRealm} makes a realm of folders.
    """

    def test_sharedRoot(self, tmp_path: Path) -> None:
        """
        Without homes all users share the root.
        """
        realm = makeRealm(str(tmp_path))
        (tmp_path / "a").mkdir()
        for name in ("alice", "bob", ".."):
            assert IStorage.providedBy(storageOf(realm, name))
        assert [each.name for each in tmp_path.iterdir()] == ["a"]

    def test_homes(self, tmp_path: Path) -> None:
        """
        Each user has a folder, made at the first login and kept; others of
        the system may not look into it.
        """
        realm = makeRealm(str(tmp_path), str(tmp_path))
        for _ in range(2):
            storageOf(realm, "alice")
        assert [each.name for each in tmp_path.iterdir()] == ["alice"]
        assert (tmp_path / "alice").stat().st_mode & 0o007 == 0

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", "../x", "a\0b"])
    def test_namesThatAreNoFolders(self, tmp_path: Path, name: str) -> None:
        """
        Are denied, and nothing is made.
        """
        homes = tmp_path / "homes"
        homes.mkdir()
        with pytest.raises(LoginDenied):
            storageOf(makeRealm(str(tmp_path), str(homes)), name)
        assert [each.name for each in tmp_path.rglob("*")] == ["homes"]

    @pytest.mark.parametrize("name", ["a" * 300, "taken"])
    def test_folderThatCannotBeMade(
        self, tmp_path: Path, name: str, loggedLines: list[str]
    ) -> None:
        """
        Is no reason to fail in an unforeseen way; the operator is told.
        """
        (tmp_path / "taken").touch()
        with pytest.raises(LoginDenied):
            storageOf(makeRealm(str(tmp_path), str(tmp_path)), name)
        assert [line for line in loggedLines if line.startswith(f"User {name} has no folder: ")]

    def test_guestsChangeNothing(self, tmp_path: Path) -> None:
        """
        What guests see is read-only.
        """
        storage = storageOf(makeRealm(str(tmp_path)), ANONYMOUS)
        coroutine = storage.openForWriting(("a",), 0, WriteMode.REPLACE)
        with pytest.raises(PermissionDenied):
            result(Deferred.fromCoroutine(coroutine))


class TestMakePortal:
    """
    L{makePortal} makes a portal of a realm and checkers.
    """

    @pytest.mark.parametrize("anonymous", [True, False])
    def test_guests(self, tmp_path: Path, anonymous: bool) -> None:
        """
        Come in or do not.
        """
        made = makePortal(makeRealm(str(tmp_path)), [Everybody()], anonymous=anonymous)
        assert (IAnonymous in made.checkers) is anonymous
        assert IUsernamePassword in made.checkers


class TestFTPFactory:
    """
    L{FTPFactory} is all that an application needs.
    """

    def test_defaults(self, tmp_path: Path) -> None:
        """
        Events are logged, settings are those of L{Settings}.
        """
        reactor = cast(Any, PlayedReactor())
        services = FTPFactory(portal(tmp_path), reactor).services
        assert services.settings == Settings()
        assert isinstance(services.events, EventLog)
        assert services.reactor is reactor

    @pytest.mark.parametrize("name", ["..", "a/b"])
    def test_strangeNames(self, tmp_path: Path, name: str) -> None:
        """
        A user whose name cannot be a folder's is told what all others are
        told who may not come in, and as late; nothing is logged as a fault.
        """
        reactor = cast(Any, PlayedReactor())
        factory = FTPFactory(portal(tmp_path, str(tmp_path)), reactor, Settings(loginDelay=2))
        client = Client(factory).hears(f"USER {name}", "PASS x")
        assert client.codes() == [220, 331]
        reactor.advance(2)
        assert client.replies() == ["530 Login incorrect"]

    def test_severalInOneProcess(self, tmp_path: Path) -> None:
        """
        They share nothing: neither settings, nor sessions, nor users.
        """
        reactor = cast(Any, PlayedReactor())
        one = FTPFactory(portal(tmp_path), reactor, Settings(welcome="one"))
        two = FTPFactory(
            makePortal(makeRealm(str(tmp_path)), [], anonymous=True),
            reactor,
            Settings(welcome="two", dataPort=2000),
        )
        clients = [Client(one), Client(two)]
        for client, factory in zip(clients, (one, two), strict=True):
            assert factory.sessions == {client.protocol}
            client.hears("USER alice", "PASS x")
        # The second one knows guests only, and lets a refusal wait.
        assert clients[0].replies() == ["220 one", "331 Password required for alice", *_IN]
        assert clients[1].codes() == [220, 331]
        one.end(1)
        assert clients[0].codes() == [421]
        assert clients[1].codes() == []

    def test_virtualHosts(self, tmp_path: Path) -> None:
        """
        HOST chooses whose users, files and welcome a client meets; names are
        the same in capitals.
        """
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            (tmp_path / name / name).write_bytes(b"")
        reactor = cast(Any, PlayedReactor())
        hosts = {"There.Example": (portal(tmp_path / "there"), Settings(welcome="there"))}
        factory = FTPFactory(portal(tmp_path / "here"), reactor, hosts=hosts)
        client = Client(factory).hears("HOST there.example", "USER alice", "PASS x", "SIZE there")
        assert client.codes() == [220, 220, 331, 230, 213]
        stranger = Client(factory).hears("HOST nowhere.example", "USER alice", "PASS x")
        assert stranger.hears("SIZE there", "SIZE here").codes() == [220, 504, 331, 230, 550, 213]


class Listening:
    """
    A service on a played reactor.
    """

    def __init__(self, root: Path, *ports: int, taken: int = 0, **settings: Any) -> None:
        self.reactor = cast(Any, PlayedReactor())
        self.reactor.taken = {taken}
        self.factory = FTPFactory(portal(root), self.reactor, Settings(**settings))
        endpoints = [
            TCP4ServerEndpoint(self.reactor, port, interface="127.0.0.1") for port in ports
        ]
        self.service = FTPService(self.factory, endpoints)

    def isOpen(self) -> list[bool]:
        """
        Tell which of its ports are open.
        """
        return [port.isOpen for port in self.reactor.ports]


class TestStart:
    """
    L{FTPService} listens when it is started.
    """

    def test_listensWithPrivileges(self, tmp_path: Path) -> None:
        """
        That is before C{twistd} gives them up.
        """
        listening = Listening(tmp_path, 2121, 2122)
        listening.service.privilegedStartService()
        assert [port.address.port for port in listening.reactor.ports] == [2121, 2122]
        listening.service.startService()
        assert len(listening.reactor.ports) == 2

    def test_startedAlone(self, tmp_path: Path) -> None:
        """
        Who starts it without C{twistd} need not know of privileges.
        """
        listening = Listening(tmp_path, 2121)
        listening.service.startService()
        assert listening.isOpen() == [True]

    def test_amongOthers(self, tmp_path: Path) -> None:
        """
        It may be given to a parent that runs.
        """
        parent = MultiService()
        parent.startService()
        listening = Listening(tmp_path, 2121)
        listening.service.setServiceParent(parent)  # type: ignore[no-untyped-call]
        assert listening.isOpen() == [True]

    def test_tellsWhereItIs(self, tmp_path: Path, lines: list[LogEvent]) -> None:
        """
        One line per listener, with the data port that belongs to it.
        """
        listening = Listening(tmp_path, 2121, 2125)
        listening.service.startService()
        said = [formatEvent(line) for line in lines]
        assert said == [
            "FTP on 127.0.0.1:2121, active data connections from port 2120",
            "FTP on 127.0.0.1:2125, active data connections from port 2124",
        ]

    def test_anyDataPort(self, tmp_path: Path, lines: list[LogEvent]) -> None:
        """
        Port 0 is said in words.
        """
        Listening(tmp_path, 2121, dataPort=0).service.startService()
        assert formatEvent(lines[0]).endswith("from port any")

    def test_warnsOfTheDataPort(self, tmp_path: Path, lines: list[LogEvent]) -> None:
        """
        What will not work is said now, with what to do about it.
        """
        with socket.create_server(("127.0.0.1", 0)) as squatter:
            port = squatter.getsockname()[1]
            Listening(tmp_path, 2121, dataPort=port).service.startService()
        warning = lines[-1]
        assert warning["log_level"] is LogLevel.warn
        assert f"data port {port}: something listens there" in formatEvent(warning)

    def test_settles(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What has to be opened by the user that it becomes is opened then.
        """
        done: list[str] = []
        monkeypatch.setattr(FTPService, "_become", lambda self, user: done.append(user))
        factory = Listening(tmp_path).factory
        FTPService(factory, [], "somebody", settle=lambda: done.append("settled")).startService()
        assert done == ["somebody", "settled"]

    def test_userThatIsNone(self, tmp_path: Path) -> None:
        """
        A user that the machine does not know is said in words.
        """
        service = FTPService(Listening(tmp_path).factory, [], "no-such-user")
        with pytest.raises(SystemExit) as raised:
            service.startService()
        assert raised.value.code == ("activeftp: cannot become user no-such-user: there is none")

    def test_otherThanTCP(self, tmp_path: Path, lines: list[LogEvent]) -> None:
        """
        Of a listener without a port there is nothing to tell.
        """

        class Endpoint:
            def listen(self, factory: object) -> Deferred[Any]:
                return succeed(self)

            def getHost(self) -> UNIXAddress:
                return UNIXAddress("/run/ftp")

        endpoint: Any = Endpoint()
        FTPService(Listening(tmp_path).factory, [endpoint]).startService()
        assert lines == []


class TestCannotListen:
    """
    A service that cannot listen does not run as if it could.
    """

    def test_taken(self, tmp_path: Path) -> None:
        """
        The process ends with one line, also when another port was free.
        """
        listening = Listening(tmp_path, 2121, 2122, taken=2122)
        with pytest.raises(SystemExit) as raised:
            listening.service.privilegedStartService()
        assert raised.value.code == (
            "activeftp: Couldn't listen on 127.0.0.1:2122: [Errno 98] Address already in use."
        )

    def test_inTheBackground(self, tmp_path: Path) -> None:
        """
        C{twistd} passes on an C{Exception} only.
        """
        listening = Listening(tmp_path, 2121, taken=2121)
        with pytest.raises(Exception, match="Couldn't listen") as raised:
            listening.service.privilegedStartService()
        assert isinstance(raised.value, CannotServe)

    @pytest.mark.parametrize(
        "error",
        [OverflowError("bind(): port must be 0-65535."), FileNotFoundError(2, "No such file")],
    )
    def test_otherReasons(self, tmp_path: Path, error: Exception) -> None:
        """
        Endpoints fail in many ways; all of them are one line.
        """

        class Endpoint:
            def listen(self, factory: object) -> Deferred[Any]:
                return fail(error)

        endpoint: Any = Endpoint()
        with pytest.raises(SystemExit) as raised:
            FTPService(Listening(tmp_path).factory, [endpoint]).privilegedStartService()
        assert raised.value.code == f"activeftp: {error}"


class TestStop:
    """
    L{FTPService.stopService} ends everything.
    """

    def test_sessionsHearIt(self, tmp_path: Path) -> None:
        """
        Ports are closed, each client hears 421, and it waits for them.
        """
        listening = Listening(tmp_path, 2121)
        listening.service.startService()
        client = Client(listening.factory)
        stopped = listening.service.stopService()
        assert listening.isOpen() == [False]
        assert client.codes() == [220, 421]
        ends: list[object] = []
        stopped.addCallback(ends.append)
        assert ends == []
        lose(client.transport)
        listening.reactor.advance(0)
        assert len(ends) == 1
        assert pending(listening.reactor) == []

    def test_notForEver(self, tmp_path: Path) -> None:
        """
        A client that does not go is cut off.
        """
        listening = Listening(tmp_path, 2121)
        listening.service.startService()
        client = Client(listening.factory)
        listening.service.stopService()
        listening.reactor.advance(FTPService.FAREWELL)
        assert client.transport.disconnected
        lose(client.transport, ConnectionAborted())

    def test_slowPort(self, tmp_path: Path) -> None:
        """
        It waits for ports that take their time to close.
        """
        listening = Listening(tmp_path, 2121)
        listening.reactor.isSlow = True
        listening.service.startService()
        ends: list[object] = []
        listening.service.stopService().addCallback(ends.append)
        listening.reactor.advance(1)
        assert ends == []
        listening.reactor.ports[0].closing.callback(None)
        listening.reactor.advance(0)
        assert len(ends) == 1

    def test_startedAgain(self, tmp_path: Path) -> None:
        """
        It listens anew.
        """
        listening = Listening(tmp_path, 2121)
        for _ in range(2):
            listening.service.startService()
            listening.service.stopService()
            listening.reactor.advance(0)
        assert listening.isOpen() == [False, False]

    def test_neverStarted(self, tmp_path: Path) -> None:
        """
        Nothing is there to stop.
        """
        listening = Listening(tmp_path, 2121)
        stopped = listening.service.stopService()
        listening.reactor.advance(0)
        result(stopped)
