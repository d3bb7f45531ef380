"""
Real port brokers, talked to without Twisted.
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ftpactive.net import portguard
from ftpactive.net.portbroker import BIND, LONGEST, NOTE, REPORT, REQUEST, receivePacket

#: Seconds after which something that must happen has not happened.
PATIENCE = 20

NOBODY = 65534

#: An address of loopback that no other run of the tests has at the same time.
OWN = ".".join(str(each) for each in (0x7F1 << 20 | os.getpid() & 0xFFFFF).to_bytes(4, "big"))

needsRoot = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can start a port broker"
)

#: A number, what the report is, its value, and words or sockets.
Told = tuple[int, int, int, "str | list[socket.socket]"]


def eventually(isSo: Callable[[], object]) -> None:
    """
    Wait until something is so of which nobody tells.
    """
    deadline = time.monotonic() + PATIENCE
    while not isSo():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.005)


def processes(pair: str) -> dict[str, int]:
    """
    Find the guard and the broker.

    @param pair: something that they, and no others, may bind: C{20/127.16.0.9}.
    @return: their processes by C{guard} and C{port}.
    """
    found = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            name = (each / "comm").read_text().strip()
            arguments = (each / "cmdline").read_bytes().decode(errors="replace").split("\0")
            state = (each / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if name.startswith("ftpactive-") and pair in arguments and state != "Z":
            found[name.partition("-")[2]] = int(each.name)
    return found


def status(process: int) -> dict[str, str]:
    """
    Give what the kernel says of a process.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(re.split(r":\s*", line, maxsplit=1) for line in lines)


def kill(process: int) -> None:
    """
    Kill it.
    """
    os.kill(process, signal.SIGKILL)


def descriptorsOf(process: int | str = "self") -> dict[str, str]:
    """
    Give what descriptors a process has, and what they are.
    """
    folder = f"/proc/{process}/fd"
    found = {}
    for each in os.listdir(folder):
        try:
            found[each] = os.readlink(f"{folder}/{each}")
        except FileNotFoundError:
            # It was that of the listing itself.
            pass
    return found


def request(number: int, host: str, port: int, zone: int = 0) -> bytes:
    """
    Write a request to bind.
    """
    version = 6 if ":" in host else 4
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    return REQUEST.pack(number, BIND, version, port, zone, socket.inet_pton(family, host))


class Service:
    """
    The service's end of a broker.

    @ivar end: the socket.
    """

    def __init__(self, *pairs: str) -> None:
        self._pair = pairs[0]
        self.end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numbers = [str(each) for each in (theirs.fileno(), NOBODY, NOBODY)]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", portguard.__file__, *numbers, *pairs],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self.hello = self.told()

    @property
    def guard(self) -> int:
        """
        Give the guard's process.
        """
        eventually(lambda: "guard" in processes(self._pair))
        return processes(self._pair)["guard"]

    @property
    def broker(self) -> int:
        """
        Give the broker's process.
        """
        eventually(lambda: "port" in processes(self._pair))
        return processes(self._pair)["port"]

    def told(self, end: socket.socket | None = None) -> Told:
        """
        Wait for the next report.

        @param end: on which socket, if not on the first.
        """
        end = end or self.end
        assert select.select([end], [], [], PATIENCE)[0], "it says nothing"
        packet, descriptors, isWhole = receivePacket(end, LONGEST)
        assert packet and isWhole
        number, kind, value = REPORT.unpack_from(packet)
        if kind == NOTE:
            return number, kind, value, packet[REPORT.size :].decode()
        return number, kind, value, [socket.socket(fileno=each) for each in descriptors]

    def get(self, host: str, port: int) -> socket.socket:
        """
        Have a socket bound.
        """
        self.end.send(request(1, host, port))
        _, _, value, bound = self.told()
        assert value == 0, os.strerror(value)
        only = bound[0]
        assert len(bound) == 1 and isinstance(only, socket.socket)
        return only

    def close(self) -> None:
        """
        Hang up; both processes must end.
        """
        self.end.close()
        self.process.wait(PATIENCE)
        eventually(lambda: not processes(self._pair))
