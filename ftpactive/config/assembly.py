"""
From a configuration to a service.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from twisted.cred.portal import Portal
from twisted.internet.task import deferLater

from ftpactive.accounts import makeAccountsPortal
from ftpactive.auth.portal import isGuest
from ftpactive.auth.verifier import Verifier
from ftpactive.config.configuration import Configuration, Site
from ftpactive.config.networkkinds import endpointOf
from ftpactive.config.reading import Sources
from ftpactive.config.reload import Reload
from ftpactive.core.account import Account
from ftpactive.core.settings import Settings
from ftpactive.daemon import FTPDaemon
from ftpactive.interfaces import IStorage
from ftpactive.net.reactors import Reactor
from ftpactive.service import CannotServe, FTPFactory
from ftpactive.storage.blocking import inThreads
from ftpactive.storage.ledger import BadLedger, Ledger
from ftpactive.storage.quota import Quotas

#: The file of the state folder in which quotas are kept.
_LEDGER = "quotas.sqlite"


def makeDaemon(sources: Sources, configuration: Configuration, reactor: Reactor) -> FTPDaemon:
    """
    Make the service of a process.

    @param sources: what is read again at C{SIGHUP}.
    @param configuration: what they said now.
    """
    assembly = Assembly(reactor, configuration.stateFolder)
    factory = assembly.makeFactory(configuration)
    return FTPDaemon(
        factory,
        [endpointOf(reactor, each) for each in configuration.listeners],
        configuration.user,
        [endpointOf(reactor, each) for each in configuration.implicit],
        reload=Reload(sources, configuration, lambda new: assembly.change(factory, new)),
        settle=assembly.openState,
    )


class Assembly:
    """
    Puts services together.  What it holds is shared by all that it makes, and
    stays when a configuration is read again.
    """

    def __init__(self, reactor: Reactor, folder: str = "") -> None:
        """
        @param folder: for what survives a restart; without it, what counts for
            quotas is counted again after each.
        """
        self._reactor = reactor
        self._folder = folder
        self._ledger = ledger = Ledger(os.path.join(folder, _LEDGER) if folder else ":memory:")
        self._quotas = Quotas(ledger, lambda: deferLater(reactor, 0))
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
        try:
            self._ledger.open()
        except BadLedger as error:
            raise CannotServe(
                f"activeftp: cannot write to {_LEDGER} in the state folder {self._folder}:"
                f" {error}; the folder and what is in it must be writable for the user that"
                " the service runs as"
            ) from None

    def makeFactory(self, configuration: Configuration) -> FTPFactory:
        """
        Make what serves connections.
        """
        self._aside.threads.size = configuration.site.settings.diskThreads
        return FTPFactory(
            self.portal(configuration, configuration.site),
            self._reactor,
            configuration.site.settings,
            hosts=self._hosts(configuration),
            limits=configuration.limits,
            findAccount=finder(configuration.site),
            tls=configuration.tls,
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
        # What is counted is what is in these folders: another virtual host may
        # show the same user others.
        page = "\n".join((account.name, *sorted(mount.folder for mount in account.mounts)))
        return self._quotas.over(storage, page, account.quota)

    def _hosts(self, configuration: Configuration) -> Mapping[str, tuple[Portal, Settings]]:
        return {
            name: (self.portal(configuration, site), site.settings)
            for name, site in configuration.hosts.items()
        }


def finder(site: Site) -> Callable[[str], Account | None]:
    """
    Make what finds the account of a name that USER gave.
    """
    known: dict[str, Any] = {account.name: account for account in site.accounts}

    def find(name: str) -> Account | None:
        if name not in known and isGuest(name):
            return site.guests
        account: Account = known.get(name) or replace(site.others, name=name)
        return account

    return find
