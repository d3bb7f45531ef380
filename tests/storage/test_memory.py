"""
L{MemoryStorage}: a storage in a dict.
"""

import sys

import pytest

from ftpactive.core.errors import IsADirectory, NoSpace, NotADirectory
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.storage import (
    ModesContract,
    SpaceContract,
    StorageContract,
    TimesContract,
    contentsOf,
    cutUpload,
    namesIn,
    run,
    upload,
)


class TestMemoryStorage(StorageContract, ModesContract, TimesContract, SpaceContract):
    """
    It passes the contract, and has modes, times and room.
    """

    @pytest.fixture
    def makeStorage(self):
        """
        The dict is the storage.
        """
        return MemoryStorage


class TestTree:
    """
    The dict can be looked at, changed and shared.
    """

    def test_uploadsShowInTheDict(self):
        """
        What is in the dict equals the bytes that were sent.
        """
        tree = {"folder": {}}
        upload(MemoryStorage(tree), ("folder", "a"), b"data")
        assert tree == {"folder": {"a": b"data"}}

    def test_changesOfTheDictShow(self):
        """
        A test may put a file there at any time.
        """
        storage = MemoryStorage()
        storage.tree["late"] = b"1"
        assert namesIn(storage) == ["late"]

    def test_storagesShareADict(self):
        """
        What one user uploads another one sees.
        """
        tree = {}
        upload(MemoryStorage(tree), ("a",), b"data")
        assert contentsOf(MemoryStorage(tree), ("a",)) == b"data"

    def test_uploadsHaveATimeOfTheirOwn(self):
        """
        A file that was uploaded is not older than the storage.
        """
        storage = MemoryStorage({"old": b""})
        upload(storage, ("new",), b"")
        old, new = (run(storage.stat((name,))).modified for name in ("old", "new"))
        assert new >= old

    def test_noDescriptor(self):
        """
        Nothing in memory has a descriptor.
        """
        storage = MemoryStorage({"a": b""})
        assert run(storage.openForReading(("a",), 0)).fileno() is None
        assert run(storage.openForWriting(("b",), 0, WriteMode.REPLACE)).fileno() is None


def test_folderThatCameInBetween():
    """
    An upload does not replace a folder that was made meanwhile.
    """
    storage = MemoryStorage({"a": b"old"})
    sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
    storage.tree["a"] = {}
    with pytest.raises(IsADirectory):
        run(sink.commit())


class TestWritersOfOneFile:
    """
    As on a disk, all write to the same file.
    """

    def test_appendersDoNotOverwriteEachOther(self):
        """
        Each write goes to where the file ends then.
        """
        storage = MemoryStorage({"log": b"0"})
        one, two = (run(storage.openForWriting(("log",), 0, WriteMode.APPEND)) for _ in range(2))
        for sink, data in ((one, b"1"), (two, b"2"), (one, b"3")):
            run(sink.write(data))
        run(one.commit())
        run(two.commit())
        assert contentsOf(storage, ("log",)) == b"0123"

    def test_readerGoesOn(self):
        """
        A download that runs while the file is continued ends with it.
        """
        storage = MemoryStorage({"a": b"0123456789"})
        source = run(storage.openForReading(("a",), 0))
        upload(storage, ("a",), b"XY", offset=4)
        assert run(source.read(99)) == b"0123456789"
        assert contentsOf(storage, ("a",)) == b"0123XY"


class TestMarks:
    """
    Files and folders have bits and times of their own.
    """

    def test_bytesThatSomebodyPutThere(self):
        """
        They keep being equal to what they were.
        """
        tree = {"a": b"data", "folder": {"b": b""}}
        storage = MemoryStorage(tree)
        for path in (("a",), ("folder",), ("folder", "b"), ()):
            run(storage.setMode(path, 0o700))
            run(storage.setModified(path, 5))
            facts = run(storage.stat(path))
            assert (facts.mode, facts.modified) == (0o700, 5)
        assert tree == {"a": b"data", "folder": {"b": b""}}

    def test_bitsForbidNothing(self):
        """
        A dict has no users.
        """
        storage = MemoryStorage({"a": b"data"})
        run(storage.setMode(("a",), 0))
        assert contentsOf(storage, ("a",)) == b"data"

    def test_renamedFolderKeepsThem(self):
        """
        They are the folder's, not the name's.
        """
        storage = MemoryStorage({"a": {}})
        run(storage.setMode(("a",), 0o700))
        run(storage.rename(("a",), ("b",)))
        assert run(storage.stat(("b",))).mode == 0o700

    def test_newFolderOfTheSameNameHasItsOwn(self):
        """
        What was removed leaves nothing behind.
        """
        storage = MemoryStorage({"a": {}})
        run(storage.setMode(("a",), 0o700))
        run(storage.removeDirectory(("a",)))
        run(storage.makeDirectory(("a",)))
        assert run(storage.stat(("a",))).mode == 0o755


class TestCapacity:
    """
    A storage may be given a size.
    """

    def test_fullIs452(self):
        """
        The byte too many is refused, the last that fits is not.
        """
        storage = MemoryStorage({"a": b"12345"}, capacity=10)
        sink = run(storage.openForWriting(("b",), 0, WriteMode.REPLACE))
        run(sink.write(b"12345"))
        with pytest.raises(NoSpace):
            run(sink.write(b"6"))

    def test_replacementNeedsRoomOfItsOwn(self):
        """
        Until it is committed, both files are there.
        """
        storage = MemoryStorage({"a": b"123456"}, capacity=10)
        with pytest.raises(NoSpace):
            upload(storage, ("a",), b"12345")

    def test_removingMakesRoom(self):
        """
        Room that is given back can be used again.
        """
        storage = MemoryStorage({"folder": {"a": b"12345"}}, capacity=5)
        run(storage.remove(("folder", "a")))
        cutUpload(storage, ("b",), b"12345")
        assert contentsOf(storage, ("b",)) == b"12345"

    def test_availableIsWhatIsLeft(self):
        """
        Without a capacity, that is more than there can be.
        """
        assert run(MemoryStorage({"a": b"123"}, capacity=10).available(())) == 7
        assert run(MemoryStorage({"a": b"123"}, capacity=2).available(())) == 0
        assert run(MemoryStorage({"a": b"123"}).available(())) == sys.maxsize

    def test_availableInAFile(self):
        """
        It is asked of folders.
        """
        with pytest.raises(NotADirectory):
            run(MemoryStorage({"a": b""}).available(("a",)))

    def test_overwritingNeedsRoomBehindTheEndOnly(self):
        """
        What is written over is room, too; what does not fit changes nothing.
        """
        storage = MemoryStorage({"a": b"12345"}, capacity=6)
        upload(storage, ("a",), b"ABC", offset=2)
        assert contentsOf(storage, ("a",)) == b"12ABC"
        with pytest.raises(NoSpace):
            upload(storage, ("a",), b"12345", offset=2)
        assert contentsOf(storage, ("a",)) == b"12ABC"
