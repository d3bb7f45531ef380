"""
Listening sockets that another process has opened.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory


def letGo(reactor: Any, port: Any) -> None:
    """
    Take the socket away from a listening port that will be closed: Twisted shuts
    sockets down, and that would be so for all processes that have this one.
    """
    reactor.removeReader(port)
    with socket.socket() as other:
        os.dup2(other.fileno(), port.fileno(), inheritable=False)


class Adopting:
    """
    A reactor for endpoints, each of which listens once: in their order they get
    the sockets that there are.  So whatever an endpoint puts between socket and
    factory is there in every process.
    """

    def __init__(self, reactor: Any, first: int, families: Sequence[int]) -> None:
        """
        @param first: the descriptor of the first; the others follow.
        """
        self._reactor = reactor
        self._sockets = iter(list(enumerate(families, first)))

    def listenTCP(
        self, port: int, factory: Factory, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """
        Adopt the next one.
        """
        descriptor, family = next(self._sockets)
        adopted: IListeningPort = self._reactor.adoptStreamPort(descriptor, family, factory)
        # The reactor has a copy, and nothing shall listen when that is closed.
        os.close(descriptor)
        return adopted

    def adoptStreamPort(self, fileno: int, family: int, factory: Factory) -> IListeningPort:
        """
        Likewise: the number was one in the other process.
        """
        return self.listenTCP(0, factory)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)
