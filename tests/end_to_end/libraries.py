"""
Clients that are libraries of some language; for each there is a small program
that does one thing with it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from tests.end_to_end.client import ONE_PART, Client
from tests.end_to_end.program import Program

_PROGRAMS = Path(__file__).with_name("programs")


class Library(Client):
    """
    A library, driven by a program that is told where to call and what to do.
    """

    command: ClassVar[tuple[str, ...]]

    def _do(self, deed: str, *arguments: Path | str) -> str:
        account = self.account
        login = [account.host, str(account.port), account.user, account.password]
        way = "active" if account.isActive else "passive"
        return Program.of(self.command).do(*login, way, deed, *map(str, arguments))

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        self._do("upload", local, remote)

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        self._do("download", remote, local)

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        SIZE, REST and STOR, or APPE with the rest.
        """
        self._do("resumeUpload", local, remote)

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self._do("resumeDownload", remote, local)

    def names(self, folder: str) -> set[str]:
        """
        Give the names without the folder, which comes with those of NLST.
        """
        return {name.rpartition("/")[2] for name in self._do("names", folder).splitlines()}

    def listing(self, folder: str) -> str:
        """
        LIST or MLSD.
        """
        return self._do("listing", folder)

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self._do("rename", old, new)

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self._do("delete", name)

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        self._do("makeFolder", name)

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        self._do("removeFolder", name)

    def append(self, local: Path, remote: str) -> None:
        """
        APPE.
        """
        self._do("append", local, remote)

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM, then RETR.
        """
        self._do("downloadWithTime", remote, local)

    def uploadTree(self, local: Path, remote: str) -> None:
        """
        MKD and STOR.
        """
        self._do("uploadTree", local, remote)

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        MLSD and RETR.
        """
        self._do("downloadTree", remote, local)

    def removeTree(self, name: str) -> None:
        """
        NLST or MLSD, DELE and RMD.
        """
        self._do("removeTree", name)


class TwistedClient(Library):
    """
    Twisted's own client, in a process of its own.
    """

    command = (sys.executable, str(_PROGRAMS / "twistedclient.py"))
    cannot = {
        **ONE_PART,
        "IPv6": "it knows PORT and PASV only",
        "append": "it has no call for APPE",
        "uploadWithTime": "it has no call about times",
        "downloadWithTime": "it has no call about times",
        **dict.fromkeys(("uploadTree", "downloadTree", "removeTree"), "it knows no trees"),
    }


class NetFtp(Library):
    """
    Perl's own Net::FTP.
    """

    # In the same package as the library, where perl itself may be without it.
    program = "corelist"
    command = ("perl", str(_PROGRAMS / "netftp.pl"))
    cannot = {
        **ONE_PART,
        "uploadWithTime": "it cannot set times",
        "uploadTree": "it copies no trees",
        "downloadTree": "it copies no trees",
    }


class BasicFtp(Library):
    """
    basic-ftp, which runs in Node.
    """

    program = "basic-ftp"
    command = ("node", str(_PROGRAMS / "basicftp.js"))
    cannot = {
        **ONE_PART,
        "active": "it knows EPSV and PASV only",
        "raw names": "its names are Unicode",
        "uploadWithTime": "it cannot set times",
        "times of trees": "it keeps no times",
    }

    @classmethod
    def isThere(cls) -> bool:
        """
        It is no program, and stays beside the one that uses it.
        """
        return (_PROGRAMS / "node_modules" / "basic-ftp").is_dir()
