"""
What lies outside of a user's root, and must stay unseen and unchanged.
"""

from __future__ import annotations

import os
from pathlib import Path

#: What the file outside holds.
SECRET = b"not for anybody who logs in"


class Outside:
    """
    A folder beside a root, and how it looked when it was made.

    @ivar root: the root that a server may show.
    @ivar folder: what it may not.
    """

    def __init__(self, above: Path) -> None:
        """
        @param above: an empty folder that both go into.
        """
        self.root = above / "root"
        self.folder = above / "outside"
        (self.root / "folder").mkdir(parents=True)
        (self.root / "folder" / "file").write_bytes(b"inside")
        (self.root / "file").write_bytes(b"inside")
        (self.folder / "empty").mkdir(parents=True)
        for name in ("secret", "file", "victim"):
            (self.folder / name).write_bytes(SECRET)
        self._before = self._look()

    @property
    def isUntouched(self) -> bool:
        """
        Is everything outside as it was?
        """
        return self._look() == self._before

    def _look(self) -> list[object]:
        seen: list[object] = [sorted(os.listdir(self.folder.parent))]
        for path in sorted((self.folder, *self.folder.rglob("*"))):
            status = path.lstat()
            contents = path.read_bytes() if path.is_file() else b""
            seen.append((path, status.st_mode, status.st_mtime_ns, status.st_nlink, contents))
        return seen
