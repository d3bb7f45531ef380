"""
Connecting a socket that somebody else has bound.
"""

from __future__ import annotations

# Python loads this codec at the first address that it looks up.  By then root
# may have been shed, and its library be out of reach.
import encodings.idna  # noqa: F401
import errno
import os
import socket
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    TimeoutError,
    UserError,
    getConnectError,
)
from twisted.internet.interfaces import (
    IAddress,
    IConnector,
    IProtocol,
    IReactorFDSet,
    IReactorSocket,
    IReactorTime,
    IReadWriteDescriptor,
)
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.net.reasons import CONNECTED, UNDER_WAY


class Reactor(IReactorFDSet, IReactorSocket, IReactorTime):
    """
    A reactor that watches descriptors, takes over connections, and has time.
    """


@implementer(IReadWriteDescriptor)
class BoundConnector:
    """
    What C{reactor.connectTCP} gives, for a socket that is bound already.

    The factory is asked for a protocol when there is a connection, or told by
    C{clientConnectionFailed} why there is none, with the errors that
    C{connectTCP} has; that may be at once.  It is told nothing else.  The
    transport is that of a server: C{startTLS} is the server's side unless told
    otherwise.
    """

    def __init__(
        self,
        reactor: Reactor,
        bound: Deferred[socket.socket],
        address: Address,
        factory: ClientFactory,
        *,
        timeout: float,
    ) -> None:
        """
        @param bound: gives the socket, which must not block and is ours from
            then on; or fails with L{OSError}.  It may be cancelled.
        @param address: where to connect.
        @param timeout: for all of it, seconds.
        """
        self._reactor = reactor
        self._address = address
        self._factory = factory
        self._bound = bound
        self._socket: socket.socket | None = None
        self._isOver = False
        self._timer = reactor.callLater(timeout, self._expire)
        bound.addCallbacks(self._begin, self._cannotBind)

    def stopConnecting(self) -> None:
        """
        Give up, at any moment.
        """
        self._fail(UserError())

    def _begin(self, bound: socket.socket) -> None:
        if self._isOver:
            bound.close()
            return
        self._socket = bound
        try:
            # Only the long form of an address has room for its zone.
            known = socket.getaddrinfo(*self._address, flags=socket.AI_NUMERICHOST)
        except OSError as error:
            self._fail(getConnectError(error))
            return
        self._target = known[0][4]
        # A client that is near has answered before we ask what came of it.
        bound.connect_ex(self._target)
        self.doWrite()

    def _cannotBind(self, failure: Failure) -> None:
        error = failure.value
        number = error.errno if isinstance(error, OSError) else None
        self._fail(ConnectBindError(number, getattr(error, "strerror", None) or str(error)))

    def _expire(self) -> None:
        isBound = self._socket is not None
        late = ConnectBindError(errno.ETIMEDOUT, "the port broker does not answer")
        self._fail(TimeoutError() if isBound else late)

    def doWrite(self) -> None:
        """
        Go on; something has happened.
        """
        if self._socket is None:
            return
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        number = number or self._socket.connect_ex(self._target)
        if number in UNDER_WAY:
            # Some reactors tell of a failure only to those who read.
            self._reactor.addReader(self)
            self._reactor.addWriter(self)
        elif number in CONNECTED:
            self._adopt(self._socket)
        else:
            self._fail(getConnectError((number, os.strerror(number))))

    def doRead(self) -> None:
        """
        Go on; something has happened.
        """
        self.doWrite()

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor watches it no more.
        """
        self.doWrite()
        self._fail(ConnectError(string=reason.getErrorMessage()))

    def _adopt(self, end: socket.socket) -> None:
        self._release()
        try:
            self._reactor.adoptStreamConnection(end.fileno(), end.family, cast(Any, self))
        except OSError as error:
            if self._isOver:
                # The protocol's own.
                raise
            # It broke as soon as it was there.
            end.close()
            self._fail(getConnectError(error))
        finally:
            # The reactor has its own descriptor.
            end.close()

    def buildProtocol(self, addr: IAddress | None) -> IProtocol | None:
        """
        The reactor has taken the connection over.
        """
        self._isOver = True
        self._timer.cancel()
        return self._factory.buildProtocol(addr)

    def _release(self) -> None:
        """
        Watch the socket no more.
        """
        if self._socket is not None:
            self._reactor.removeReader(self)
            self._reactor.removeWriter(self)
            self._socket = None

    def _fail(self, error: Exception) -> None:
        if self._isOver:
            return
        self._isOver = True
        if self._timer.active():
            self._timer.cancel()
        if self._socket is not None:
            end = self._socket
            self._release()
            end.close()
        self._bound.cancel()
        self._factory.clientConnectionFailed(cast(IConnector, self), Failure(error))

    def fileno(self) -> int:
        """
        See L{IReadWriteDescriptor}.
        """
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        """
        See L{IReadWriteDescriptor}.
        """
        return "connecting"
