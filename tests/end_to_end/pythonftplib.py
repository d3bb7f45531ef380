"""
Python's own ftplib.
"""

from __future__ import annotations

import ftplib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.client import ONE_PART, PATIENCE, Client


class Ftplib(Client):
    """
    Python's own ftplib.  It uses PORT and PASV where the address is IPv4.
    """

    cannot = {
        **ONE_PART,
        **dict.fromkeys(("uploadWithTime", "downloadWithTime"), "it has no call about times"),
        **dict.fromkeys(("uploadTree", "downloadTree", "removeTree"), "it knows no trees"),
    }

    @contextmanager
    def _session(self) -> Iterator[ftplib.FTP]:
        # Latin-1 lets every byte of a name through as it is.
        with ftplib.FTP(timeout=PATIENCE, encoding="latin-1") as session:
            session.connect(self.account.host, self.account.port)
            session.login(self.account.user, self.account.password)
            session.set_pasv(not self.account.isActive)
            yield session

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        with self._session() as session, local.open("rb") as file:
            session.storbinary(f"STOR {_asLatin(remote)}", file)

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        with self._session() as session, local.open("wb") as file:
            session.retrbinary(f"RETR {_asLatin(remote)}", file.write)

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        SIZE, REST, then STOR.
        """
        with self._session() as session, local.open("rb") as file:
            session.voidcmd("TYPE I")
            there = session.size(_asLatin(remote)) or 0
            file.seek(there)
            session.storbinary(f"STOR {_asLatin(remote)}", file, rest=there)

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        with self._session() as session, local.open("ab") as file:
            session.retrbinary(f"RETR {_asLatin(remote)}", file.write, rest=file.tell())

    def append(self, local: Path, remote: str) -> None:
        """
        APPE.
        """
        with self._session() as session, local.open("rb") as file:
            session.storbinary(f"APPE {_asLatin(remote)}", file)

    def names(self, folder: str) -> set[str]:
        """
        MLSD.
        """
        with self._session() as session:
            found = [name for name, facts in session.mlsd(_asLatin(folder))]
        return {os.fsdecode(name.encode("latin-1")) for name in found}

    def listing(self, folder: str) -> str:
        """
        LIST.
        """
        lines: list[str] = []
        with self._session() as session:
            session.dir(_asLatin(folder), lines.append)
        return os.fsdecode("\n".join(lines).encode("latin-1"))

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        with self._session() as session:
            session.rename(_asLatin(old), _asLatin(new))

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        with self._session() as session:
            session.delete(_asLatin(name))

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        with self._session() as session:
            session.mkd(_asLatin(name))

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        with self._session() as session:
            session.rmd(_asLatin(name))


def _asLatin(name: str) -> str:
    return os.fsencode(name).decode("latin-1")
