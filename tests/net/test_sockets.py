# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
What only real sockets can show, on loopback.

The server runs in the reactor of this process, the client in a thread.
"""

from __future__ import annotations

import ftplib
import io
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_twisted import blockon, ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ftpactive.core.settings import Settings
from tests.net.played import Server

#: More than the kernel takes in for a client that does not read.
BIG = os.urandom(1 << 20) * 16

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def freePort(host: str = "127.0.0.1") -> int:
    """
    Give a port that nobody uses at the moment.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.bind((host, 0))
        return trial.getsockname()[1]  # type: ignore[no-any-return]


class Site:
    """
    A server on a real port.
    """

    def __init__(self, interface: str, settings: Settings) -> None:
        self.tree: dict[str, Any] = {"big": BIG, "a": b"hello"}
        self.server = Server(self.tree, settings, reactor=reactor)
        listenTCP: Any = reactor.listenTCP
        self.port = listenTCP(0, self.server.factory, interface=interface)

    def client(self, host: str = "127.0.0.1") -> ftplib.FTP:
        """
        Connect and log in; to be called in a thread.
        """
        client = ftplib.FTP(timeout=20)
        client.connect(host, self.port.getHost().port)
        client.login("alice", "secret")
        client.voidcmd("TYPE I")
        return client

    def close(self) -> None:
        """
        Stop listening, and end who is still there.
        """
        blockon(self.port.stopListening())
        blockon(self.server.factory.end(0.5))


MakeSite = Callable[..., Site]


@pytest.fixture
def makeSite() -> Iterator[MakeSite]:
    """
    A function that makes a server, given the interface and settings.
    """
    sites: list[Site] = []

    def make(interface: str = "127.0.0.1", **settings: Any) -> Site:
        sites.append(Site(interface, Settings(**settings)))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def download(client: ftplib.FTP, name: str) -> bytes:
    """
    Fetch a file.
    """
    data = io.BytesIO()
    client.retrbinary(f"RETR {name}", data.write)
    return data.getvalue()


def readAll(connection: socket.socket) -> bytes:
    """
    Read a data connection to its end.
    """
    with connection.makefile("rb") as file:
        return file.read()


class TestActive:
    """
    The server connects from one data port.
    """

    @pytest.mark.parametrize("version", [4, 6])
    @ensureDeferred
    async def test_manyFromOnePortAtOnce(self, makeSite: MakeSite, version: int) -> None:
        """
        Three clients hold a data connection each at the same moment, all of
        them from the very same server port, and each gets its whole file.
        """
        host = _LOOPBACK[version]
        dataPort = freePort(host)
        site = makeSite(host, dataPort=dataPort)

        def play() -> None:
            clients = [site.client(host) for _ in range(3)]
            for client in clients:
                client.set_pasv(False)
            connections = [client.transfercmd("RETR big") for client in clients]
            ends = {connection.getpeername()[:2] for connection in connections}
            assert ends == {(host, dataPort)}
            for client, connection in zip(clients, connections, strict=True):
                assert readAll(connection) == BIG
                connection.close()
                client.voidresp()
                client.close()

        await deferToThread(play)

    @ensureDeferred
    async def test_dualStack(self, makeSite: MakeSite) -> None:
        """
        A client that comes over IPv4 to a listener for both says PORT, and
        the connection comes from the IPv4 address that it called.
        """
        dataPort = freePort()
        site = makeSite("::", dataPort=dataPort)

        def play() -> None:
            with site.client() as client:
                assert client.af == socket.AF_INET
                client.set_pasv(False)
                connection = client.transfercmd("RETR a")
                assert connection.getpeername() == ("127.0.0.1", dataPort)
                assert readAll(connection) == b"hello"
                connection.close()
                client.voidresp()

        await deferToThread(play)

    @ensureDeferred
    async def test_nobodyListens(self, makeSite: MakeSite) -> None:
        """
        425 with the reason in words, and the session goes on.
        """
        site = makeSite(dataPort=0)
        nobody = freePort()

        def play() -> None:
            with site.client() as client:
                client.sendport("127.0.0.1", nobody)
                with pytest.raises(ftplib.error_temp, match=r"425 .*connection refused"):
                    client.sendcmd("RETR a")
                assert download(client, "a") == b"hello"

        await deferToThread(play)

    # Twisted leaves a socket that could not be bound to the garbage collector.
    @pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    @ensureDeferred
    async def test_dataPortIsTaken(self, makeSite: MakeSite) -> None:
        """
        A listener on the data port keeps connections off it: 425 says that.
        """
        with socket.create_server(("127.0.0.1", 0)) as squatter:
            site = makeSite(dataPort=squatter.getsockname()[1])

            def play() -> None:
                with site.client() as client:
                    client.set_pasv(False)
                    with pytest.raises(ftplib.error_temp, match="a listener occupies"):
                        client.transfercmd("RETR a")

            await deferToThread(play)

    @ensureDeferred
    async def test_oneAfterTheOther(self, makeSite: MakeSite) -> None:
        """
        The data port serves again at once, to other ports of the client.
        """
        site = makeSite(dataPort=freePort())

        def play() -> None:
            with site.client() as client:
                client.set_pasv(False)
                assert [download(client, "a") for _ in range(20)] == [b"hello"] * 20

        await deferToThread(play)


