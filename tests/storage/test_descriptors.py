"""
The root is opened once, and no descriptor stays behind.
"""

import contextlib
import gc
import os

import pytest

from ftpactive.core.errors import FileUnavailable, FTPError, NotFound
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, listAll, namesIn, run, upload

#: Of every kind: what is there, what is not, what leads elsewhere.
PATHS = [
    (),
    ("file",),
    ("folder",),
    ("folder", "below"),
    ("folder", "file"),
    ("folder", "new"),
    ("missing",),
    ("missing", "file"),
    ("file", "file"),
    ("folder", "file", "file"),
    ("folder", "in"),
    ("folder", "out"),
    ("folder", "out", "file"),
    ("folder", "loop"),
    ("folder", "loop", "file"),
    ("folder", "pipe"),
    ("..",),
    ("folder", ".."),
]


def openDescriptors():
    """
    Count the descriptors that this process has open.
    """
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


class TestRoot:
    """
    The root is opened once.
    """

    def test_missingRoot(self, tmp_path):
        """
        Every use says that there is nothing.
        """
        storage = LocalStorage(tmp_path / "missing")
        for use in (storage.stat, storage.makeDirectory):
            with pytest.raises(NotFound):
                run(use(("a",)))
        with pytest.raises(NotFound):
            listAll(storage)

    def test_rootThatIsAFile(self, root):
        """
        It is no folder: 550.
        """
        with pytest.raises(FileUnavailable):
            run(LocalStorage(root / "file").stat(()))

    def test_removedRoot(self, tmp_path):
        """
        A root that goes away while it is in use is empty of everything.
        """
        (tmp_path / "root").mkdir()
        storage = LocalStorage(tmp_path / "root")
        run(storage.stat(()))
        (tmp_path / "root").rmdir()
        for use in (
            lambda: listAll(storage),
            lambda: run(storage.stat(("a",))),
            lambda: run(storage.makeDirectory(("a",))),
            lambda: upload(storage, ("a",), b""),
        ):
            with pytest.raises(NotFound):
                use()

    def test_renamedRoot(self, root, storage):
        """
        As after chroot, the folder is the same whatever its name; a new
        folder of the old name is for those who log in later.
        """
        run(storage.stat(()))
        root.rename(root.parent / "moved")
        root.mkdir()
        assert contentsOf(storage, ("file",)) == b"inside"
        assert namesIn(LocalStorage(root)) == []

    def test_closeLetsGoOfIt(self, root):
        """
        A closed storage holds no descriptor; closing twice is fine.
        """
        before = openDescriptors()
        storage = LocalStorage(root)
        run(storage.stat(()))
        assert openDescriptors() == before + 1
        storage.close()
        storage.close()
        assert openDescriptors() == before

    def test_droppedStorageLetsGoOfIt(self, root):
        """
        So does one that nobody closed.
        """
        before = openDescriptors()
        storage = LocalStorage(root)
        run(storage.stat(()))
        del storage
        assert openDescriptors() == before


class TestDescriptors:
    """
    No call leaves a descriptor open, whether it fails or not.
    """

    @pytest.fixture
    def counted(self, root, storage):
        """
        A storage with all kinds of names; the number of open descriptors is
        the same in the end.
        """
        (root / "folder" / "in").symlink_to("../folder/below/../../file")
        (root / "folder" / "out").symlink_to("../folder/../../outside")
        (root / "folder" / "loop").symlink_to("../folder/loop")
        os.mkfifo(root / "folder" / "pipe")
        run(storage.stat(()))
        before = openDescriptors()
        yield storage
        assert openDescriptors() == before

    @pytest.mark.parametrize("path", PATHS)
    def test_lookingLeavesNone(self, counted, path):
        """
        stat, list, reading.
        """
        for use in (run, None):
            with contextlib.suppress(FTPError):
                run(counted.stat(path)) if use else listAll(counted, path)
        for offset in (0, 1, 10_000):
            with contextlib.suppress(FTPError):
                contentsOf(counted, path, offset)

    @pytest.mark.parametrize("mode", WriteMode)
    @pytest.mark.parametrize("offset", [0, 1, 10_000])
    @pytest.mark.parametrize("path", PATHS)
    def test_uploadsLeaveNone(self, counted, path, offset, mode):
        """
        Whether they end well or not.
        """
        for isCut in (True, False):
            with contextlib.suppress(FTPError):
                sink = run(counted.openForWriting(path, offset, mode))
                run(sink.discard(ConnectionError()) if isCut else sink.commit())

    @pytest.mark.parametrize("path", PATHS)
    def test_changesLeaveNone(self, counted, path):
        """
        Renaming, making, marking and removing.
        """
        counted.umask = 0o002
        for use in (
            lambda: counted.rename(path, ("folder", "other")),
            lambda: counted.rename(("folder", "other"), path),
            lambda: counted.setMode(path, 0o755),
            lambda: counted.setModified(path, 1),
            lambda: counted.available(path),
            lambda: counted.makeLink(path, ("folder",)),
            lambda: counted.makeDirectory(path),
            lambda: counted.removeDirectory(path),
            lambda: counted.remove(path),
        ):
            with contextlib.suppress(FTPError):
                run(use())

    def test_listingThatIsBrokenOffLeavesNone(self, root, counted):
        """
        Neither after C{aclose}, nor when the iterator is just dropped.
        """

        async def begin(isClosed):
            batches = counted.list(())
            await batches.__anext__()
            if isClosed:
                await batches.aclose()

        run(begin(True))
        run(begin(False))
