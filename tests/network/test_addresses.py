"""
Servers with several addresses, and IPv6.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.client import Account, Client
from tests.end_to_end.curl import Curl
from tests.end_to_end.lftp import Lftp
from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.pythonftplib import Ftplib
from tests.end_to_end.rawclient import readAll
from tests.network.places import SERVER, SERVER6, Lan, Site

#: Beside the first one: another address of the same interface, and one of
#: another interface.
SECOND, ELSEWHERE = "203.0.113.2", "198.51.100.1"
LINK_LOCAL = "fe80::1"


@pytest.fixture(scope="module")
def addresses(built: Site) -> Iterator[Lan]:
    """
    A server that has them all, and a client that can reach them.
    """
    server, client, elsewhere = built.lan.server, built.lan.client, built.lan.network.switch("else")
    server.ip(f"address add {SECOND}/24 dev eth0", f"address add {LINK_LOCAL}/64 dev eth0")
    server.plug(elsewhere, f"{ELSEWHERE}/24")
    client.ip(f"route add {ELSEWHERE} via {SERVER}")
    yield built.lan
    client.ip(f"route del {ELSEWHERE}")
    server.ip("link del eth1", f"address del {SECOND}/24 dev eth0")


def test_connectionComesFromTheAddressThatWasCalled(addresses: Lan) -> None:
    """
    Whichever that is, and by whichever interface it leaves: no other address
    would get through a firewall, or mean anything to the client.
    """
    for called in (SERVER, SECOND, ELSEWHERE, SERVER6):
        with addresses.call(called) as client:
            data = client.fetching("old", client.listen())
            assert data.getpeername()[:2] == (called, 20)
            assert readAll(data) == b"what was there"


def test_passivePortIsOfTheAddressThatWasCalled(addresses: Lan) -> None:
    """
    And of no other.
    """
    with addresses.call(ELSEWHERE) as client:
        host, port = client.announced()
        assert host == ELSEWHERE
        with pytest.raises(ConnectionRefusedError):
            client.connect((SERVER, port))
        client.connect((ELSEWHERE, port))


def test_linkLocal(addresses: Lan) -> None:
    """
    Such an address means something on one cable only, and the client does not
    know what the server calls that.
    """
    with addresses.call(f"{LINK_LOCAL}%eth0") as client:
        listener = client.listen()
        assert listener.getsockname()[0].startswith("fe80::")
        data = client.fetching("old", listener)
        assert data.getpeername()[0].partition("%")[0] == LINK_LOCAL
        assert data.getpeername()[1] == 20
        assert readAll(data) == b"what was there"


def test_linkLocalOfSomebodyElse(addresses: Lan) -> None:
    """
    The policy is the same there.
    """
    with addresses.call(f"{LINK_LOCAL}%eth0") as client:
        client.expect(504, "EPRT |2|fe80::bad|50000|")


def test_addressThatWentAway(addresses: Lan, built: Site) -> None:
    """
    The address that the client called is taken from the server, between its
    command and the connection: 425, and a server that lives.
    """
    address, server = f"{SECOND}/24 dev eth0", built.server
    with addresses.call(SECOND) as client:
        client.listen()
        server.process.send_signal(signal.SIGSTOP)
        client.send("RETR old")
        addresses.server.ip(f"address del {address}")
        server.process.send_signal(signal.SIGCONT)
        server.wait(f"from {SECOND}:20: this address is no longer on the server")
        addresses.server.ip(f"address add {address}")
        assert client.reply().startswith("425 ")
        assert client.fetch("old", isActive=True) == b"what was there"


@pytest.mark.parametrize("kind", [Curl, Lftp, Ftplib])
def test_realClientsOverIpv6(kind: type[Client], addresses: Lan, tmp_path: Path) -> None:
    """
    They send and fetch files in active mode.
    """
    (tmp_path / "new").write_bytes(b"contents")
    client = kind(Account(SERVER6, 21, USER, PASSWORD, isActive=True))
    with addresses.client.inside():
        client.upload(tmp_path / "new", "new")
        client.download("new", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"contents"
