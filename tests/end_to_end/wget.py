"""
wget.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import quote_from_bytes

from tests.end_to_end.client import ONE_PART, Reader, run

#: A line of the page that it makes of a folder.
_LINE = re.compile(r"\d +(File|Directory) +<a href=[^>]*>(.*?)/?</a> *(?:\((\d+) bytes\))?")


class Wget(Reader):
    """
    wget, which reads LIST as far as C{ls} is known to write it.
    """

    program = "wget"
    cannot = {
        **Reader.cannot,
        **ONE_PART,
        "empty folders": "it makes a folder for a file only",
    }
    # LIST has no seconds.
    timeStep = 60

    def _run(self, remote: str, *options: str, cwd: Path | None = None) -> str:
        account = self.account
        way = [] if not account.isActive else ["--no-passive-ftp"]
        login = ["--user", account.user, "--password", account.password]
        # Names are bytes, and stay them.
        names = ["--no-iri", "--restrict-file-names=nocontrol"]
        url = f"ftp://{account.authority}/{quote_from_bytes(_bytes(remote))}"
        options = (*login, *way, *names, *options)
        # It takes LIST to tell times of its own place, where the server tells UTC.
        return run("wget", "--no-config", "-nv", "--tries=1", *options, url, cwd=cwd, TZ="UTC")

    def download(self, remote: str, local: Path) -> None:
        """
        SIZE, then RETR.
        """
        self._run(remote, "-O", str(local))

    def resumeDownload(self, remote: str, local: Path) -> None:
        """
        REST, then RETR.
        """
        self._run(remote, "-c", "-O", str(local))

    def downloadWithTime(self, remote: str, local: Path) -> None:
        """
        LIST, then RETR.
        """
        self._run(remote, "-N", cwd=local.parent)

    def names(self, folder: str) -> set[str]:
        """
        LIST, of which it makes a page.
        """
        return {html.unescape(name) for _, name, _ in _LINE.findall(self._page(folder))}

    def listing(self, folder: str) -> str:
        """
        LIST, of which it makes a page.
        """
        found = _LINE.findall(self._page(folder))
        return "\n".join(f"- {size} {name}" if size else f"d {name}" for _, name, size in found)

    def _page(self, folder: str) -> str:
        return self._run(folder + "/", "-O", "-")

    def downloadTree(self, remote: str, local: Path) -> None:
        """
        LIST and RETR.
        """
        options = ["-r", "-N", "-l", "inf", "-nH", "--cut-dirs=1"]
        self._run(remote + "/", *options, cwd=local.parent)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
