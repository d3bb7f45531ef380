"""
How a control connection ends.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from ftpactive.core.control import ControlChannel
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.events import Disconnected, Event
from ftpactive.net.reactors import Transport
from ftpactive.net.reasons import HandshakeFailed
from ftpactive.net.replies import Replies
from ftpactive.net.services import Services

#: Seconds for the last reply to leave before the connection is cut.
_LINGER = 10

#: More is to come; not every system can be told.
_MORE = getattr(socket, "MSG_MORE", 0)


class Ending(Protocol):
    """
    A control connection, as far as its end goes: whoever ends it, the last
    reply leaves before it closes, and all that it held is let go of once.
    """

    transport: Transport
    _control: ControlChannel
    _replies: Replies
    _hears: Callable[[type[Event]], bool]
    _services: Services
    _isOver: bool
    #: Is it to be closed after what is being done?
    _isLast: bool
    _why = "the client left"
    _linger: IDelayedCall | None = None

    @property
    def _who(self) -> tuple[int, str, str]:
        """
        Give what every event begins with.
        """
        raise NotImplementedError

    def _end(self) -> None:
        """
        Let go of everything; called once.
        """
        raise NotImplementedError

    def _tell(self, event: Event) -> None:
        self._services.events.emit(event)

    def dismiss(self, why: str) -> None:
        """
        Send the client away: 421 needs no command, RFC 959 section 5.4.
        """
        if not self._isOver:
            goodbye = ServiceClosing(f"{why}, goodbye").reply()
            self._replies.isHolding = True
            self._replies.write(self.transport, self._control.close(goodbye))
            self._close(why)

    @property
    def hasSentAll(self) -> bool:
        """
        Has the kernel all that was to be sent until now?
        """
        return self._replies.isSent(self.transport)

    def hearBackUp(self) -> None:
        """
        Be told when the client does not read, though no reply has come to that:
        TLS answers by itself.
        """
        self._replies.register(self.transport)

    def _close(self, why: str) -> None:
        """
        Close once the last reply has left, or after a while without that.
        """
        self._isOver = True
        self._why = why
        transport: Any = self.transport
        # What has not left goes with the end: the client is woken once.
        self._replies.flush(_MORE)
        self._end()
        if self._replies.isSent(transport):
            # The reactor would find in its next turn that there is nothing to
            # write, and do just this.
            transport.connectionLost(connectionDone)
        else:
            transport.unregisterProducer()
            transport.loseConnection()
            self._linger = self._services.reactor.callLater(_LINGER, transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The client is gone, and its data connection and login with it.
        """
        if isinstance(reason.value, HandshakeFailed):
            self._why = f"TLS handshake failed: {reason.value.args[0]}"
        if self._hears(Disconnected):
            self._tell(Disconnected(*self._who, reason=self._why))
        if self._isOver:
            if self._linger is not None and self._linger.active():
                self._linger.cancel()
            return
        self._isOver = True
        self._end()

    def finish(self) -> None:
        """
        The service stops; what is being done may be finished.
        """
        self._isLast = True
        if self._control.isIdle:
            self.shutDown()

    def shutDown(self) -> None:
        """
        The service stops.
        """
        self.dismiss("The service stops")

    def cutOff(self) -> None:
        """
        Close now, whatever has not been sent.
        """
        self.transport.abortConnection()
