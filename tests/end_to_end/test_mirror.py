"""
Whole trees, over several connections at once.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.end_to_end.client import Account
from tests.end_to_end.lftp import Lftp


class TestMirror:
    """
    lftp copies whole trees, over several connections at once.
    """

    def plant(self, folder: Path) -> dict[str, bytes | None]:
        """
        Make a tree.

        @return: what is in it.
        """
        for name in ("a", "a/b c", "empty", "grün"):
            (folder / name).mkdir(parents=True)
        for number in range(20):
            (folder / "a" / "b c" / f"{number}.bin").write_bytes(os.urandom(number * 1000))
        (folder / "grün" / "文").write_bytes(os.urandom(300_000))
        return self.tree(folder)

    def tree(self, folder: Path) -> dict[str, bytes | None]:
        """
        Give all paths in a folder, and what the files hold.
        """
        return {
            str(each.relative_to(folder)): each.read_bytes() if each.is_file() else None
            for each in folder.rglob("*")
        }

    def test_up(self, account: Account, folder: Path, tmp_path: Path) -> None:
        """
        A tree goes up.
        """
        planted = self.plant(tmp_path / "tree")
        Lftp(account).script(f"mirror -R --parallel=4 {tmp_path}/tree {folder.name}/tree")
        assert self.tree(folder / "tree") == planted

    def test_down(self, account: Account, folder: Path, tmp_path: Path) -> None:
        """
        A tree comes down.
        """
        planted = self.plant(folder / "tree")
        Lftp(account).script(f"mirror --parallel=4 {folder.name}/tree {tmp_path}/tree")
        assert self.tree(tmp_path / "tree") == planted
