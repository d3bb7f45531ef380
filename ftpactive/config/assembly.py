"""
From a configuration to a service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from twisted.cred.portal import Portal
from twisted.internet.defer import DeferredLock
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.internet.task import deferLater

from ftpactive.accounts import makeAccountsPortal
from ftpactive.auth.portal import isGuest
from ftpactive.auth.verifier import Verifier
from ftpactive.config.configuration import Configuration, Site
from ftpactive.config.networkkinds import endpointOf
from ftpactive.config.reading import Sources
from ftpactive.config.reload import Reload
from ftpactive.config.state import ledgerIn, openLedger
from ftpactive.core.account import Account, alike
from ftpactive.core.settings import Settings
from ftpactive.daemon import FTPDaemon
from ftpactive.interfaces import IEventSink, IStorage
from ftpactive.net.reactors import Reactor
from ftpactive.ops.guarded import Guard
from ftpactive.service import CannotServe, FTPFactory
from ftpactive.storage.blocking import inThreads
from ftpactive.storage.books import Lock
from ftpactive.storage.quotas import Quotas
from ftpactive.workers.daemon import GroupDaemon
from ftpactive.workers.group import Group
from ftpactive.workers.package import CannotHandOver, Package
from ftpactive.workers.state import SharedState


def makeDaemon(sources: Sources, configuration: Configuration, reactor: Reactor) -> FTPDaemon:
    """
    Make the service of a process.

    @param sources: what is read again at C{SIGHUP}.
    @param configuration: what they said now.
    """
    isAlone = configuration.workers == 1
    # Who only looks after others has no users.
    assembly = Assembly(reactor, configuration.stateFolder if isAlone else "")
    factory = assembly.makeFactory(configuration)
    endpoints, implicit = endpointsOf(reactor, configuration)
    usual = (factory, endpoints, configuration.user, implicit, configuration.stopTimeout)
    if isAlone:
        reload = Reload(sources, configuration, lambda new: assembly.change(factory, new))
        return FTPDaemon(*usual, reload=reload, settle=assembly.openState)
    return _makeGroup(sources, configuration, assembly, usual)


def _makeGroup(
    sources: Sources, configuration: Configuration, assembly: Assembly, usual: Any
) -> GroupDaemon:
    factory: FTPFactory = usual[0]
    factory.guard.admission.processes = configuration.workers
    reactor: Any = factory.services.reactor
    state = SharedState(configuration.stateFolder, configuration.user)
    reactor.addSystemEventTrigger("after", "shutdown", state.close)
    package = _sealed(configuration)
    guard, connecting = factory.guard, factory.connecting
    group = Group(reactor, configuration.workers, guard, connecting, package)

    def change(new: Configuration) -> None:
        package = _sealed(new)
        assembly.change(factory, new)
        group.change(package)

    reload = Reload(sources, configuration, change)
    return GroupDaemon(*usual, reload=reload, group=group, state=state)


def endpointsOf(
    reactor: Any, configuration: Configuration
) -> tuple[list[IStreamServerEndpoint], list[IStreamServerEndpoint]]:
    """
    Make all listeners: those of C{service.listen}, and those with TLS from the
    first byte.
    """
    listeners, implicit = configuration.listeners, configuration.implicit
    return (
        [endpointOf(reactor, each) for each in listeners],
        [endpointOf(reactor, each) for each in implicit],
    )


def _sealed(configuration: Configuration) -> str:
    try:
        return Package.of(configuration).seal()
    except CannotHandOver as error:
        raise CannotServe(f"activeftp: {error}") from None


class Assembly:
    """
    Puts services together.  What it holds is shared by all that it makes, and
    stays when a configuration is read again.
    """

    def __init__(
        self,
        reactor: Reactor,
        folder: str = "",
        *,
        worker: int = 0,
        alone: Callable[[str], Lock] | None = None,
    ) -> None:
        """
        @param folder: for what survives a restart; without it, what counts for
            quotas is counted again after each.
        @param worker: which process of the service this is; 0 for the only one.
        @param alone: makes the locks of books, see L{Quotas}; without it, no
            other process has them.
        """
        self._reactor = reactor
        self._folder = folder
        self._ledger = ledger = ledgerIn(folder, worker=worker)
        turn = partial(deferLater, reactor, 0)
        self._quotas = Quotas(ledger, turn, alone or (lambda name: DeferredLock()))
        core: Any = reactor
        core.addSystemEventTrigger("after", "shutdown", ledger.close)
        self._aside = inThreads(reactor)
        self._verifier = Verifier()
        #: Root has been shed by then.
        self._atStart = core.callWhenRunning

    def openState(self) -> None:
        """
        Open what survives a restart, as the user that this process will be.

        @raise CannotServe: it cannot be written to.
        """
        openLedger(self._ledger, self._folder)

    def makeFactory(
        self,
        configuration: Configuration,
        guard: Guard | None = None,
        events: IEventSink | None = None,
    ) -> FTPFactory:
        """
        Make what serves connections.

        @param guard: holds logins to limits, instead of one of its own.
        @param events: hears what happens, instead of the log.
        """
        self._aside.threads.size = configuration.site.settings.diskThreads
        return FTPFactory(
            self.portal(configuration, configuration.site),
            self._reactor,
            configuration.site.settings,
            events,
            hosts=self._hosts(configuration),
            limits=configuration.limits,
            findAccount=finder(configuration.site),
            tls=configuration.tls,
            guard=guard,
        )

    def change(self, factory: FTPFactory, configuration: Configuration) -> None:
        """
        Put another configuration in force, for sessions that begin from now on.
        """
        self._aside.threads.size = configuration.site.settings.diskThreads
        factory.change(
            self.portal(configuration, configuration.site),
            configuration.site.settings,
            hosts=self._hosts(configuration),
            limits=configuration.limits,
            findAccount=finder(configuration.site),
            tls=configuration.tls,
        )

    def portal(self, configuration: Configuration, site: Site) -> Portal:
        """
        Make what decides who may come in.
        """
        return makeAccountsPortal(
            site.accounts,
            guests=site.guests,
            others=site.others if configuration.checkers else None,
            checkers=configuration.checkers,
            hold=self._hold,
            aside=self._aside,
            verifier=self._verifier,
            atStart=self._atStart,
        )

    def _hold(self, account: Account, storage: IStorage) -> IStorage:
        return self._quotas.over(storage, _page(account), account.quota)

    def _hosts(self, configuration: Configuration) -> Mapping[str, tuple[Portal, Settings]]:
        return {
            name: (self.portal(configuration, site), site.settings)
            for name, site in configuration.hosts.items()
        }


@lru_cache(maxsize=1024)
def _page(account: Account) -> str:
    # What is counted is what is in these folders: another virtual host may
    # show the same user others.
    return "\n".join((account.name, *sorted(mount.folder for mount in account.mounts)))


def finder(site: Site) -> Callable[[str], Account | None]:
    """
    Make what finds the account of a name that USER gave.
    """
    known: dict[str, Any] = {account.name: account for account in site.accounts}
    other = alike(site.others)

    def find(name: str) -> Account | None:
        account: Account | None = known.get(name)
        if account is None:
            account = site.guests if isGuest(name) else other(name)
        return account

    return find
