"""
A server of ours on a real port, in the reactor of this process, whose client is
in a thread.
"""

from __future__ import annotations

import ftplib
import io
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_twisted import blockon  # type: ignore[import-untyped]
from twisted.internet import reactor

from ftpactive.core.protection import Protection
from ftpactive.core.settings import Settings
from tests.end_to_end.process import freePort
from tests.net.played import Server

#: More than the kernel takes in for a client that does not read.
BIG = os.urandom(1 << 20) * 16


class Site:
    """
    A server on a real port.
    """

    def __init__(self, interface: str, settings: Settings, tls: Protection | None) -> None:
        self.tree: dict[str, Any] = {"big": BIG, "a": b"hello"}
        self.server = Server(self.tree, settings, reactor=reactor, tls=tls)
        listenTCP: Any = reactor.listenTCP
        self.port = listenTCP(freePort(), self.server.factory, interface=interface)

    def client(self, host: str = "127.0.0.1") -> ftplib.FTP:
        """
        Connect and log in; to be called in a thread.
        """
        client = ftplib.FTP(timeout=20)
        client.connect(host, self.port.getHost().port)
        client.login("alice", "secret")
        client.voidcmd("TYPE I")
        return client

    def close(self) -> None:
        """
        Stop listening, and end who is still there.
        """
        blockon(self.port.stopListening())
        blockon(self.server.factory.end(0.5))


MakeSite = Callable[..., Site]


@pytest.fixture
def makeSite() -> Iterator[MakeSite]:
    """
    A function that makes a server, given the interface and settings.
    """
    sites: list[Site] = []

    def make(interface: str = "127.0.0.1", tls: Protection | None = None, **settings: Any) -> Site:
        sites.append(Site(interface, Settings(**settings), tls))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def download(client: ftplib.FTP, name: str) -> bytes:
    """
    Fetch a file.
    """
    data = io.BytesIO()
    client.retrbinary(f"RETR {name}", data.write)
    return data.getvalue()


def readAll(connection: socket.socket) -> bytes:
    """
    Read a data connection to its end.
    """
    with connection.makefile("rb") as file:
        return file.read()
