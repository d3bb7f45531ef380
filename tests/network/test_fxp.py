"""
From server to server (FXP): two of ours, and a client that only talks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.process import Server
from tests.network.caller import Caller
from tests.network.conftest import serving
from tests.network.net import Network
from tests.network.places import CLIENT, SERVER, Lan

#: The other servers'.
SECOND, THIRD = "203.0.113.2", "203.0.113.3"

#: All servers, and not the client.
ALLOWED = "--active-targets=203.0.113.0/30"

#: Seconds that a server waits for the other.
TIMEOUT = "--connect-timeout=1"


class Trio(NamedTuple):
    """
    Two servers that may have to do with each other, and one as it is by default.
    """

    lan: Lan
    first: Server
    second: Server
    third: Server


@pytest.fixture(scope="module")
def trio(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """
    All three run.
    """
    with Network() as network, serving(tmp_path_factory.mktemp("trio")) as serve:
        lan = Lan.make(network)
        second = network.host("second").plug(lan.switch, f"{SECOND}/24")
        third = network.host("third").plug(lan.switch, f"{THIRD}/24")
        yield Trio(lan, serve(lan.server, ALLOWED), serve(second, ALLOWED), serve(third, TIMEOUT))


def passivePort(caller: Caller) -> str:
    """
    Ask for a passive port.

    @return: its address, as C{PORT} takes it.
    """
    found = re.search(r"\(([\d,]+)\)", caller.expect(227, "PASV"))
    assert found is not None
    return found[1]


def codes(caller: Caller, count: int) -> list[str]:
    """
    Read some replies.

    @return: their codes.
    """
    return [caller.reply()[:3] for _ in range(count)]


class TestAllowed:
    """
    With the other server's network in C{--active-targets} of both.
    """

    @pytest.mark.parametrize("isSenderActive", [True, False])
    def test_transfer(self, isSenderActive: bool, trio: Trio) -> None:
        """
        A file goes from one to the other, whichever of them connects, from its
        port 20.
        """
        contents = b"0123456789abcdef" * 64 * 1024
        (trio.first.root / "file").write_bytes(contents)
        with Caller(trio.lan.client, SERVER) as source, Caller(trio.lan.client, SECOND) as sink:
            pair = [source.login(USER, PASSWORD), sink.login(USER, PASSWORD)]
            active, passive = pair if isSenderActive else reversed(pair)
            active.expect(200, f"PORT {passivePort(passive)}")
            sink.send(f"STOR file{isSenderActive}")
            source.send("RETR file")
            assert codes(sink, 2) == codes(source, 2) == ["150", "226"]
        assert (trio.second.root / f"file{isSenderActive}").read_bytes() == contents
        servers = [trio.first, trio.second]
        connecting, waiting = servers if isSenderActive else reversed(servers)
        connecting.wait(rf"active data connection {active.host}:20 {passive.host}:\d+ ")
        waiting.wait(rf"passive data connection {passive.host}:\d+ {active.host}:20 ")

    def test_clientItself(self, trio: Trio) -> None:
        """
        Who calls may still be called, and may still connect.
        """
        with trio.lan.call() as client:
            assert client.fetch("old", isActive=True) == b"what was there"
            assert client.fetch("old") == b"what was there"

    def test_nobodyElse(self, trio: Trio) -> None:
        """
        An address beside the network is as bad as ever.
        """
        with trio.lan.call() as client:
            client.expect(504, "PORT 203,0,113,5,195,80")


class TestRefused:
    """
    By default, neither side has part in it.
    """

    def test_activeSide(self, trio: Trio) -> None:
        """
        PORT with the other server's address is 504.
        """
        with trio.lan.call(THIRD) as client:
            refusal = client.expect(504, "PORT 203,0,113,1,195,80")
            assert SERVER in refusal
            assert CLIENT in refusal

    def test_passiveSide(self, trio: Trio) -> None:
        """
        The other server is turned away: whoever finds the port first would have
        the file, or give one.
        """
        with Caller(trio.lan.client, SERVER) as source, Caller(trio.lan.client, THIRD) as sink:
            sink.login(USER, PASSWORD)
            source.login().expect(200, f"PORT {passivePort(sink)}")
            sink.send("STOR file")
            source.send("RETR old")
            assert codes(sink, 2) == ["150", "425"]
        trio.third.wait(f"stranger: only {CLIENT} may connect here")
        assert not (trio.third.root / "file").exists()