class TestPassive:
    """
    The client connects to a port that the server announced.
    """

    @pytest.mark.parametrize("version", [4, 6])
    @ensureDeferred
    async def test_bothDirections(self, makeSite: MakeSite, version: int) -> None:
        """
        More than any buffer holds goes up and down unchanged.
        """
        site = makeSite(_LOOPBACK[version])

        def play() -> None:
            with site.client(_LOOPBACK[version]) as client:
                assert download(client, "big") == BIG
                client.storbinary("STOR new", io.BytesIO(BIG))

        await deferToThread(play)
        assert site.tree["new"] == BIG

    @ensureDeferred
    async def test_portIsClosedAfterTheConnection(self, makeSite: MakeSite) -> None:
        """
        It is refused to whoever comes next, while the transfer still runs.
        """
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                host, port = client.makepasv()
                with socket.create_connection((host, port)) as connection:
                    # By its reply we know that the server has seen it.
                    assert client.sendcmd("RETR big").startswith("150")
                    connection.recv(1)
                    with pytest.raises(ConnectionRefusedError):
                        socket.create_connection((host, port))
                    readAll(connection)
                client.voidresp()

        await deferToThread(play)

    @ensureDeferred
    async def test_rangeOfOnePort(self, makeSite: MakeSite) -> None:
        """
        Many transfers in a row need no second port.
        """
        only = freePort()
        site = makeSite(passivePorts=range(only, only + 1))

        def play() -> None:
            with site.client() as client:
                assert [download(client, "a") for _ in range(20)] == [b"hello"] * 20
                assert [client.makepasv()[1] for _ in range(20)] == [only] * 20

        await deferToThread(play)

    @ensureDeferred
    async def test_noPortIsFree(self, makeSite: MakeSite) -> None:
        """
        Two clients cannot listen on one port: 425, until it is free again.
        """
        only = freePort()
        site = makeSite(passivePorts=range(only, only + 1))

        def play() -> None:
            with site.client() as one, site.client() as two:
                one.makepasv()
                with pytest.raises(ftplib.error_temp, match="425 No port is free"):
                    two.makepasv()
                assert download(one, "a") == b"hello"
                assert download(two, "a") == b"hello"

        await deferToThread(play)

    @ensureDeferred
    async def test_stranger(self, makeSite: MakeSite) -> None:
        """
        Whoever connects from another address gets nothing, and does not take
        the client's place.
        """
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                address = client.makepasv()
                with socket.create_connection(address, source_address=("127.0.0.2", 0)) as thief:
                    assert thief.recv(1) == b""
                with socket.create_connection(address) as connection:
                    assert client.sendcmd("RETR a").startswith("150")
                    assert readAll(connection) == b"hello"
                client.voidresp()

        await deferToThread(play)

    @ensureDeferred
    async def test_dataBeforeTheCommand(self, makeSite: MakeSite) -> None:
        """
        The kernel holds back what comes before STOR; with STOR comes all.
        """
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                with socket.create_connection(client.makepasv()) as connection:
                    connection.settimeout(0.3)
                    sent = 0
                    with pytest.raises(TimeoutError):
                        while sent < len(BIG):
                            sent += connection.send(BIG[sent : sent + 65536])
                    assert client.sendcmd("STOR new").startswith("150")
                    connection.settimeout(20)
                    connection.sendall(BIG[sent:])
                client.voidresp()

        await deferToThread(play)
        assert site.tree["new"] == BIG


class TestEnds:
    """
    Connections end in many ways.
    """

    @ensureDeferred
    async def test_resetUpload(self, makeSite: MakeSite) -> None:
        """
        A connection that is reset is no end of a file: 426.
        """
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                connection = client.transfercmd("STOR new")
                connection.sendall(b"half of")
                reset(connection)
                with pytest.raises(ftplib.error_temp, match="426"):
                    client.voidresp()
                assert download(client, "a") == b"hello"

        await deferToThread(play)

    @ensureDeferred
    async def test_controlConnectionLost(self, makeSite: MakeSite) -> None:
        """
        The data connection is cut with it.
        """
        site = makeSite()

        def play() -> bytes:
            client = site.client()
            connection = client.transfercmd("RETR big")
            assert client.sock is not None
            reset(client.sock)
            client.close()
            time.sleep(0.3)
            try:
                return readAll(connection)
            except ConnectionResetError:
                return b""
            finally:
                connection.close()

        assert len(await deferToThread(play)) < len(BIG)
        assert site.server.factory.sessions == set()
        assert site.server.logouts == 1

    @ensureDeferred
    async def test_abortWithUrgentData(self, makeSite: MakeSite) -> None:
        """
        ABOR behind the Telnet Synch, whose last byte is urgent, cuts the
        transfer: 426 for it, 226 for ABOR.
        """
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                connection = client.transfercmd("RETR big")
                assert client.sock is not None
                client.sock.sendall(b"\xff\xf4\xff", socket.MSG_OOB)
                client.sock.sendall(b"\xf2ABOR\r\n")
                assert client.getmultiline().startswith("426")
                assert client.getmultiline().startswith("226")
                connection.close()
                assert client.sendcmd("NOOP").startswith("200")

        await deferToThread(play)

    @ensureDeferred
    async def test_optionsOfTheControlConnection(self, makeSite: MakeSite) -> None:
        """
        No reply waits for Nagle's algorithm; a client that has vanished is
        found out; urgent bytes come in line.
        """
        site = makeSite()
        client = await deferToThread(site.client)
        (session,) = site.server.factory.sessions
        transport: Any = session.transport
        handle = transport.getHandle()
        assert handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert handle.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE)
        await deferToThread(client.quit)

    @ensureDeferred
    async def test_shutdown(self, makeSite: MakeSite) -> None:
        """
        Each client hears 421, and then the end.
        """
        site = makeSite()
        client = await deferToThread(site.client)
        await site.server.factory.end(5)

        def play() -> None:
            with pytest.raises(ftplib.error_temp, match="421 The service stops"):
                client.getresp()
            client.close()

        await deferToThread(play)


def reset(connection: socket.socket) -> None:
    """
    Close a connection with RST.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
