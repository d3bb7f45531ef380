"""
Wiring: the API for those who embed ftpactive, and what C{twistd activeftp} runs.
"""

from __future__ import annotations

# Python loads this codec at the first address that it looks up.  By then root
# may have been shed, and its library be out of reach.
import encodings.idna  # noqa: F401
import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from twisted.application.service import Service
from twisted.cred.checkers import AllowAnonymousAccess, ICredentialsChecker
from twisted.cred.error import LoginDenied
from twisted.cred.portal import Portal
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.util import switchUID

from ftpactive.auth.portal import PortalAuthenticator
from ftpactive.auth.realm import StorageRealm
from ftpactive.core.address import Address
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IEventSink, IStorage
from ftpactive.logins import VirtualHost
from ftpactive.net.connecting import Connecting
from ftpactive.net.ends import fromTransport
from ftpactive.net.factory import ControlFactory
from ftpactive.net.opener import DataOpener, dataPort, sources
from ftpactive.net.probe import complaint
from ftpactive.net.reactors import Reactor
from ftpactive.net.services import Services
from ftpactive.ops.log import EventLog
from ftpactive.storage.jail import Jails
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.readonly import ReadOnlyStorage
from ftpactive.storage.shell import ShellStorage

_log = Logger(namespace="ftpactive")


class FTPFactory(ControlFactory):
    """
    The factory of an FTP service: listen with it anywhere.

    Nothing is shared between two of them; there may be many in one process.
    """

    #: The adapter that lets realms for Twisted's own FTP server work: it is
    #: registered when its module is imported.
    adapters = (ShellStorage,)

    def __init__(
        self,
        portal: Portal,
        reactor: Reactor,
        settings: Settings | None = None,
        events: IEventSink | None = None,
        hosts: Mapping[str, tuple[Portal, Settings]] | None = None,
    ) -> None:
        """
        @param portal: decides who may come in.  Its realm is asked for an
            L{IStorage} or else for an C{IFTPShell}.
        @param reactor: makes the data connections and keeps the time.
        @param settings: what differs from the defaults.
        @param events: hears what happens; by default it is logged.
        @param hosts: virtual hosts: what C{HOST} may name (RFC 7151), each
            with a portal and settings of its own.  Without any, every name is
            this service's.
        """
        settings = settings or Settings()

        def authenticator(portal: Portal, settings: Settings) -> PortalAuthenticator:
            return PortalAuthenticator(portal, lambda: deferLater(reactor, settings.loginDelay))

        self.connecting = Connecting(reactor)
        super().__init__(
            Services(
                reactor=reactor,
                settings=settings,
                authenticator=authenticator(portal, settings),
                events=events or EventLog(),
                makeOpener=partial(DataOpener, reactor, settings, connecting=self.connecting),
                hosts={
                    name.lower(): VirtualHost(authenticator(*host), host[1])
                    for name, host in (hosts or {}).items()
                },
            )
        )


def makeRealm(root: str, homes: str = "") -> StorageRealm:
    """
    Make a realm of folders.

    @param root: what guests see, read-only, and what users share unless
        C{homes} is given.
    @param homes: the folder in which each user has one, made at first login.
    """

    jails = Jails()

    def forUser(name: str) -> IStorage:
        return LocalStorage(jails.at(_home(homes, name) if homes else root))

    return StorageRealm(forUser, lambda: ReadOnlyStorage(LocalStorage(jails.at(root))))


