"""
The server is killed in the middle of many uploads: no name ever stands for half
a file.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.end_to_end.killing import AtomicServer
from tests.end_to_end.process import eventually
from tests.end_to_end.rawclient import RawClient

UPLOADS = 50
OLD = b"what was there before " * 10_000
WHOLE = bytes(range(256)) * 4_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """
    A folder in which two of three names stand for a file.
    """
    root = tmp_path / "root"
    root.mkdir()
    for number in range(UPLOADS):
        if number % 3:
            (root / f"f{number}").write_bytes(OLD)
    return root


@pytest.fixture
def killed(root: Path) -> Iterator[list[str]]:
    """
    The names whose upload was told to be whole by a server that was then killed
    in the middle of all others.
    """
    with ExitStack() as stack:
        server = stack.enter_context(AtomicServer(root))
        clients = [stack.enter_context(server.login()) for _ in range(UPLOADS)]
        data = [begin(client, number) for number, client in enumerate(clients)]
        done = [number for number in range(UPLOADS) if number % 7 == 0]
        for number in done:
            data[number].sendall(WHOLE)
            data[number].close()
            assert clients[number].reply().startswith("226 ")
        for number in set(range(UPLOADS)) - set(done):
            goOn(data[number], number)
        # One of those that were sent to their end: the next are at theirs.
        eventually((root / "f3").exists)
        server.__exit__()
        yield [f"f{number}" for number in done]


def begin(client: RawClient, number: int) -> socket.socket:
    """
    Begin an upload, all kinds in turn.
    """
    if number % 3 and number % 5 == 4 and number % 7:
        return client.transfer(f"APPE f{number}")
    return client.transfer(f"STOR f{number}")


def goOn(data: socket.socket, number: int) -> None:
    """
    Send nothing, a part, as much as there is room for, or everything; of
    everything, say that it is all or do not.
    """
    data.setblocking(False)
    part = (b"", WHOLE[:1000], WHOLE, WHOLE)[number % 4]
    with suppress(BlockingIOError):
        sent = data.send(part)
        while sent < len(part):
            sent += data.send(part[sent:])
        if number % 8 == 3:
            data.shutdown(socket.SHUT_WR)


def test_killedInTheMiddle(root: Path, killed: list[str]) -> None:
    """
    Each name stands for the old file, or for all of the new one; for what was
    told to be whole, for the new one.
    """
    left = {name: (root / name).read_bytes() for name in os.listdir(root)}
    seen = {name: contents for name, contents in left.items() if not name.startswith(".")}
    assert len(left) > len(seen), "nothing was under way"
    for name, contents in seen.items():
        # What only came in part was cut by the client's end, not by ours: it
        # never said that it was all.
        assert contents in (OLD, WHOLE, OLD + WHOLE), name
    for name in killed:
        assert seen[name] == WHOLE
    for number in range(UPLOADS):
        assert not number % 3 or f"f{number}" in seen


def test_laterServerGoesOn(tmp_path: Path) -> None:
    """
    What came before the kill is found by the server that is started next, and
    the upload goes on from there.
    """
    server = AtomicServer(tmp_path)
    with server, server.login() as client, server.login() as other:
        client.transfer("STOR new").sendall(WHOLE[:500_000])
        eventually(lambda: other.ask("SIZE new") == "213 500000")
    assert [each.name for each in tmp_path.glob("[!.]*")] == []
    with server, server.login() as client:
        client.expect(213, "SIZE new")
        client.expect(350, "REST 500000")
        client.put("new", WHOLE[500_000:])
        assert client.fetch("new") == WHOLE
    assert os.listdir(tmp_path) == ["new"]
