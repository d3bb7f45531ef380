"""
An FTP service that has a process to itself.
"""

from __future__ import annotations

import signal
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ftpactive.service import FTPService

_log = Logger(namespace="ftpactive")


class FTPDaemon(FTPService):
    """
    An FTP service that answers for the signals of its process: C{SIGHUP} would
    end it at once, in the middle of uploads, and says at most that a terminal
    was closed or that a configuration has changed.
    """

    _before: Any = None

    def startService(self) -> None:
        """
        See L{FTPService.startService}.
        """
        super().startService()
        # Who was started with nohup knows it already.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGHUP, self._hungUp)

    def stopService(self) -> Deferred[object]:
        """
        See L{FTPService.stopService}.
        """
        if self._before is not None:
            signal.signal(signal.SIGHUP, self._before)
            self._before = None
        return super().stopService()

    def _hungUp(self, *signalAndFrame: object) -> None:
        # A signal comes in the middle of anything, of a log line as well.
        reactor: Any = self.factory.services.reactor
        reactor.callFromThread(_log.info, "SIGHUP: options are read at the start only; going on")
