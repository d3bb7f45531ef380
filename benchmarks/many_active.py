"""
How active mode behaves when there is much of it, all from one data port.

Two experiments, each on loopback, each ending by itself:

1. So many data connections are opened and held open at once (5,000 unless
   another number is given).  For each, the time from the transfer command to
   the connection; for all, the server's memory.
2. So many transfers are made in a row (20,000), so that closed connections pile
   up in TIME_WAIT on the data port.

What counts is the comparison within one run: the last against the first.

    .venv/bin/python benchmarks/many_active.py [HELD [IN_A_ROW]]
"""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HOST = "127.0.0.1"
CONTROL, DATA = 2521, 2520

#: Of this many neighbours the median is taken.
GROUP = 500


class Server:
    """
    C{twistd activeftp} in a process of its own.
    """

    def __init__(self, root: str) -> None:
        command = ["-c", "from twisted.scripts.twistd import run; run()", "-n", "--pidfile="]
        options = ["activeftp", "--root", root, f"--listen=tcp:{CONTROL}:interface={HOST}"]
        self._log = open(os.path.join(root, "log"), "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, *command, *options, "--stall-timeout=3600", "--idle-timeout=3600"],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> Server:
        """
        Wait until it listens.
        """
        for _ in range(200):
            try:
                socket.create_connection((HOST, CONTROL)).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise SystemExit("the server did not start")

    def memory(self) -> int:
        """
        Give its resident memory in bytes.
        """
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def stop(self) -> None:
        """
        End it.
        """
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self._log.close()


class Client:
    """
    A control connection from an address of its own.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._control = socket.create_connection((HOST, CONTROL), source_address=(host, 0))
        self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._reply()
        self.say("USER anonymous")
        self.say("PASS x")
        self.say("TYPE I")

    def _reply(self) -> bytes:
        while b"\r\n" not in self._rest:
            data = self._control.recv(4096)
            if not data:
                raise SystemExit("the server closed a control connection")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    def say(self, command: str) -> bytes:
        """
        Send a command and give the reply.
        """
        self._control.sendall(command.encode() + b"\r\n")
        return self._reply()

    def retrieve(self, name: str) -> tuple[socket.socket, float]:
        """
        Begin a transfer.

        @return: its data connection, and the seconds that it took to open.
        """
        with socket.socket() as listening:
            # So little is taken that the transfer stays open until it is read.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listening.bind((self._host, 0))
            listening.listen(1)
            listening.settimeout(30)
            port = listening.getsockname()[1]
            address = ",".join([*self._host.split("."), str(port >> 8), str(port & 255)])
            self.say(f"PORT {address}")
            began = time.perf_counter()
            self._control.sendall(f"RETR {name}\r\n".encode())
            data, peer = listening.accept()
            took = time.perf_counter() - began
        assert peer == (HOST, DATA), f"the data connection came from {peer}"
        assert self._reply().startswith(b"150")
        return data, took

    def fetch(self, name: str) -> float:
        """
        Do a whole transfer.

        @return: its seconds.
        """
        began = time.perf_counter()
        data, _ = self.retrieve(name)
        while data.recv(65536):
            pass
        data.close()
        assert self._reply().startswith(b"226")
        return time.perf_counter() - began


def groups(times: list[float]) -> list[tuple[int, float]]:
    """
    Give medians of neighbours, in milliseconds.
    """
    size = min(GROUP, max(1, len(times) // 2))
    ends = range(size, len(times) + 1, size)
    return [(end, 1000 * median(times[end - size : end])) for end in ends]


def timeWaits() -> int:
    """
    Count the connections of this machine that are in TIME_WAIT.
    """
    found = re.search(r"tw (\d+)", Path("/proc/net/sockstat").read_text())
    assert found is not None
    return int(found[1])


def hold(server: Server, count: int) -> None:
    """
    Open data connections and hold them, all at once.
    """
    clients = [Client(f"127.0.{1 + n // 250}.{1 + n % 250}") for n in range(count)]
    before = server.memory()
    opened = [client.retrieve("big") for client in clients]
    after = server.memory()
    ends = {data.getpeername() for data, _ in opened}
    assert ends == {(HOST, DATA)}
    print(f"{count} data connections open at once, all from {HOST}:{DATA}")
    print(f"memory of the server: {(after - before) / count / 1024:.1f} KiB for each")
    for end, milliseconds in groups([took for _, took in opened]):
        print(f"  until number {end:>6}: {milliseconds:7.3f} ms to open one (median)")
    for data, _ in opened:
        data.close()


def row(count: int) -> None:
    """
    Make transfers one after the other.
    """
    client = Client("127.0.0.1")
    took = [client.fetch("small") for _ in range(count)]
    print(f"{count} transfers in a row, {timeWaits()} connections in TIME_WAIT at the end")
    size = max(1, count // 10)
    for end in range(size, count + 1, size):
        milliseconds = 1000 * median(took[end - size : end])
        print(f"  until number {end:>6}: {milliseconds:7.3f} ms for one (median)")


def main(held: int = 5000, inARow: int = 20000) -> None:
    """
    Do both experiments.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * held + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{needed} descriptors are needed, {hard} are allowed: see ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "big"), "wb") as big:
            big.truncate(64 * 1024 * 1024)
        Path(root, "small").write_bytes(b"x")
        server = Server(root).wait()
        try:
            hold(server, held)
            row(inARow)
        finally:
            server.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
