"""
Who is on a port of this machine, and what its kernel does with FTP: read from
C{/proc} and C{/sys}, on Linux.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: The state of a listening socket in /proc/net/tcp.
_LISTENING = "0A"

_TABLES = (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6))


@dataclass(frozen=True, slots=True)
class Listener:
    """
    A listening socket.

    @ivar host: its local address.
    @ivar process: the name and number of the process that holds it; empty
        when we may not know.
    """

    host: str
    port: int
    process: str


def listeners(port: int, proc: Path = Path("/proc")) -> list[Listener]:
    """
    Find who listens on a port, on any address.
    """
    found = []
    for table, family in _TABLES:
        for host, inode in _rows(proc / "net" / table, family, port):
            found.append(Listener(host, port, _holder(inode, proc)))
    return found


def _rows(table: Path, family: int, port: int) -> Iterator[tuple[str, str]]:
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        address, _, hexPort = fields[1].partition(":")
        if fields[3] == _LISTENING and int(hexPort, 16) == port:
            yield _host(address, family), fields[9]


def _host(text: str, family: int) -> str:
    # Words of four bytes, each in the order of the machine.
    raw = bytes.fromhex(text)
    words = (raw[begin : begin + 4][::-1] for begin in range(0, len(raw), 4))
    return socket.inet_ntop(family, b"".join(words))


def _holder(inode: str, proc: Path) -> str:
    wanted = f"socket:[{inode}]"
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            name = (process / "comm").read_text().strip()
            return f"{name} (process {process.name})"
    return ""


def _holds(process: Path, wanted: str) -> bool:
    try:
        return any(os.readlink(each) == wanted for each in (process / "fd").iterdir())
    except OSError:
        # Gone, or somebody else's.
        return False


def tracksFTP(sys: Path = Path("/sys")) -> bool:
    """
    Is the kernel's connection tracking helper for FTP loaded?  A firewall or
    NAT on this machine can only then follow PORT by itself; one further away
    needs its own.
    """
    return (sys / "module" / "nf_conntrack_ftp").is_dir()
