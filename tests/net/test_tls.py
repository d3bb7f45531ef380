"""
Tests for TLS on played transports, with the standard library's TLS at the other
end: L{ftpactive.net.tlsshield}, L{ftpactive.net.tlslayer},
L{ftpactive.net.tlsending}.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from zope.interface.verify import verifyObject

from ftpactive.core.events import Disconnected, Secured, Transferred
from ftpactive.core.protection import ClientCertificates, KeyPair, Protection, Reuse
from ftpactive.core.settings import Settings
from ftpactive.net.factory import ImplicitFactory
from ftpactive.net.tls import TLS, CannotProtect
from ftpactive.shield import IShield
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.played import Client, PlayedReactor, Server, endOf, lose
from tests.net.tlsclient import Protected, TLSEnd, certificate, clientContext

MakeServer = Callable[..., Server]

DATA = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    """
    The server's certificate.
    """
    return certificate(tmp_path_factory.mktemp("tls"), "ftp.example.org")


@pytest.fixture
def serve(pem: str) -> MakeServer:
    """
    Makes a service with TLS.
    """

    def make(tree: dict[str, Any] | None = None, **choices: Any) -> Server:
        return Server(tree or {}, tls=Protection(KeyPair(pem), **choices))

    return make


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


class TestHandshake:
    """
    What may go wrong before the first byte.
    """

    def test_never(self, serve: MakeServer) -> None:
        """
        Who waits for ever is told what to do.
        """
        client = Protected(serve({"a": DATA}))
        raw = client.opens("RETR a")
        client.server.reactor.advance(Settings().connectTimeout)
        reply = client.end.replies()[-1]
        assert reply.startswith("425 No TLS on the data connection: no handshake within 30 seconds")
        assert raw.disconnecting or raw.disconnected

    def test_leaves(self, serve: MakeServer) -> None:
        """
        Who leaves is told so, and an event tells it too.
        """
        client = Protected(serve({"a": DATA}))
        lose(client.opens("RETR a"))
        assert client.end.codes() == [229, 150, 425]
        (event,) = [e for e in client.server.events.events if isinstance(e, Transferred)]
        assert "in the middle" in event.error

    def test_leftBefore(self, serve: MakeServer) -> None:
        """
        Or before it has begun.
        """
        client = Protected(serve({"a": DATA}))
        client.hears("EPSV")
        lose(client.server.reactor.ports[-1].accept())
        assert client.hears("RETR a").codes() == [229, 150, 425]

    def test_plain(self, serve: MakeServer) -> None:
        """
        A client that sends data in the clear after PROT P.
        """
        client = Protected(serve())
        raw = client.opens("STOR b")
        raw.protocol.dataReceived(b"hello, this is no TLS")
        assert "does not speak TLS" in client.end.replies()[-1]
        assert client.server.tree == {}

    def test_abort(self, serve: MakeServer) -> None:
        """
        ABOR cuts it short.
        """
        client = Protected(serve({"a": DATA}))
        raw = client.opens("RETR a")
        client.hears("ABOR")
        lose(raw, ConnectionLost())
        assert client.end.codes() == [229, 150, 426, 226]


class TestReuse:
    """
    A data connection that goes on with the control connection's session.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    @pytest.mark.parametrize(
        ("reuse", "codes"), [(Reuse.OFFER, 226), (Reuse.REQUIRE, 226), (Reuse.OFF, 226)]
    )
    def test_own(self, serve: MakeServer, version: str, reuse: Reuse, codes: int) -> None:
        """
        It does so where that is offered.
        """
        client = Protected(serve({"a": DATA}, reuse=reuse), context=clientContext(version))
        data = client.transfers("RETR a", session=client.end.tls.session)
        assert data.tls.session_reused is (reuse is not Reuse.OFF)
        assert data.read() == DATA
        data.leaves()
        assert client.end.codes()[-1] == codes

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_twice(self, serve: MakeServer, version: str) -> None:
        """
        As often as the client likes.
        """
        client = Protected(serve({"a": DATA}, reuse=Reuse.REQUIRE), context=clientContext(version))
        session = client.end.tls.session
        for _ in range(3):
            data = client.transfers("RETR a", session=session)
            assert data.read() == DATA
            data.leaves()
            session = data.tls.session
        assert client.end.codes() == [229, 150, 226] * 3

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    @pytest.mark.parametrize("isStolen", [True, False])
    def test_required(self, serve: MakeServer, version: str, isStolen: bool) -> None:
        """
        A new session will not do, and nor will that of another client, who has
        logged in as well.
        """
        server = serve({"a": DATA}, reuse=Reuse.REQUIRE)
        context = clientContext(version)
        client, other = Protected(server, context=context), Protected(server, context=context)
        session = other.end.tls.session if isStolen else None
        data = client.transfers("RETR a", session=session)
        assert not data.tls.session_reused
        assert client.end.codes() == [229, 150, 522]
        assert DATA[:50] not in data.read()


