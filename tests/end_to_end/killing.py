"""
A server with atomic uploads that always ends by being killed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.process import CHECKOUT, environment, freePort
from tests.end_to_end.rawclient import RawClient


class AtomicServer:
    """
    A process that serves a folder, for as long as the block runs or until it is
    killed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = freePort()

    def __enter__(self) -> AtomicServer:
        """
        Start it, and wait until it serves.
        """
        program = str(CHECKOUT / "tests" / "end_to_end" / "atomicserver.py")
        self._process = subprocess.Popen(
            [sys.executable, program, str(self.root), str(self.port)],
            env=environment(),
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *exception: object) -> None:
        """
        Kill it with SIGKILL, as the kernel does when memory runs out.
        """
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def login(self) -> RawClient:
        """
        Log in.
        """
        return RawClient(self).login(USER, PASSWORD)  # type: ignore[arg-type]
