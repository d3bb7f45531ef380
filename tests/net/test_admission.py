"""
How control connections are let in, and how other protocols are sent away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.events import Disconnected, Refused
from ftpactive.core.limits import Limits
from ftpactive.core.settings import Settings
from tests.net.pending import pending
from tests.net.played import Client, Server, joined, lose, result
from tests.net.played import endOf as end

PEER = Address("192.0.2.7", 50000)


def limited(limits: Limits, settings: Settings | None = None) -> Server:
    """
    Make a service with limits.
    """
    server = Server(settings=settings)
    server.factory.guard.change(limits)
    return server


def knock(server: Server) -> Any:
    """
    Connect, and give the transport.
    """
    return joined(server.factory.buildProtocol(end(PEER)), Address("192.0.2.1", 21), PEER)


class TestRefused:
    """
    Who is not let in.
    """

    def test_words(self) -> None:
        """
        Hears 421 in the place of a greeting, and the connection is closed.
        """
        server = limited(Limits(sessionsPerAddress=1))
        server.client()
        refused = knock(server)
        assert refused.value().startswith(b"421 Too many connections from your address")
        assert refused.disconnecting
        lose(refused)
        assert len(server.factory.sessions) == 1

    def test_doesNotTakeItIn(self) -> None:
        """
        And is cut off.
        """
        server = limited(Limits(sessionsPerAddress=1))
        server.client()
        refused = knock(server)
        server.reactor.advance(10)
        assert refused.disconnected

    def test_oneLineForMany(self) -> None:
        """
        A thousand of them are one event, and leave nothing behind.
        """
        server = limited(Limits(sessionsPerAddress=1))
        server.client()
        timers = len(pending(server.reactor))
        for _ in range(1000):
            lose(knock(server))
        told = [each for each in server.events.events if isinstance(each, Refused)]
        assert len(told) == 1
        assert len(pending(server.reactor)) == timers


class Elsewhere:
    """
    An admission, and a place, about which somebody else decides.
    """

    def __init__(self) -> None:
        self.granted: Deferred[int] = Deferred()
        self.said: list[str] = []
        self.keep, self.release, self.leave = (
            partial(self.said.append, each) for each in ("keep", "release", "leave")
        )

    def admit(self, peer: Address, dismiss: Callable[[str], object]) -> Any:
        """
        Let everybody wait.
        """
        self.dismiss = dismiss
        return self

    @classmethod
    def knock(cls) -> tuple[Server, Elsewhere, Any]:
        """
        Let somebody wait.
        """
        server, one = Server(), cls()
        server.factory.services = replace(server.factory.services, admission=cast(Any, one))
        return server, one, knock(server)


class TestElsewhere:
    """
    Who waits for another process to let them in.
    """

    def test_granted(self) -> None:
        """
        Is greeted then, and heard, under the number that was given.
        """
        server, one, transport = Elsewhere.knock()
        assert transport.value() == b"" and transport.producerState == "paused"
        assert not server.factory.sessions
        one.granted.callback(4711)
        assert transport.value().startswith(b"220 ")
        assert transport.producerState == "producing"
        assert [each.session for each in server.events.events] == [4711]
        lose(transport)
        assert one.said == ["leave"]

    def test_refused(self) -> None:
        """
        Hears why.
        """
        server, one, transport = Elsewhere.knock()
        one.granted.errback(ServiceClosing("No"))
        assert transport.value() == b"421 No\r\n" and transport.disconnecting
        lose(transport)
        assert one.said == ["leave"]
        assert server.events.events == [] and pending(server.reactor) == []

    def test_leaves(self) -> None:
        """
        Was never there.
        """
        server, one, transport = Elsewhere.knock()
        lose(transport)
        assert one.said == ["leave"] and server.events.events == []

    def test_tooLate(self) -> None:
        """
        Does not come in when the service stops meanwhile.
        """
        server, one, transport = Elsewhere.knock()
        assert result(server.factory.end(3)) is None
        one.granted.callback(1)
        one.dismiss("Others wait")
        assert transport.value() == b"421 The service stops, goodbye\r\n"
        lose(transport)
        assert one.said == ["leave"]


class TestPlaces:
    """
    Who is let in.
    """

    def test_ended(self) -> None:
        """
        A place that is left is free.
        """
        server = limited(Limits(sessionsPerAddress=1))
        for _ in range(3):
            lose(server.client().transport)

    def test_silentMakeRoom(self) -> None:
        """
        Those who have not logged in are told why, those who have stay.
        """
        server = limited(Limits(sessions=2))
        user, silent = server.client(), server.client(login=False)
        silent.replies()
        new = server.client()
        assert silent.replies() == [
            "421 Others wait to log in, and you have not, goodbye",
        ]
        assert silent.transport.disconnecting
        assert user.hears("NOOP").codes() == [200]
        assert new.hears("NOOP").codes() == [200]
        assert knock(server).value().startswith(b"421 Too many connections")

    @pytest.mark.parametrize("how", ["REIN", "USER alice"])
    def test_loggedOut(self, how: str) -> None:
        """
        Who logs out has no place for ever, nor all the time there is.
        """
        server = limited(Limits(sessions=1), Settings(loginTimeout=60))
        left = server.client().hears(how)
        server.reactor.advance(59)
        assert left.codes() in ([220], [331])
        server.reactor.advance(1)
        assert left.replies() == ["421 No login within 60 seconds, goodbye"]
        lose(left.transport)
        left = server.client().hears(how)
        left.replies()
        assert server.client().hears("NOOP").codes() == [200]
        assert left.codes() == [421]

    def test_sessionTimeout(self) -> None:
        """
        A session that has lasted too long ends, whatever it does.
        """
        server = Server(settings=Settings(sessionTimeout=100))
        client = server.client()
        for _ in range(9):
            server.reactor.advance(10)
            client.hears("NOOP")
        assert set(client.codes()) == {200}
        server.reactor.advance(10)
        assert client.replies() == [
            "421 The session has lasted 100 seconds, and may not last longer, goodbye"
        ]


class TestOtherProtocols:
    """
    Who does not speak FTP.
    """

    @pytest.mark.parametrize(
        ("said", "name"),
        [
            (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER alice\r\nPASS secret\r\n", "HTTP"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
            (b"SSH-2.0-x\r\n", "SSH"),
            (b"EHLO x\r\n", "SMTP"),
        ],
    )
    def test_closed(self, said: bytes, name: str) -> None:
        """
        Is told so, and nothing of what stands behind is done.
        """
        server = Server()
        client: Client = server.client(login=False)
        client.replies()
        client.protocol.dataReceived(said)
        assert client.replies() == [f"421 This port speaks FTP, not {name}, goodbye"]
        assert client.transport.disconnecting
        client.protocol.dataReceived(b"USER alice\r\n")
        lose(client.transport)
        assert client.replies() == []
        ended = server.events.events[-1]
        assert isinstance(ended, Disconnected) and name in ended.reason