def _home(homes: str, name: str) -> str:
    """
    Give a user's folder; it is made when it is not there.

    @raise LoginDenied: the name is not one that a folder can have, or the
        folder cannot be made.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise LoginDenied(f"{name!r} cannot be the name of a folder")
    home = os.path.join(homes, name)
    try:
        os.makedirs(home, mode=0o750, exist_ok=True)
    except OSError as error:
        _log.warn("User {name} has no folder: {error}", name=name, error=str(error))
        raise LoginDenied(str(error)) from error
    return home


def makePortal(
    realm: StorageRealm, checkers: Sequence[ICredentialsChecker], *, anonymous: bool
) -> Portal:
    """
    Make a portal of a realm and checkers.

    @param anonymous: may guests come in?
    """
    portal = Portal(realm, checkers)
    if anonymous:
        portal.registerChecker(AllowAnonymousAccess())
    return portal


class CannotServe(SystemExit, Exception):
    """
    The service cannot start: twistd prints the one line that this was made of
    and ends with status 1.

    It is also an C{Exception}, since in the background twistd tells of nothing
    else to the process that waits in the foreground.
    """


class FTPService(Service):
    """
    An FTP factory on its listeners, from start to stop.
    """

    #: Seconds for sessions to hear 421 when the service stops.
    FAREWELL = 3

    def __init__(
        self, factory: FTPFactory, endpoints: Sequence[IStreamServerEndpoint], user: str = ""
    ) -> None:
        """
        @param user: whose privileges to take on once all listeners are open;
            those that there are, without it.
        """
        self.factory = factory
        self._user = user
        self._endpoints = endpoints
        self._ports: list[IListeningPort] = []
        self._hasListened = False

    def privilegedStartService(self) -> None:
        """
        Listen, while there are privileges.

        @raise CannotServe: with one line to say why not.
        """
        super().privilegedStartService()  # type: ignore[no-untyped-call]
        self._hasListened = True
        for endpoint in self._endpoints:
            failed: list[Failure] = []
            endpoint.listen(self.factory).addCallbacks(self._ports.append, failed.append)
            if failed:
                # Raised out here: a Deferred would keep it to itself.
                raise _cannotListen(failed[0])
        self.factory.connecting.prepare(
            source
            for local in self._locals()
            for source in sources(self.factory.services.settings, local)
        )

    def _locals(self) -> Iterator[Address]:
        for port in self._ports:
            if isinstance(port.getHost(), (IPv4Address, IPv6Address)):
                yield fromTransport(port.getHost())

    def startService(self) -> None:
        """
        Say where we are, and what will not work.
        """
        if not self._hasListened:
            # Who starts a service by itself need not know of the other method.
            self.privilegedStartService()
        super().startService()  # type: ignore[no-untyped-call]
        if self._user:
            self._become(self._user)
        self.factory.connecting.settle()
        for local in self._locals():
            self._announce(local)

    def _become(self, name: str) -> None:
        """
        Shed root for good.

        @raise CannotServe: there is no such user, or we are not root.
        """
        try:
            user = pwd.getpwnam(name)
            switchUID(user.pw_uid, user.pw_gid)
        except (KeyError, OSError) as error:
            raise CannotServe(f"activeftp: cannot become user {name}: {error}") from None

    def _announce(self, local: Address) -> None:
        source = Address(local.host, dataPort(self.factory.services.settings.dataPort, local.port))
        _log.info(
            "FTP on {local}, active data connections from port {port}",
            local=str(local),
            port=source.port or "any",
        )
        if source.port in self.factory.connecting.brokered:
            _log.info("The port broker binds port {port}", port=source.port)
        elif advice := complaint(source):
            _log.warn("Warning: {advice}", advice=advice)

    def stopService(self) -> Deferred[object]:
        """
        Close the listeners and say goodbye to every session.
        """
        super().stopService()  # type: ignore[no-untyped-call]
        self._hasListened = False
        ports, self._ports = self._ports, []
        closed = [port.stopListening() for port in ports]
        done = gatherResults([each for each in closed if each is not None])
        done.addCallback(lambda _: self.factory.end(self.FAREWELL))
        # Data connections that were cut with their sessions end in the next
        # turn of the reactor, and with them the uploads that must be undone.
        done.addCallback(lambda _: deferLater(self.factory.services.reactor, 0))
        return done.addCallback(lambda _: self.factory.connecting.stop())


def _cannotListen(failure: Failure) -> CannotServe:
    return CannotServe(f"activeftp: {failure.getErrorMessage()}")
