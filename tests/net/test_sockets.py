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
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_twisted import blockon, ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client, Connection
from twisted.internet.threads import deferToThread

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.events import Opened, Outcome
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.core.settings import Settings
from ftpactive.net.active import ActivePlan, Attempts
from ftpactive.net.channel import DataChannel
from ftpactive.net.deadlines import deadlines
from ftpactive.net.socketoptions import prepareListener
from tests.net.pending import pending
from tests.net.played import Server
from tests.net.tlsclient import certificate

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

    def __init__(self, interface: str, settings: Settings, tls: Protection | None) -> None:
        self.tree: dict[str, Any] = {"big": BIG, "a": b"hello"}
        self.server = Server(self.tree, settings, reactor=reactor, tls=tls)
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

#: Seconds for a client to answer, as nobody else has them.
PATIENCE = 5.5


def planTo(listener: socket.socket) -> ActivePlan:
    """
    Make a plan to connect to a socket that listens.
    """
    host, port = listener.getsockname()
    return ActivePlan(
        cast(Any, reactor),
        Address(host, port),
        Attempts([Address(host, 0)], delays=(), timeout=PATIENCE),
        makeChannel=lambda connected: DataChannel(cast(Any, reactor), 5, connected),
        tell=lambda source, seconds, outcome, error: None,
    )


@pytest.fixture
def makeSite() -> Iterator[MakeSite]:
    """
    A function that makes a server, given the interface and settings.
    """
    sites: list[Site] = []

    def make(interface: str = "127.0.0.1", tls: Protection | None = None, **settings: Any) -> Site:
        sites.append(Site(interface, Settings(**settings), tls))
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


def begin(client: ftplib.FTP, listener: socket.socket, port: int) -> socket.socket:
    """
    Begin to fetch the big file in active mode; gives its data connection.
    """
    client.sendport("127.0.0.1", port)
    assert client.sendcmd("RETR big").startswith("150")
    return listener.accept()[0]


