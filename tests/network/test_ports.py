"""
The ports of data connections: the same again and again, the default one, and
those of several listeners.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.rawclient import readAll
from tests.network.caller import Caller
from tests.network.conftest import Serve, serving
from tests.network.net import Network
from tests.network.places import SERVER, Lan, Site

#: How often the same port of the client is used.
TIMES = 50


def withoutTimestamps(lan: Lan) -> Lan:
    """
    Make it forget TCP timestamps, by which a kernel knows that a connection is
    not an old one between the same two ports.
    """
    for host in (lan.server, lan.client):
        host.set("net.ipv4.tcp_timestamps", 0)
    return lan


@pytest.fixture(scope="module")
def plain(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    """
    A network without timestamps, and a server as it is by default.
    """
    with Network() as network, serving(tmp_path_factory.mktemp("plain")) as serve:
        lan = withoutTimestamps(Lan.make(network))
        serve(lan.server)
        yield lan


class TestSamePort:
    """
    Clients that name the same port for every transfer.
    """

    def test_withTimestamps(self, site: Site) -> None:
        """
        As most have them, there is nothing to it.
        """
        with site.lan.call() as client:
            _fetchOften(client)

    def test_downloadsWithoutTimestamps(self, plain: Lan) -> None:
        """
        The kernel keeps the two ports apart for a minute after a download: 425
        says so, and the client may name another.
        """
        with plain.call() as client:
            listener = client.listen()
            with client.fetching("old", listener) as data:
                assert readAll(data) == b"what was there"
            assert client.reply().startswith("226 ")
            refusal = client.expect(425, "RETR old")
            assert "has not been forgotten yet; name another port" in refusal
            assert client.fetch("old", isActive=True) == b"what was there"

    def test_uploadsWithoutTimestamps(self, plain: Lan) -> None:
        """
        There the client closes first, and it is the client's kernel that
        remembers: every one works, from port 20.
        """
        with Caller(plain.client, SERVER) as client:
            client.login(USER, PASSWORD)
            listener = client.listen()
            for _ in range(TIMES):
                client.send("STOR new")
                with client.accept(listener) as data:
                    assert data.getpeername() == (SERVER, 20)
                    data.sendall(b"contents")
                assert client.reply().startswith("150 ")
                assert client.reply().startswith("226 ")

    def test_sparePorts(self, lan: Lan, serve: Serve) -> None:
        """
        With C{--data-port 20,2020-2080} every download works, the first of them
        from port 20.
        """
        serve(withoutTimestamps(lan).server, "--data-port=20,2020-2080")
        with lan.call() as client:
            sources = _fetchOften(client)
        assert sources == [20, *range(2020, 2020 + TIMES - 1)]


def _fetchOften(client: Caller) -> list[int]:
    """
    Fetch a file many times through one port.

    @return: the ports that the server came from.
    """
    listener = client.listen()
    sources = []
    for _ in range(TIMES):
        with client.fetching("old", listener) as data:
            sources.append(data.getpeername()[1])
            assert readAll(data) == b"what was there"
        assert client.reply().startswith("226 ")
    return sources


class TestDefaultDataConnection:
    """
    A client that says nothing about data connections: RFC 959 section 3.2.
    """

    def test_port(self, site: Site) -> None:
        """
        It listens on the port that its control connection comes from, and gets
        the data from port 20.
        """
        with site.lan.call() as client:
            client.control.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener = client.bound(client.port)
            listener.listen()
            for _ in range(2):
                with client.fetching("old", listener) as data:
                    assert data.getpeername() == (SERVER, 20)
                    assert readAll(data) == b"what was there"
                assert client.reply().startswith("226 ")

    def test_canBeSwitchedOff(self, lan: Lan, serve: Serve) -> None:
        """
        C{--no-default-connection}: 425 at once.
        """
        serve(lan.server, "--no-default-connection")
        with lan.call() as client:
            assert "PORT, EPRT, PASV or EPSV" in client.expect(425, "RETR old")


def test_twoListeners(site: Site) -> None:
    """
    Ports 21 and 990 have data ports 20 and 989, at the same time.
    """
    with site.lan.call(port=21) as first, site.lan.call(port=990) as second:
        for client, expected in ((first, 20), (second, 989)):
            data = client.fetching("old", client.listen())
            assert data.getpeername() == (SERVER, expected)
            assert readAll(data) == b"what was there"
