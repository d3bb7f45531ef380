"""
curl.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from tests.end_to_end.client import ONE_PART, Client, run


class Curl(Client):
    """
    curl: a program that does one thing per call.  It tries EPRT and EPSV first.
    """

    program = "curl"
    cannot = {
        **ONE_PART,
        "uploadWithTime": "it cannot set times",
        **dict.fromkeys(("uploadTree", "downloadTree", "removeTree"), "one file per call"),
    }

    def _run(self, remote: str, *options: str) -> str:
        account = self.account
        url = f"ftp://{account.authority}/{quote(os.fsencode(remote))}"
        way = ["--ftp-port", "-"] if account.isActive else []
        user = f"{account.user}:{account.password}"
        return run("curl", "-q", "-sS", "--globoff", "--user", user, *way, *options, url)

    def _quote(self, *commands: str) -> None:
        # --head of a folder, and no data connection is made.
        self._run("", *(word for each in commands for word in ("--quote", each)), "--head")

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        self._run(remote, "--upload-file", str(local))

    def download(self, remote: str, local: Path) -> None:
        """
        SIZE, then RETR.
        """
        self._run(remote, "--output", str(local))
        # An empty answer makes curl leave out the file as well.
        local.touch()

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        SIZE, then APPE with the rest.
        """
        self._run(remote, "--continue-at", "-", "--upload-file", str(local))

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self._run(remote, "--continue-at", "-", "--output", str(local))

    def append(self, local: Path, remote: str) -> None:
        """
        APPE.
        """
        self._run(remote, "--append", "--upload-file", str(local))

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM.
        """
        self._run(remote, "--remote-time", "--output", str(local))

    def names(self, folder: str) -> set[str]:
        """
        NLST.
        """
        return set(self._run(folder + "/", "--list-only").split("\n")[:-1])

    def listing(self, folder: str) -> str:
        """
        LIST.
        """
        return self._run(folder + "/")

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self._quote(f"RNFR {old}", f"RNTO {new}")

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self._quote(f"DELE {name}")

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        self._quote(f"MKD {name}")

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        self._quote(f"RMD {name}")
