"""
The bounce attack, RFC 2577 section 3: a client that has the server talk to
somebody else.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]

VICTIM = "127.0.0.9"


@pytest.fixture
def victim() -> Iterator[socket.socket]:
    """
    Somebody who listens, on an address that is not the client's.
    """
    with socket.create_server((VICTIM, 0)) as listener:
        listener.setblocking(False)
        yield listener


def commands(host: str, port: int) -> list[str]:
    """
    Give the ways to name an address.
    """
    numbers = ",".join([*host.split("."), str(port >> 8), str(port & 255)])
    family = "4,4," + numbers[: numbers.rindex(",", 0, numbers.rindex(","))]
    return [
        f"PORT {numbers}",
        f"EPRT |1|{host}|{port}|",
        f"EPRT |2|::ffff:{host}|{port}|",
        f"LPRT {family},2,{port >> 8},{port & 255}",
    ]


def test_anotherHost(server: StartServer, victim: socket.socket) -> None:
    """
    Whichever command names it, it is refused, and nothing is connected: not at
    once, and not by the transfer that follows.
    """
    started = server("--no-default-connection")
    (started.root / "mail").write_bytes(b"HELO x\r\nMAIL FROM:<x>\r\n")
    with RawClient(started).login() as client:
        for command in commands(VICTIM, victim.getsockname()[1]):
            reply = client.ask(command)
            assert reply[:3] in ("504", "501"), f"{command}: {reply}"
            client.expect(425, "RETR mail")
    with pytest.raises(BlockingIOError):
        victim.accept()


@pytest.mark.parametrize("port", [25, 80, 1023, 0])
def test_lowPorts(server: StartServer, port: int) -> None:
    """
    Not even on the client's own address: services live there.
    """
    with RawClient(server("--no-default-connection")).login() as client:
        for command in commands("127.0.0.1", port):
            assert client.ask(command)[:3] in ("504", "501")
        client.expect(425, "LIST")


def test_scan(server: StartServer, victim: socket.socket) -> None:
    """
    The words of the refusal do not tell whether anybody listens there.
    """
    host, port = victim.getsockname()
    with RawClient(server()).login() as client:
        open, closed = (client.ask(f"EPRT |1|{host}|{each}|") for each in (port, port ^ 1))
        assert open.replace(str(port), "") == closed.replace(str(port ^ 1), "")


def test_afterwards(server: StartServer) -> None:
    """
    The client's own address still works.
    """
    started = server()
    (started.root / "file").write_bytes(b"contents")
    with RawClient(started).login() as client:
        client.ask(f"EPRT |1|{VICTIM}|2000|")
        assert client.fetch("file", isActive=True) == b"contents"
