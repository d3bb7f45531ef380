"""
pyftpdlib as its documentation shows it, with its log at warnings.

    python pyftpdlib_server.py PORT ROOT USER PASSWORD [CERTIFICATE KEY]
"""

from __future__ import annotations

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer


def main(port: str, root: str, user: str, password: str, *tls: str) -> None:
    """
    Serve until killed.
    """
    logging.basicConfig(level=logging.WARNING)
    authorizer = DummyAuthorizer()
    authorizer.add_user(user, password, root, perm="elradfmwMT")
    protocol = TLS_FTPHandler if tls else FTPHandler
    protocol.authorizer = authorizer
    if tls:
        protocol.certfile, protocol.keyfile = tls
    server = FTPServer(("127.0.0.1", int(port)), protocol, backlog=4096)
    server.max_cons = 0
    server.max_cons_per_ip = 0
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
