"""
A client that says exactly what a test tells it to, when it is told to.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from contextlib import suppress

from tests.end_to_end.process import PATIENCE, Server


class RawClient:
    """
    A control connection, and the data connections that it arranges.
    """

    def __init__(self, server: Server, host: str = "127.0.0.1", *, source: str = "") -> None:
        """
        @param source: the address to call from.
        """
        self.host = host
        ends = (host, server.port), PATIENCE, (source, 0) if source else None
        self.control = socket.create_connection(*ends)
        self._lines = self.control.makefile("rb")
        self._sockets = [self.control]
        self.greeting = self.reply()

    def __enter__(self) -> RawClient:
        """
        All its connections are closed when the block ends.
        """
        return self

    def __exit__(self, *reason: object) -> None:
        """
        It ends.
        """
        self.closeReplies()
        for each in self._sockets:
            each.close()

    def closeReplies(self) -> None:
        """
        Read no more replies: a socket is only closed when this is, too.
        """
        self._lines.close()

    def send(self, command: str) -> None:
        """
        Send a command.
        """
        self.control.sendall(command.encode("utf-8") + b"\r\n")

    def reply(self) -> str:
        """
        Read one reply, of however many lines; C{""} when the server has closed.
        """
        lines = [self._line()]
        code = lines[0][:3]
        if lines[0][3:4] == "-":
            while not lines[-1].startswith(code + " "):
                lines.append(self._line())
        return "\n".join(lines)

    def _line(self) -> str:
        return os.fsdecode(self._lines.readline()).rstrip("\r\n")

    def exactly(self, count: int) -> bytes:
        """
        Read bytes that belong to no reply.
        """
        return self._lines.read(count)

    def ask(self, command: str) -> str:
        """
        Send a command and read a reply.
        """
        self.send(command)
        return self.reply()

    def expect(self, code: int, command: str) -> str:
        """
        Send a command that is to be answered with this code.

        @return: the reply.
        """
        reply = self.ask(command)
        assert reply.startswith(f"{code} "), f"{command}: {reply}"
        return reply

    def login(self, name: str = "anonymous", password: str = "guest@") -> RawClient:
        """
        Log in, and choose binary transfers.
        """
        self.expect(331, f"USER {name}")
        self.expect(230, f"PASS {password}")
        self.expect(200, "TYPE I")
        return self

    def announced(self) -> tuple[str, int]:
        """
        Ask for a passive port.

        @return: where to connect.
        """
        found = re.search(r"\(\|\|\|(\d+)\|\)", self.expect(229, "EPSV"))
        assert found is not None
        return self.host, int(found[1])

    def connect(
        self, address: tuple[str, int], *, source: str = "", room: int = 0
    ) -> socket.socket:
        """
        Open a passive data connection.

        @param source: the address to call from.
        @param room: how many bytes may arrive before they are read; 0 for as
            many as the kernel likes.
        """
        made = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self._sockets.append(_prepared(made, room))
        if source:
            made.bind((source, 0))
        made.connect(address)
        return made

    def listen(self, *, room: int = 0) -> socket.socket:
        """
        Listen for active data connections, and tell the server where.

        @param room: as for L{connect}.
        """
        protocol, family = (2, socket.AF_INET6) if ":" in self.host else (1, socket.AF_INET)
        made = socket.socket(family)
        # What a connection has room for is settled before it is made.
        self._sockets.append(_prepared(made, room))
        made.bind((self.host, 0))
        made.listen()
        self.expect(200, f"EPRT |{protocol}|{self.host}|{made.getsockname()[1]}|")
        return made

    def accept(self, listener: socket.socket) -> socket.socket:
        """
        Wait for the server to connect.
        """
        made, _ = listener.accept()
        made.settimeout(PATIENCE)
        self._sockets.append(made)
        return made

    def transfer(self, command: str, *, isActive: bool = False, room: int = 0) -> socket.socket:
        """
        Begin a transfer.

        @param room: as for L{connect}.
        @return: its data connection.
        """
        if isActive:
            listener = self.listen(room=room)
            self.send(command)
            data = self.accept(listener)
        else:
            data = self.connect(self.announced(), room=room)
            self.send(command)
        opening = self.reply()
        assert opening.startswith("150 "), opening
        return data

    def fetch(self, name: str, *, isActive: bool = False) -> bytes:
        """
        Download a file.
        """
        contents = readAll(self.transfer(f"RETR {name}", isActive=isActive))
        done = self.reply()
        assert done.startswith("226 "), done
        return contents

    def fetchText(self, command: str) -> bytes:
        """
        Fetch a listing.
        """
        listed = readAll(self.transfer(command))
        done = self.reply()
        assert done.startswith("226 "), done
        return listed

    def put(self, name: str, contents: bytes) -> None:
        """
        Upload a file.
        """
        with self.transfer(f"STOR {name}") as data:
            data.sendall(contents)
        done = self.reply()
        assert done.startswith("226 "), done


def _prepared(made: socket.socket, room: int) -> socket.socket:
    made.settimeout(PATIENCE)
    if room:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    return made


def readAll(connection: socket.socket) -> bytes:
    """
    Read until the server closes.

    @raise ConnectionResetError: it cut the connection.
    """
    received = bytearray()
    while data := connection.recv(256 * 1024):
        received += data
    return bytes(received)


def awaitEnd(connection: socket.socket) -> None:
    """
    Wait until the server closes or cuts a connection.
    """
    with suppress(ConnectionResetError):
        readAll(connection)


def reset(connection: socket.socket) -> None:
    """
    Cut a connection, as when a machine forgets it: the other end gets RST.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
