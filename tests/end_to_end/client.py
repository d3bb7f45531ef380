"""
What every real client is asked to do, whatever its own language.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from tests.end_to_end.missing import why

#: Seconds after which a client that does not end has failed.
PATIENCE = 30

#: Far from where the server is, so that a time which is not told in UTC shows.
ZONE = "<+0330>-3:30"

#: What a client may be able to do, beside its methods: names that are not
#: UTF-8, kinds of connections, and what a tree takes along.
OTHER_ABILITIES = {"raw names", "IPv6", "active", "empty folders", "times of trees"}

#: What all but two clients lack.
ONE_PART = {"downloadInParts": "it fetches a file over one connection"}


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


def environment(**further: str) -> dict[str, str]:
    """
    Give the environment of a client: without a home, nobody's own settings
    have a say.

    @param further: what else is in it.
    """
    return {**os.environ, "HOME": "/nonexistent", "TZ": ZONE, **further}


def run(*command: str, given: str = "", cwd: Path | None = None, **further: str) -> str:
    """
    Run a client to its end, which must be a good one.

    @param given: what it reads from its standard input.
    @param cwd: the folder that it runs in.
    @param further: as for L{environment}.
    @return: what it printed.  What is not UTF-8 there is surrogates.
    """
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=PATIENCE,
        cwd=cwd,
        env=environment(**further),
    )
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Client:
    """
    A client.  Names on the server are relative to the root; a name that is
    not UTF-8 is written as C{os.fsdecode} does.

    A class has a method for what the client can do, and a reason in C{cannot}
    for what it cannot; C{test_clients.py} sees that it is one or the other.

    @cvar program: what must be installed for it; empty for nothing.
    @cvar cannot: names of methods, and of L{OTHER_ABILITIES}, to why the client
        has no way to do that.
    @cvar timeStep: the seconds to which it keeps times.
    """

    program: ClassVar[str] = ""
    cannot: ClassVar[Mapping[str, str]] = {}
    timeStep: ClassVar[int] = 1

    def __init__(self, account: Account) -> None:
        """
        @param account: whom to call.
        """
        self.account = account
        if not self.isThere():
            needed = f"{type(self).__name__} needs {self.program}"
            if reason := why(self.program):
                pytest.skip(f"{needed}, which this machine cannot have: {reason}")
            pytest.fail(f"{needed}, which is missing: install it with 'make clients'", False)

    @classmethod
    def isThere(cls) -> bool:
        """
        Is all installed that it needs?
        """
        return not cls.program or shutil.which(cls.program) is not None

    @classmethod
    def isAble(cls, *abilities: str) -> bool:
        """
        Can it do all of this?
        """
        return cls.cannot.keys().isdisjoint(abilities)

    def upload(self, local: Path, remote: str) -> None:
        """
        Send a file.
        """
        raise NotImplementedError

    def download(self, remote: str, local: Path) -> None:
        """
        Fetch a file.
        """
        raise NotImplementedError

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        Send what the server does not have yet of a file.
        """
        raise NotImplementedError

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        Fetch what is not there yet of a file.
        """
        raise NotImplementedError

    def downloadInParts(self, remote: str, local: Path) -> None:
        """
        Fetch a file over several connections at once.
        """
        raise NotImplementedError

    def append(self, local: Path, remote: str) -> None:
        """
        Put a file's contents behind those of one on the server.
        """
        raise NotImplementedError

    def uploadWithTime(self, local: Path, remote: str) -> None:
        """
        Send a file of the same name, and when it was last changed.
        """
        raise NotImplementedError

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        Fetch a file of the same name, and when it was last changed.
        """
        raise NotImplementedError

    def names(self, folder: str) -> set[str]:
        """
        Give what is in a folder.
        """
        raise NotImplementedError

    def listing(self, folder: str) -> str:
        """
        Give what is in a folder, for a person to read: lines that begin with
        C{d} for a folder, have the size in them, and end with the name.
        """
        raise NotImplementedError

    def rename(self, old: str, new: str) -> None:
        """
        Give a file another name.
        """
        raise NotImplementedError

    def delete(self, name: str) -> None:
        """
        Remove a file.
        """
        raise NotImplementedError

    def makeFolder(self, name: str) -> None:
        """
        Make a folder.
        """
        raise NotImplementedError

    def removeFolder(self, name: str) -> None:
        """
        Remove an empty folder.
        """
        raise NotImplementedError

    def uploadTree(self, local: Path, remote: str) -> None:
        """
        Send a folder of the same name, with all that is in it.
        """
        raise NotImplementedError

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        Fetch a folder of the same name, with all that is in it.
        """
        raise NotImplementedError

    def removeTree(self, name: str) -> None:
        """
        Remove a folder, with all that is in it.
        """
        raise NotImplementedError


class Reader(Client):
    """
    A client that only reads.
    """

    cannot = dict.fromkeys(
        (
            "upload",
            "resumeUpload",
            "append",
            "uploadWithTime",
            "rename",
            "delete",
            "makeFolder",
            "removeFolder",
            "uploadTree",
            "removeTree",
        ),
        "it only fetches",
    )
