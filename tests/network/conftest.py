"""
Networks to test in, of this machine's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.place import WRITER
from tests.end_to_end.process import Server
from tests.network.net import Host, Network, whyNot
from tests.network.places import MASQUERADE, Home, Lan, Site

Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def possible() -> None:
    """
    What every network needs: without it, tests are skipped.
    """
    if reason := whyNot():
        pytest.skip(f"no network of our own: {reason}")


@pytest.fixture
def network(possible: None) -> Iterator[Network]:
    """
    An empty network; what a test puts into it is gone after it.
    """
    with Network() as made:
        yield made


@pytest.fixture
def lan(network: Network) -> Lan:
    """
    A server and a client on one switch.
    """
    return Lan.make(network)


@pytest.fixture
def home(lan: Lan) -> Home:
    """
    Three clients behind a router.
    """
    return Home.make(lan)


@pytest.fixture(scope="session")
def built(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """
    What L{site} is, built once.
    """
    with Network() as network, serving(tmp_path_factory.mktemp("site")) as serve:
        lan = Lan.make(network)
        # Of both protocols: what is IPv4 arrives as IPv4 inside IPv6.
        yield Site(lan, Home.make(lan), serve(lan.server, "--listen=tcp6:21", "--listen=tcp6:990"))


@pytest.fixture
def site(built: Site) -> Iterator[Site]:
    """
    A server as it is by default, a client beside it, and others behind a router.
    Every test finds it the same, without any firewall.
    """
    try:
        yield built
    finally:
        built.lan.client.firewall("flush ruleset")
        built.home.router.firewall("flush ruleset" + MASQUERADE)


@pytest.fixture
def serve(network: Network, tmp_path: Path) -> Iterator[Serve]:
    """
    See L{serving}.
    """
    with serving(tmp_path) as start:
        yield start


@contextmanager
def serving(folder: Path) -> Iterator[Serve]:
    """
    Give a function that starts a server on a host, on port 21 of all its IPv4
    addresses unless the options say otherwise, and waits until it serves a
    folder that holds a short file, C{old}.  Guests may read it, a user may write.

    Each one is stopped at the end of the block, and must end well.

    @param folder: where their folders will be.
    """
    started: list[tuple[Host, Server]] = []

    def start(host: Host, *options: str) -> Server:
        root = folder / host.name
        root.mkdir()
        (root / "old").write_bytes(b"what was there")
        listen = [] if any("--listen" in each for each in options) else ["--listen=tcp:21"]
        options = (WRITER, "--anonymous", *listen, *options)
        # The port is a door for the fixture alone, on the loopback addresses.
        server = Server(root, options, port=2121, prefix=host.prefix)
        started.append((host, server))
        return server.ready()

    try:
        yield start
        for host, server in started:
            with host.inside():
                server.stop()
    finally:
        for _, server in started:
            server.kill()
