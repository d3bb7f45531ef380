# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
Tests for L{ftpactive.net.bound}, on real sockets.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_twisted import ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    TimeoutError,
    UnknownHostError,
    UserError,
)
from twisted.internet.interfaces import IReadWriteDescriptor
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.tcp import makeBinding
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.net.bound import BoundConnector

real: Any = reactor

BOTH = pytest.mark.parametrize("host", ["127.0.0.1", "::1"])


def bind(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """
    Bind a socket as the broker does.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    bound.bind((host, port))
    return bound


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """
    A client that listens.
    """
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as server:
        yield server


@pytest.fixture
def busy() -> Iterator[Address]:
    """
    The address of one that answers nobody any more.
    """
    server = socket.create_server(("127.0.0.1", 0), backlog=0)
    others = [bind() for _ in range(3)]
    for each in others:
        each.connect_ex(server.getsockname())
    yield Address(*server.getsockname())
    for each in [*others, server]:
        each.close()


class Hearing(Protocol):
    """
    Keeps what it hears.
    """

    def __init__(self, made: Any) -> None:
        self._made = made
        self.heard = b""
        self.lost: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """
        Tell that it has begun.
        """
        self._made(self)

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.heard += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        """
        There is no more.
        """
        self.lost.callback(None)


class Waiting(ClientFactory):
    """
    Knows how it came out.
    """

    noisy = False

    def __init__(self) -> None:
        self.outcome: Deferred[Any] = Deferred()
        self.calls = 0

    def buildProtocol(self, addr: Any) -> Hearing:
        """
        Connected.
        """
        self.calls += 1
        return Hearing(lambda protocol: self.outcome.callback((protocol, addr)))

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """
        Not connected.
        """
        self.calls += 1
        self.outcome.errback(reason)


class Attempt:
    """
    A connector, and how it came out.
    """

    def __init__(self, bound: Any, address: Address, timeout: float = 20) -> None:
        self.factory = Waiting()
        self.outcome = self.factory.outcome
        self.connector = BoundConnector(
            real,
            succeed(bound) if isinstance(bound, socket.socket) else bound,
            address,
            self.factory,
            timeout=timeout,
        )


def address(listener: socket.socket) -> Address:
    """
    Give where a socket is bound.
    """
    return Address(*listener.getsockname()[:2])


def isClosed(bound: socket.socket) -> bool:
    """
    Is a socket closed, and watched no more?
    """
    watched = [*real.getReaders(), *real.getWriters()]
    return bound.fileno() == -1 and not any(isinstance(each, BoundConnector) for each in watched)


class TestConnect:
    """
    L{BoundConnector} makes a connection of a bound socket.
    """

    def test_interface(self) -> None:
        """
        It is what a reactor can watch.
        """
        attempt = Attempt(Deferred(), Address("127.0.0.1", 1))
        assert verifyObject(IReadWriteDescriptor, attempt.connector)
        attempt.connector.stopConnecting()
        attempt.outcome.addErrback(lambda failure: failure.trap(UserError) and None)

    @ensureDeferred
    async def test_connected(self, listener: socket.socket) -> None:
        """
        From where it was bound; both sides hear each other, and the end.
        """
        bound = bind(listener.getsockname()[0])
        source = bound.getsockname()
        attempt = Attempt(bound, address(listener))
        protocol, peer = await attempt.outcome
        assert (peer.host, peer.port) == address(listener)
        client, seen = listener.accept()
        with client:
            assert seen == source
            protocol.transport.write(b"good bye")
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            await protocol.lost
            assert protocol.heard == b"hello"
            assert client.recv(20) == b"good bye"
            assert client.recv(20) == b""
        assert isClosed(bound)
        assert attempt.factory.calls == 1

    @ensureDeferred
    async def test_nearClient(self, listener: socket.socket) -> None:
        """
        One that answers before we ask need not be waited for.
        """
        attempt = Attempt(bind(listener.getsockname()[0]), address(listener))
        assert attempt.outcome.called
        protocol, _ = await attempt.outcome
        protocol.transport.abortConnection()
        await protocol.lost

    @ensureDeferred
    async def test_farClient(self) -> None:
        """
        One that takes its time is: here its queue is full at first.
        """
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            first = socket.create_connection(server.getsockname())
            attempt = Attempt(bind(), address(server))
            await deferLater(real, 0)
            assert not attempt.outcome.called
            server.accept()[0].close()
            first.close()
            protocol, _ = await attempt.outcome
            protocol.transport.abortConnection()
            await protocol.lost
        assert attempt.factory.calls == 1

    @ensureDeferred
    async def test_laterSocket(self, listener: socket.socket) -> None:
        """
        The socket may come later.
        """
        later: Deferred[socket.socket] = Deferred()
        attempt = Attempt(later, address(listener))
        await deferLater(real, 0.01)
        assert attempt.factory.calls == 0
        later.callback(bind(listener.getsockname()[0]))
        protocol, _ = await attempt.outcome
        protocol.transport.abortConnection()
        await protocol.lost

    @ensureDeferred
    async def test_stopIsTooLate(self, listener: socket.socket) -> None:
        """
        A connection that is there is not ours to stop.
        """
        attempt = Attempt(bind(listener.getsockname()[0]), address(listener))
        protocol, _ = await attempt.outcome
        attempt.connector.stopConnecting()
        assert protocol.transport.connected
        protocol.transport.abortConnection()
        await protocol.lost
        assert attempt.factory.calls == 1


async def failure(attempt: Attempt) -> Exception:
    """
    Give what it failed with.
    """
    with pytest.raises(Exception) as raised:  # noqa: B017, PT011
        await attempt.outcome
    assert attempt.factory.calls == 1
    return raised.value


class TestFailure:
    """
    It fails as C{connectTCP} does, and keeps nothing.
    """

    @BOTH
    @ensureDeferred
    async def test_refused(self, host: str) -> None:
        """
        Nobody listens.
        """
        with bind(host) as unused:
            nobody = Address(*unused.getsockname()[:2])
        bound = bind(host)
        error = await failure(Attempt(bound, nobody))
        assert type(error) is ConnectionRefusedError
        assert error.osError == errno.ECONNREFUSED
        assert isClosed(bound)

    @BOTH
    @ensureDeferred
    async def test_sameConnectionTwice(self, host: str) -> None:
        """
        The same four numbers are in use: EADDRNOTAVAIL of connect().
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, 0), family=family) as server, bind(host) as first:
            first.connect_ex(server.getsockname())
            bound = bind(host, first.getsockname()[1])
            error = await failure(Attempt(bound, address(server)))
            assert type(error) is ConnectError
            assert error.osError == errno.EADDRNOTAVAIL
            assert isClosed(bound)

    @ensureDeferred
    async def test_likeConnectTCP(self, busy: Address) -> None:
        """
        Each failure is of the same class, with the same errno and words.
        """
        with bind() as unused:
            nobody = Address(*unused.getsockname())
        for target in (nobody, Address("255.255.255.255", 20), busy):
            theirs = Waiting()
            real.connectTCP(*target, theirs, 0.2, makeBinding("127.0.0.1", 0, reuseAddress=True))
            with pytest.raises(Exception) as raised:  # noqa: B017, PT011
                await theirs.outcome
            ours = await failure(Attempt(bind(), target, timeout=0.2))
            assert (type(ours), vars(ours), str(ours)) == (
                type(raised.value),
                vars(raised.value),
                str(raised.value),
            )

    @ensureDeferred
    async def test_noAnswer(self, busy: Address) -> None:
        """
        Who does not answer in time.
        """
        bound = bind()
        assert type(await failure(Attempt(bound, busy, timeout=0.1))) is TimeoutError
        assert isClosed(bound)

    @ensureDeferred
    async def test_stopped(self, busy: Address) -> None:
        """
        While the client is waited for; again does nothing.
        """
        bound = bind()
        attempt = Attempt(bound, busy)
        attempt.connector.stopConnecting()
        attempt.connector.stopConnecting()
        assert type(await failure(attempt)) is UserError
        assert isClosed(bound)

    @ensureDeferred
    async def test_stoppedBeforeTheSocket(self) -> None:
        """
        While the socket is waited for, which is not wanted any more.
        """
        cancelled: list[Any] = []
        attempt = Attempt(Deferred(cancelled.append), Address("127.0.0.1", 1))
        attempt.connector.stopConnecting()
        assert type(await failure(attempt)) is UserError
        assert len(cancelled) == 1

    @ensureDeferred
    async def test_socketComesAllTheSame(self) -> None:
        """
        Somebody who cannot be stopped gives one: it is closed.
        """
        bound = bind()
        later: Deferred[socket.socket] = Deferred(lambda each: each.callback(bound))
        attempt = Attempt(later, Address("127.0.0.1", 1))
        attempt.connector.stopConnecting()
        assert type(await failure(attempt)) is UserError
        assert isClosed(bound)

    @ensureDeferred
    async def test_cannotBind(self) -> None:
        """
        What bind() said, as C{connectTCP} says it.
        """
        error = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        raised = await failure(Attempt(fail(error), Address("127.0.0.1", 1)))
        assert type(raised) is ConnectBindError
        assert raised.osError == errno.EADDRINUSE
        assert "Address already in use" in str(raised)

    @ensureDeferred
    async def test_noSocketInTime(self) -> None:
        """
        It is not the client then that does not answer.
        """
        error = await failure(Attempt(Deferred(), Address("127.0.0.1", 1), timeout=0.01))
        assert type(error) is ConnectBindError
        assert error.osError == errno.ETIMEDOUT

    @pytest.mark.skipif(sys.platform != "linux", reason="others say it otherwise")
    @ensureDeferred
    async def test_zoneIsGone(self) -> None:
        """
        An address in a zone that is no more.
        """
        bound = bind("::1")
        error = await failure(Attempt(bound, Address("fe80::1%gone0", 20)))
        assert type(error) is UnknownHostError
        assert isClosed(bound)

    @ensureDeferred
    async def test_watchedNoMore(self, busy: Address) -> None:
        """
        The reactor lets go of it.
        """
        bound = bind()
        attempt = Attempt(bound, busy)
        attempt.connector.connectionLost(Failure(ValueError("so it is")))
        assert "so it is" in str(await failure(attempt))
        assert isClosed(bound)

    @ensureDeferred
    async def test_brokenAtOnce(
        self, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A connection that is gone before the reactor has it.
        """

        def adopt(*arguments: object) -> None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))

        monkeypatch.setattr(real, "adoptStreamConnection", adopt)
        bound = bind(listener.getsockname()[0])
        error = await failure(Attempt(bound, address(listener)))
        assert type(error) is ConnectError
        assert error.osError == errno.ENOTCONN
        assert isClosed(bound)
