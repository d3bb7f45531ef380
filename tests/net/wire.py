"""
A connection that has a socket and no reactor.
"""

from __future__ import annotations

import socket

import pytest
from twisted.internet.tcp import Connection


class Wire(Connection):
    """
    A transport with a real socket, that only notes what is written to it.

    @ivar theirs: the client's socket.
    @ivar registered: the producers.
    """

    def __init__(self, *ends: socket.socket) -> None:
        self.socket, self.theirs = ends or socket.socketpair()
        self.registered: list[tuple[object, int]] = []
        self.socket.setblocking(False)
        self.theirs.settimeout(1)
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """
        Note it.
        """
        self.written.append(data)

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """
        Note it, and how often it was written to before.
        """
        self.registered.append((producer, len(self.written)))

    def came(self) -> bytes:
        """
        Give what the client has received.
        """
        self.theirs.setblocking(False)
        try:
            return self.theirs.recv(1 << 20)
        except BlockingIOError:
            return b""

    def fill(self) -> None:
        """
        Let the socket be full.
        """
        with pytest.raises(BlockingIOError):
            while True:
                self.socket.send(bytes(4096))
