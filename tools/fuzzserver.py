"""
Throw anything at a real server, with TLS and without: what "make fuzz-server"
runs.

    python tools/fuzzserver.py SECONDS

A server runs in a process of its own.  Clients send it pieces that mean
something, whole sessions and noise, cut anywhere, encrypted or not; some read
the replies, some do not, some leave in the middle.  What they are told to
connect to is connected, and closed in one way or another.  In the end the
server must still be there and have logged no fault, its memory must have
stopped growing, and logins must work, in the clear and over TLS.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from ftplib import FTP, FTP_TLS
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.fuzzwords import SCRIPTS, TOKENS
from tools.selfsigned import write

HOST = "127.0.0.1"

#: Clients at once.
CLIENTS = 6

#: The longest session, pieces, and the longest wait of a client, seconds.
PIECES, PATIENCE = 60, 0.02

#: Bytes that no file of the server may pass: sessions double files.
LARGEST = 8 * 1024 * 1024

#: How many lines are shown from a fault on, and of how many faults.
SHOWN, FAULTS = 20, 20

#: Of all the time, this much is for memory to reach its height, and after that
#: it may grow so much, bytes.
WARM, GROWTH = 0.4, 16 * 1024 * 1024

_FILES = {"a": b"hello\r\n", "sub/b": b"below"}
_FAULT = re.compile(r"Traceback|Unhandled|#critical|#error|Exception ignored")
_PASSIVE = re.compile(rb"\((?:\d+,){4}(\d+),(\d+)\)|\(\|\|\|(\d+)\|\)")


class Log:
    """
    What a server logs: read as it comes, and forgotten but for what is wrong.

    @ivar faults: each with the lines behind it.
    """

    def __init__(self) -> None:
        self.faults: list[list[str]] = []

    def read(self, lines: Iterable[str]) -> None:
        """
        Read to the end.
        """
        left = 0
        for line in lines:
            if not left and len(self.faults) < FAULTS and _FAULT.search(line):
                left = SHOWN
                self.faults.append([])
            if left:
                left -= 1
                self.faults[-1].append(line.rstrip())


class Server:
    """
    C{twistd activeftp} with a certificate, and one user who may do everything.
    """

    def __init__(self, place: Path) -> None:
        self.root, self.log = place / "root", Log()
        self.fill()
        with socket.create_server((HOST, 0)) as free:
            self.port = int(free.getsockname()[1])
        pair = place / "pair.pem"
        write(pair, ["localhost", HOST])
        run = ["-c", "from twisted.scripts.twistd import run; run()", "-n", "--pidfile="]
        # Wrong passwords are part of the noise, and all of it is from one address.
        file = place / "ftpactive.toml"
        file.write_text("limits.ban-after = 0\nlimits.login-delay = 0\n")
        options = [f"--config={file}", f"--root={self.root}", "--auth=memory:alice:secret"]
        options += [f"--listen=tcp:{self.port}:interface={HOST}", "--data-port=any"]
        options += [f"--tls-certificate={pair}"]
        # Not into a file: that would meet the limit, and tell nothing from then on.
        self.process = subprocess.Popen(
            [sys.executable, *run, "activeftp", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST)),
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self.log.read, args=(self.process.stdout,))
        self._reader.start()

    def stop(self) -> None:
        """
        End it, and read what it said last.
        """
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self._reader.join()

    def fill(self) -> None:
        """
        Make its folder what it was.
        """
        shutil.rmtree(self.root, ignore_errors=True)
        for name, contents in _FILES.items():
            file = self.root / name
            with suppress(OSError):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(contents)

    def wait(self) -> Server:
        """
        Wait until it listens.
        """
        for _ in range(200):
            with suppress(ConnectionRefusedError):
                socket.create_connection((HOST, self.port)).close()
                return self
            time.sleep(0.05)
        raise SystemExit(f"the server did not start: {self.log.faults}")

    @property
    def memory(self) -> int:
        """
        Give its resident memory, bytes.
        """
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


class Client:
    """
    One after the other, any number of sessions.

    @ivar sessions: how many there were.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(PATIENCE)
        self.sessions = 0

    def run(self, isOver: threading.Event) -> None:
        """
        Go on until it is over.
        """
        with self._listener:
            while not isOver.is_set():
                # What the server thinks of it is not our concern, nor is a
                # name that no one can encode.
                with suppress(OSError, ValueError):
                    self._session()
                self.sessions += 1

    def _session(self) -> None:
        with socket.create_connection((HOST, self._port), 5) as plain:
            control = plain
            if self._random.random() < 0.5:
                control = self._secured(plain)
            with control:
                if self._random.random() < 0.9:
                    control.sendall(b"USER alice\r\nPASS secret\r\n")
                control.settimeout(PATIENCE)
                self._talk(control, reads=self._random.random() < 0.8)

    def _secured(self, plain: socket.socket) -> socket.socket:
        plain.recv(4096)
        # Sometimes more than AUTH, or noise in the place of the handshake.
        plain.sendall(b"AUTH TLS\r\n" + (self._noise() if self._random.random() < 0.2 else b""))
        plain.recv(4096)
        if self._random.random() < 0.1:
            plain.sendall(self._noise())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        secured = context.wrap_socket(plain)
        secured.sendall(b"PBSZ 0\r\nPROT %s\r\n" % self._random.choice((b"C", b"P")))
        return secured

    def _talk(self, control: socket.socket, *, reads: bool) -> None:
        port = self._listener.getsockname()[1]
        active = b"PORT 127,0,0,1,%d,%d\r\n" % (port >> 8, port & 255)
        for _ in range(self._random.randrange(PIECES)):
            control.sendall(self._piece(active))
            if reads:
                with suppress(TimeoutError):
                    self._answer(control.recv(65536))
        if self._random.random() < 0.5:
            control.sendall(b"QUIT\r\n")

    def _piece(self, active: bytes) -> bytes:
        choice = self._random.random()
        if choice < 0.3:
            return active
        if choice < 0.5:
            script = self._random.choice(SCRIPTS).replace(b"\n", b"\r\n") + b"\r\n"
            return script[: self._random.randrange(1, len(script) + 1)]
        if choice < 0.95:
            return self._random.choice(TOKENS) + self._random.choice((b"", b"a\r\n", b"\r\n"))
        return self._noise()

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.randrange(1, self._random.choice((9, 20000))))

    def _answer(self, replies: bytes) -> None:
        if found := _PASSIVE.search(replies):
            port = int(found[3] or int(found[1]) * 256 + int(found[2]))
            with socket.create_connection((HOST, port), PATIENCE) as data:
                self._exchange(data)
        elif b"150" in replies:
            with suppress(TimeoutError), self._listener.accept()[0] as data:
                self._exchange(data)

    def _exchange(self, data: socket.socket) -> None:
        data.settimeout(PATIENCE)
        choice = self._random.random()
        if choice < 0.5:
            data.sendall(self._noise())
        if choice < 0.8:
            data.recv(65536)
        elif choice < 0.9:
            # Closed like this, the other end sees a reset.
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def watch(server: Server, seconds: float) -> list[int]:
    """
    Let clients do what they like for a while.

    @return: the server's memory, twenty times.
    """
    isOver = threading.Event()
    clients = [Client(server.port, seed) for seed in range(CLIENTS)]
    threads = [threading.Thread(target=client.run, args=(isOver,)) for client in clients]
    for thread in threads:
        thread.start()
    sizes = []
    for _ in range(20):
        end = time.monotonic() + seconds / 20
        while time.monotonic() < end and server.process.poll() is None:
            time.sleep(min(1, seconds / 20))
            server.fill()
        if server.process.poll() is not None:
            break
        sizes.append(server.memory)
    isOver.set()
    for thread in threads:
        thread.join()
    print(f"{sum(client.sessions for client in clients)} sessions in {seconds:g} seconds")
    return sizes


