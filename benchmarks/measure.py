"""
A server's processes: started together, measured together, ended together.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.groups import cpuOf, makeGroup
from benchmarks.values import Fault

#: Descriptors that a server gets; tests hear of it that way.
INHERITED: tuple[int, ...] = ()


class Running:
    """
    A server that was started.
    """

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        self._isEnded = False
        self._group = makeGroup(name.replace(" ", "-"))
        self.way = self._group.way
        self._process = subprocess.Popen(
            [*self._group.joining(), *command],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=INHERITED,
        )
        self._group.began(self._process.pid)

    @property
    def isAlive(self) -> bool:
        """
        Has the first process not ended?
        """
        return self._process.poll() is None

    def cpu(self) -> float:
        """
        Give the processor time that its processes have had, seconds.
        """
        return self._group.cpu()

    def each(self) -> dict[int, float]:
        """
        Give that of each process that is there.
        """
        return {process: cpuOf(process) for process in self._group.members()}

    def keepTo(self, processors: set[int]) -> None:
        """
        Have all its processes run there and nowhere else, and those that they make.
        """
        for process in self._group.members():
            for thread in _threads(process):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, processors)

    def settle(self) -> None:
        """
        Wait until it does no more: much is cleared away after the last reply.
        """
        before, deadline = self.cpu(), time.monotonic() + 2
        while time.monotonic() < deadline:
            time.sleep(0.01)
            after = self.cpu()
            if after - before < 50e-6:
                return
            before = after

    def memory(self) -> int:
        """
        Give the bytes that its processes occupy; what n of them share counts
        for each as an nth.
        """
        return sum(map(_proportionalSize, self._group.members()))

    def end(self) -> None:
        """
        End it and all that came from it, and see that nothing is left.
        """
        if self._isEnded:
            return
        if self.isAlive:
            self._process.terminate()
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
        deadline = time.monotonic() + 10
        # Each by its id, as long as there is one: it may fork meanwhile.
        while members := self._group.members():
            for process in members:
                _kill(process)
            self._process.poll()
            if time.monotonic() > deadline:
                raise Fault(f"processes that do not end: {members}")
            time.sleep(0.01)
        self._process.wait()
        self._group.close()
        self._isEnded = True


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _threads(process: int) -> list[int]:
    try:
        return [int(name) for name in os.listdir(f"/proc/{process}/task")]
    except FileNotFoundError:
        return []


def _proportionalSize(process: int) -> int:
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
