"""
Passive data connections: whose they are, and who comes first.
"""

from __future__ import annotations

import select
import socket

from tests.end_to_end.place import BIG, ROOM, Place, isRefused
from tests.end_to_end.process import eventually
from tests.end_to_end.rawclient import RawClient, readAll

MEBI = 1024 * 1024

#: How much is offered before the server asked for it.
OFFERED = 200 * MEBI


class TestWhoseItIs:
    """
    The port is for one connection of the client alone.
    """

    def test_thief(self, place: Place) -> None:
        """
        A connection from another address is closed unserved; the client still
        gets through.
        """
        with place.login() as client:
            address = client.announced()
            assert readAll(client.connect(address, source="127.0.0.2")) == b""
            data = client.connect(address)
            assert client.ask("RETR old").startswith("150 ")
            assert readAll(data) == b"what was there"
            assert client.reply().startswith("226 ")
        place.server.wait(r"passive data connection failed .*only 127\.0\.0\.1 may connect")

    def test_onlyOnce(self, place: Place) -> None:
        """
        The port is closed as soon as the client has come.
        """
        with place.login() as client:
            address = client.announced()
            data = client.connect(address, room=ROOM)
            assert client.ask("RETR big").startswith("150 ")
            eventually(lambda: isRefused(address))
            assert len(readAll(data)) == BIG
            assert client.reply().startswith("226 ")

    def test_newPortClosesTheOldOne(self, place: Place) -> None:
        """
        Who asks twice can only use the second port.
        """
        with place.login() as client:
            old = client.announced()
            new = client.announced()
            assert old != new
            eventually(lambda: isRefused(old))
            data = client.connect(new)
            assert client.ask("RETR old").startswith("150 ")
            assert readAll(data) == b"what was there"


class TestWhoComesFirst:
    """
    Clients differ in whether they connect before or after the command.
    """

    def test_connection(self, place: Place) -> None:
        """
        The client connects, then sends the command.
        """
        with place.login() as client:
            data = client.connect(client.announced())
            client.send("RETR old")
            assert client.reply().startswith("150 ")
            self.assertServed(client, data)

    def test_command(self, place: Place) -> None:
        """
        The client sends the command, then connects.
        """
        with place.login() as client:
            address = client.announced()
            client.send("RETR old")
            data = client.connect(address)
            assert client.reply().startswith("150 ")
            self.assertServed(client, data)

    def test_preliminaryReply(self, place: Place) -> None:
        """
        The client sends the command, and connects once it has been told 150.
        """
        with place.login() as client:
            address = client.announced()
            assert client.ask("RETR old").startswith("150 ")
            self.assertServed(client, client.connect(address))

    def test_manyCommands(self, place: Place) -> None:
        """
        What is sent behind the command is answered after it, in order.
        """
        with place.login() as client:
            address = client.announced()
            client.control.sendall(b"RETR old\r\nNOOP\r\nPWD\r\n")
            assert client.reply().startswith("150 ")
            self.assertServed(client, client.connect(address))
            assert client.reply().startswith("200 ")
            assert client.reply().startswith("257 ")

    def assertServed(self, client: RawClient, data: socket.socket) -> None:
        """
        The file comes, and 226.
        """
        assert readAll(data) == b"what was there"
        assert client.reply().startswith("226 ")


def offer(data: socket.socket, most: int) -> int:
    """
    Send as long as somebody takes it.

    @return: how many bytes were taken.
    """
    chunk, taken = bytes(MEBI), 0
    # Half a second without room is an age for the kernel.
    while taken < most and select.select([], [data], [], 0.5)[1]:
        taken += data.send(chunk, socket.MSG_DONTWAIT)
    return taken


def test_earlyBytesStayInTheKernel(place: Place) -> None:
    """
    What a client sends before STOR is not taken into the server's memory; the
    client has to wait, and nothing is lost.
    """
    with place.login() as client:
        data = client.connect(client.announced())
        before = place.server.residentBytes
        early = offer(data, OFFERED)
        assert early < OFFERED
        assert place.server.residentBytes - before < 20 * MEBI
        assert client.ask("STOR early").startswith("150 ")
        data.sendall(b"the rest")
        data.close()
        assert client.reply().startswith("226 ")
        assert place.server.residentBytes - before < 20 * MEBI
    assert (place.folder / "early").read_bytes() == bytes(early) + b"the rest"
