"""
rclone.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.end_to_end.client import ONE_PART, Client, run


class Rclone(Client):
    """
    rclone, which speaks of the server's files as of any other's.
    """

    program = "rclone"
    cannot = {
        **ONE_PART,
        "active": "its library knows EPSV and PASV only",
        "raw names": "its names are Unicode",
        "append": "it copies whole files",
        "resumeUpload": "it copies whole files",
        "resumeDownload": "it copies whole files",
    }

    def _run(self, *arguments: str) -> str:
        account = self.account
        return run(
            "rclone",
            # Its own way to be stubborn would hide a fault of ours.
            "--retries=1",
            "--low-level-retries=1",
            *arguments,
            RCLONE_CONFIG="notfound",
            RCLONE_FTP_HOST=f"[{account.host}]" if ":" in account.host else account.host,
            RCLONE_FTP_PORT=str(account.port),
            RCLONE_FTP_USER=account.user,
            RCLONE_FTP_PASS=_obscured(account.password),
        )

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR, then MFMT.
        """
        self._run("copyto", str(local), f":ftp:{remote}")

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        self._run("copyto", f":ftp:{remote}", str(local))

    def uploadWithTime(self, local: Path, remote: str) -> None:
        """
        It does so by itself.
        """
        self.upload(local, remote)

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        It does so by itself.
        """
        self.download(remote, local)

    def _entries(self, folder: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._run("lsjson", f":ftp:{folder}"))
        return found

    def names(self, folder: str) -> set[str]:
        """
        MLSD.
        """
        return {each["Name"] for each in self._entries(folder)}

    def listing(self, folder: str) -> str:
        """
        MLSD.
        """
        lines = (
            f"{'d' if each['IsDir'] else '-'} {each['Size']} {each['Name']}"
            for each in self._entries(folder)
        )
        return "\n".join(lines)

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self._run("moveto", f":ftp:{old}", f":ftp:{new}")

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self._run("deletefile", f":ftp:{name}")

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        self._run("mkdir", f":ftp:{name}")

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        self._run("rmdir", f":ftp:{name}")

    def uploadTree(self, local: Path, remote: str) -> None:
        """
        Several connections at once; and then a look whether all is there.
        """
        self._run("copy", "--create-empty-src-dirs", str(local), f":ftp:{remote}")
        self._run("check", "--download", str(local), f":ftp:{remote}")

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        Several connections at once; and then a look whether all is there.
        """
        self._run("copy", "--create-empty-src-dirs", f":ftp:{remote}", str(local))
        self._run("check", f":ftp:{remote}", str(local))

    def removeTree(self, name: str) -> None:
        """
        MLSD, DELE and RMD.
        """
        self._run("purge", f":ftp:{name}")


@cache
def _obscured(password: str) -> str:
    return run("rclone", "obscure", password).strip()
