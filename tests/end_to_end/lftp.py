"""
lftp.
"""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.client import PATIENCE, Client, run


class Lftp(Client):
    """
    lftp: a shell of its own.  It uses PORT and PASV where the address is IPv4.
    """

    program = "lftp"
    cannot = {"append": "none of its commands sends APPE"}

    def script(self, *commands: str) -> str:
        """
        Run commands of its own language.

        @return: what they print.
        """
        account = self.account
        login = f"{account.user},{account.password}"
        settings = {
            "cmd:fail-exit": "yes",
            "file:charset": "utf-8",
            "ftp:passive-mode": "no" if account.isActive else "yes",
            "ftp:ssl-allow": "no",
            # Its own way to be stubborn would hide a fault of ours.
            "net:max-retries": "1",
            "net:timeout": str(PATIENCE),
            "xfer:clobber": "yes",
        }
        lines = [f"set {name} {value}" for name, value in settings.items()]
        lines.append(f"open -u {_word(login)} ftp://{account.authority}")
        return run("lftp", "--norc", "-c", "\n".join([*lines, *commands]))

    def upload(self, local: Path, remote: str) -> None:
        """
        STOR.
        """
        self.script(f"put {_word(str(local))} -o {_word(remote)}")

    def download(self, remote: str, local: Path) -> None:
        """
        RETR.
        """
        self.script(f"get {_word(remote)} -o {_word(str(local))}")

    def resumeUpload(self, local: Path, remote: str) -> None:
        """
        SIZE, REST, then STOR.
        """
        self.script(f"put -c {_word(str(local))} -o {_word(remote)}")

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self.script(f"get -c {_word(remote)} -o {_word(str(local))}")

    def downloadInParts(self, remote: str, local: Path) -> None:
        """
        REST, RETR, and the connection is closed when the part is there.
        """
        size = "set pget:min-chunk-size 1M"
        self.script(size, f"pget -n 4 {_word(remote)} -o {_word(str(local))}")

    def uploadWithTime(self, local: Path, remote: str) -> None:
        """
        STOR, then MFMT: what C{mirror} does with each file.
        """
        goal = _word(remote.rpartition("/")[0])
        self.script(f"mirror -R -f {_word(str(local))} -O {goal}")

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        MDTM, then RETR.
        """
        self.script(f"mirror -f {_word(remote)} -O {_word(str(local.parent))}")

    def names(self, folder: str) -> set[str]:
        """
        NLST, whose names come with the folder that was asked for.
        """
        found = self.script(f"nlist {_word(folder)}").split("\n")[:-1]
        return {name.rpartition("/")[2] for name in found}

    def listing(self, folder: str) -> str:
        """
        LIST.
        """
        return self.script(f"ls {_word(folder)}")

    def rename(self, old: str, new: str) -> None:
        """
        RNFR and RNTO.
        """
        self.script(f"mv {_word(old)} {_word(new)}")

    def delete(self, name: str) -> None:
        """
        DELE.
        """
        self.script(f"rm {_word(name)}")

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

    def uploadTree(self, local: Path, remote: str) -> None:
        """
        Several connections at once, and MFMT after each file.
        """
        self.script(f"mirror -R --parallel=4 {_word(str(local))} {_word(remote)}")

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        Several connections at once.
        """
        self.script(f"mirror --parallel=4 {_word(remote)} {_word(str(local))}")

    def removeTree(self, name: str) -> None:
        """
        LIST, DELE and RMD.
        """
        self.script(f"rm -r {_word(name)}")


def _word(text: str) -> str:
    """
    Quote a word for lftp.
    """
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
