"""
Connections that say nothing, or next to nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.attacks.processes import assertRecovers, assertServes, usual
from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.process import PATIENCE, Server
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]

MIB = 1024 * 1024


@contextmanager
def crowd(started: Server, count: int, says: bytes = b"") -> Iterator[list[socket.socket]]:
    """
    Connect so often, and say no more than this.
    """
    made: list[socket.socket] = []
    end = ("127.0.0.1", started.port), PATIENCE, ("127.0.0.2", 0)
    try:
        for _ in range(count):
            made.append(socket.create_connection(*end))
            # Faster than it greets, the kernel would make us wait a second.
            made[-1].recv(1, socket.MSG_PEEK)
            made[-1].sendall(says)
        yield made
    finally:
        for each in made:
            each.close()


@pytest.mark.parametrize("says", [b"", b"USER alice\r\n", b"US"], ids=["nothing", "USER", "half"])
def test_slowLoris(server: StartServer, says: bytes) -> None:
    """
    Five hundred logins that are half way do not keep somebody new out.
    """
    started = server()
    before = usual(started)
    with crowd(started, 500, says):
        assertServes(started)
    assertRecovers(started, before)


def test_fewDescriptors(server: StartServer) -> None:
    """
    Nor do they where there are descriptors for fewer: the silent ones make
    room, and those who are logged in stay.
    """
    started = server(prefix=["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"])
    with RawClient(started).login() as user, crowd(started, 500):
        for _ in range(20):
            assertServes(started)
        user.expect(200, "NOOP")
    assert "Too many open files" not in started.log


def test_thousand(server: StartServer) -> None:
    """
    A thousand of them cost little memory, and it does not grow with the next
    thousand.
    """
    started = server()
    before = started.residentBytes
    with crowd(started, 1000):
        assertServes(started)
        during = started.residentBytes
    assert during - before < 40 * MIB
    with crowd(started, 1000):
        assertServes(started)
        assert started.residentBytes - during < 10 * MIB


def test_refusedCrowd(server: StartServer) -> None:
    """
    A thousand who are refused leave two lines or so in the log, and nothing in
    the memory.
    """
    started = server("--max-per-address=1")
    with crowd(started, 1):
        before = started.residentBytes
        lines = len(started.lines)
        for _ in range(10):
            with crowd(started, 100) as refused:
                assert all(each.recv(100).startswith(b"421 ") for each in refused)
        with RawClient(started).login():
            pass
        assert started.residentBytes - before < 5 * MIB
        assert len(started.lines) - lines < 20


def test_end(server: StartServer) -> None:
    """
    Who does not log in is sent away in the end.
    """
    started = server("--login-timeout=0.5")
    with crowd(started, 50) as silent:
        for each in silent:
            said = b""
            while data := each.recv(1000):
                said += data
            assert b"\r\n421 No login" in said
