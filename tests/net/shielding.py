"""
Data channels under TLS on real sockets.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.defer import Deferred

from ftpactive.core.protection import KeyPair, Protection
from ftpactive.net.pumptls import TLSPump
from ftpactive.net.tlscontext import Contexts, Seen
from ftpactive.net.tlsintake import TLSIntake
from tests.net.selecting import Wire
from tests.net.tlsclient import certificate, clientContext


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> SSL.Context:
    """
    What OpenSSL is told.
    """
    pem = certificate(tmp_path_factory.mktemp("tls"), "ftp.example.org")
    return Contexts(Protection(KeyPair(pem)), lambda: 0).make("", b"binding")


class Shielded(Wire):
    """
    A channel under TLS whose client is a socket.

    @ivar told: how the handshake came out.
    @ivar end: the client's end, of TLS.
    """

    def __init__(
        self, context: SSL.Context, *, needsEnd: bool = True, isUpload: bool = False
    ) -> None:
        super().__init__()
        self.told: list[str] = []
        end = self.transport.end
        connection = SSL.Connection(context)
        connection.set_app_data(Seen())
        connection.set_accept_state()
        reactor: Any = self.reactor
        self.pump = self.channel.pump = (TLSIntake if isUpload else TLSPump)(
            self.channel,
            reactor,
            end,
            connection,
            settled=self.told.append,
            cutShort=(lambda: self.channel.cutShort("cut")) if needsEnd else None,
        )
        self.pump.shake()
        self.plain = self.client
        self.end: Any = None

    def shaken(self, version: str = "1.3") -> Shielded:
        """
        Shake hands.
        """
        self.client = self.end = clientContext(version).wrap_socket(
            self.plain, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self.does(self.end.do_handshake)
        self.turns(lambda: self.told)
        assert self.told == [""]
        return self

    def does(self, call: Any, *args: Any) -> Any:
        """
        Let the client do something, and the reactor turn until it is done.
        """
        done: list[Any] = []

        def attempt() -> bool:
            try:
                done.append(call(*args))
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            return True

        self.turns(attempt)
        return done[0]

    def downloaded(self, done: Deferred[Any]) -> bytes:
        """
        Let the client read to the end of TLS.
        """
        data = b""
        while piece := self.does(self.client.recv, 1 << 18):
            data += piece
        self.turns(lambda: done.called)
        return data

    def uploads(self, data: bytes) -> None:
        """
        Let the client send.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[self.does(self.client.send, rest[: 1 << 16]) :]

    def close(self) -> None:
        """
        Let go of both ends.
        """
        super().close()
        self.plain.close()


@pytest.fixture(params=[False, True], ids=["either", "upload"])
def wire(context: SSL.Context, request: pytest.FixtureRequest) -> Iterator[Shielded]:
    """
    A channel under TLS, for whatever comes, or for an upload.
    """
    wire = Shielded(context, isUpload=request.param)
    yield wire
    wire.close()


@pytest.fixture
def sender(context: SSL.Context) -> Iterator[Shielded]:
    """
    A channel under TLS that can send.
    """
    wire = Shielded(context)
    yield wire
    wire.close()


@pytest.fixture
def intake(context: SSL.Context) -> Iterator[Shielded]:
    """
    A channel under TLS for an upload.
    """
    wire = Shielded(context, isUpload=True)
    yield wire
    wire.close()
