"""
A port that listens for one data connection, and the connection.

C{reactor.listenTCP} does the same, for servers that stay: two lines in the log
for each port, several turns of the reactor, and a transport that is told to
read and then to stop.  Where the reactor can watch descriptors, this is half the
work of a small file in passive mode.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from typing import Any, Protocol

from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import (
    IReactorFDSet,
    IReactorTime,
    IReadDescriptor,
    ISystemHandle,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address, normalise
from ftpactive.net.channel import DataChannel

#: How many may wait to be let in: strangers shall not keep the client out.
_BACKLOG = 5

#: Seconds after which it is tried again when there was no descriptor.
_AGAIN = 1.0

#: With this, closing a socket is a reset.
_LINGER = struct.pack("ii", 1, 0)

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


class Reactor(IReactorFDSet, IReactorTime):
    """
    A reactor that watches descriptors, and has time.
    """


class Owner(Protocol):
    """
    Whose port it is.
    """

    def admit(self, client: Address) -> DataChannel | None:
        """
        Somebody connects.

        @return: what takes the connection; L{None} turns it away.
        """


class _Listening(socket.socket):
    """
    A socket that knows what C{accept} asks it each time, and has the standard
    library look up in tables.
    """

    family: Any = socket.AF_INET
    type: Any = socket.SOCK_STREAM

    def __init__(self) -> None:
        super().__init__(self.family, self.type)


class _Listening6(_Listening):
    """
    The same for IPv6.
    """

    family = socket.AF_INET6


@implementer(IReadDescriptor)
class DataPort:
    """
    As much of C{IListeningPort} as a plan needs.

    The kernel takes connections from the first moment on.  We look at them when
    we are told to: in general the client has connected before the transfer
    begins, and nobody need be woken for that.
    """

    _isWatched = False

    def __init__(self, reactor: Reactor, owner: Owner, host: str, ports: Iterator[int]) -> None:
        """
        @param ports: what to listen on: the first that nobody has; 0 lets the
            kernel choose.
        @raise OSError: none of those that were taken from C{ports}.
        """
        self._reactor = reactor
        self._owner = owner
        self._socket = (_Listening6 if ":" in host else _Listening)()
        try:
            self._socket.setblocking(False)
            port = self._bind(host, ports)
            self._socket.listen(_BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self._address = Address(normalise(host), port) if port else None

    def _bind(self, host: str, ports: Iterator[int]) -> int:
        # One socket for all attempts: where other servers were busy, every other
        # port may be taken for a minute.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for port in ports:
            if not port:
                # The kernel would look for a free one in a part of them only.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            try:
                self._socket.bind(_target(host, port) if ":" in host else (host, port))
                return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE, "no port is free")

    @property
    def address(self) -> Address:
        """
        Give where it listens.
        """
        return self._address or _end(self._socket.getsockname())

    def stopListening(self) -> None:
        """
        Close it.
        """
        if self.isOpen:
            if self._isWatched:
                self._reactor.removeReader(self)
            self._socket.close()

    def look(self) -> None:
        """
        Let in who has connected until now, and turn away who may not be.
        """
        for _ in range(_BACKLOG + 1):
            if not self.isOpen or not self._accept():
                break

    def watch(self) -> None:
        """
        Look at who connects from now on.
        """
        if self.isOpen:
            self._isWatched = True
            self._reactor.addReader(self)

    @property
    def isOpen(self) -> bool:
        """
        Does it listen still?
        """
        return self._socket.fileno() >= 0

    def doRead(self) -> None:
        """
        Somebody has connected.
        """
        self._accept()

    def _accept(self) -> bool:
        try:
            end, peer = self._socket.accept()
        except BlockingIOError:
            return False
        except (ConnectionError, PermissionError):
            # Gone again already, or forbidden by a firewall.
            return True
        except OSError:
            # No descriptor is left; to be woken for that again and again helps nobody.
            self._reactor.removeReader(self)
            self._reactor.callLater(_AGAIN, self.watch)
            return False
        channel = self._owner.admit(_end(peer))
        if channel is None:
            end.close()
            return True
        end.setblocking(False)
        accepted: Any = Accepted(self._reactor, end, channel)
        channel.makeConnection(accepted)  # type: ignore[no-untyped-call]
        return True

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor stops.
        """
        self.stopListening()

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return "data port"


@implementer(ISystemHandle)
class Accepted:
    """
    The owner of a socket that the channel drives by itself.
    """

    def __init__(self, reactor: IReactorTime, end: socket.socket, protocol: Any) -> None:
        self._reactor = reactor
        self._socket = end
        self._protocol = protocol
        self._isOver = False

    def getHandle(self) -> socket.socket:
        """
        Give the socket.
        """
        return self._socket

    def pauseProducing(self) -> None:
        """
        It never reads.
        """

    def connectionLost(self, reason: Failure) -> None:
        """
        Close, and say so.
        """
        if self._socket.fileno() >= 0:
            self._socket.close()
            self._protocol.connectionLost(reason)

    def abortConnection(self) -> None:
        """
        Cut it, and say so when whoever wants that has finished.
        """
        if not self._isOver and self._socket.fileno() >= 0:
            self._isOver = True
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            self._reactor.callLater(0, self.connectionLost, Failure(ConnectionAborted()))


def _target(host: str, port: int) -> Any:
    # Only the long form of an address has room for its zone.
    return socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)[0][4]


def _end(address: Any) -> Address:
    if len(address) == 2:
        return Address(*address)
    host, port = address[:2]
    if address[3]:
        host = socket.getnameinfo(address, _NUMERIC)[0]
    return Address(normalise(host), port)
