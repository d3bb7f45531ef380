# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
How data connections come about, as only real sockets on loopback can show it.
"""

from __future__ import annotations

import ftplib
import io
import socket
from typing import Any, cast

import pytest
from pytest_twisted import ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client
from twisted.internet.threads import deferToThread

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.events import Opened, Outcome
from ftpactive.net.active import ActivePlan, Attempts
from ftpactive.net.channel import DataChannel
from ftpactive.net.deadlines import deadlines
from tests.end_to_end.process import freePort
from tests.net.pending import pending
from tests.net.sites import BIG, MakeSite, Site, download, makeSite, readAll

__all__ = ["makeSite"]

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}

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
        tell=lambda *told: None,
    )


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
        dataPort = freePort()
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
        dataPort = freePort()
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
            tell=lambda mode, source, target, seconds, outcome, error: told.append(outcome),
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

    @pytest.mark.parametrize("isSeen", [True, False])
    @ensureDeferred
    async def test_sameTurn(self, monkeypatch: pytest.MonkeyPatch, isSeen: bool) -> None:
        """
        A client that is near is connected before anything else happens, and the
        reactor, which has the connection on its list, leaves it as it is; where
        we can see that list, it is not there any more.
        """
        if not isSeen:
            monkeypatch.setattr("ftpactive.net.calling._planned", lambda client: None)
        before = len(pending(reactor))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            opening = Deferred.fromCoroutine(planTo(listener).open())
            assert opening.called
            assert len(pending(reactor)) - before == (not isSeen)
            assert deadlines(cast(Any, reactor), PATIENCE).isIdle
            channel = await opening
            await deferLater(cast(Any, reactor), 0)
            await deferLater(cast(Any, reactor), 0)
            assert not channel.isEnded
            channel.abort()

    @pytest.mark.parametrize("isSeen", [True, False])
    @ensureDeferred
    async def test_refusedInTheSameTurn(
        self, monkeypatch: pytest.MonkeyPatch, isSeen: bool
    ) -> None:
        """
        So is one that does not listen found out, once.
        """
        if not isSeen:
            monkeypatch.setattr("ftpactive.net.calling._planned", lambda client: None)
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
