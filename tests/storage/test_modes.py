"""
Permission bits that L{LocalStorage} sets and gives.
"""

import contextlib
import os
import stat
import threading

import pytest

from ftpactive.core.errors import FileUnavailable, PermissionDenied
from ftpactive.core.writemode import WriteMode
from ftpactive.storage import modes
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import run, upload


def bitsOf(path):
    """
    Give the permission bits of a path; of a link itself.
    """
    return stat.S_IMODE(path.lstat().st_mode)


class TestSetMode:
    """
    Bits are set on what is inside, and nothing else.
    """

    def test_linkInside(self, root, storage):
        """
        What it leads to gets them.
        """
        (root / "link").symlink_to("folder/file")
        run(storage.setMode(("link",), 0o640))
        assert bitsOf(root / "folder" / "file") == 0o640

    @pytest.mark.parametrize("target", ["../outside/file", "../outside", ".."])
    def test_linkOutside(self, root, storage, target):
        """
        What is outside keeps its own, at the link and beyond it.
        """
        (root / "link").symlink_to(target)
        outside = root.parent / "outside"
        before = [bitsOf(path) for path in (outside, outside / "file", root.parent)]
        for path in [("link",), ("link", "file"), ("link", "outside")]:
            with pytest.raises(FileUnavailable):
                run(storage.setMode(path, 0o700))
        assert [bitsOf(path) for path in (outside, outside / "file", root.parent)] == before

    def test_root(self, root, storage):
        """
        The root has bits, too.
        """
        run(storage.setMode((), 0o750))
        assert bitsOf(root) == 0o750

    @pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6755])
    def test_programsDoNotRunAsUs(self, root, storage, mode):
        """
        All users' files belong to the server's user.  Who may upload must not
        make programs that run with its rights.
        """
        before = bitsOf(root / "file")
        with pytest.raises(PermissionDenied, match="set-uid"):
            run(storage.setMode(("file",), mode))
        assert bitsOf(root / "file") == before

    def test_foldersMayKeepTheirGroup(self, root, storage):
        """
        On a folder, the bit means that what is made in it has its group.
        """
        run(storage.setMode(("folder",), 0o2775))
        assert bitsOf(root / "folder") == 0o2775

    def test_pipeDoesNotHang(self, root, storage):
        """
        Nothing is opened that would wait for somebody.
        """
        os.mkfifo(root / "pipe")
        run(storage.setMode(("pipe",), 0o600))
        assert bitsOf(root / "pipe") == 0o600

    def test_fileThatMayNotBeRead(self, tmp_path, unprivileged):
        """
        It is enough to own it.
        """
        path = tmp_path / "closed"
        path.touch()
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
        path.chmod(0)
        storage = unprivileged()
        run(storage.setMode(("closed",), 0o600))
        assert run(storage.stat(("closed",))).mode == 0o600

    def test_fileOfSomebodyElse(self, tmp_path, unprivileged):
        """
        It is not enough to be able to write to it.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody else")
        (tmp_path / "a").touch()
        (tmp_path / "a").chmod(0o666)
        with pytest.raises(PermissionDenied):
            run(unprivileged().setMode(("a",), 0o600))

    def test_withoutProc(self, root, storage, monkeypatch):
        """
        After C{chroot} there may be no C{/proc}; what can be opened can be
        changed all the same.
        """
        monkeypatch.setattr(modes, "_DESCRIPTORS", str(root / "missing"))
        run(storage.setMode(("file",), 0o640))
        run(storage.setMode(("folder",), 0o750))
        assert (bitsOf(root / "file"), bitsOf(root / "folder")) == (0o640, 0o750)

    def test_nameThatBecameALink(self, root, storage, monkeypatch):
        """
        A link that comes between looking and changing is left alone.
        """
        (root / "link").symlink_to("../outside/file")
        outside = root.parent / "outside" / "file"
        before = bitsOf(outside)
        jail = storage._jail
        monkeypatch.setattr(jail, "target", jail.parent)
        with pytest.raises(PermissionDenied):
            run(storage.setMode(("link",), 0o777))
        run(storage.setModified(("link",), 1))
        assert (bitsOf(outside), outside.stat().st_mtime > 1) == (before, True)

    def test_fileSwappedForALink(self, root, storage):
        """
        One thread swaps a file and a link to the outside; what is outside
        keeps its bits and its time.
        """
        outside = root.parent / "outside" / "file"
        outside.chmod(0o604)
        os.utime(outside, (5, 5))
        (root / "evil").symlink_to("../outside/file")
        isDone = threading.Event()

        def swap():
            while not isDone.is_set():
                os.rename(root / "file", root / "kept")
                os.rename(root / "evil", root / "file")
                os.rename(root / "file", root / "evil")
                os.rename(root / "kept", root / "file")

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            for _ in range(2000):
                with contextlib.suppress(FileUnavailable):
                    run(storage.setMode(("file",), 0o666))
                with contextlib.suppress(FileUnavailable):
                    run(storage.setModified(("file",), 9))
        finally:
            isDone.set()
            swapper.join()
        assert (bitsOf(outside), outside.stat().st_mtime) == (0o604, 5)


class TestUmask:
    """
    The mask of a storage is its own.
    """

    @pytest.fixture(autouse=True)
    def strict(self):
        """
        The process takes much.
        """
        before = os.umask(0o027)
        yield
        assert os.umask(before) == 0o027

    def test_firstIsThatOfTheProcess(self, root):
        """
        As long as nobody chooses another one.
        """
        assert LocalStorage(root).umask == 0o027

    def test_storagesDoNotShareIt(self, root):
        """
        What one user chooses is nothing to another.
        """
        one, two = LocalStorage(root), LocalStorage(root)
        one.umask = 0o077
        assert two.umask == 0o027

    def test_itMayBeLooser(self, root):
        """
        What the process would take is given back.
        """
        storage = LocalStorage(root)
        storage.umask = 0o002
        upload(storage, ("a",), b"")
        upload(storage, ("b",), b"", mode=WriteMode.APPEND)
        run(storage.makeDirectory(("c",)))
        assert [bitsOf(root / name) for name in "abc"] == [0o664, 0o664, 0o775]

    def test_groupOfAFolderIsKept(self, root):
        """
        A folder in one that keeps its group keeps it, too.
        """
        (root / "folder").chmod(0o2775)
        storage = LocalStorage(root)
        for mask in (0o002, 0o077):
            storage.umask = mask
            run(storage.makeDirectory(("folder", f"{mask:o}")))
        assert bitsOf(root / "folder" / "2") == 0o2775
        assert bitsOf(root / "folder" / "77") == 0o2700

    def test_otherBitsAreNoMask(self, root):
        """
        A mask is about C{rwx} only.
        """
        storage = LocalStorage(root)
        storage.umask = 0o7022
        assert storage.umask == 0o022

    def test_replacedFilesAreClosedMeanwhile(self, root, storage):
        """
        A loose mask does not open the hidden file to others.
        """
        (root / "file").chmod(0o600)
        storage.umask = 0
        sink = run(storage.openForWriting(("file",), 0, WriteMode.REPLACE))
        (hidden,) = root.glob(".*")
        assert bitsOf(hidden) == 0o600
        run(sink.commit())

    def test_systemThatMustBeAskedOtherwise(self, root, monkeypatch):
        """
        Where C{/proc} does not tell, the mask is as before when it was asked
        for.
        """

        def fail(*arguments, **keywords):
            raise OSError

        monkeypatch.setattr("builtins.open", fail)
        assert modes.processUmask() == 0o027
