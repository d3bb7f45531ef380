"""
Tests for L{ftpactive.net.ends}.
"""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from ftpactive.core.address import Address
from ftpactive.net.ends import fromTransport


class TestFromTransport:
    """
    L{fromTransport} reads what a transport calls an address.
    """

    def test_both(self) -> None:
        """
        IPv4 and IPv6.
        """
        assert fromTransport(IPv4Address("TCP", "192.0.2.7", 20)) == Address("192.0.2.7", 20)
        assert fromTransport(IPv6Address("TCP", "2001:DB8::7", 20)) == Address("2001:db8::7", 20)

    def test_mapped(self) -> None:
        """
        IPv4 inside IPv6 is IPv4.
        """
        assert fromTransport(IPv6Address("TCP", "::ffff:192.0.2.7", 20)).host == "192.0.2.7"

    def test_noTCP(self) -> None:
        """
        FTP's commands name IP addresses; others cannot be told.
        """
        with pytest.raises(TypeError, match="FTP needs TCP"):
            fromTransport(UNIXAddress("/run/ftp"))
