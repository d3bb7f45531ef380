"""
L{ftpactive.storage.statuses}: what the system says of many names.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpactive.storage import statuses
from ftpactive.storage.statuses import Asking, statusOf


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """
    A descriptor of a folder with things of many kinds.
    """
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "folder").mkdir(0o700)
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "twin").hardlink_to(tmp_path / "file")
    (tmp_path / "old").touch(0o604)
    os.utime(tmp_path / "old", ns=(0, -1_500_000_001))
    (tmp_path / "late").touch()
    os.utime(tmp_path / "late", ns=(0, 5_000_000_000_123_456_789))
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


NAMES = [b"file", b"folder", b"link", b"twin", b"old", b"late"]

WAYS = [pytest.param(statuses._ask, id="system"), pytest.param(statuses._lstat, id="lstat")]


@pytest.mark.parametrize("way", WAYS)
class TestAsking:
    """
    Whether there is C{statx} or not, the answers are those of C{lstat}.
    """

    @pytest.mark.parametrize("isExact", [True, False])
    def test_asAlone(
        self, folder: int, way: object, isExact: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        Of each name.
        """
        monkeypatch.setattr(statuses, "_ask", way)
        found = Asking(folder, 10, isExact=isExact).ask(NAMES)
        assert found is not None
        for each, *own in zip(NAMES, *found, strict=True):
            status = os.lstat(each, dir_fd=folder)
            owners, device, size, modified, links, inode = own
            common = statusOf((owners, device))
            assert common[:1] + common[2:3] + common[4:6] == (
                status.st_mode,
                status.st_dev,
                status.st_uid,
                status.st_gid,
            )
            assert (size, links, inode) == (status.st_size, status.st_nlink, status.st_ino)
            assert modified == (status.st_mtime if isExact else status[stat.ST_MTIME])

    def test_again(self, folder: int, way: object, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Answers about fewer names have nothing of those before.
        """
        monkeypatch.setattr(statuses, "_ask", way)
        asking = Asking(folder, len(NAMES), isExact=False)
        asking.ask(NAMES)
        found = asking.ask([b"old"])
        assert found is not None
        assert [len(column) for column in found] == [1] * len(found)
        assert found.modified == (-2,)

    def test_nothingOfThatName(
        self, folder: int, way: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        Then all have to be asked about by themselves.
        """
        monkeypatch.setattr(statuses, "_ask", way)
        assert Asking(folder, 3, isExact=False).ask([b"file", b"missing", b"old"]) is None


class TestStatx:
    """
    C{statx} is used where it is, and may be.
    """

    @pytest.mark.parametrize("error", [OSError, AttributeError])
    def test_missing(self, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
        """
        Not every C library has it.
        """

        def fail(name: object) -> None:
            raise error

        monkeypatch.setattr(ctypes, "CDLL", fail)
        assert statuses._statx() is statuses._lstat

    @pytest.mark.parametrize("result", [0, -1])
    def test_forbidden(self, monkeypatch: pytest.MonkeyPatch, result: int) -> None:
        """
        Some containers do not let it through.
        """

        class Library:
            @staticmethod
            def statx(*arguments: object) -> int:
                return result

        monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
        assert statuses._statx() is (Library.statx if result == 0 else statuses._lstat)
