"""
Many clients at once, all served from one data port.
"""

from __future__ import annotations

import selectors
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BOTH_REACTORS
from tests.end_to_end.rawclient import RawClient

CLIENTS = 200
SIZE = 4 * 1024 * 1024

#: A page of each of these is written, the rest is a hole: a file of its own for
#: everybody, without filling the disk.
_STEP = 64 * 1024


def plant(folder: Path, number: int) -> None:
    """
    Make a file that is like no other.
    """
    with open(folder / str(number), "wb") as file:
        for offset in range(0, SIZE, _STEP):
            file.seek(offset)
            file.write(mark(number, offset))
        file.truncate(SIZE)


def mark(number: int, offset: int) -> bytes:
    """
    Give what a file holds at one of its marked offsets.
    """
    return b"file %d, offset %d" % (number, offset)


def isFile(number: int, contents: bytes | bytearray) -> bool:
    """
    Are these the contents that L{plant} gave to a file?
    """
    expected = bytearray(SIZE)
    for offset in range(0, SIZE, _STEP):
        words = mark(number, offset)
        expected[offset : offset + len(words)] = words
    return contents == expected


def readTogether(connections: list[socket.socket]) -> list[bytearray]:
    """
    Read all connections to their ends, each whenever it has something.
    """
    received = [bytearray() for _ in connections]
    with selectors.DefaultSelector() as selector:
        for number, connection in enumerate(connections):
            selector.register(connection, selectors.EVENT_READ, number)
        while selector.get_map():
            ready = selector.select(20)
            assert ready, "nothing came from any connection"
            for key, _ in ready:
                data = connections[key.data].recv(4 * _STEP)
                received[key.data] += data
                if not data:
                    selector.unregister(key.fileobj)
    return received


@BOTH_REACTORS
def test_manyActiveConnectionsFromOnePort(server: StartServer) -> None:
    """
    200 clients download at the same moment, each a file of its own, by active
    connections that all come from the one data port; each gets its file whole.
    """
    started = server()
    for number in range(CLIENTS):
        plant(started.root, number)
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(started)).login() for _ in range(CLIENTS)]
        # None can finish before it is read: there is room for a fraction only.
        connections = [
            client.transfer(f"RETR {number}", isActive=True, room=16 * 1024)
            for number, client in enumerate(clients)
        ]
        assert not any("RETR" in line and "bytes in" in line for line in started.lines)
        ends = {connection.getpeername() for connection in connections}
        assert ends == {("127.0.0.1", started.port - 1)}
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024 * 1024)
        received = readTogether(connections)
        assert all(client.reply().startswith("226 ") for client in clients)
    assert all(isFile(number, contents) for number, contents in enumerate(received))
