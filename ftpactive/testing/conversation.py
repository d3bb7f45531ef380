"""
A conversation with the server, without sockets.

What is tested is the real thing, from the bytes of the control connection to
the storage; only the sockets and the clock are played::

    conversation = Conversation({"a.txt": b"hello"})
    conversation.hears("PASV", "RETR a.txt")
    assert conversation.codes() == [227, 150, 226]
    assert conversation.downloaded == b"hello"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.errors import NotLoggedIn
from ftpactive.core.events import Event
from ftpactive.core.settings import Settings
from ftpactive.core.telnet import TelnetFilter
from ftpactive.interfaces import IEventSink, IStorage
from ftpactive.logins import Attempt, IAuthenticator, Login
from ftpactive.net.reactors import Reactor
from ftpactive.net.services import Services
from ftpactive.net.tls import TLS
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.data import PlayedOpener
from ftpactive.testing.shield import PlayedTLS
from ftpactive.testing.watched import WatchedProtocol

#: The ends of the control connection, unless others are asked for.
SERVER = Address("192.0.2.1", 21)
CLIENT = Address("192.0.2.7", 50000)


@implementer(IAuthenticator)
class PlayedAuthenticator:
    """
    Lets everybody in who knows their password.

    @ivar logouts: how many logins have ended.
    """

    def __init__(self, storage: IStorage, users: Mapping[str, str]) -> None:
        self.storage = storage
        self.users = users
        self.logouts = 0

    async def login(self, attempt: Attempt) -> Login:
        """
        See L{IAuthenticator.login}.
        """
        if self.users.get(attempt.name, object()) != attempt.password:
            raise NotLoggedIn("Login incorrect")
        return Login(self.storage, self._logout)

    def _logout(self) -> None:
        self.logouts += 1


@implementer(IEventSink)
class EventList:
    """
    Keeps what it is told.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """
        See L{IEventSink.emit}.
        """
        self.events.append(event)


class Conversation:
    """
    A client at the other end of a control connection.

    It fails with an C{AssertionError} when a command is answered with a code
    that its row in the table of verbs does not have.

    @ivar storage: what the user sees.
    @ivar authenticator: a L{PlayedAuthenticator}: alice's password is secret.
    @ivar opener: a L{PlayedOpener}: how data connections come out.
    @ivar events: what was told, in order.
    @ivar clock: moves by hand.
    @ivar transport: the server's end, a C{StringTransport}.
    """

    def __init__(
        self,
        storage: IStorage | dict[str, Any] | None = None,
        *,
        settings: Settings | None = None,
        local: Address = SERVER,
        peer: Address = CLIENT,
        login: bool = True,
        tls: PlayedTLS | None = None,
    ) -> None:
        """
        @param storage: the user's storage, or a tree for a memory storage.
        @param login: is alice logged in already?
        @param tls: without it there is none.
        """
        if storage is None or isinstance(storage, dict):
            storage = cast(IStorage, MemoryStorage(storage))
        self.storage = storage
        self.authenticator = PlayedAuthenticator(storage, {"alice": "secret"})
        self.clock = Clock()
        self._events = EventList()
        self.opener = PlayedOpener(local, peer)
        self.protocol = WatchedProtocol(
            Services(
                reactor=cast(Reactor, self.clock),
                settings=settings or Settings(),
                authenticator=self.authenticator,
                events=self._events,
                makeOpener=lambda here, there, tell: self.opener,
                tls=cast(TLS | None, tls),
            ),
            1,
            peer,
            isImplicit=tls is not None and tls.isImplicit,
        )
        self.transport = StringTransport(
            hostAddress=_transportAddress(local), peerAddress=_transportAddress(peer)
        )
        self.protocol.makeConnection(self.transport)  # type: ignore[no-untyped-call]
        if login:
            self.hears("USER alice", "PASS secret")
            self.transport.clear()
            self._events.events.clear()

    @property
    def events(self) -> list[Event]:
        return self._events.events

    def hears(self, *lines: str | bytes) -> Conversation:
        """
        Send commands, each as a line of its own.
        """
        for line in lines:
            raw = line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape")
            self.hearsBytes(raw + b"\r\n")
        return self

    def hearsBytes(self, data: bytes) -> Conversation:
        """
        Send bytes as they are.
        """
        self.protocol.dataReceived(data)
        # Long work, such as a checksum, goes on when others had their turn.
        self.clock.advance(0)
        return self._checked()

    def _checked(self) -> Conversation:
        assert not self.protocol.strays, "; ".join(self.protocol.strays)
        return self

    def during(self, command: str) -> Conversation:
        """
        Begin a transfer that does not end by itself; see L{release}.
        """
        self.opener.isHeld = True
        self.hears("PORT 192,0,2,7,78,52", command)
        self.opener.isHeld = False
        return self.forget("200 PORT command successful\r\n")

    def forget(self, reply: str) -> Conversation:
        """
        Take a reply out of what was heard.
        """
        rest = self.said.replace(reply.encode(), b"", 1)
        self.transport.clear()
        self.transport.write(rest)
        return self

    def release(self) -> Conversation:
        """
        Let the transfer that was begun with L{during} go on to its end.
        """
        self.opener.channels[-1].release()
        self.clock.advance(0)
        return self._checked()

    def leaves(self) -> None:
        """
        Close the control connection.
        """
        self.protocol.connectionLost(Failure(ConnectionDone()))

    @property
    def said(self) -> bytes:
        """
        Give all that the server sent since the login.
        """
        said: bytes = self.transport.value()
        return said

    def replies(self) -> list[str]:
        """
        Give the replies since the login, each as its text with its code; the
        lines of a long one are joined by line feeds.  What is Telnet in them
        is taken out, as clients do.
        """
        self._checked()
        replies: list[str] = []
        said, _ = TelnetFilter().feed(self.said)
        lines = said.decode("utf-8", "surrogateescape").split("\r\n")[:-1]
        while lines:
            line = lines.pop(0)
            whole = [line]
            while line[3:4] == "-" and not whole[-1].startswith(line[:3] + " "):
                whole.append(lines.pop(0))
            replies.append("\n".join(whole))
        return replies

    def codes(self) -> list[int]:
        """
        Give the codes of the replies since the login.
        """
        return [int(reply[:3]) for reply in self.replies()]

    def last(self) -> str:
        """
        Give the last reply.
        """
        return self.replies()[-1]

    @property
    def downloaded(self) -> bytes:
        """
        Give what the last data connection sent to the client.
        """
        return self.opener.channels[-1].sent


def _transportAddress(address: Address) -> IPv4Address | IPv6Address:
    kind = IPv6Address if ":" in address.host else IPv4Address
    return kind("TCP", address.host, address.port)