def attempts(site: Site) -> list[Outcome]:
    """
    Give what became of each attempt to open a data connection.
    """
    events = site.server.events.events
    return [event.outcome for event in events if isinstance(event, Opened)]


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

    @pytest.mark.parametrize("version", [4, 6])
    @ensureDeferred
    async def test_dualStack(self, makeSite: MakeSite, version: int) -> None:
        """
        A listener for both has clients that say PORT over IPv4 and EPRT over
        IPv6, and the connection comes from the address that each has called.
        """
        host = _LOOPBACK[version]
        dataPort = freePort(host)
        site = makeSite("::", dataPort=dataPort)

        def play() -> None:
            with site.client(host) as client:
                assert client.af == (socket.AF_INET if version == 4 else socket.AF_INET6)
                client.set_pasv(False)
                connection = client.transfercmd("RETR a")
                assert connection.getpeername()[:2] == (host, dataPort)
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
            site = makeSite(dataPort=squatter.getsockname()[1], retryDelays=(0.05,))

            def play() -> None:
                with site.client() as client:
                    client.set_pasv(False)
                    with pytest.raises(ftplib.error_temp, match="a listener occupies"):
                        client.transfercmd("RETR a")

            await deferToThread(play)
        assert attempts(site) == [Outcome.PORT_BUSY] * 2

    # See above.
    @pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    @ensureDeferred
    async def test_dataPortIsTakenForAWhile(self, makeSite: MakeSite) -> None:
        """
        When it is free again, the transfer that waited goes on.
        """
        squatter = socket.create_server(("127.0.0.1", 0))
        site = makeSite(dataPort=squatter.getsockname()[1], retryDelays=(0.05,) * 100)
        site.server.reactor.callLater(0.2, squatter.close)

        def play() -> None:
            with site.client() as client:
                client.set_pasv(False)
                assert download(client, "a") == b"hello"

        await deferToThread(play)
        *busy, last = attempts(site)
        assert set(busy) == {Outcome.PORT_BUSY} and last is Outcome.CONNECTED

    @ensureDeferred
    async def test_sameFourNumbers(self, makeSite: MakeSite) -> None:
        """
        A client that lets two sessions use the same port of its own gets the
        second connection from a spare port; without one, 425 says why not.
        """
        settings = {"dataPort": freePort(), "retryDelays": (0.05,)}
        spare = freePort()
        site, poor = makeSite(spareDataPorts=(spare,), **settings), makeSite(**settings)

        def play() -> None:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
                with site.client() as one, site.client() as two, poor.client() as three:
                    first = begin(one, listener, port)
                    second = begin(two, listener, port)
                    assert second.getpeername()[1] == spare
                    three.sendport("127.0.0.1", port)
                    with pytest.raises(ftplib.error_temp, match="425 .*not been forgotten yet"):
                        three.sendcmd("RETR big")
                    for client, connection in ((one, first), (two, second)):
                        connection.close()
                        assert client.getmultiline().startswith("426")

        await deferToThread(play)
        assert attempts(site)[1:] == [Outcome.ADDRESS_IN_USE] * 2 + [Outcome.CONNECTED]
        assert attempts(poor) == [Outcome.ADDRESS_IN_USE] * 2

    @pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    @pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%nowhere0"])
    @ensureDeferred
    async def test_addressHasGoneAway(self, host: str) -> None:
        """
        An address that is not on this machine any more, or whose interface is
        not, is 425 with the reason in words.
        """
        told: list[Outcome] = []
        plan = ActivePlan(
            cast(Any, reactor),
            Address(host, 9),
            Attempts([Address(host, 0)], delays=(), timeout=5),
            makeChannel=lambda connected: DataChannel(cast(Any, reactor), 5, connected),
            tell=lambda source, seconds, outcome, error: told.append(outcome),
        )
        with pytest.raises(CannotOpenData, match="is no longer on the server"):
            await plan.open()
        assert told == [Outcome.FAILED]

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

    @ensureDeferred
    async def test_nearClient(self, makeSite: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        It has answered by the time that the reactor looks, which then need not
        wait for it.
        """
        waited: list[Client] = []
        start = Client.startWriting

        def startWriting(client: Client) -> None:
            waited.append(client)
            start(client)  # type: ignore[no-untyped-call]

        monkeypatch.setattr(Client, "startWriting", startWriting)
        site = makeSite()

        def play() -> None:
            with site.client() as client:
                client.set_pasv(False)
                assert download(client, "a") == b"hello"

        await deferToThread(play)
        assert waited == []

    @ensureDeferred
    async def test_sameTurn(self) -> None:
        """
        A client that is near is connected before anything else happens, and the
        reactor, which has the connection on its list, leaves it as it is.
        """
        with socket.create_server(("127.0.0.1", 0)) as listener:
            opening = Deferred.fromCoroutine(planTo(listener).open())
            assert opening.called
            assert deadlines(cast(Any, reactor), PATIENCE).isIdle
            channel = await opening
            await deferLater(cast(Any, reactor), 0)
            await deferLater(cast(Any, reactor), 0)
            assert not channel.isEnded
            channel.abort()

    @ensureDeferred
    async def test_refusedInTheSameTurn(self) -> None:
        """
        So is one that does not listen found out, once.
        """
        with socket.create_server(("127.0.0.1", 0)) as listener:
            plan = planTo(listener)
        opening = Deferred.fromCoroutine(plan.open())
        assert opening.called
        assert deadlines(cast(Any, reactor), PATIENCE).isIdle
        with pytest.raises(CannotOpenData, match="refused"):
            await opening
        await deferLater(cast(Any, reactor), 0)

    @ensureDeferred
    async def test_farClient(self) -> None:
        """
        One that takes its time is waited for: here its queue is full at first.
        """
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            first = socket.create_connection(listener.getsockname())
            opening = Deferred.fromCoroutine(planTo(listener).open())
            await deferLater(cast(Any, reactor), 0)
            assert not opening.called
            listener.accept()[0].close()
            first.close()
            assert not deadlines(cast(Any, reactor), PATIENCE).isIdle
            channel = await opening
            assert deadlines(cast(Any, reactor), PATIENCE).isIdle
            await deferLater(cast(Any, reactor), 0)
            assert not channel.isEnded
            channel.abort()


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


class TestDownload:
    """
    What a client does with its half of the connection does not end a download.
    """

    @ensureDeferred
    @pytest.mark.parametrize("isHalfClosed", [False, True])
    async def test_allArrives(self, makeSite: MakeSite, isHalfClosed: bool) -> None:
        """
        Not a byte that it says before, nor that it says no more; however
        slowly it reads.
        """
        site = makeSite()

        def transfer() -> tuple[bytes, str]:
            with (
                site.client() as client,
                socket.create_connection(client.makepasv()) as connection,
            ):
                connection.sendall(b"?")
                if isHalfClosed:
                    connection.shutdown(socket.SHUT_WR)
                client.sendcmd("RETR big")
                time.sleep(0.2)
                return readAll(connection), client.voidresp()

        data, reply = await deferToThread(transfer)
        assert data == BIG
        assert reply.startswith("226")

    @ensureDeferred
    async def test_226ComesWithoutTheClientsClose(self, makeSite: MakeSite) -> None:
        """
        Some clients wait for it before they close.
        """
        site = makeSite()

        def transfer() -> str:
            with site.client() as client, socket.create_connection(client.makepasv()):
                client.sendcmd("RETR a")
                return client.voidresp()

        assert (await deferToThread(transfer)).startswith("226")

    @ensureDeferred
    async def test_halfClosedUpload(self, makeSite: MakeSite) -> None:
        """
        This is a clean end: the server closes the other half.
        """
        site = makeSite()

        def transfer() -> bytes:
            with (
                site.client() as client,
                socket.create_connection(client.makepasv()) as connection,
            ):
                client.sendcmd("STOR new")
                connection.sendall(b"hello")
                connection.shutdown(socket.SHUT_WR)
                client.voidresp()
                return readAll(connection)

        assert await deferToThread(transfer) == b""
        assert site.tree["new"] == b"hello"


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
    async def test_optionsOfAListener(self, makeSite: MakeSite) -> None:
        """
        What a listener of ours accepts has them from the start; what is no
        socket stays as it is.
        """
        prepareListener(object())
        port: Any = reactor.listenTCP(0, makeSite().server.factory, interface="127.0.0.1")  # type: ignore[attr-defined]
        try:
            prepareListener(port)
            for level, option in (
                (socket.IPPROTO_TCP, socket.TCP_NODELAY),
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                (socket.SOL_SOCKET, socket.SO_OOBINLINE),
            ):
                assert port.socket.getsockopt(level, option)
        finally:
            await port.stopListening()

    @ensureDeferred
    async def test_repliesUnderTLS(
        self, makeSite: MakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        They leave at once, as all others do: the reactor is never asked to send.
        """
        asked: list[Connection] = []
        start = Connection.startWriting

        def startWriting(connection: Connection) -> None:
            asked.append(connection)
            start(connection)

        monkeypatch.setattr(Connection, "startWriting", startWriting)
        pair = KeyPair(certificate(tmp_path, "ftp.example.org"))
        site = makeSite(tls=Protection(pair))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

        def play() -> int:
            with ftplib.FTP_TLS(context=context, timeout=20) as client:
                client.connect("127.0.0.1", site.port.getHost().port)
                client.login("alice", "secret")
                assert client.voidcmd("NOOP").startswith("200")
                return len(asked)

        assert await deferToThread(play) == 0

    @ensureDeferred
    async def test_quit(self, makeSite: MakeSite) -> None:
        """
        Who takes the last reply is not waited for: the session has ended by
        then, no timer is left, and the client reads 221 and the end.
        """
        site = makeSite()
        client = await deferToThread(site.client)
        (session,) = site.server.factory.sessions
        before = set(pending(reactor))
        session.dataReceived(b"QUIT\r\nNOOP\r\n")
        assert not site.server.factory.sessions
        assert set(pending(reactor)) < before
        assert site.server.logouts == 1
        assert (await deferToThread(client.getresp)).startswith("221")
        assert client.sock is not None
        assert await deferToThread(client.sock.recv, 1) == b""
        client.close()

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
