"""
Tests for L{ftpactive.net.connecting}.
"""

from __future__ import annotations

import errno
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import ClientFactory

from ftpactive.core.address import Address
from ftpactive.net import connecting
from ftpactive.net.bound import BoundConnector
from ftpactive.net.connecting import Connecting
from tests.net.played import PlayedReactor

SOURCE = Address("192.0.2.1", 20)
TARGET = Address("192.0.2.7", 20020)


class PlayedBroker:
    """
    A broker that is asked, and starts no process.
    """

    isBroken = False

    def __init__(self, reactor: object) -> None:
        self.allowed: object = None
        self.asked: list[Address] = []
        self.isStopped = False

    def start(self, allowed: object) -> None:
        """
        Begin, or not.
        """
        if self.isBroken:
            raise OSError(errno.EACCES, "the port broker cannot start: no")
        self.allowed = allowed

    def bind(self, source: Address) -> Deferred[Any]:
        """
        Take note.
        """
        self.asked.append(source)
        return Deferred()

    def stop(self) -> Deferred[None]:
        """
        End.
        """
        self.isStopped = True
        return succeed(None)


class BrokenBroker(PlayedBroker):
    """
    A broker that does not start.
    """

    isBroken = True


@pytest.fixture
def reactor() -> Any:
    """
    A reactor.
    """
    return PlayedReactor()


@pytest.fixture
def privileged(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    This process may bind every port, and port 20 is one of those that not
    everybody may.
    """
    monkeypatch.setattr(connecting, "PortBroker", PlayedBroker)
    monkeypatch.setattr(connecting, "holdsCapability", lambda: True)
    monkeypatch.setattr(connecting, "canShed", lambda: True)


def connect(made: Connecting, source: Address = SOURCE) -> Any:
    """
    Begin to connect.
    """
    return made.connect(ClientFactory(), TARGET, source, 30)


@pytest.mark.usefixtures("privileged")
class TestWithABroker:
    """
    The service sheds its privileges.
    """

    def test_isAskedForItsPorts(self, reactor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Other ports we bind ourselves.
        """
        made = Connecting(reactor)
        made.prepare([SOURCE, Address("192.0.2.1", 2020)])
        assert made.brokered == {20}
        monkeypatch.setattr(connecting, "holdsCapability", lambda: False)
        made.settle()
        assert isinstance(connect(made), BoundConnector)
        assert reactor.tcpClients == []
        connect(made, Address("192.0.2.1", 2020))
        assert len(reactor.tcpClients) == 1

    def test_isEndedWhenNotNeeded(self, reactor: Any) -> None:
        """
        A process that keeps the capability does without.
        """
        made = Connecting(reactor)
        made.prepare([SOURCE])
        made.settle()
        assert made.brokered == frozenset()
        connect(made)
        assert len(reactor.tcpClients) == 1

    def test_endsWithTheService(self, reactor: Any) -> None:
        """
        Also a second time.
        """
        made = Connecting(reactor)
        made.prepare([SOURCE])
        for _ in range(2):
            assert made.stop().called
        assert made.brokered == frozenset()

    def test_cannotStart(self, reactor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        That is a warning; passive mode still works.
        """
        monkeypatch.setattr(connecting, "PortBroker", BrokenBroker)
        made = Connecting(reactor)
        made.prepare([SOURCE])
        assert made.brokered == frozenset()

    def test_unprivilegedPorts(self, reactor: Any) -> None:
        """
        Nobody is needed for them.
        """
        made = Connecting(reactor)
        made.prepare([Address("192.0.2.1", 2020), Address("192.0.2.1", 0)])
        assert made.brokered == frozenset()


def test_withoutPrivileges(reactor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    There is nothing to keep for later.
    """
    monkeypatch.setattr(connecting, "PortBroker", PlayedBroker)
    monkeypatch.setattr(connecting, "canShed", lambda: False)
    made = Connecting(reactor)
    made.prepare([SOURCE])
    assert made.brokered == frozenset()
