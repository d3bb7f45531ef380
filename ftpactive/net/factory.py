"""
Makes one conversation per control connection, and knows all that are open.
"""

from __future__ import annotations

from itertools import count
from typing import cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.reply import Reply
from ftpactive.logins import IPlace
from ftpactive.net.ends import fromTransport
from ftpactive.net.protocol import ControlProtocol
from ftpactive.net.reactors import Transport
from ftpactive.net.services import Services
from ftpactive.net.socketoptions import takeTurns

#: Seconds for who is refused to take that in.
_LINGER = 10

#: Sessions are numbered through the whole process, whatever their service.
_numbers = count(1)


class ControlFactory(Factory):
    """
    Builds control connections.

    @ivar sessions: those that are open.
    """

    noisy = False

    def __init__(self, services: Services) -> None:
        self.services = services
        self.sessions: set[Session] = set()
        self._farewell: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        #: Are no more sessions let in?
        self.isEnding = False

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        """
        Make one.
        """
        return self.accept(addr)

    def accept(self, addr: IAddress | None, *, isImplicit: bool = False) -> Protocol | None:
        """
        Make one.  Where there is no IP there is no FTP, whose commands name
        IP addresses: such a client is turned away.

        @param isImplicit: does TLS begin at once, without AUTH?
        """
        try:
            peer = fromTransport(addr)
        except TypeError:
            return None
        session = Session(self, peer, isImplicit)
        if self.services.admission is not None:
            try:
                session.place = self.services.admission.admit(peer, session.dismiss)
            except ServiceClosing as error:
                return Refusal(self.services.reactor, error.reply())
        return session

    def remove(self, session: Session) -> None:
        """
        A session ended.
        """
        self.sessions.discard(session)
        if not self.sessions and self._farewell is not None:
            farewell, self._farewell = self._farewell, None
            farewell.callback(None)

    def end(self, timeout: float, patience: float = 0) -> Deferred[None]:
        """
        Tell every session 421 and close it.

        @param timeout: seconds for the clients to take that in; then they are
            cut off.
        @param patience: seconds before that, for commands that are being done,
            such as transfers; a session that has none is told at once.
        @return: fires when all are closed.
        """
        self.isEnding = True
        if not self.sessions:
            return succeed(None)
        farewell = self._farewell = Deferred()
        if patience:
            self._timer = self.services.reactor.callLater(patience, self._shutDown, timeout)
            for session in list(self.sessions):
                session.finish()
        else:
            self._shutDown(timeout)
        farewell.addCallback(self._ended)
        return farewell

    def _shutDown(self, timeout: float) -> None:
        self._timer = self.services.reactor.callLater(timeout, self._cutOff)
        for session in list(self.sessions):
            session.shutDown()

    def _ended(self, _: None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _cutOff(self) -> None:
        for session in list(self.sessions):
            session.cutOff()


class ImplicitFactory(Factory):
    """
    Builds control connections that begin with TLS, for a listener of their own;
    they are sessions of another factory.
    """

    noisy = False

    def __init__(self, home: ControlFactory) -> None:
        """
        @param home: the factory whose services have TLS.
        """
        self._home = home

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        """
        Make one; without TLS there is nothing to say here.
        """
        if self._home.services.tls is None:
            return None
        return self._home.accept(addr, isImplicit=True)


class Refusal(Protocol):
    """
    A connection that is closed with a word.  It costs as little as can be, for
    there may be a crowd of them.
    """

    transport: Transport

    def __init__(self, clock: IReactorTime, reply: Reply) -> None:
        self._clock = clock
        self._reply = reply
        self._cut: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """
        Say why, and close.
        """
        takeTurns(self.transport)
        # Who does not take it in holds a descriptor, as little as that is.
        self._cut = self._clock.callLater(_LINGER, self.transport.abortConnection)
        self.transport.write(self._reply.encode())
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is closed.
        """
        if self._cut is not None and self._cut.active():
            self._cut.cancel()


class Session(ControlProtocol):
    """
    A control connection that its factory knows while it is open.

    @ivar place: what it was admitted to.
    """

    place: IPlace | None = None
    _refusal: Refusal | None = None
    _isIn = False

    def __init__(self, factory: ControlFactory, peer: Address, isImplicit: bool) -> None:
        super().__init__(factory.services, next(_numbers), peer, isImplicit=isImplicit)
        self._home = factory

    def connectionMade(self) -> None:
        """
        It is open; where somebody else decides who comes in, it waits unheard.
        """
        takeTurns(self.transport)
        if self.place is None or self.place.granted is None:
            self._enter()
        else:
            self.transport.pauseProducing()
            self.place.granted.addCallbacks(self._granted, self._refused)

    def _enter(self) -> None:
        self._isIn = True
        self._home.sessions.add(self)
        super().connectionMade()

    def _granted(self, number: int) -> None:
        if self._home.isEnding:
            self._refuse(ServiceClosing("The service stops, goodbye"))
            return
        self._number = number
        self._enter()
        if not self._isOver:
            self.transport.resumeProducing()

    def _refused(self, failure: Failure) -> None:
        failure.trap(ServiceClosing)
        self._refuse(cast(ServiceClosing, failure.value))

    def _refuse(self, error: ServiceClosing) -> None:
        self._refusal = Refusal(self._home.services.reactor, error.reply())
        self._refusal.makeConnection(self.transport)  # type: ignore[no-untyped-call]

    def dismiss(self, why: str) -> None:
        """
        Send the client away, unless it is on its way out already.
        """
        if self._isIn:
            super().dismiss(why)

    def _changed(self) -> None:
        super()._changed()
        if self.place is not None:
            (self.place.keep if self._login is not None else self.place.release)()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is closed.
        """
        if self._isIn:
            super().connectionLost(reason)
            self._home.remove(self)
        elif self._refusal is not None:
            self._refusal.connectionLost(reason)
        if self.place is not None:
            self.place.leave()
            self.place = None
