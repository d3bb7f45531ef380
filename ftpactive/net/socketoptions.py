"""
What a control connection's socket is told.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IReadDescriptor, ISystemHandle

from ftpactive.net.reactors import Transport

_OPTIONS = (
    # Nagle's algorithm would hold back a reply for 40 ms.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    # ABOR comes behind urgent data (RFC 959 section 4.1.3); in line it is plain
    # Telnet, which the core understands.
    (socket.SOL_SOCKET, socket.SO_OOBINLINE),
)

#: What is read at a time.  Commands are short, and a flood of empty lines
#: should cost the one who sends it more than us.
_READ = 4096


def prepareListener(port: Any) -> None:
    """
    Set the options of all control connections that a port will accept: most
    systems hand them on, which saves each of them some calls of the kernel.
    """
    if IReadDescriptor.providedBy(port):
        # Where nothing is known of TCP, each connection tells by itself.
        with socket.socket(fileno=os.dup(port.fileno())) as listener, suppress(OSError):
            _prepare(listener)
        _acceptOne(port, 1)
    # Twisted's ports have one that is made anew each time it is asked for, which is
    # twice for each connection.  Without it nothing is lost.
    if (logger := getattr(port, "_logger", None)) is not None:
        port._logger = logger


def prepareControl(transport: Transport) -> None:
    """
    Set the options of a control connection's socket.
    """
    if ISystemHandle.providedBy(transport):
        handle: Any = transport.getHandle()
        try:
            # The last one is set where all are: nobody but FTP has a use for it.
            if not handle.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE):
                _prepare(handle)
        except OSError:
            # Of a client that has left already, some systems know no socket any more.
            pass
    transport.bufferSize = _READ  # type: ignore[attr-defined]


def takeTurns(transport: Transport) -> None:
    """
    Have the port that has accepted a connection accept the next one in the reactor's
    next turn.  By itself Twisted looks at once for one more, which most of the time
    is not there; and of a crowd it accepts ever more, while everybody else waits,
    and before another process that shares the port takes one.
    """
    # What it has accepted is compared with this: it goes on with one.
    _acceptOne(getattr(transport, "server", None), 0)


def _acceptOne(port: Any, most: int) -> None:
    if hasattr(port, "numberAccepts"):
        port.numberAccepts = most


def _prepare(handle: socket.socket) -> None:
    for level, option in _OPTIONS:
        handle.setsockopt(level, option, 1)
