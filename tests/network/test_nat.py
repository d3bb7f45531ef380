"""
Clients behind a router that gives them its own address (NAT).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end.client import Account, Client
from tests.end_to_end.curl import Curl
from tests.end_to_end.lftp import Lftp
from tests.end_to_end.place import PASSWORD, ROOM, USER
from tests.end_to_end.pythonftplib import Ftplib
from tests.end_to_end.rawclient import readAll
from tests.network.caller import naming
from tests.network.conftest import Serve
from tests.network.net import CannotBuild
from tests.network.places import CLOSED, FTP_HELPER, MEMBERS, ROUTER, SERVER, Home, Site, login

BIG_FILE = b"0123456789abcdef" * 1024 * 1024

#: The first member at home can be reached from outside on one port.
FORWARD = f"""
table ip forward {{
    chain prerouting {{
        type nat hook prerouting priority dstnat
        iifname "eth0" tcp dport 30000 dnat to {MEMBERS[0]}
    }}
}}
"""


def withHelper(home: Home) -> Home:
    """
    Give a router the kernel's FTP helper, and close it for all else.
    """
    try:
        home.router.firewall(CLOSED + FTP_HELPER)
    except CannotBuild as error:
        pytest.skip(f"this kernel has no FTP helper: {error}")
    return home


@pytest.fixture
def helped(site: Site) -> Site:
    """
    Clients whose router has the helper, and a server as it is by default.
    """
    withHelper(site.home)
    return site


class TestHelper:
    """
    With the kernel's FTP helper on the router, active mode works.
    """

    @pytest.mark.parametrize("kind", [Curl, Lftp, Ftplib])
    def test_realClients(self, kind: type[Client], helped: Site, tmp_path: Path) -> None:
        """
        They fetch and send files, and none of them knows of the router.
        """
        client = kind(Account(SERVER, 21, USER, PASSWORD, isActive=True))
        with helped.home.members[0].inside():
            client.download("old", tmp_path / "new")
            client.upload(tmp_path / "new", kind.__name__)
        assert (helped.server.root / kind.__name__).read_bytes() == b"what was there"

    def test_connectionComesFromPort20(self, helped: Site) -> None:
        """
        From the server's own address, as if there were no router.
        """
        with login(helped.home.members[0]) as client:
            data = client.fetching("old", client.listen())
            assert data.getpeername() == (SERVER, 20)
            assert readAll(data) == b"what was there"

    def test_threeBehindOneAddress(self, helped: Site) -> None:
        """
        At once, and all have chosen the same port: the router gives each one of
        its own.
        """
        (helped.server.root / "three").write_bytes(BIG_FILE)
        with ExitStack() as stack:
            callers = [stack.enter_context(login(member)) for member in helped.home.members]
            listeners = [each.listen(port=30000, room=ROOM) for each in callers]
            pairs = zip(callers, listeners, strict=True)
            connections = [each.fetching("three", listener) for each, listener in pairs]
            assert {each.getpeername() for each in connections} == {(SERVER, 20)}
            # None can be done before it is read: there is room for a part only.
            assert not any("RETR /three" in line for line in helped.server.lines)
            assert all(readAll(each) == BIG_FILE for each in connections)
            assert all(each.reply().startswith("226 ") for each in callers)

    def test_samePortOfTheRouter(self, helped: Site) -> None:
        """
        A port that one client is connected to the router may give to the next:
        for the server it is the very same connection.  425 says what it is.
        """
        (helped.server.root / "big").write_bytes(BIG_FILE)
        first, second, _ = helped.home.members
        with login(first) as client, login(second) as other:
            client.fetching("big", client.listen(port=30100, room=ROOM))
            other.listen(port=30100)
            refusal = other.expect(425, "RETR old")
            assert "the last connection between these two ports" in refusal

    def test_sparePortForTheSamePort(self, home: Home, serve: Serve) -> None:
        """
        With C{--data-port 20,2020}, the other source port makes another
        connection of it.
        """
        server = serve(withHelper(home).server, "--data-port=20,2020")
        (server.root / "big").write_bytes(BIG_FILE)
        first, second, _ = home.members
        with login(first) as client, login(second) as other:
            client.fetching("big", client.listen(port=30100, room=ROOM))
            data = other.fetching("old", other.listen(port=30100))
            assert data.getpeername() == (SERVER, 2020)
            assert readAll(data) == b"what was there"


class TestNoHelper:
    """
    Without it, PORT names an address that means nothing to the server.
    """

    def test_isRefused(self, site: Site) -> None:
        """
        504 at once, with both addresses: the one asked for and the one seen.
        The session goes on: passive mode works.
        """
        with login(site.home.members[0]) as client:
            refusal = client.expect(504, naming(client.bound()))
            assert MEMBERS[0] in refusal
            assert ROUTER in refusal
            assert client.fetch("old") == b"what was there"
        site.server.wait(f"active data connection failed .*policy: .*{MEMBERS[0]}")

    def test_portForward(self, home: Home, serve: Serve) -> None:
        """
        With C{--active-targets substitute} the router's address takes the place
        of the one that was named, and the 200 says so.  Where the router has
        the port, active mode works; where not, 425 says what to look at.
        """
        serve(home.server, "--active-targets=substitute")
        with login(home.members[0]) as client:
            listener = client.bound(30000)
            listener.listen()
            told = client.expect(200, naming(listener))
            assert f"{ROUTER}:30000 instead of {MEMBERS[0]}:30000" in told
            refusal = client.expect(425, "RETR old")
            assert f"connect to {ROUTER}:30000" in refusal
            assert "connection refused: nobody listens there, or a firewall or NAT" in refusal
            home.router.firewall(FORWARD)
            data = client.fetching("old", listener)
            assert data.getpeername() == (SERVER, 20)
            assert readAll(data) == b"what was there"
