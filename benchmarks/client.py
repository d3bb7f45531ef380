"""
The client: as little as an honest client can be, and the same for all servers.

It reads every reply and every byte, and a transfer that is not whole is a L{Fault}.
"""

from __future__ import annotations

import itertools
import re
import select
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contents import BLOCK, compare
from benchmarks.values import Fault
from benchmarks.waits import PATIENCE, Waits

HOST = "127.0.0.1"

#: Bytes that are taken or written at once.
PIECE = 256 * 1024

ACTIVE, PASSIVE = "active", "passive"

_BUFFER = memoryview(bytearray(PIECE))
_ENDLESS = memoryview(BLOCK + BLOCK[:PIECE])
_PASV = re.compile(rb"\d+,\d+,\d+,\d+,(\d+),(\d+)")

# Below those that the kernel gives to whoever asks for any.  In turn, since the
# server's end of a connection is in TIME_WAIT, and the kernel opens the same one
# again only when the clock has gone on by a second.
_PORTS = range(20000, 32000)
_ports = itertools.cycle(_PORTS)


@dataclass(frozen=True)
class Target:
    """
    Where a server is.

    @ivar root: the folder that it serves.
    @ivar tls: for a server to which everything is said under TLS.
    """

    port: int
    user: str
    root: Path
    password: str = "bench"
    tls: ssl.SSLContext | None = None


