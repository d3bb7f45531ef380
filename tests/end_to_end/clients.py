"""
All real clients.

To add one, write a class like L{Curl} in a file of its own and name it here:
every test of C{test_clients.py} is then run with it.
"""

from __future__ import annotations

from tests.end_to_end.aria2 import Aria2
from tests.end_to_end.bsdftp import Inetutils, Tnftp
from tests.end_to_end.client import Client
from tests.end_to_end.curl import Curl
from tests.end_to_end.lftp import Lftp
from tests.end_to_end.libraries import BasicFtp, NetFtp, TwistedClient
from tests.end_to_end.ncftp import Ncftp
from tests.end_to_end.pythonftplib import Ftplib
from tests.end_to_end.rclone import Rclone
from tests.end_to_end.wget import Wget

CLIENTS: tuple[type[Client], ...] = (
    Curl,
    Lftp,
    Ftplib,
    Ncftp,
    Tnftp,
    Inetutils,
    Wget,
    Aria2,
    Rclone,
    NetFtp,
    BasicFtp,
    TwistedClient,
)

#: What the others do to sockets, these do.
ON_BOTH_REACTORS = (Curl, Lftp)
