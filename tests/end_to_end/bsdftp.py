"""
The two descendants of the BSD program C{ftp}: tnftp, and that of GNU inetutils.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import ClassVar

from tests.end_to_end.client import ONE_PART, Client, run

#: A reply that refuses.  These programs end well whatever they are told.
_REFUSED = re.compile(r"^[45]\d\d[ -]|^ftp: |^\?", re.MULTILINE)


#: The answer to C{size}, which one of them shows as it is.
_SIZE = re.compile(r"(?:^213 |\t)(\d+)$", re.MULTILINE)


class BsdFtp(Client):
    """
    A shell of its own, which reads commands from its standard input.
    """

    cannot = {
        **ONE_PART,
        "uploadWithTime": "it cannot set times",
        **dict.fromkeys(("uploadTree", "downloadTree", "removeTree"), "it knows no trees"),
    }

    active: ClassVar[str]
    passive: ClassVar[str]

    def script(self, *commands: str) -> str:
        """
        Run commands of its own language.

        @return: what it prints.
        """
        account = self.account
        login = f"user {_word(account.user)} {_word(account.password)}"
        way = self.active if account.isActive else self.passive
        # Nobody is asked, names are no patterns, and replies are shown.
        options = ["-n", "-i", "-g", "-v", way]
        lines = "\n".join([login, "binary", *commands, "quit", ""])
        told = run(self.program, *options, account.host, str(account.port), given=lines)
        assert not _REFUSED.search(told), told
        return told

    def _fetched(self, command: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "output")
            self.script(f"{command} {output}")
            return output.read_text("utf-8", "surrogateescape") if output.exists() else ""

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        self.script(f"put {_word(str(local))} {_word(remote)}")

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        self.script(f"get {_word(remote)} {_word(str(local))}")

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        SIZE, and then REST and STOR: the person at the keys does the sum.
        """
        found = _SIZE.search(self.script(f"size {_word(remote)}"))
        assert found is not None
        self.script(f"restart {found[1]}", f"put {_word(str(local))} {_word(remote)}")

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self.script(f"reget {_word(remote)} {_word(str(local))}")

    def append(self, local: Path, remote: str) -> None:
        """
        APPE.
        """
        self.script(f"append {_word(str(local))} {_word(remote)}")

    def names(self, folder: str) -> set[str]:
        """
        NLST, whose names come with the folder that was asked for.
        """
        found = self._fetched(f"nlist {_word(folder)}").splitlines()
        return {name.rpartition("/")[2] for name in found}

    def listing(self, folder: str) -> str:
        """
        LIST.
        """
        return self._fetched(f"ls {_word(folder)}")

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self.script(f"rename {_word(old)} {_word(new)}")

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self.script(f"delete {_word(name)}")

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        self.script(f"mkdir {_word(name)}")

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        self.script(f"rmdir {_word(name)}")


class Tnftp(BsdFtp):
    """
    The program of NetBSD.  It tries EPRT and EPSV first, also over IPv4.
    """

    program = "tnftp"
    active, passive = "-A", "-p"

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM: it does so by itself.
        """
        self.download(remote, local)


class Inetutils(BsdFtp):
    """
    The program of GNU.
    """

    program = "inetutils-ftp"
    cannot = {**BsdFtp.cannot, "downloadWithTime": "it does not keep times"}
    active, passive = "--active", "--passive"


def _word(text: str) -> str:
    """
    Quote a word for these programs; within quotes they know no other escape.
    """
    return re.sub(r"([^\w/.-])", r"\\\1", text, flags=re.ASCII)
