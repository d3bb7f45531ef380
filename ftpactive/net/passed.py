"""
What a layer over a socket leaves to the socket.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IConsumer, IPushProducer, ITransport
from zope.interface import implementer


@implementer(ITransport, IConsumer, IPushProducer)
class Passed:
    """
    A transport over a socket's.  Who is registered as producer is the socket's:
    it is told to wait when the socket cannot take any more.
    """

    def __init__(self, raw: Any) -> None:
        """
        @param raw: the socket's transport.
        """
        self._raw = raw

    def write(self, data: bytes) -> None:
        """
        Send bytes.
        """
        self._raw.write(data)

    def writeSequence(self, data: Any) -> None:
        """
        Send bytes.
        """
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """
        Close when all has left.
        """
        self._raw.loseConnection()

    def abortConnection(self) -> None:
        """
        Close at once.
        """
        self._raw.abortConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        See C{IConsumer}.
        """
        self._raw.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """
        See C{IConsumer}.
        """
        self._raw.unregisterProducer()

    def pauseProducing(self) -> None:
        """
        Read nothing more from the socket.
        """
        self._raw.pauseProducing()

    def resumeProducing(self) -> None:
        """
        Read on.
        """
        self._raw.resumeProducing()

    def stopProducing(self) -> None:
        """
        Read never again.
        """
        self._raw.stopProducing()

    def getHost(self) -> IAddress:
        """
        Give our end.
        """
        return self._raw.getHost()  # type: ignore[no-any-return]

    def getPeer(self) -> IAddress:
        """
        Give the client's end.
        """
        return self._raw.getPeer()  # type: ignore[no-any-return]
