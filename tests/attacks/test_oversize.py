"""
Too much of everything: lines without an end, commands without a pause, long
names, long passwords, replies that nobody reads.
"""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from ftpactive.verbs.vocabulary import TABLE
from tests.attacks.processes import assertServes
from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.process import PATIENCE, Server
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]

MIB = 1024 * 1024

#: What the process may grow by, whatever a session says: allocators and caches.
SLACK = 12 * MIB


def flood(connection: socket.socket, data: bytes, most: int) -> int:
    """
    Send as much as the server takes, up to a limit.

    @return: how many bytes it took.
    """
    sent = 0
    connection.settimeout(1)
    with suppress(TimeoutError, ConnectionError):
        while sent < most:
            sent += connection.send(data)
    return sent


@pytest.mark.parametrize("hasLoggedIn", [False, True])
def test_lineWithoutEnd(server: StartServer, hasLoggedIn: bool) -> None:
    """
    Sixty-four MiB without a line end are read and dropped.
    """
    started = server()
    with RawClient(started) as client:
        if hasLoggedIn:
            client.login()
        before = started.residentBytes
        flood(client.control, b"x" * MIB, 64 * MIB)
        client.control.settimeout(PATIENCE)
        client.send("")
        assert client.reply().startswith("500 Line too long")
        assert started.residentBytes - before < SLACK
    assertServes(started)


@pytest.mark.parametrize("command", [b"HELP\r\n", b"\r\n", b"STAT /\r\n", b"FEAT\r\n"])
def test_repliesUnread(server: StartServer, command: bytes) -> None:
    """
    A client that asks and asks, and never reads, is not read from any more.
    """
    started = server()
    with RawClient(started).login() as client:
        before = started.residentBytes
        taken = flood(client.control, command * 4096, 256 * MIB)
        assert taken < 256 * MIB
        assert started.residentBytes - before < SLACK
        assertServes(started)


def test_longArguments(server: StartServer) -> None:
    """
    Every command survives an argument that is as long as a line may be, and one
    that is longer.
    """
    started = server()
    with RawClient(started).login() as client:
        before = started.residentBytes
        for name in sorted(set(TABLE) - {"QUIT", "REIN", "USER", "AUTH", "CCC"}):
            for length in (8192 - len(name) - 1, 9000, 100_000):
                reply = client.ask(f"{name} {'x' * length}")
                assert reply[:1] in "2345", name
        assert started.residentBytes - before < SLACK
    assertServes(started)


def test_longNames(server: StartServer) -> None:
    """
    Users and passwords of eight thousand letters are wrong, and no more; and
    nothing of the kind fills the log.
    """
    started = server("--auth=memory:alice:secret")
    with RawClient(started) as client:
        client.expect(331, f"USER {'u' * 8000}")
        client.expect(530, f"PASS {'p' * 8000}")
    started.wait("disconnected")
    assert max(map(len, started.lines)) < 2000


def test_telnet(server: StartServer) -> None:
    """
    Options of Telnet that are asked for without end are refused as long as the
    client reads.
    """
    started = server()
    with RawClient(started).login() as client:
        before = started.residentBytes
        taken = flood(client.control, b"\xff\xfd\x01" * 100_000, 256 * MIB)
        assert taken < 256 * MIB
        assert started.residentBytes - before < SLACK
        assertServes(started)


def test_dataBeforeAnyTransfer(server: StartServer) -> None:
    """
    What is sent to a passive port before a transfer wants it stays in the
    kernel.
    """
    started: Server = server()
    with RawClient(started).login() as client:
        data = client.connect(client.announced())
        before = started.residentBytes
        assert flood(data, b"x" * MIB, 64 * MIB) < 64 * MIB
        assert started.residentBytes - before < SLACK
