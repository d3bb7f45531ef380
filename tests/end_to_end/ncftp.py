"""
NcFTP: a program for uploads, one for downloads, one for lists, and a shell for
the rest.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from tests.end_to_end.client import ONE_PART, Client, run

#: What the shell prints when something was refused; it ends well all the same.
_REFUSED = "server said:"


class Ncftp(Client):
    """
    NcFTP.  It asks FEAT for much, and sets times with MFF, MFMT or SITE UTIME,
    whatever works.
    """

    program = "ncftp"
    cannot = {
        **ONE_PART,
        "IPv6": "it knows no such addresses",
        "removeTree": "its 'rm -r' finds that it is a folder, and stops",
    }

    def _login(self) -> list[str]:
        account = self.account
        return ["-u", account.user, "-p", account.password, "-P", str(account.port)]

    def _copy(self, program: str, *arguments: str) -> None:
        way = "-E" if self.account.isActive else "-F"
        # It draws without -V, and calls again without -r.
        run(program, "-V", "-r", "1", *self._login(), way, *arguments)

    def _put(self, local: Path, remote: str, *options: str) -> None:
        self._copy("ncftpput", *options, "-C", self.account.host, str(local), remote)

    def _get(self, remote: str, local: Path, *options: str) -> None:
        self._copy("ncftpget", *options, "-C", self.account.host, remote, str(local))

    def _list(self, option: str, folder: str) -> list[str]:
        way = "-E" if self.account.isActive else "-F"
        url = f"ftp://{self.account.host}/{quote(folder)}"
        return run("ncftpls", "-r", "1", *self._login(), way, option, url).splitlines()

    def _shell(self, command: str) -> None:
        told = run("ncftp", *self._login(), self.account.host, given=f"{command}\nquit\n")
        assert _REFUSED not in told, told

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        self._put(local, remote, "-Z")

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        self._get(remote, local, "-Z")

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        MLST, REST, then STOR.
        """
        self._put(local, remote, "-z")

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        MLST, REST, then RETR.
        """
        self._get(remote, local, "-z")

    def append(self, local: Path, remote: str) -> None:
        """
        APPE.
        """
        self._put(local, remote, "-A")

    def uploadWithTime(self, local: Path, remote: str) -> None:
        """
        STOR, then MFMT.
        """
        self._put(local, remote, "-y")

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM, then RETR.
        """
        self._copy("ncftpget", self.account.host, str(local.parent), remote)

    def names(self, folder: str) -> set[str]:
        """
        NLST, whose names come with the folder that was asked for.
        """
        return {name.rpartition("/")[2] for name in self._list("-1", folder)}

    def listing(self, folder: str) -> str:
        """
        LIST.
        """
        return "\n".join(self._list("-l", folder))

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self._shell(f"rename {_word(old)} {_word(new)}")

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self._shell(f"rm {_word(name)}")

    def makeFolder(self, name: str) -> None:
        """
        MKD.
        """
        self._shell(f"mkdir {_word(name)}")

    def removeFolder(self, name: str) -> None:
        """
        RMD.
        """
        self._shell(f"rmdir {_word(name)}")

    def uploadTree(self, local: Path, remote: str) -> None:
        """
        MKD, STOR and MFMT.
        """
        above = remote.rpartition("/")[0]
        self._copy("ncftpput", "-R", "-y", self.account.host, above, str(local))

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        MLSD and RETR, after a try to have it as a tar archive.
        """
        self._copy("ncftpget", "-R", "-T", self.account.host, str(local.parent), remote)


def _word(text: str) -> str:
    """
    Quote a word for the shell.
    """
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'