class Session:
    """
    One control connection, and its data connections.
    """

    def __init__(self, target: Target, source: str = HOST, *, blocks: bool = True) -> None:
        self._target, self._source = target, source
        address = (HOST, target.port)
        self._control = socket.create_connection(address, PATIENCE, (source, 0))
        self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._blocks = blocks
        self._protects = False
        self._control.settimeout(PATIENCE if blocks else 0)
        self._rest = b""

    def block(self) -> None:
        """
        Be one that blocks from now on.
        """
        self._blocks = True
        self._control.settimeout(PATIENCE)

    def close(self) -> None:
        """
        Close the control connection without a word.
        """
        self._control.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def login(self) -> Waits[None]:
        """
        Read the greeting and log in, after AUTH where that is due.
        """
        yield from self._expect("the greeting", b"220")
        if self._target.tls:
            yield from self.ask("AUTH TLS", b"234")
            self._control = self._target.tls.wrap_socket(self._control)
            yield from self.ask("PBSZ 0", b"200")
            yield from self.ask("PROT P", b"200")
            self._protects = True
        yield from self.ask(f"USER {self._target.user}", b"331")
        yield from self.ask(f"PASS {self._target.password}", b"230")

    def clear(self) -> Waits[None]:
        """
        Have what is said under TLS from now on, and what is transferred not.
        """
        yield from self.ask("PROT C", b"200")
        self._protects = False

    def ask(self, command: str, *codes: bytes) -> Waits[bytes]:
        """
        Send a command.

        @return: the last line of its reply.
        @raise Fault: the reply has none of these codes.
        """
        self._control.sendall(command.encode() + b"\r\n")
        return (yield from self._expect(command, *codes))

    def quit(self) -> Waits[None]:
        """
        Say goodbye; wait for the end.
        """
        yield from self.ask("QUIT", b"221")
        while (yield from self._receive()):
            pass
        self.close()

    def retrieve(
        self, name: str, size: int, mode: str, *, resume: bool | None = None
    ) -> Waits[int]:
        """
        Take a file.

        @param resume: must the data connection resume the TLS session of the
            control connection, or must it not?  None where there is no matter.
        @return: how many bytes it has.
        """
        data = yield from self._open(f"RETR {name}", mode, resume)
        with data:
            total = yield from self._drain(data)
        yield from self._expect(f"RETR {name}", b"226", b"250")
        if total != size:
            raise Fault(f"RETR {name} gave {total} of {size} bytes")
        return total

    def listing(self, command: str) -> Waits[bytes]:
        """
        Take a list.
        """
        data = yield from self._open(command, PASSIVE, None)
        pieces: list[bytes] = []
        with data:
            while piece := data.recv(PIECE):
                pieces.append(piece)
        yield from self._expect(command, b"226", b"250")
        return b"".join(pieces)

    def store(self, name: str, source: Path, size: int, mode: str) -> Waits[int]:
        """
        Send a file; on a session that blocks only.
        """
        data = yield from self._open(f"STOR {name}", mode, None)
        with data:
            give(data, source, size)
        yield from self._expect(f"STOR {name}", b"226", b"250")
        return size

    def _open(self, command: str, mode: str, resume: bool | None) -> Waits[socket.socket]:
        if mode == PASSIVE:
            found = _PASV.search((yield from self.ask("PASV", b"227")))
            if not found:
                raise Fault("PASV is answered without an address")
            address = (HOST, 256 * int(found[1]) + int(found[2]))
            data = socket.create_connection(address, PATIENCE, (self._source, 0))
            yield from self.ask(command, b"150", b"125")
        else:
            data = yield from self._accept(command)
        data.settimeout(PATIENCE if self._blocks else 0)
        return self._protect(data, resume) if self._protects else data

    def _accept(self, command: str) -> Waits[socket.socket]:
        with _listen(self._source) as listening:
            port = listening.getsockname()[1]
            numbers = [*self._source.split("."), str(port >> 8), str(port & 255)]
            yield from self.ask("PORT " + ",".join(numbers), b"200")
            # The kernel has connected it long before it is taken, so that the
            # reply may come first, and say why there is no connection.
            yield from self.ask(command, b"150", b"125")
            listening.settimeout(PATIENCE if self._blocks else 0)
            while True:
                try:
                    return listening.accept()[0]
                except BlockingIOError:
                    yield listening, select.EPOLLIN

    def _protect(self, data: socket.socket, resume: bool | None) -> ssl.SSLSocket:
        assert self._target.tls and isinstance(self._control, ssl.SSLSocket)
        session = None if resume is False else self._control.session
        protected = self._target.tls.wrap_socket(data, session=session)
        if resume is not None and protected.session_reused != resume:
            protected.close()
            raise Fault("the TLS session is resumed" if not resume else "no TLS session is resumed")
        return protected

    def _drain(self, data: socket.socket) -> Waits[int]:
        total = 0
        while True:
            try:
                count = data.recv_into(_BUFFER)
            except BlockingIOError:
                yield data, select.EPOLLIN
                continue
            if not count:
                return total
            compare(_BUFFER[:count], total)
            total += count

    def _expect(self, command: str, *codes: bytes) -> Waits[bytes]:
        first = line = yield from self._line()
        while line[:4] != first[:3] + b" ":
            line = yield from self._line()
        if line[:3] not in codes:
            raise Fault(f"{command} is answered {line.decode(errors='replace')}")
        return line

    def _line(self) -> Waits[bytes]:
        while b"\n" not in self._rest:
            data = yield from self._receive()
            if not data:
                raise Fault("the server closed the control connection")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def _receive(self) -> Waits[bytes]:
        while True:
            try:
                return self._control.recv(65536)
            except BlockingIOError:
                yield self._control, select.EPOLLIN
            except ConnectionError:
                # What we had said is not read by it any more.
                return b""


def _listen(host: str) -> socket.socket:
    # After uploads, thousands in a row are in TIME_WAIT themselves.
    for _ in _PORTS:
        listening = socket.socket()
        try:
            listening.bind((host, next(_ports)))
            listening.listen(1)
            return listening
        except OSError:
            listening.close()
    raise Fault("there is no port to listen on")


def give(data: socket.socket, source: Path, size: int) -> None:
    """
    Send a file, and all that tells its end.
    """
    if not isinstance(data, ssl.SSLSocket):
        with open(source, "rb") as file:
            data.sendfile(file, 0, size)
        data.shutdown(socket.SHUT_WR)
        return
    for offset in range(0, size, PIECE):
        place = offset % len(BLOCK)
        data.sendall(_ENDLESS[place : place + min(PIECE, size - offset)])
    try:
        data.unwrap()
    except OSError:
        # Ours is sent; not every server sends its close_notify as well.
        pass
