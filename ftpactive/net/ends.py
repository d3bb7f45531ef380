"""
The two ends of a connection, as the core writes them.
"""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress

from ftpactive.core.address import Address, normalise


def fromTransport(address: IAddress | None) -> Address:
    """
    Give what a transport or a port calls its address.

    @raise TypeError: not TCP: FTP's commands would mean nothing there.
    """
    if isinstance(address, (IPv4Address, IPv6Address)):
        return Address(normalise(address.host), address.port)
    raise TypeError(f"FTP needs TCP, not {address}")
