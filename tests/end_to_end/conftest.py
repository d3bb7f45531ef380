"""
A server to talk to, in a process of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from tests.end_to_end.client import Account, Client
from tests.end_to_end.clients import CLIENTS, ON_BOTH_REACTORS
from tests.end_to_end.missing import missing
from tests.end_to_end.place import PASSWORD, REACTORS, USER, WRITER, Place
from tests.end_to_end.process import Server
from tests.end_to_end.program import Program

StartServer = Callable[..., Server]


@pytest.fixture
def server(tmp_path: Path, reactor: str) -> Iterator[StartServer]:
    """
    A function that starts a server with the given options and waits until it
    serves.  Each one is stopped after the test, and must end well.
    """
    root = tmp_path / "root"
    root.mkdir()
    started: list[Server] = []

    def start(*options: str, port: int = 0, prefix: Sequence[str] = ()) -> Server:
        daemon = [f"--reactor={reactor}"]
        started.append(Server(root, options, port=port, prefix=prefix, daemon=daemon))
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
def sharedServers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """
    One server for each reactor, as far as a test has asked for it.
    """
    started: dict[str, Server] = {}
    try:
        yield started
        for each in started.values():
            each.stop()
    finally:
        for each in started.values():
            each.kill()


@pytest.fixture
def sharedServer(
    sharedServers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory, reactor: str
) -> Server:
    """
    One server for all tests that leave it as it was; its user may write.
    """
    if reactor not in sharedServers:
        root, daemon = tmp_path_factory.mktemp("shared"), [f"--reactor={reactor}"]
        sharedServers[reactor] = Server(root, [WRITER, "--anonymous"], daemon=daemon)
        sharedServers[reactor].ready()
    return sharedServers[reactor]


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


@pytest.fixture(scope="session", autouse=True)
def programs() -> Iterator[None]:
    """
    The programs that drive libraries end with the tests.
    """
    yield
    Program.endAll()


@pytest.fixture
def client(request: pytest.FixtureRequest, sharedServer: Server) -> Client:
    """
    A client, an address that it calls, and a way round that data goes: one
    after the other, all that there are.
    """
    kind, host, isActive = request.param
    made: Client = kind(Account(host, sharedServer.port, USER, PASSWORD, isActive))
    return made


def pytest_configure(config: pytest.Config) -> None:
    """
    Declare the marks of tests that want a client.
    """
    config.addinivalue_line("markers", "everyWay: active and passive, IPv4 and IPv6 all differ")
    config.addinivalue_line("markers", "needs(ability, ...): what the client must be able to do")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """
    Run a test that wants a client with each one that is able to do it; in every
    way there is, then also on both reactors with some of them, or in the two
    ways that differ most.
    """
    if "client" in metafunc.fixturenames:
        marks = {mark.name: mark.args for mark in metafunc.definition.iter_markers()}
        isEvery = "everyWay" in marks
        made: list[object] = []
        for kind in CLIENTS:
            for reactor in REACTORS if isEvery and kind in ON_BOTH_REACTORS else REACTORS[:1]:
                ways = _waysOf(kind, reactor, *marks.get("needs", ()))
                made += ways if isEvery else ways[:1] + ways[1:][-1:]
        metafunc.parametrize(("client", "reactor"), made, indirect=True)


def _waysOf(kind: type[Client], reactor: str, *needed: str) -> list[object]:
    ways: list[object] = []
    for host, isActive in product(("127.0.0.1", "::1"), (True, False)):
        names = ("IPv6" if ":" in host else "IPv4", "active" if isActive else "passive")
        if kind.isAble(*needed, *names):
            others = [reactor] * (reactor != REACTORS[0])
            name = "-".join((kind.__name__.lower(), *names, *others))
            ways.append(pytest.param((kind, host, isActive), reactor, id=name))
    return ways


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """
    Say at the very end which clients nobody could try here.
    """
    yield
    if lacking := missing():
        terminalreporter.section("clients that this machine cannot have")
        for program, reason in lacking.items():
            terminalreporter.line(f"{program}: {reason}")
