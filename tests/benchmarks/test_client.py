"""
The client of C{make bench} counts nothing that did not go as it must.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.client import ACTIVE, HOST, Session, Target
from benchmarks.contents import BLOCK
from benchmarks.values import Fault
from benchmarks.waits import finish


class Scripted(threading.Thread):
    """
    A server that says what it was told, whatever it is asked, and sends a file
    to an active client.
    """

    def __init__(self, replies: list[str], data: bytes) -> None:
        super().__init__()
        self._listening = socket.create_server((HOST, 0))
        self.port = self._listening.getsockname()[1]
        self._replies, self._data = replies, data

    def run(self) -> None:
        """
        Serve one client.
        """
        with self._listening, self._listening.accept()[0] as control:
            control.sendall(b"220 ready\r\n")
            for reply in self._replies:
                command = control.recv(1000).decode()
                if command.startswith("PORT"):
                    high, low = map(int, command.split(",")[-2:])
                    address = (HOST, 256 * high + low)
                control.sendall(reply.encode())
                if reply.startswith("150"):
                    with socket.create_connection(address) as data:
                        data.sendall(self._data)
                    control.sendall(b"226 sent\r\n")


@contextmanager
def session(*replies: str, data: bytes = b"") -> Iterator[Session]:
    """
    Have a session with such a server, whose greeting has been read.
    """
    server = Scripted([reply + "\r\n" for reply in replies], data)
    server.start()
    try:
        with Session(Target(server.port, "user", Path())) as connected:
            finish(connected._expect("the greeting", b"220"))
            yield connected
    finally:
        server.join()


def test_replyOfManyLinesIsOne() -> None:
    """
    It ends with its code and a space, whatever the lines before say.
    """
    with session("200-one\r\n220 two\r\n200 three", "200 more") as connected:
        assert finish(connected.ask("NOOP", b"200")) == b"200 three"
        assert finish(connected.ask("NOOP", b"200")) == b"200 more"


def test_otherCodeIsAFault() -> None:
    """
    The fault has the command and the server's words.
    """
    with session("530 no") as connected, pytest.raises(Fault, match="USER x is answered 530 no"):
        finish(connected.ask("USER x", b"331"))


def test_closedControlConnectionIsAFault() -> None:
    """
    A reply that does not come is not waited for.
    """
    with session() as connected, pytest.raises(Fault, match="closed the control connection"):
        finish(connected.ask("NOOP", b"200"))


def test_wholeFileIsTaken() -> None:
    """
    Its size is given.
    """
    with session("200 ok", "150 now", data=BLOCK[:5000]) as connected:
        assert finish(connected.retrieve("file", 5000, ACTIVE)) == 5000


def test_shortFileIsAFaultThoughTheReplyIsGood() -> None:
    """
    226 alone is no success.
    """
    with session("200 ok", "150 now", data=BLOCK[:4999]) as connected:
        with pytest.raises(Fault, match="4999 of 5000 bytes"):
            finish(connected.retrieve("file", 5000, ACTIVE))


def test_wrongFileIsAFaultThoughItsSizeIsGood() -> None:
    """
    Contents are compared on the way.
    """
    with session("200 ok", "150 now", data=BLOCK[1:5001]) as connected:
        with pytest.raises(Fault, match="wrong contents"):
            finish(connected.retrieve("file", 5000, ACTIVE))


def test_refusedTransferIsAFaultAtOnce() -> None:
    """
    The client does not wait for a connection that will not come.
    """
    with session("200 ok", "425 no way") as connected:
        with pytest.raises(Fault, match="425 no way"):
            finish(connected.retrieve("file", 5000, ACTIVE))
