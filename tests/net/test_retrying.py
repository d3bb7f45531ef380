"""
Attempts to reach the client, as whole sessions see them.
"""

from __future__ import annotations

import errno
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionLost,
    ConnectionRefusedError,
)
from zope.interface import implementer

from ftpactive.abilities import IPreferences
from ftpactive.core.events import Opened, Outcome
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import Settings
from ftpactive.storage.memory import MemoryStorage
from tests.net.pending import pending
from tests.net.played import Client, Server, lose

PORT = "PORT 192,0,2,7,78,52"
PORT_BUSY = ConnectBindError(errno.EADDRINUSE)
ADDRESS_IN_USE = ConnectError(errno.EADDRNOTAVAIL)


class Session:
    """
    A session whose transfer waits for its data connection.
    """

    def __init__(self, **settings: Any) -> None:
        self.server = Server({"a": b"1"}, Settings(**settings))
        self.reactor = self.server.reactor
        self.client: Client = self.server.client().hears(PORT, "RETR a")

    def fail(self, error: Exception, delay: float = 0) -> None:
        """
        Let the last attempt fail, and time pass.
        """
        self.reactor.connectors[-1].fail(error)
        self.reactor.advance(delay)

    def told(self) -> list[tuple[str, Outcome]]:
        """
        Give what was told of attempts: from where, and what became of them.
        """
        events = [event for event in self.server.events.events if isinstance(event, Opened)]
        return [(event.source, event.outcome) for event in events]


class TestOneTransfer:
    """
    The client hears of the last attempt only.
    """

    def test_success(self) -> None:
        """
        It waits a little, and is none the wiser.
        """
        session = Session(retryDelays=(0.1, 0.4))
        session.fail(PORT_BUSY, 0.1)
        session.fail(PORT_BUSY, 0.4)
        transport = session.reactor.connect()
        assert transport.value() == b"1"
        lose(transport)
        assert session.client.codes() == [200, 150, 226]

    @pytest.mark.parametrize(
        ("error", "outcome", "words"),
        [
            (PORT_BUSY, Outcome.PORT_BUSY, "a listener occupies the data port"),
            (ADDRESS_IN_USE, Outcome.ADDRESS_IN_USE, "has not been forgotten yet"),
        ],
    )
    def test_failure(self, error: Exception, outcome: Outcome, words: str) -> None:
        """
        425 says which of the two it was; each attempt is told to operators.
        """
        session = Session(retryDelays=(0.1,), spareDataPorts=(2020,))
        session.fail(error, 0.1)
        session.fail(error)
        assert session.client.codes() == [200]
        session.fail(error)
        (reply,) = session.client.replies()
        assert reply.startswith("425 ") and words in reply
        data, spare = "192.0.2.1:20", "192.0.2.1:2020"
        assert session.told() == [(data, outcome), (data, outcome), (spare, outcome)]

    def test_150ComesOnce(self) -> None:
        """
        However many attempts there are.
        """
        session = Session(retryDelays=(0.1,), repliesFirst=True)
        assert session.client.codes() == [200, 150]
        session.fail(PORT_BUSY, 0.1)
        session.fail(ConnectionRefusedError())
        assert session.client.codes() == [425]

    def test_nextTransfer(self) -> None:
        """
        The session goes on.
        """
        session = Session(retryDelays=())
        session.fail(ADDRESS_IN_USE)
        session.client.hears("PORT 192,0,2,7,78,53", "RETR a")
        lose(session.reactor.connect())
        assert session.client.codes() == [200, 425, 200, 150, 226]

    def test_others(self) -> None:
        """
        Nobody else waits for a pause.
        """
        session = Session(retryDelays=(5,))
        session.fail(PORT_BUSY)
        other = session.server.client().hears(PORT, "RETR a")
        lose(session.reactor.connect())
        assert other.codes() == [200, 150, 226]


#: How far an attempt has come when it is given up.
STAGES = ["connecting", "pausing", "connecting again"]


@pytest.mark.parametrize("stage", STAGES)
class TestGivingUp:
    """
    Nothing goes on trying when nobody waits for it.
    """

    def begin(self, stage: str) -> Session:
        """
        Begin a transfer, up to a stage.
        """
        session = Session(retryDelays=(5,), spareDataPorts=(2020,))
        if stage != "connecting":
            session.fail(PORT_BUSY, 0 if stage == "pausing" else 5)
        assert session.client.codes() == [200]
        return session

    def attempts(self, session: Session, stage: str) -> list[int]:
        """
        Let much time pass, and give the source port of each attempt.
        """
        session.reactor.advance(60)
        return [port for _, port in session.reactor.sources()]

    def test_controlConnectionLost(self, stage: str) -> None:
        """
        The session ends there and then: its avatar is told, no timer is left
        and no further attempt is made.
        """
        session = self.begin(stage)
        lose(session.client.transport, ConnectionLost())
        assert session.server.logouts == 1
        assert session.server.factory.sessions == set()
        session.reactor.advance(0)
        assert pending(session.reactor) == []
        again = stage == "connecting again"
        assert self.attempts(session, stage) == ([20, 20] if again else [20])

    def test_abort(self, stage: str) -> None:
        """
        ABOR ends it: 426 and 226; the session goes on.
        """
        session = self.begin(stage)
        session.client.hears("ABOR", "NOOP")
        assert session.client.codes() == [426, 226, 200]
        again = stage == "connecting again"
        assert self.attempts(session, stage) == ([20, 20] if again else [20])
        assert [told for told in session.told() if told[1] is Outcome.ABORTED] == (
            [] if stage == "pausing" else [("192.0.2.1:20", Outcome.ABORTED)]
        )

    def test_shutdown(self, stage: str) -> None:
        """
        The service need not wait for it.
        """
        session = self.begin(stage)
        session.server.factory.end(3)
        assert 421 in session.client.codes()
        assert len(session.reactor.sources()) == (2 if stage == "connecting again" else 1)
        lose(session.client.transport)
        session.reactor.advance(0)
        assert pending(session.reactor) == []


@implementer(IPreferences)
class Preferring(MemoryStorage):
    """
    The storage of a user who may have data sent to friends.
    """

    def settings(self, usual: Settings) -> Settings:
        """
        See L{IPreferences.settings}.
        """
        return replace(usual, targets=TargetPolicy(networks=(ip_network("198.51.100.0/24"),)))


def test_policyOfAUser(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What the avatar of a realm prefers, holds for its user, and for nobody
    else who is connected.
    """
    server = Server({"a": b"1"})
    friend = "PORT 198,51,100,4,78,52"
    usual = server.client()
    monkeypatch.setattr(server, "_storage", lambda capacity: Preferring({"a": b"1"}))
    special = server.client()
    assert usual.hears(friend).codes() == [504]
    assert special.hears(friend, "RETR a").codes() == [200]
    assert server.reactor.tcpClients[0][:2] == ("198.51.100.4", 20020)
