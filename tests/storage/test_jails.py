"""
L{Jails} lets sessions share a root.
"""

from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path

from ftpactive.storage.jails import Jails
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import namesIn, run, upload


def openDescriptors() -> int:
    """
    Count them.
    """
    return len(os.listdir("/proc/self/fd"))


class TestJails:
    """
    What many sessions have in common.
    """

    def test_sessionsShareOne(self, tmp_path: Path) -> None:
        """
        A thousand guests need one descriptor.
        """
        jails = Jails()
        one, two = LocalStorage(jails.at(str(tmp_path))), LocalStorage(jails.at(str(tmp_path)))
        before = openDescriptors()
        run(one.stat(()))
        run(two.stat(()))
        assert openDescriptors() == before + 1

    def test_oneSessionEnds(self, tmp_path: Path) -> None:
        """
        The others go on; with the last one the root is closed.
        """
        jails, before = Jails(), openDescriptors()
        one, two = LocalStorage(jails.at(str(tmp_path))), LocalStorage(jails.at(str(tmp_path)))
        run(one.stat(()))
        one.close()
        del one
        assert run(two.stat(())).isDirectory
        del two
        gc.collect()
        assert openDescriptors() == before

    def test_theLastOneEnds(self, tmp_path: Path) -> None:
        """
        The root is closed at once, though something may hold the storage still;
        who asks it all the same is answered.
        """
        jails, root, before = Jails(), str(tmp_path), openDescriptors()
        one, two = (LocalStorage(partial(jails.seen, root, os.stat(root))) for _ in range(2))
        for each in (one, two):
            upload(each, ("a",), b"")
            assert namesIn(each) == ["a"]
        one.close()
        assert openDescriptors() == before + 1
        two.close()
        assert openDescriptors() == before
        assert run(one.stat(("a",))).size == 0

    def test_anotherFolderInItsPlace(self, tmp_path: Path) -> None:
        """
        Those who come later see the new one, those who are in stay where
        they are.
        """
        jails, root = Jails(), tmp_path / "root"
        root.mkdir()
        early = LocalStorage(jails.at(str(root)))
        assert namesIn(early) == []
        root.rename(tmp_path / "old")
        root.mkdir()
        (root / "new").touch()
        assert namesIn(LocalStorage(jails.at(str(root)))) == ["new"]
        assert namesIn(early) == []

    def test_missingFolder(self, tmp_path: Path) -> None:
        """
        One that is not there yet may be there for the next session.
        """
        jails, root = Jails(), tmp_path / "root"
        early = jails.at(str(root))
        assert jails.at(str(root)) is not early
