"""
Tests for L{ftpactive.net.probe}.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator

import pytest

from ftpactive.core.address import Address
from ftpactive.net.probe import complaint


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[Address]:
    """
    The address of somebody who listens, on IPv4 and on IPv6.
    """
    host: str = request.param
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        yield Address(host, server.getsockname()[1])


class TestComplaint:
    """
    L{complaint} says whether active mode will work from a data port.
    """

    @pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
    def test_anyPort(self, host: str) -> None:
        """
        Port 0 always works.
        """
        assert complaint(Address(host, 0)) == ""

    def test_freePort(self) -> None:
        """
        Nor is there anything to say of a port that is not used any more.
        """
        with socket.socket() as once:
            once.bind(("127.0.0.1", 0))
            port = once.getsockname()[1]
        assert complaint(Address("127.0.0.1", port)) == ""

    def test_listenerOnIt(self, listener: Address) -> None:
        """
        What is wrong, and what to do about it.
        """
        said = complaint(listener)
        assert said.startswith(f"active mode cannot work from data port {listener.port}: ")
        assert "something listens there" in said
        assert "--data-port" in said

    def test_addressOfSomebodyElse(self) -> None:
        """
        It cannot be bound.
        """
        assert "not on this machine" in complaint(Address("192.0.2.3", 2120))

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (PermissionError(errno.EACCES, "no"), "CAP_NET_BIND_SERVICE"),
            (OSError(errno.EIO, os.strerror(errno.EIO)), os.strerror(errno.EIO)),
            (OSError("odd"), "odd"),
        ],
    )
    def test_otherReasons(
        self, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
    ) -> None:
        """
        No privilege is said with its cure, anything else as the system says it.
        """

        class Refused(socket.socket):
            def bind(self, address: object) -> None:
                raise error

        monkeypatch.setattr(socket, "socket", Refused)
        assert words in complaint(Address("127.0.0.1", 20))

    def test_zone(self) -> None:
        """
        A link-local address is bound with its interface; one that does not
        exist is said, not raised.
        """
        assert "data port 2120" in complaint(Address("fe80::1%nowhere", 2120))
