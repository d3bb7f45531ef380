"""
A server of a folder in which uploads are atomic and synchronous, as somebody
writes it who embeds ftpactive: C{atomicserver.py ROOT PORT}.
"""

from __future__ import annotations

import sys

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import reactor

from ftpactive.auth.realm import StorageRealm
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.service import FTPFactory
from ftpactive.storage.blocking import inThreads
from ftpactive.storage.local import LocalStorage


def main(root: str, port: str) -> None:
    """
    Serve until killed.
    """

    def storage(name: str) -> LocalStorage:
        policy = UploadPolicy(atomic=True, sync=True, who=name)
        return LocalStorage(root, uploads=policy, aside=inThreads(reactor))

    checker = InMemoryUsernamePasswordDatabaseDontUse()
    checker.addUser("tester", "open sesame")
    portal = Portal(StorageRealm(storage), [checker])
    reactor.listenTCP(int(port), FTPFactory(portal, reactor), interface="127.0.0.1")
    reactor.callWhenRunning(print, "ready", flush=True)
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
