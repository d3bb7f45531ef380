"""
A client on some host of a network, that says exactly what a test tells it to.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any, cast

from tests.end_to_end.process import PATIENCE
from tests.end_to_end.rawclient import RawClient
from tests.network.net import Host


@dataclass(frozen=True)
class _Door:
    """
    As much of a server as one needs to know to call it.
    """

    port: int


class Caller(RawClient):
    """
    A control connection from a host, and its data connections from and to there.
    """

    def __init__(self, home: Host, host: str, port: int = 21) -> None:
        """
        @param home: where it calls from.
        @param host: whom it calls.
        """
        self.home = home
        with home.inside():
            super().__init__(cast(Any, _Door(port)), host)

    def __enter__(self) -> Caller:
        """
        See L{RawClient.__enter__}.
        """
        return self

    def login(self, name: str = "anonymous", password: str = "guest@") -> Caller:
        """
        See L{RawClient.login}.
        """
        super().login(name, password)
        return self

    @property
    def port(self) -> int:
        """
        Give our port of the control connection.
        """
        return int(self.control.getsockname()[1])

    def bound(self, port: int = 0, *, room: int = 0) -> socket.socket:
        """
        Take a port of the address that the server sees us call from, where
        C{listen()} will be heard.

        @param room: as for L{connect}.
        """
        with self.home.inside():
            made = socket.socket(self.control.family)
        self._sockets.append(made)
        made.settimeout(PATIENCE)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if room:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        host, _, *scope = self.control.getsockname()
        made.bind((host, port, *scope))
        return made

    def listen(self, *, room: int = 0, port: int = 0) -> socket.socket:
        """
        Listen for active data connections, and tell the server where.

        @param room: as for L{connect}.
        @param port: where; on any without it.  One below 32768 the kernel has
            not given to another connection, which would keep us from it.
        """
        made = self.bound(port, room=room)
        made.listen()
        self.expect(200, naming(made))
        return made

    def fetching(self, name: str, listener: socket.socket) -> socket.socket:
        """
        Begin a download in active mode.

        @param listener: what L{listen} gave.
        @return: its data connection.
        """
        self.send(f"RETR {name}")
        data = self.accept(listener)
        opening = self.reply()
        assert opening.startswith("150 "), opening
        return data

    def connect(
        self, address: tuple[str, int], *, source: str = "", room: int = 0
    ) -> socket.socket:
        """
        Open a passive data connection.  See L{RawClient.connect}.
        """
        with self.home.inside():
            return super().connect(address, source=source, room=room)


def naming(bound: socket.socket) -> str:
    """
    Give the command that names a socket's address to the server.
    """
    host, port, *_ = bound.getsockname()
    if bound.family == socket.AF_INET6:
        # Nobody else knows the zone, which is the name of our interface.
        return f"EPRT |2|{host.partition('%')[0]}|{port}|"
    return f"PORT {host.replace('.', ',')},{port // 256},{port % 256}"