class TestNames:
    """
    Which certificate is shown.
    """

    @pytest.fixture
    def server(self, tmp_path: Path, pem: str) -> Server:
        """
        A service with two.
        """
        other = KeyPair(certificate(tmp_path, "files.example.org"))
        return Server(tls=Protection(KeyPair(pem), hosts={"Files.example.org": other}))

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    @pytest.mark.parametrize(
        ("asked", "shown"),
        [
            ("files.example.org", "files.example.org"),
            ("FILES.example.org", "files.example.org"),
            ("ftp.example.org", "ftp.example.org"),
            ("other.example.org", "ftp.example.org"),
            (None, "ftp.example.org"),
        ],
    )
    def test_handshake(self, server: Server, version: str, asked: str | None, shown: str) -> None:
        """
        The one that is asked for there (SNI), or the server's own.
        """
        client = Protected(server, context=clientContext(version), name=asked)
        assert nameOf(client.end) == shown

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_reuse(self, server: Server, version: str) -> None:
        """
        Under either, data connections go on with the session.
        """
        server.tree["a"] = DATA
        client = Protected(server, context=clientContext(version), name="files.example.org")
        raw = client.opens("RETR a")
        session = client.end.tls.session
        data = TLSEnd(raw, name="files.example.org", context=client.context, session=session)
        assert data.shake().tls.session_reused

    def test_host(self, server: Server) -> None:
        """
        Without SNI it is the one that HOST asks for.
        """
        client = server.client(login=False).hears("HOST files.example.org", "AUTH TLS")
        client.replies()
        assert nameOf(TLSEnd(client.transport).shake()) == "files.example.org"


def nameOf(end: TLSEnd) -> str:
    """
    Give the common name that the server shows.
    """
    shown = end.tls.getpeercert(True)
    assert shown is not None
    names = ("files.example.org", "ftp.example.org")
    return next(name for name in names if name.encode() in shown)


class TestClientCertificates:
    """
    Who the client is by its certificate.
    """

    @pytest.fixture
    def alice(self, tmp_path: Path) -> str:
        """
        A certificate, which is its own authority.
        """
        return certificate(tmp_path, "alice")

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_shown(self, serve: MakeServer, alice: str, version: str) -> None:
        """
        It is told, and data connections may show it again.
        """
        server = serve(
            {"a": DATA}, clientCertificates=ClientCertificates.REQUIRE, clientAuthority=alice
        )
        client = Protected(server, context=clientContext(version, alice))
        (event,) = [each for each in server.events.events if isinstance(each, Secured)]
        assert event.certificate == "alice"
        assert client.transfers("RETR a").read() == DATA

    def test_missing(self, serve: MakeServer, alice: str) -> None:
        """
        Who must have one and has none is refused.
        """
        server = serve(clientCertificates=ClientCertificates.REQUIRE, clientAuthority=alice)
        with pytest.raises((ssl.SSLError, ValueError)):
            Protected(server).hears("NOOP").codes()

    def test_stranger(self, serve: MakeServer, alice: str, tmp_path: Path) -> None:
        """
        Who shows one of another authority is refused, even if it need not show
        any.
        """
        mallory = certificate(tmp_path, "mallory")
        server = serve(clientCertificates=ClientCertificates.OFFER, clientAuthority=alice)
        with pytest.raises((ssl.SSLError, ValueError)):
            Protected(server, context=clientContext("1.3", mallory)).hears("NOOP").codes()
        assert Protected(server).hears("NOOP").codes() == [200]

    def test_another(self, serve: MakeServer, alice: str, tmp_path: Path) -> None:
        """
        A data connection with somebody else's certificate is refused.
        """
        bob = certificate(tmp_path, "bob")
        both = tmp_path / "both.pem"
        both.write_bytes(Path(alice).read_bytes() + Path(bob).read_bytes())
        server = serve(
            {"a": DATA}, clientCertificates=ClientCertificates.REQUIRE, clientAuthority=str(both)
        )
        client = Protected(server, context=clientContext("1.3", alice))
        TLSEnd(client.opens("RETR a"), context=clientContext("1.3", bob)).shake()
        assert "another certificate" in client.end.replies()[-1]


class TestTLS:
    """
    L{TLS} says in one line what is wrong with its files.
    """

    @pytest.mark.parametrize(
        ("choices", "words"),
        [
            ({"minimum": "1.1"}, "OpenSSL has no version 1.1"),
            ({"ciphers": "ROT13"}, "with the ciphers ROT13"),
            (
                {"clientCertificates": ClientCertificates.OFFER, "clientAuthority": "/none"},
                "/none: No such file or directory",
            ),
        ],
    )
    def test_bad(self, pem: str, choices: dict[str, Any], words: str) -> None:
        """
        At the start, not at the first client.
        """
        reactor: Any = PlayedReactor()
        with pytest.raises(CannotProtect, match=words):
            TLS(Protection(KeyPair(pem), **choices), reactor, 30)

    def test_packages(self, pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Without them it says what to install.
        """
        monkeypatch.setattr("ftpactive.net.tls._missing", "No module named 'OpenSSL'")
        reactor: Any = PlayedReactor()
        with pytest.raises(CannotProtect, match=r"pip install 'ftpactive\[tls\]'"):
            TLS(Protection(KeyPair(pem)), reactor, 30)
