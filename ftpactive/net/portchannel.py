"""
The service's end of a socket to the port broker, or a worker's.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.net.portbroker import (
    ATTACH,
    BIND,
    DONE,
    HELLO,
    LONGEST,
    NOTE,
    REPORT,
    REQUEST,
    receivePacket,
    sendPacket,
)

#: How many reports are read before others have their turn.
_AT_ONCE = 64

_GONE = "there is no port broker: restart the service to use this data port"


class Attached(NamedTuple):
    """
    A further socket to the broker.

    @ivar number: what L{PortChannel.detach} wants.
    @ivar end: for a worker, which makes a L{PortChannel} of it; to be closed
        here when the worker has it.
    """

    number: int
    end: socket.socket


@implementer(IReadWriteDescriptor)
class PortChannel:
    """
    Asks for bound sockets; any number may be asked for at once.

    A broker that begins says so.  Then all that has no answer yet is asked for
    again; a socket that comes twice is closed.
    """

    _log = Logger(namespace="ftpactive")

    def __init__(
        self, reactor: IReactorFDSet, end: socket.socket, told: Callable[[], object] = lambda: None
    ) -> None:
        """
        @param end: our end of the socket; it is ours from now on.
        @param told: called when the broker tells of itself.
        """
        self._reactor = reactor
        self._told = told
        self._socket: socket.socket | None = end
        self._last = 0
        #: What has no answer yet: number -> (packet, who waits).
        self._requests: dict[int, tuple[bytes, Deferred[socket.socket]]] = {}
        #: What each new broker must be told: number -> (packet, its end).
        self._lines: dict[int, tuple[bytes, socket.socket]] = {}
        #: The numbers of what is to be sent; not before the broker is there.
        self._queue: deque[int] = deque()
        self._isGreeted = False
        #: How many brokers died.
        self.losses = 0
        #: Fires when it can be used no more.
        self.ended: Deferred[None] = Deferred()
        reactor.addReader(self)

    def bind(self, source: Address) -> Deferred[socket.socket]:
        """
        Ask for a stream socket that is bound to an address with SO_REUSEADDR,
        and does not block.  Who cancels it gets none.

        @return: fails with L{OSError}, its C{errno} that of bind(); with
            EACCES when there is no broker.
        """
        if self._socket is None:
            return fail(OSError(errno.EACCES, _GONE))
        number = self._number()
        try:
            version, packed, zone = written(source.host)
        except OSError:
            # Its zone is gone, with the network interface.
            return fail(_error(errno.EADDRNOTAVAIL))
        packet = REQUEST.pack(number, BIND, version, source.port, zone, packed)
        waiting: Deferred[socket.socket] = Deferred(lambda _: self._forget(number))
        self._requests[number] = (packet, waiting)
        self._send(number)
        return waiting

    def attach(self) -> Attached:
        """
        Make a socket on which a worker can ask the same broker.  It outlives
        the broker as this one does.
        """
        worker, broker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = self._number()
        if self._socket is None:
            broker.close()
        else:
            packet = REQUEST.pack(number, ATTACH, 0, 0, 0, b"")
            self._lines[number] = (packet, broker)
            self._send(number)
        return Attached(number, worker)

    def detach(self, number: int) -> None:
        """
        A worker has ended.
        """
        if number in self._lines:
            self._lines.pop(number)[1].close()

    def close(self) -> None:
        """
        Use it no more: who waits gets an error, and so does who asks later.
        """
        if self._socket is None:
            return
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._socket.close()
        self._socket = None
        for number in list(self._lines):
            self.detach(number)
        requests, self._requests = self._requests, {}
        for _, waiting in requests.values():
            waiting.errback(OSError(errno.EACCES, _GONE))
        self.ended.callback(None)

    def _forget(self, number: int) -> None:
        del self._requests[number]

    def _number(self) -> int:
        """
        Give the next number.  They begin again after months, when workers may
        still have theirs.
        """
        while True:
            self._last = (self._last + 1) % (1 << 32)
            if self._last not in self._lines and self._last not in self._requests:
                return self._last

    def _send(self, number: int) -> None:
        self._queue.append(number)
        if self._isGreeted and len(self._queue) == 1:
            self.doWrite()

    def doWrite(self) -> None:
        """
        Send what there is room for.
        """
        while self._queue and self._socket is not None:
            try:
                self._sendOne(self._socket, self._queue[0])
            except BlockingIOError:
                self._reactor.addWriter(self)
                return
            except OSError as error:
                if error.errno in (errno.EPIPE, errno.ECONNRESET):
                    # Nobody is there; reading will tell.
                    break
                self._settle(self._queue[0], error.errno or errno.EIO, [])
            self._queue.popleft()
        self._reactor.removeWriter(self)

    def _sendOne(self, end: socket.socket, number: int) -> None:
        if number in self._requests:
            sendPacket(end, self._requests[number][0])
        elif number in self._lines:
            packet, line = self._lines[number]
            sendPacket(end, packet, line)

    def doRead(self) -> None:
        """
        Take some reports.
        """
        for _ in range(_AT_ONCE):
            if self._socket is None:
                return
            try:
                packet, descriptors, _ = receivePacket(self._socket, LONGEST)
            except BlockingIOError:
                return
            except OSError:
                packet, descriptors = b"", []
            if not packet:
                self._lose()
                return
            number, kind, value = REPORT.unpack_from(packet)
            if kind == DONE:
                self._settle(number, value, [socket.socket(fileno=each) for each in descriptors])
            elif kind == HELLO:
                self._begin(value)
            elif kind == NOTE:
                self._log.warn("{words}", words=packet[REPORT.size :].decode("ascii", "replace"))
                self._told()

    def _settle(self, number: int, value: int, bound: list[socket.socket]) -> None:
        _, waiting = self._requests.pop(number, (b"", None))
        if waiting is None:
            # It was cancelled, or is here already.
            for each in bound:
                each.close()
            if value and number in self._lines:
                self._log.error("A worker cannot use the port broker: {e}", e=os.strerror(value))
        elif value:
            waiting.errback(_error(value))
        elif not bound:
            # The kernel drops what we have no room for.
            waiting.errback(_error(errno.EMFILE))
        else:
            bound[0].setblocking(False)
            waiting.callback(bound[0])

    def _begin(self, status: int) -> None:
        """
        A broker begins.

        @param status: how the last one ended.
        """
        if self._isGreeted:
            self.losses += 1
            how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
            self._log.warn("The port broker {how}; there is another", how=how)
        self._isGreeted = True
        self._queue = deque([*self._lines, *self._requests])
        self._told()
        self.doWrite()

    def _lose(self) -> None:
        self._log.error("The port broker is gone for good: {words}", words=_GONE)
        self.close()

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor found out that nobody is there.
        """
        self._lose()

    def fileno(self) -> int:
        """
        See L{IReadWriteDescriptor}.
        """
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        """
        See L{IReadWriteDescriptor}.
        """
        return "port broker"


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def written(host: str) -> tuple[int, bytes, int]:
    """
    Write an address for the broker.

    @return: 4 or 6, the address itself, and its zone or 0.
    @raise OSError: there is no such zone.
    """
    host, _, zone = host.partition("%")
    if ":" not in host:
        return 4, socket.inet_pton(socket.AF_INET, host), 0
    number = int(zone) if zone.isdecimal() else socket.if_nametoindex(zone) if zone else 0
    return 6, socket.inet_pton(socket.AF_INET6, host), number
