"""
Makes one conversation per control connection, and knows all that are open.
"""

from __future__ import annotations

from itertools import count

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from ftpactive.net.protocol import ControlProtocol
from ftpactive.net.services import Services

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
        self.sessions: set[ControlProtocol] = set()
        self._farewell: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol | None:
        """
        Make one.  Where there is no IP there is no FTP, whose commands name
        IP addresses: such a client is turned away.
        """
        return _Listed(self) if isinstance(addr, (IPv4Address, IPv6Address)) else None

    def remove(self, session: ControlProtocol) -> None:
        """
        A session ended.
        """
        self.sessions.discard(session)
        if not self.sessions and self._farewell is not None:
            farewell, self._farewell = self._farewell, None
            farewell.callback(None)

    def end(self, timeout: float) -> Deferred[None]:
        """
        Tell every session 421 and close it.

        @param timeout: seconds for the clients to take that in; then they are
            cut off.
        @return: fires when all are closed.
        """
        if not self.sessions:
            return succeed(None)
        farewell = self._farewell = Deferred()
        timer = self.services.reactor.callLater(timeout, self._cutOff)
        for session in list(self.sessions):
            session.shutDown()
        farewell.addCallback(lambda _: timer.cancel() if timer.active() else None)
        return farewell

    def _cutOff(self) -> None:
        for session in list(self.sessions):
            session.cutOff()


class _Listed(ControlProtocol):
    """
    A control connection that its factory knows while it is open.
    """

    def __init__(self, factory: ControlFactory) -> None:
        super().__init__(factory.services, next(_numbers))
        self._home = factory

    def connectionMade(self) -> None:
        """
        It is open.
        """
        self._home.sessions.add(self)
        super().connectionMade()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is closed.
        """
        super().connectionLost(reason)
        self._home.remove(self)
