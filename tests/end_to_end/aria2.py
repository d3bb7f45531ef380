"""
aria2.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from tests.end_to_end.client import Reader, run


class Aria2(Reader):
    """
    aria2, which goes down to the folder one CWD after the other.
    """

    program = "aria2c"
    cannot = {
        **Reader.cannot,
        "names": "it asks for no lists",
        "listing": "it asks for no lists",
        "downloadTree": "it knows no trees",
    }

    def _run(self, remote: str, local: Path, *options: str) -> None:
        account = self.account
        url = f"ftp://{account.authority}/{quote(os.fsencode(remote))}"
        login = [f"--ftp-user={account.user}", f"--ftp-passwd={account.password}"]
        way = f"--ftp-pasv={'false' if account.isActive else 'true'}"
        goal = ["-d", str(local.parent), "-o", local.name]
        quiet = ["--no-conf", "--no-netrc", "-q", "--file-allocation=none", "--max-tries=1"]
        # A 226 that comes in one piece with the 150 goes unseen; it then waits
        # this long for another, and is content.
        patience = "--timeout=3"
        run("aria2c", *quiet, patience, *login, way, *goal, *options, url)

    def download(self, remote: str, local: Path) -> None:
        """
        MDTM, SIZE, then RETR.
        """
        self._run(remote, local)

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self._run(remote, local, "-c")

    def downloadInParts(self, remote: str, local: Path) -> None:
        """
        REST, RETR, and the connection is closed when the part is there.
        """
        # At full speed all is there before the second connection is.
        self._run(remote, local, "-x4", "-s4", "-k1M", "--max-download-limit=16M")

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM.
        """
        self._run(remote, local, "--remote-time")
