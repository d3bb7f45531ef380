"""
What L{LocalStorage} can do beyond C{IStorage}: times and room.  Modes and
links have files of their own.
"""

import os

import pytest

from ftpactive.core.errors import FileUnavailable, NotADirectory, PermissionDenied
from ftpactive.testing.storage import run


class TestSetModified:
    """
    Times are set on what is inside, and nothing else.
    """

    def test_timeOfReadingStays(self, root, storage):
        """
        Only the time of the last change was asked for.
        """
        os.utime(root / "file", ns=(123_456_789_012, 1))
        run(storage.setModified(("file",), 1_000_000_000.25))
        status = (root / "file").stat()
        assert (status.st_atime_ns, status.st_mtime) == (123_456_789_012, 1_000_000_000.25)

    def test_linkInside(self, root, storage):
        """
        What it leads to gets the time.
        """
        (root / "link").symlink_to("folder/file")
        run(storage.setModified(("link",), 1))
        assert (root / "folder" / "file").stat().st_mtime == 1

    @pytest.mark.parametrize("target", ["../outside/file", "../outside", ".."])
    def test_linkOutside(self, root, storage, target):
        """
        What is outside keeps its own.
        """
        (root / "link").symlink_to(target)
        for path in [("link",), ("link", "file"), ("link", "outside")]:
            with pytest.raises(FileUnavailable):
                run(storage.setModified(path, 1))
        outside = root.parent / "outside"
        assert all(path.stat().st_mtime > 1 for path in (outside, outside / "file", root.parent))

    def test_root(self, root, storage):
        """
        The root has a time, too.
        """
        run(storage.setModified((), 1))
        assert root.stat().st_mtime == 1


class TestAvailable:
    """
    Room is that of the file system.
    """

    def test_systemTells(self, root, storage, monkeypatch):
        """
        What is kept for the administrator does not count.
        """

        class System:
            f_bavail, f_bfree, f_bsize, f_frsize = 3, 5, 7, 4096

        monkeypatch.setattr("os.fstatvfs", lambda descriptor: System)
        assert run(storage.available(("folder",))) == 3 * 4096

    def test_folderThatMayNotBeRead(self, tmp_path, unprivileged):
        """
        It is enough to be able to pass to it.
        """
        (tmp_path / "closed").mkdir(mode=0o300)
        assert run(unprivileged().available(("closed",))) >= 0

    def test_linkToAFolder(self, root, storage):
        """
        A link inside is followed, one outside is not.
        """
        (root / "in").symlink_to("folder")
        (root / "out").symlink_to("../outside")
        assert run(storage.available(("in",))) >= 0
        with pytest.raises(PermissionDenied):
            run(storage.available(("out",)))

    def test_fileHasNone(self, storage):
        """
        It is asked of folders.
        """
        with pytest.raises(NotADirectory):
            run(storage.available(("file",)))
