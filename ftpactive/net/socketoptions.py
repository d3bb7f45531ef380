"""
What a control connection's socket is told.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import ISystemHandle

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


def prepareControl(transport: Transport) -> None:
    """
    Set the options of a control connection's socket.
    """
    if ISystemHandle.providedBy(transport):
        handle: Any = transport.getHandle()
        # Of a client that has left already, some systems know no socket any more.
        with suppress(OSError):
            for level, option in _OPTIONS:
                handle.setsockopt(level, option, 1)
    transport.bufferSize = _READ  # type: ignore[attr-defined]
