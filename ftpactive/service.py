"""
Wiring: the API for those who embed ftpactive, and what C{twistd activeftp} runs.
"""

from __future__ import annotations

import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from twisted.application.service import Service
from twisted.cred.portal import Portal
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.util import switchUID

from ftpactive.auth.portal import PortalAuthenticator
from ftpactive.core.address import Address
from ftpactive.core.limits import Limits
from ftpactive.core.protection import Protection
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IEventSink, ILevelledSink
from ftpactive.logins import IAuthenticator, VirtualHost
from ftpactive.net.connecting import Connecting
from ftpactive.net.ends import fromTransport
from ftpactive.net.factory import ControlFactory, ImplicitFactory
from ftpactive.net.opener import DataOpener, dataPort, sources
from ftpactive.net.probe import complaint
from ftpactive.net.reactors import Reactor
from ftpactive.net.services import Services
from ftpactive.net.socketoptions import prepareListener
from ftpactive.net.tls import TLS, CannotProtect
from ftpactive.ops.guarded import FindAccount, Guard
from ftpactive.ops.log import EventLog
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
        limits: Limits | None = None,
        findAccount: FindAccount = lambda name: None,
        tls: Protection | None = None,
        guard: Guard | None = None,
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
        @param limits: how much there is for all, for each user and each client.
        @param findAccount: gives what differs from C{limits} for a user, by the
            name that USER gave.
        @param tls: what there is of TLS; without it there is none.
        @param guard: holds logins to limits, instead of one of our own.
        @raise CannotServe: TLS cannot be had as C{tls} wants it.
        @ivar guard: the limits, which may be changed later.
        """
        settings = settings or Settings()
        events = events or EventLog()
        self.guard = guard or Guard(
            reactor,
            limits or Limits(),
            loginDelay=settings.loginDelay,
            emit=events.emit,
            findAccount=findAccount,
        )
        self.connecting = Connecting(reactor)
        super().__init__(self._services(portal, reactor, settings, events, hosts or {}, tls))

    def change(
        self,
        portal: Portal,
        settings: Settings,
        hosts: Mapping[str, tuple[Portal, Settings]],
        limits: Limits,
        findAccount: FindAccount,
        tls: Protection | None,
    ) -> None:
        """
        Serve sessions that begin from now on in another way; those that there
        are go on as they are.  Bans and what else is counted stays.

        @raise CannotServe: TLS cannot be had as C{tls} wants it; nothing has
            changed.
        """
        old = self.services
        self.services = self._services(portal, old.reactor, settings, old.events, hosts, tls)
        self.guard.findAccount = findAccount
        self.guard.change(limits, loginDelay=settings.loginDelay)

    def _services(
        self,
        portal: Portal,
        reactor: Reactor,
        settings: Settings,
        events: IEventSink,
        hosts: Mapping[str, tuple[Portal, Settings]],
        tls: Protection | None,
    ) -> Services:
        def authenticator(portal: Portal, settings: Settings) -> IAuthenticator:
            return self.guard.protect(
                PortalAuthenticator(portal, lambda: deferLater(reactor, settings.loginDelay))
            )

        if ILevelledSink.providedBy(events):
            events.least = settings.logLevel
        return Services(
            reactor=reactor,
            settings=settings,
            authenticator=authenticator(portal, settings),
            events=events,
            makeOpener=partial(DataOpener, reactor, settings, connecting=self.connecting),
            hosts={n.lower(): VirtualHost(authenticator(*h), h[1]) for n, h in hosts.items()},
            admission=self.guard.admission,
            tls=None if tls is None else _makeTLS(tls, reactor, settings),
        )


def _makeTLS(protection: Protection, reactor: Reactor, settings: Settings) -> TLS:
    try:
        return TLS(protection, reactor, settings.connectTimeout)
    except CannotProtect as error:
        raise CannotServe(f"activeftp: {error}") from None


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
        self,
        factory: FTPFactory,
        endpoints: Sequence[IStreamServerEndpoint],
        user: str = "",
        implicit: Sequence[IStreamServerEndpoint] = (),
        stopTimeout: float = 0,
        *,
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param implicit: where TLS begins at once, without AUTH.
        @param stopTimeout: seconds for sessions to finish what they do when the
            service stops; those that do nothing are told at once.
        @param user: whose privileges to take on once all listeners are open;
            those that there are, without it.
        @param settle: called when this process is the user that it will be; it
            may raise L{CannotServe}.
        """
        self.factory = factory
        self._user = user
        self.stopTimeout = stopTimeout
        self._settle = settle
        self._endpoints: list[tuple[IStreamServerEndpoint, Factory]] = [
            *((each, factory) for each in endpoints),
            *((each, ImplicitFactory(factory)) for each in implicit),
        ]
        self._ports: list[IListeningPort] = []
        self._hasListened = False

    def privilegedStartService(self) -> None:
        """
        Listen, while there are privileges.

        @raise CannotServe: with one line to say why not.
        """
        super().privilegedStartService()  # type: ignore[no-untyped-call]
        self.listen()
        self.factory.connecting.prepare(
            source
            for local in self._locals()
            for source in sources(self.factory.services.settings, local)
        )

    def listen(self) -> None:
        """
        Open the listeners, and no more.

        @raise CannotServe: with one line to say why not.
        """
        self._hasListened = True
        for endpoint, factory in self._endpoints:
            failed: list[Failure] = []
            endpoint.listen(factory).addCallbacks(self._ports.append, failed.append)
            if failed:
                # Raised out here: a Deferred would keep it to itself.
                raise CannotServe(f"activeftp: {failed[0].getErrorMessage()}")
        for port in self._ports:
            prepareListener(port)

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
        self.shed()
        for local in self._locals():
            self._announce(local)

    def shed(self) -> None:
        """
        Become the user that was asked for.

        @raise CannotServe: we cannot, or cannot settle as that user.
        """
        if self._user:
            self._become(self._user)
        self._settle()
        self.factory.connecting.settle()

    def _become(self, name: str) -> None:
        try:
            user = pwd.getpwnam(name)
            switchUID(user.pw_uid, user.pw_gid)
        except (KeyError, OSError) as error:
            why = "there is none" if isinstance(error, KeyError) else error
            raise CannotServe(f"activeftp: cannot become user {name}: {why}") from None

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
        Close the listeners, let sessions finish what they do, and say goodbye to
        every one.
        """
        super().stopService()  # type: ignore[no-untyped-call]
        self._hasListened = False
        ports, self._ports = self._ports, []
        closed = [port.stopListening() for port in ports]
        done = gatherResults([each for each in closed if each is not None])
        done.addCallback(lambda _: self.endSessions())
        # Data connections that were cut with their sessions end in the next
        # turn of the reactor, and with them the uploads that must be undone.
        done.addCallback(lambda _: deferLater(self.factory.services.reactor, 0))
        return done.addCallback(lambda _: self.factory.connecting.stop())

    def endSessions(self) -> Deferred[None]:
        """
        Let sessions finish what they do, and say goodbye; fires when all have
        ended.
        """
        return self.factory.end(self.FAREWELL, self.stopTimeout)
