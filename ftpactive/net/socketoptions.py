"""
What a control connection's socket is told.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.interfaces import ISystemHandle, ITCPTransport

from ftpactive.net.reactors import Transport

#: What is read at a time.  Commands are short, and a flood of empty lines
#: should cost the one who sends it more than us.
_READ = 4096


def prepareControl(transport: Transport) -> None:
    """
    Set the options of a control connection's socket.
    """
    if ITCPTransport.providedBy(transport):
        # Nagle's algorithm would hold back a reply for 40 ms.
        transport.setTcpNoDelay(True)
        transport.setTcpKeepAlive(True)
    if ISystemHandle.providedBy(transport):
        # ABOR comes behind urgent data (RFC 959 section 4.1.3); in line it is
        # plain Telnet, which the core understands.
        handle: Any = transport.getHandle()
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    transport.bufferSize = _READ  # type: ignore[attr-defined]
