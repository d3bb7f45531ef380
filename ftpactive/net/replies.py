"""
The way out of a control connection: to the socket at once, where nothing waits
before it.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer
from twisted.internet.tcp import Connection

from ftpactive.net.reactors import Transport

#: Bytes that are held back at most, to leave together with those behind them.
_HELD = 16 * 1024


class Replies:
    """
    Sends replies.

    A transport's C{write} lets the reactor send in its next turn, which costs
    several calls of the kernel where most replies need one.  So replies are
    given to the socket itself for as long as it takes all of them.  Once it
    did not, or something stands between, such as TLS, all that follows goes
    through the transport: only so does everything keep its order.

    @ivar isHolding: is what is written kept until L{flush}, so that it leaves at
        once?  In the same turn of the reactor, that is.
    """

    __slots__ = ("_held", "_producer", "_raw", "_send", "isHolding")

    def __init__(self, transport: Transport, producer: IPushProducer | None = None) -> None:
        """
        @param transport: nothing has been written to it.
        @param producer: is registered with the transport as soon as something is
            left to that, which few sessions come to.
        """
        self._producer = producer
        self._raw = transport
        self._send: Callable[[bytes, int], int] | None = None
        if isinstance(transport, Connection):
            self._send = transport.getHandle().send
        self._held = b""
        self.isHolding = False

    def write(self, transport: Transport, data: bytes, flags: int = 0) -> None:
        """
        Send bytes.

        @param transport: the protocol's transport of now.
        @param flags: for the kernel: see L{flush}.
        """
        if transport is not self._raw or self._send is None:
            self._leave(transport, data)
            return
        if self.isHolding:
            self._held += data
            if len(self._held) <= _HELD:
                return
            data, self._held = self._held, b""
        try:
            sent = self._send(data, flags)
        except OSError:
            # It is full, or broken: the transport will find out which.
            sent = 0
        if sent < len(data):
            self._leave(transport, data[sent:])

    def _leave(self, transport: Transport, data: bytes) -> None:
        self._send = None
        self.register(transport)
        transport.write(data)

    def register(self, transport: Transport) -> None:
        """
        Have the producer told when the client does not read, from now on.
        """
        if self._producer is not None:
            producer, self._producer = self._producer, None
            transport.registerProducer(producer, True)

    def letGo(self) -> None:
        """
        There is nobody left to be told: the producer, who holds on to us, is freed.
        """
        self._producer = None

    def isSent(self, transport: Transport) -> bool:
        """
        Has the kernel all there is, so that the transport has nothing to send?

        @param transport: the protocol's transport of now.
        """
        return self._send is not None and transport is self._raw and not self._held

    def flush(self, flags: int = 0) -> None:
        """
        Send what is held, and hold nothing more: nobody may close the connection,
        or begin TLS, before that.

        @param flags: for the kernel.  With C{MSG_MORE} it keeps the last bytes
            until more comes, which may be the end of the connection.
        """
        self.isHolding = False
        if self._held:
            held, self._held = self._held, b""
            self.write(self._raw, held, flags)
