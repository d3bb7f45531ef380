"""
Which pump moves the bytes of a data connection.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from socket import socket
from typing import Any

from twisted.internet.interfaces import IReactorFDSet, ISystemHandle

from ftpactive.net.pump import Owner, Pump
from ftpactive.net.pumpclear import ClearPump
from ftpactive.net.pumptransport import TransportPump
from ftpactive.net.reactors import nothing


def makePump(owner: Owner, reactor: Any) -> Pump:
    """
    Drive the socket, if the owner's transport shows it and the reactor can watch
    it; else leave that to the transport.
    """
    transport = owner.transport
    kinds: Any = type(transport), type(reactor)
    if _showSockets(*kinds):
        handle = transport.getHandle()
        if isinstance(handle, socket):
            # The reactor may have an event for it at hand, from connecting: it
            # would write to what we have closed, or end our watch.
            transport.doRead = transport.doWrite = nothing
            transport.stopReading = transport.stopWriting = nothing
            return ClearPump(owner, reactor, handle)
    transport.registerProducer(owner, True)
    return TransportPump(owner)


# There are few, and they are asked about for every transfer.
@lru_cache(maxsize=64)
def _showSockets(transport: Hashable, reactor: Hashable) -> bool:
    # Their types.
    return ISystemHandle.implementedBy(transport) and IReactorFDSet.implementedBy(reactor)
