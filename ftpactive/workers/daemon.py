"""
An FTP service of several processes: this one has the listeners, the limits, the
port broker and the log; the others serve.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.logger import Logger
from twisted.python.util import runAsEffectiveUser

import twisted
from ftpactive.daemon import FTPDaemon
from ftpactive.service import FTPFactory
from ftpactive.workers.adopting import letGo
from ftpactive.workers.group import Group
from ftpactive.workers.state import SharedState

_log = Logger(namespace="ftpactive")


def _read(path: str) -> None:
    with open(path, "rb"):
        pass


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
        See L{FTPDaemon.shed}.  Workers begin afterwards.  Where the user could
        not run them, this process stays who it is, and they become the user
        when they have read their modules.
        """
        unreadable = self._unreadable()
        if not unreadable:
            super().shed()
            return
        _log.warn(
            "Warning: this process stays root, since user {user} may not read {path} and"
            " could not begin workers",
            user=self._user,
            path=unreadable,
        )
        self._settle()

    def _unreadable(self) -> str:
        # Gives what of the program the user may not read; nothing is fine.
        try:
            user = pwd.getpwnam(self._user)
        except KeyError:
            # There is no such user, which will be said.
            return ""
        if os.geteuid() != 0 or user.pw_uid == 0:
            return ""
        for path in (sys.executable, os.__file__, twisted.__file__, __file__):
            try:
                runAsEffectiveUser(user.pw_uid, user.pw_gid, _read, path)
            except OSError:
                return path
        return ""

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
