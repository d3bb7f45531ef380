"""
An FTP service of several processes: this one has the listeners, the limits, the
port broker and the log; the others serve.
"""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamServerEndpoint

from ftpactive.daemon import FTPDaemon
from ftpactive.service import CannotServe, FTPFactory
from ftpactive.workers.adopting import letGo
from ftpactive.workers.group import Group
from ftpactive.workers.state import SharedState


class GroupDaemon(FTPDaemon):
    """
    Listens and does not accept.  It never talks to a client.
    """

    def __init__(
        self,
        factory: FTPFactory,
        endpoints: Sequence[IStreamServerEndpoint],
        user: str = "",
        implicit: Sequence[IStreamServerEndpoint] = (),
        stopTimeout: float = 0,
        *,
        reload: Any,
        group: Group,
        state: SharedState,
    ) -> None:
        """
        @param group: the others.
        @param state: what they keep together.
        """
        super().__init__(
            factory, endpoints, user, implicit, stopTimeout, reload=reload, settle=state.open
        )
        self._group = group
        self._state = state

    def shed(self) -> None:
        """
        See L{FTPDaemon.shed}.  With a user of their own, the workers become that
        one when they have read their modules; who would replace one of them
        may not be able to, if that was so here.
        """
        if not self._user:
            super().shed()
            return
        try:
            user = pwd.getpwnam(self._user)
        except KeyError as error:
            raise CannotServe(f"activeftp: cannot become user {self._user}: {error}") from None
        if os.geteuid() not in (0, user.pw_uid):
            words = os.strerror(errno.EPERM)
            raise CannotServe(f"activeftp: cannot become user {self._user}: {words}")
        self._settle()

    def listen(self) -> None:
        """
        See L{FTPDaemon.listen}.
        """
        super().listen()
        # The reactor has not looked at them yet.
        for port in self._ports:
            self._reactor.removeReader(port)

    @property
    def _reactor(self) -> Any:
        return self.factory.services.reactor

    def startService(self) -> None:
        """
        See L{FTPDaemon.startService}.
        """
        super().startService()
        self._reactor.callWhenRunning(self._start)

    def _start(self) -> None:
        ports: list[Any] = self._ports
        listeners = [(port.fileno(), port.addressFamily) for port in ports]
        self._group.start(listeners, self._state.folder)

    def stopService(self) -> Deferred[object]:
        """
        See L{FTPDaemon.stopService}.
        """
        for port in self._ports:
            letGo(self._reactor, port)
        return super().stopService()

    def endSessions(self) -> Deferred[None]:
        """
        See L{FTPDaemon.endSessions}: they are the workers'.
        """
        return self._group.stop(self.stopTimeout + self.FAREWELL)
