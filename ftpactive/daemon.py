"""
An FTP service that has a process to itself.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamServerEndpoint

from ftpactive.service import FTPFactory, FTPService


class FTPDaemon(FTPService):
    """
    An FTP service that answers for the signals of its process: C{SIGHUP} would
    end it at once, in the middle of uploads.  It says that a configuration has
    changed, or that a terminal was closed.
    """

    _before: Any = None

    def __init__(
        self,
        factory: FTPFactory,
        endpoints: Sequence[IStreamServerEndpoint],
        user: str = "",
        implicit: Sequence[IStreamServerEndpoint] = (),
        stopTimeout: float = 0,
        *,
        reload: Callable[[], None],
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param reload: called at each C{SIGHUP}.
        @param settle: see L{FTPService}.
        """
        super().__init__(factory, endpoints, user, implicit, stopTimeout, settle=settle)
        self._reload = reload

    def startService(self) -> None:
        """
        See L{FTPService.startService}.
        """
        # Who was started with nohup knows it already.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGHUP, self._hungUp)
        # Only now: the signal may come as soon as the log says that we serve.
        super().startService()
        # What there is now stays: Python need not look at it again and again for
        # what nobody uses any more.
        gc.freeze()

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
        reactor.callFromThread(self._reload)
