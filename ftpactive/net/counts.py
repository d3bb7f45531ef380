"""
Numbers of bytes that the kernel knows.
"""

from __future__ import annotations

import sys
from fcntl import ioctl
from socket import socket
from termios import FIONREAD, TIOCOUTQ

#: Where the kernel writes them; into C{bytes}, Python would have to copy it, at length.
_count = bytearray(4)


def arrived(end: socket | int) -> int:
    """
    Give how many bytes can be read.
    """
    return _asked(end, FIONREAD)


def unconfirmed(end: socket) -> int:
    """
    Give how many bytes the other side's kernel has not confirmed.
    """
    return _asked(end, TIOCOUTQ)


def _asked(end: socket | int, request: int) -> int:
    ioctl(end, request, _count)
    return int.from_bytes(_count, sys.byteorder)
