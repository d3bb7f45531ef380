"""
A server to talk to, in a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.end_to_end.client import Account
from tests.end_to_end.place import PASSWORD, USER, WRITER, Place
from tests.end_to_end.process import Server

StartServer = Callable[..., Server]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StartServer]:
    """
    A function that starts a server with the given options and waits until it
    serves.  Each one is stopped after the test, and must end well.
    """
    root = tmp_path / "root"
    root.mkdir()
    started: list[Server] = []

    def start(*options: str, port: int = 0, prefix: Sequence[str] = ()) -> Server:
        started.append(Server(root, options, port=port, prefix=prefix))
        return started[-1].ready()

    try:
        yield start
        for each in started:
            if each.process.poll() is None:
                each.stop()
    finally:
        for each in started:
            each.kill()


@pytest.fixture(scope="session")
def sharedServer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """
    One server for all tests that leave it as it was; its user may write.
    """
    started = Server(tmp_path_factory.mktemp("shared"), [WRITER, "--anonymous"])
    try:
        yield started.ready()
        started.stop()
    finally:
        started.kill()


@pytest.fixture(params=["127.0.0.1", "::1"], ids=["IPv4", "IPv6"])
def host(request: pytest.FixtureRequest) -> str:
    """
    The address to call.
    """
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["active", "passive"])
def account(request: pytest.FixtureRequest, host: str, sharedServer: Server) -> Account:
    """
    Whom to call, and which way round data goes.
    """
    return Account(host, sharedServer.port, USER, PASSWORD, isActive=request.param)


@pytest.fixture
def folder(sharedServer: Server) -> Path:
    """
    A folder on the server's disk, for this test alone.  Its name is also what
    a client calls it.
    """
    return Path(tempfile.mkdtemp(dir=sharedServer.root))


@pytest.fixture
def place(sharedServer: Server, folder: Path) -> Place:
    """
    A folder with a big file and an old one.
    """
    return Place.make(sharedServer, folder)
