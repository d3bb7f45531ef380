"""
Tests for the handshakes of TLS on played transports: what may go wrong, which
sessions go on, and which certificates are shown (L{ftpactive.net.tlsshield},
L{ftpactive.net.tls}).
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import ConnectionLost

from ftpactive.core.events import Secured, Transferred
from ftpactive.core.protection import ClientCertificates, KeyPair, Protection, Reuse
from ftpactive.core.settings import Settings
from ftpactive.net.tls import TLS, CannotProtect
from tests.net.played import PlayedReactor, Server, lose
from tests.net.tlsclient import Protected, TLSEnd, certificate, clientContext
from tests.net.tlsserving import DATA, MakeServer, pem, serve

__all__ = ["pem", "serve"]


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
