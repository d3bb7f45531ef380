# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
How transfers and sessions run and end, as only real sockets on loopback can show it.
"""

from __future__ import annotations

import ftplib
import socket
import ssl
import struct
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_twisted import ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.tcp import Connection
from twisted.internet.threads import deferToThread

from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.net.socketoptions import prepareListener
from tests.net.pending import pending
from tests.net.sites import BIG, MakeSite, download, makeSite, readAll
from tests.net.tlsclient import certificate

__all__ = ["makeSite"]


class Closed:
    """
    Admits nobody.
    """

    def admit(self, peer: Address, dismiss: object) -> None:
        """
        See L{IAdmission.admit}.
        """
        raise ServiceClosing("Not now")


def reset(connection: socket.socket) -> None:
    """
    Close a connection with RST.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


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

    @pytest.mark.parametrize("isWelcome", [True, False])
    def test_crowd(self, makeSite: MakeSite, isWelcome: bool) -> None:
        """
        Of those who come at once, one is let in, or sent away, at a time: everybody
        else has a turn in between.
        """
        site = makeSite()
        prepareListener(site.port)
        if not isWelcome:
            admission: Any = Closed()
            services = site.server.factory.services
            site.server.factory.services = replace(services, admission=admission)
        accepted: list[object] = []
        build = site.port.factory.buildProtocol
        site.port.factory.buildProtocol = lambda addr: accepted.append(addr) or build(addr)
        address = "127.0.0.1", site.port.getHost().port
        with ExitStack() as ends:
            for _ in range(30):
                ends.enter_context(socket.create_connection(address))
            for count in range(1, 31):
                site.port.doRead()
                assert len(accepted) == count

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


@ensureDeferred
async def test_isTold(makeSite: MakeSite, tmp_path: Path) -> None:
    """
    Under TLS, that a client does not read is told before any reply: TLS answers by
    itself, such as who asks for new keys without end and reads none.
    """
    site = makeSite(tls=Protection(KeyPair(certificate(tmp_path, "ftp.example.org"))))

    def ask() -> ftplib.FTP:
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", site.port.getHost().port)
        client.voidcmd("AUTH TLS")
        return client

    client = await deferToThread(ask)
    (session,) = site.server.factory.sessions
    raw: Any = session.transport
    while not isinstance(raw, Connection):
        raw = raw._raw
    assert raw.producer is not None
    client.close()
