"""
Which processes are a server's, and how much processor time they had.

A server may fork for each session, and what a process cost must still count
when it has ended.  A control group of the kernel's knows all of that exactly.
Where none can be made (without root, in most containers), the processes that
descend from the first one are added up, with what they say of ended children;
a child that nobody waited for is lost then.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

#: Joins the group, and becomes the server.
_JOIN = ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"']

_TICKS = os.sysconf("SC_CLK_TCK")


class Group(Protocol):
    """
    Knows which processes are a server's, and what they used.

    @ivar way: how it knows, for the page.
    """

    way: str

    def joining(self) -> list[str]:
        """
        Give what is put before a command that is to belong to it.
        """

    def began(self, process: int) -> None:
        """
        Hear which process the first one is.
        """

    def members(self) -> list[int]:
        """
        Give the processes that are there.
        """

    def cpu(self) -> float:
        """
        Give the processor time that all of them had, and those before them, seconds.
        """

    def close(self) -> None:
        """
        Forget it, once nobody is a member.
        """


class ControlGroup:
    """
    A control group, of version 2, or of version 1 with C{cpuacct}.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        # Version 2 counts even where the controller belongs to version 1.
        self._isSecond = (folder / "cpu.stat").exists() and not (folder / "cpuacct.usage").exists()
        self.way = f"control groups, version {2 if self._isSecond else 1}"

    def joining(self) -> list[str]:
        """
        Give a shell that joins and becomes what follows.
        """
        return [*_JOIN, str(self._folder / "cgroup.procs")]

    def began(self, process: int) -> None:
        """
        The kernel knows by itself.
        """

    def members(self) -> list[int]:
        """
        Ask the kernel.
        """
        return [int(line) for line in (self._folder / "cgroup.procs").read_text().split()]

    def cpu(self) -> float:
        """
        Ask the kernel.
        """
        if self._isSecond:
            return int((self._folder / "cpu.stat").read_text().split()[1]) / 1e6
        return int((self._folder / "cpuacct.usage").read_text()) / 1e9

    def close(self) -> None:
        """
        Remove it.
        """
        self._folder.rmdir()


class Descendants:
    """
    A process and those that descend from it.
    """

    way = "the processes that descend from the server's first one; ended ones as their parents say"

    def __init__(self) -> None:
        self._first = 0

    def joining(self) -> list[str]:
        """
        Nobody has to join.
        """
        return []

    def began(self, process: int) -> None:
        """
        Remember it.
        """
        self._first = process

    def members(self) -> list[int]:
        """
        Give those that have not ended.
        """
        return [process for process in self._all() if _stat(process)[:1] != ["Z"]]

    def _all(self) -> list[int]:
        children: dict[int, list[int]] = {}
        found = [self._first] if _stat(self._first) else []
        for process in _processes():
            fields = _stat(process)
            # Whose parent has ended may still be in the session.
            if fields and int(fields[3]) == self._first != process:
                found.append(process)
            elif fields:
                children.setdefault(int(fields[1]), []).append(process)
        for process in found:
            found += children.get(process, [])
        return found

    def cpu(self) -> float:
        """
        Add up those that are there and their ended children.
        """
        processes = self._all()
        own = sum(map(cpuOf, processes))
        ended = sum(sum(map(int, _stat(process)[13:15])) for process in processes)
        return own + ended / _TICKS

    def close(self) -> None:
        """
        There is nothing to remove.
        """


def makeGroup(name: str) -> Group:
    """
    Give the best group that this machine lets us have.
    """
    for place in _places():
        try:
            return ControlGroup(place / f"ftp-benchmark-{os.getpid()}-{name}")
        except OSError:
            continue
    return Descendants()


def _places() -> Iterator[Path]:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    yield from (Path(m[1]) for m in mounts if m[2] == "cgroup2")
    yield from (Path(m[1]) for m in mounts if m[2] == "cgroup" and "cpuacct" in m[3].split(","))


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def cpuOf(process: int) -> float:
    """
    Give the processor time of all threads of one process, seconds; 0 if it has ended.
    """
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        return sum(int((t / "schedstat").read_text().split()[0]) for t in threads) / 1e9
    except OSError:
        return 0.0