def findings(server: Server, sizes: list[int]) -> list[str]:
    """
    Tell what is wrong with the server afterwards.
    """
    if server.process.poll() is not None:
        return [f"the server ended with {server.process.returncode}"]
    found: list[str] = []
    warm = max(sizes[: int(len(sizes) * WARM)])
    if sizes[-1] > warm + GROWTH:
        found.append(f"its memory grew from {warm / 1e6:.0f} to {sizes[-1] / 1e6:.0f} MB")
    server.fill()
    for kind in (FTP, FTP_TLS):
        with kind() as ftp:
            ftp.connect(HOST, server.port, 30)
            ftp.login("alice", "secret")
            if isinstance(ftp, FTP_TLS):
                ftp.prot_p()
            if ftp.nlst() != ["a", "sub"]:
                found.append(f"{kind.__name__} does not list what is there")
    return found


def main(seconds: float) -> None:
    """
    Do it.
    """
    with TemporaryDirectory() as name:
        server = Server(Path(name)).wait()
        try:
            sizes = watch(server, seconds)
            print("memory, MB:", *(round(size / 1e6) for size in sizes))
            found = findings(server, sizes)
        finally:
            server.stop()
    found += ["logged: " + "\n    ".join(lines) for lines in server.log.faults]
    for line in found:
        print(line)
    sys.exit(f"{len(found)} findings" if found else None)


if __name__ == "__main__":
    main(float(sys.argv[1]))
