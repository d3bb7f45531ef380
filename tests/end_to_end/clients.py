"""
All real clients.

To add one, write a class like L{Curl} in a file of its own and name it here:
every test of C{test_clients.py} is then run with it.
"""

from __future__ import annotations

from tests.end_to_end.client import Client
from tests.end_to_end.curl import Curl
from tests.end_to_end.lftp import Lftp
from tests.end_to_end.pythonftplib import Ftplib

CLIENTS: tuple[type[Client], ...] = (Curl, Lftp, Ftplib)
