"""
What every real client is asked to do, whatever its own language.
"""

from __future__ import annotations

import shutil
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

#: Seconds after which a client that does not end has failed.
PATIENCE = 30


@dataclass(frozen=True)
class Account:
    """
    Where to call, as whom, and which side opens the data connections.
    """

    host: str
    port: int
    user: str
    password: str
    isActive: bool

    @property
    def authority(self) -> str:
        """
        Give host and port as a URL has them.
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def run(*command: str) -> str:
    """
    Run a client to its end, which must be a good one.

    @return: what it printed.  What is not UTF-8 there is surrogates.
    """
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Client(ABC):
    """
    A client.  Names on the server are relative to the root; a name that is
    not UTF-8 is written as C{os.fsdecode} does.

    @cvar program: what must be installed for it; empty for nothing.
    @cvar cannot: the names of those methods, and C{"raw names"}, that the
        client has no way to do.
    """

    program: ClassVar[str] = ""
    cannot: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, account: Account) -> None:
        """
        @param account: whom to call.
        """
        if self.program and shutil.which(self.program) is None:
            pytest.skip(f"{self.program} is not installed: make clients")
        self.account = account

    @abstractmethod
    def upload(self, local: Path, remote: str) -> None:
        """
        Send a file.
        """

    @abstractmethod
    def download(self, remote: str, local: Path) -> None:
        """
        Fetch a file.
        """

    @abstractmethod
    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        Send what the server does not have yet of a file.
        """

    @abstractmethod
    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        Fetch what is not there yet of a file.
        """

    @abstractmethod
    def append(self, local: Path, remote: str) -> None:
        """
        Put a file's contents behind those of one on the server.
        """

    @abstractmethod
    def names(self, folder: str) -> set[str]:
        """
        Give what is in a folder.
        """

    @abstractmethod
    def listing(self, folder: str) -> str:
        """
        Give what is in a folder, for a person to read.
        """

    @abstractmethod
    def rename(self, old: str, new: str) -> None:
        """
        Give a file another name.
        """

    @abstractmethod
    def delete(self, name: str) -> None:
        """
        Remove a file.
        """

    @abstractmethod
    def makeFolder(self, name: str) -> None:
        """
        Make a folder.
        """

    @abstractmethod
    def removeFolder(self, name: str) -> None:
        """
        Remove an empty folder.
        """
