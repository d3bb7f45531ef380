"""
Tests for TLS on played transports, with the standard library's TLS at the other
end: what is said and transferred under it, and how it begins and ends
(L{ftpactive.net.tlsshield}, L{ftpactive.net.tlslayer}, L{ftpactive.net.tlsending}).
"""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from zope.interface.verify import verifyObject

from ftpactive.core.events import Disconnected, Secured
from ftpactive.core.settings import Settings
from ftpactive.net.factory import ImplicitFactory
from ftpactive.shield import IShield
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.played import Client, Server, endOf, lose
from tests.net.tlsclient import Protected, TLSEnd, clientContext
from tests.net.tlsserving import DATA, MakeServer, pem, serve

__all__ = ["pem", "serve"]


def ended(server: Server) -> list[str]:
    """
    Give why control connections ended.
    """
    return [event.reason for event in server.events.events if isinstance(event, Disconnected)]


class Counted:
    """
    OpenSSL, and how often it was asked for data.
    """

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = connection
        self.reads = 0

    def recv(self, size: int) -> bytes:
        """
        Count it.
        """
        self.reads += 1
        return self.connection.recv(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


class TestControl:
    """
    Commands under TLS.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_session(self, serve: MakeServer, version: str) -> None:
        """
        After AUTH all goes through TLS, and it is told.
        """
        server = serve()
        client = Protected(server, context=clientContext(version))
        assert client.hears("PWD", "QUIT").codes() == [257, 221]
        assert client.end.hasEnd
        (event,) = [each for each in server.events.events if isinstance(each, Secured)]
        assert event.version == f"TLSv{version}"
        assert "GCM" in event.cipher

    def test_status(self, serve: MakeServer) -> None:
        """
        STAT names version and cipher.
        """
        (line,) = [x for x in Protected(serve()).hears("STAT").replies() if "Commands" in x]
        assert line.startswith(" Commands are protected by TLSv1.3, TLS_AES_256_GCM_SHA384;")

    def test_noTLS(self, serve: MakeServer) -> None:
        """
        Who speaks something else is cut off, and the log says why.
        """
        server = serve()
        client = server.client(login=False).hears("AUTH TLS", "GET / HTTP/1.1")
        assert client.transport.disconnecting
        lose(client.transport)
        assert ended(server) == ["TLS handshake failed: the client speaks HTTP"]

    def test_leavesInTheHandshake(self, serve: MakeServer) -> None:
        """
        That is told as well.
        """
        server = serve()
        lose(server.client(login=False).hears("AUTH TLS").transport)
        assert "in the middle" in ended(server)[0]

    def test_closesInTheHandshake(self, serve: MakeServer) -> None:
        """
        So is half a farewell.
        """
        client = serve().client(login=False).hears("AUTH TLS")
        client.transport.protocol.readConnectionLost()
        assert client.transport.disconnecting

    @pytest.mark.parametrize("how", ["saysEnd", "closes"])
    def test_clientEnds(self, serve: MakeServer, how: str) -> None:
        """
        With or without an end of TLS: who closes is not held.
        """
        client = Protected(serve())
        getattr(client.end, how)()
        assert client.end.raw.disconnecting

    def test_broken(self, serve: MakeServer) -> None:
        """
        Bytes that are no TLS end the connection.
        """
        client = Protected(serve())
        client.end.raw.protocol.dataReceived(b"\x17\x03\x03\x00\x05wrong")
        assert client.end.raw.disconnected

    def test_oneByOne(self, serve: MakeServer) -> None:
        """
        A command that comes alone is taken at once: OpenSSL is not asked
        whether there is more.
        """
        client = Protected(serve())
        layer = client.end.raw.protocol
        counted = layer._connection = Counted(layer._connection)
        assert client.hears("PWD", "NOOP").codes() == [257, 200]
        assert counted.reads == 2

    @pytest.mark.parametrize("size", [1, 4, 7, 40, 1000])
    def test_anyhow(self, serve: MakeServer, size: int) -> None:
        """
        However records are cut on their way, and glued together, nothing is
        left behind.
        """
        client = Protected(serve())
        for line in (b"PWD", b"NOOP", b"SYST"):
            client.end.tls.write(line + b"\r\n")
        data = client.end._out.read()
        for begin in range(0, len(data), size):
            client.end.raw.protocol.dataReceived(data[begin : begin + size])
        assert client.end.codes() == [257, 200, 215]
        assert client.hears("NOOP").codes() == [200]

    def test_dismissedInTheHandshake(self, serve: MakeServer) -> None:
        """
        Who begins a handshake and never ends it has the time of a login.
        """
        server = serve()
        client = server.client(login=False).hears("AUTH TLS")
        server.reactor.advance(Settings().loginTimeout)
        assert client.transport.disconnecting

    def test_backPressure(self, serve: MakeServer) -> None:
        """
        A client who does not read is not listened to, as without TLS.
        """
        client = Protected(serve())
        client.end.raw.producer.pauseProducing()
        assert client.hears("NOOP").codes() == []
        client.end.raw.producer.resumeProducing()
        assert client.end.codes() == [200]

    def test_unavailable(self, serve: MakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What OpenSSL says is for the log; the session goes on in the clear.
        """

        def fail(method: int) -> None:
            raise SSL.Error([("", "", "out of memory")])

        client = serve().client(login=False)
        monkeypatch.setattr(SSL, "Context", fail)
        assert client.hears("AUTH TLS", "NOOP").codes()[-2:] == [431, 200]

    def test_ends(self, serve: MakeServer) -> None:
        """
        What stands between is a transport with two ends, as any is.
        """
        client = Protected(serve())
        layer = client.end.raw.protocol
        assert (layer.getHost(), layer.getPeer()) == (endOf(SERVER), endOf(CLIENT))

    def test_isAShield(self, serve: MakeServer) -> None:
        """
        What the verbs are given is what they expect.
        """
        verifyObject(IShield, serve().client().protocol._conversation.shield)


class TestImplicit:
    """
    A listener with TLS from the first byte.
    """

    def test_greeting(self, serve: MakeServer) -> None:
        """
        It waits for TLS.
        """
        server = serve({"a": DATA})
        client = Client(ImplicitFactory(server.factory))  # type: ignore[arg-type]
        assert client.transport.value() == b""
        end = TLSEnd(client.transport).shake()
        assert end.codes() == [220]
        assert len(server.factory.sessions) == 1

    def test_withoutTLS(self) -> None:
        """
        Nobody is ever served in the clear there.
        """
        implicit = ImplicitFactory(Server().factory)
        assert implicit.buildProtocol(endOf(CLIENT)) is None


class TestClear:
    """
    Out of TLS again.
    """

    @pytest.mark.parametrize("isPolite", [True, False])
    def test_clear(self, serve: MakeServer, isPolite: bool) -> None:
        """
        After CCC commands are in the clear, whether or not the client ends
        TLS by its rules.
        """
        client = Protected(serve(allowsClear=True))
        assert client.hears("CCC").codes() == [200]
        if isPolite:
            client.end.saysEnd()
        client.end.raw.clear()
        assert client.client.hears("PWD").codes() == [257]

    def test_inPieces(self, serve: MakeServer) -> None:
        """
        The client's end may come in any pieces, with its next command.
        """
        client = Protected(serve(allowsClear=True))
        client.hears("CCC").codes()
        try:
            client.end.tls.unwrap()
        except ssl.SSLError:
            pass
        for byte in client.end._out.read() + b"PWD\r\n":
            client.end.raw.protocol.dataReceived(bytes([byte]))
        assert client.client.codes() == [257]

    def test_dropsWhatCameThroughTLS(self, serve: MakeServer) -> None:
        """
        It was sent before the client knew.
        """
        client = Protected(serve(allowsClear=True))
        client.hears("CCC", "DELE a").codes()
        client.end.saysEnd()
        client.end.raw.clear()
        assert client.client.hears("NOOP").codes() == [200]

    def test_leaves(self, serve: MakeServer) -> None:
        """
        Who leaves instead is logged out.
        """
        server = serve(allowsClear=True)
        client = Protected(server)
        client.hears("CCC").codes()
        client.end.leaves()
        assert server.logouts == 1

    def test_again(self, serve: MakeServer) -> None:
        """
        After REIN, TLS may begin anew.
        """
        client = Protected(serve())
        assert client.hears("REIN").codes() == [220]
        client.end.saysEnd()
        client.end.raw.clear()
        assert client.client.hears("AUTH TLS").codes() == [234]
        again = TLSEnd(client.end.raw).shake()
        assert again.hears("USER alice", "PASS secret").codes() == [331, 230]


class TestDownload:
    """
    Data from us.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_download(self, serve: MakeServer, version: str) -> None:
        """
        It arrives whole, and TLS ends before the connection does.
        """
        client = Protected(serve({"a": DATA}), context=clientContext(version))
        data = client.transfers("RETR a")
        assert data.read() == DATA
        assert data.hasEnd
        assert data.raw.disconnecting
        data.leaves()
        assert client.end.codes() == [229, 150, 226]

    def test_active(self, serve: MakeServer) -> None:
        """
        In active mode we connect, and are the server of TLS still.
        """
        client = Protected(serve({"a": DATA}))
        client.hears("PORT 192,0,2,7,78,52", "RETR a")
        data = TLSEnd(client.server.reactor.connect()).shake()
        assert data.read() == DATA

    def test_after150(self, serve: MakeServer) -> None:
        """
        The handshake waits for 150: clients begin when they have seen it.
        """
        client = Protected(serve({"a": DATA}))
        client.hears("EPSV")
        raw = client.server.reactor.ports[-1].accept()
        assert raw.producerState == "paused"
        client.hears("RETR a")
        assert client.end.codes() == [229, 150]
        assert raw.producerState == "producing"

    def test_blocks(self, serve: MakeServer) -> None:
        """
        A slow client is waited for: what has been read of the file is little.
        """
        client = Protected(serve({"a": DATA * 20}))
        raw = client.opens("RETR a")
        write = raw.write

        def full(data: bytes) -> None:
            write(data)
            raw.producer.pauseProducing()

        raw.write = full  # type: ignore[method-assign]
        data = TLSEnd(raw).shake()
        assert 0 < len(data.read()) < 200_000

    def test_listener(self, serve: MakeServer) -> None:
        """
        The client may close its side early, without an end: it has nothing to
        say in a download.
        """
        client = Protected(serve({"a": DATA}))
        data = TLSEnd(client.opens("RETR a"), context=client.context)
        data.raw.loseWriteConnection = lambda: None  # type: ignore[method-assign]
        data.shake().closes()
        assert data.read() == DATA


class TestUpload:
    """
    Data from the client.
    """

    def test_upload(self, serve: MakeServer) -> None:
        """
        It is whole when TLS has ended.
        """
        client = Protected(serve())
        data = client.transfers("STOR b").sends(DATA)
        assert client.end.codes() == [229, 150]
        data.saysEnd().closes()
        data.read()
        assert data.hasEnd and data.raw.disconnecting
        assert client.end.codes() == [226]
        assert client.server.tree["b"] == DATA

    @pytest.mark.parametrize("isReset", [True, False])
    def test_cut(self, serve: MakeServer, isReset: bool) -> None:
        """
        Without an end of TLS it may have been cut by somebody on the way: what
        was there stays.
        """
        client = Protected(serve({"b": b"old"}))
        data = client.transfers("STOR b").sends(DATA)
        if isReset:
            lose(data.raw, ConnectionLost())
        else:
            data.closes()
            lose(data.raw, ConnectionLost())
        assert client.end.codes() == [229, 150, 426]
        assert client.server.tree["b"] == b"old"

    def test_cutIsExplained(self, serve: MakeServer) -> None:
        """
        The client's own log shall say what is wrong with it.
        """
        client = Protected(serve())
        data = client.transfers("STOR b").sends(DATA)
        data.closes()
        lose(data.raw, ConnectionLost())
        assert "close_notify" in client.end.replies()[-1]

    def test_oldClients(self, serve: MakeServer) -> None:
        """
        Where the operator says so, the socket's end will do.
        """
        client = Protected(serve(needsEnd=False))
        client.transfers("STOR b").sends(DATA).closes()
        assert client.end.codes() == [229, 150, 226]

    def test_atOnce(self, serve: MakeServer) -> None:
        """
        Data may come with the last bytes of the handshake, and all in one.
        """
        client = Protected(serve())
        data = TLSEnd(client.opens("STOR b"), context=client.context)
        with pytest.raises(ssl.SSLWantReadError):
            data.tls.do_handshake()
        data.exchange()
        data.tls.do_handshake()
        data.tls.write(DATA)
        data.saysEnd()
        assert client.end.codes() == [229, 150, 226]
        assert client.server.tree["b"] == DATA
