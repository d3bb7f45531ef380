"""
Twisted's own FTP server as C{twistd ftp} wires it, but with the user's home in
the folder that is served, and without a log.

    python twisted_server.py PORT ROOT USER PASSWORD

ROOT must be called like the user.
"""

from __future__ import annotations

import os
import sys

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import reactor
from twisted.protocols.ftp import FTPFactory, FTPRealm


def main(port: str, root: str, user: str, password: str) -> None:
    """
    Serve until killed.
    """
    realm = FTPRealm(root, userHome=os.path.dirname(root))
    checker = InMemoryUsernamePasswordDatabaseDontUse()
    # The annotation says bytes; its FTP server compares text.
    checker.addUser(user, password)  # type: ignore[arg-type]
    factory = FTPFactory(Portal(realm, [checker]), userAnonymous="anonymous")
    reactor.listenTCP(int(port), factory, backlog=4096, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
