"""
What the process of a worker does.
"""

from __future__ import annotations

import gc
import os
import pwd
import signal
import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.internet.task import deferLater
from twisted.logger import globalLogBeginner

from ftpactive.config.assembly import Assembly, endpointsOf, finder
from ftpactive.service import FTPService
from ftpactive.workers.adopting import Adopting, letGo
from ftpactive.workers.distant import DistantGuard
from ftpactive.workers.line import LONGEST_ORDER, Line
from ftpactive.workers.package import Package
from ftpactive.workers.parent import Parent
from ftpactive.workers.purse import Purse
from ftpactive.workers.relay import Relay
from ftpactive.workers.worker import FROM_PARENT, LISTENERS, TO_BROKER, TO_PARENT

#: Seconds for the last messages to leave.
_LAST_WORDS = 0.05


class _Service(FTPService):
    """
    A service that may rest.
    """

    def shed(self) -> None:
        """
        See L{FTPService.shed}.
        """
        if self._user and pwd.getpwnam(self._user).pw_uid != os.getuid():
            self._become(self._user)

    def stopService(self) -> Deferred[object]:
        """
        See L{FTPService.stopService}.
        """
        for port in self._ports:
            letGo(self.factory.services.reactor, port)
        return super().stopService()

    def rest(self, isResting: bool) -> None:
        """
        Accept no connections for now, or accept them again.
        """
        reactor: Any = self.factory.services.reactor
        ports: list[Any] = self._ports
        for port in ports:
            (reactor.removeReader if isResting else reactor.addReader)(port)


class Served:
    """
    A service whose limits, listeners and log are another process's.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._line = Line(self._hear, self._lost, LONGEST_ORDER)
        self._parent = Parent(self._line.say, self._setBusy)
        self._purse = Purse(self._parent)
        self._service: _Service | None = None
        self._assembly: Assembly | None = None
        self._isStopping = self._isResting = self._isBusy = False
        #: Sends what is logged, and what happens.
        self.relay = Relay(reactor, self._parent.tell)
        self._events: Any = self.relay

    def begin(self) -> None:
        """
        Wait for the first word of the parent.
        """
        signal.signal(signal.SIGTERM, self._terminated)
        make: Any = StandardIO
        make(self._line, FROM_PARENT, TO_PARENT, self._reactor)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._finish)

    def _hear(self, kind: str, values: list[Any]) -> None:
        ways: dict[str, Callable[..., object]] = {
            "start": self._start,
            "change": self._change,
            "rest": self._rest,
            "wanted": self._purse.wanted,
            "stop": self._stop,
            "ping": lambda: self._parent.tell("pong"),
        }
        if kind in ways:
            ways[kind](*values)
        else:
            self._parent.hear(kind, values)

    def _start(
        self, package: str, families: list[int], brokered: list[int], state: str, number: int
    ) -> None:
        configuration = Package.unseal(package).opened()
        reactor = self._reactor
        self._assembly = Assembly(reactor, state, worker=number, alone=self._purse.token)
        guard = DistantGuard(
            self._parent, reactor, configuration.limits, finder(configuration.site)
        )
        factory = self._assembly.makeFactory(configuration, guard, self._events)
        if brokered:
            end = socket.socket(fileno=TO_BROKER)
            factory.connecting.join(end, brokered)
        endpoints, implicit = endpointsOf(Adopting(reactor, LISTENERS, families), configuration)
        self._service = _Service(
            factory,
            endpoints,
            configuration.user,
            implicit,
            stopTimeout=configuration.stopTimeout,
        )
        self._service.listen()
        self._accept()
        self._service.shed()
        # What another one with our number has left is put in order here.
        self._assembly.openState()
        self._parent.tell("serving")
        # As in L{FTPDaemon <ftpactive.daemon.FTPDaemon>}.
        gc.freeze()

    def _change(self, package: str) -> None:
        assert self._service is not None and self._assembly is not None
        self._assembly.change(self._service.factory, Package.unseal(package).opened())

    def _rest(self, isResting: bool) -> None:
        self._isResting = isResting
        self._accept()

    def _setBusy(self, isBusy: bool) -> None:
        # The parent counts whom it lets in, and before it has done so the other
        # workers should have their turn.
        self._isBusy = isBusy
        self._accept()

    def _accept(self) -> None:
        if self._service is not None:
            self._service.rest(self._isResting or self._isBusy)

    def _stop(self) -> None:
        if not self._isStopping:
            self._isStopping = True
            self._reactor.stop()

    def _lost(self) -> None:
        # The parent is dead: another one may want the listeners soon.
        self._parent.lost()
        self._stop()

    def _terminated(self, *signalAndFrame: object) -> None:
        self._reactor.callFromThread(self._stop)

    def _finish(self) -> Deferred[None]:
        self._isStopping = True
        return Deferred.fromCoroutine(self._end())

    async def _end(self) -> None:
        if self._service is not None:
            await self._service.stopService()
        self.relay.flush()
        # What was said leaves in a turn of the reactor.
        await deferLater(self._reactor, _LAST_WORDS)


def serve(reactor: Any) -> None:
    """
    Serve until the parent ends, or says so.
    """
    served = Served(reactor)
    globalLogBeginner.beginLoggingTo([served.relay])
    # These are for the parent, which tells us.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reactor.callWhenRunning(served.begin)
    reactor.run()
