"""
The part of the storage contract that concerns folders, removing and renaming.
"""

from __future__ import annotations

import pytest

from ftpactive.core.errors import (
    AlreadyExists,
    DirectoryNotEmpty,
    FileUnavailable,
    FTPError,
    IsADirectory,
    NotADirectory,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.path import Path
from ftpactive.testing.storagecalls import MakeStorage, contentsOf, namesIn, run


class ChangingContract:
    """
    What callers count on when they change the tree.
    """

    # makeDirectory

    def test_makeDirectory(self, makeStorage: MakeStorage) -> None:
        """
        The new folder is there, and empty.
        """
        storage = makeStorage({"a": {}})
        run(storage.makeDirectory(("a", "new")))
        assert namesIn(storage, ("a", "new")) == []

    @pytest.mark.parametrize("path", [(), ("file",), ("folder",)])
    def test_makeDirectoryWhereSomethingIs(self, makeStorage: MakeStorage, path: Path) -> None:
        """
        The name is taken, by whatever it is.
        """
        storage = makeStorage({"file": b"1", "folder": {"a": b""}})
        with pytest.raises(AlreadyExists):
            run(storage.makeDirectory(path))
        assert namesIn(storage) == ["file", "folder"]

    def test_makeDirectoryInAMissingFolder(self, makeStorage: MakeStorage) -> None:
        """
        One folder is made, never those on the way.
        """
        storage = makeStorage({})
        with pytest.raises(NotFound):
            run(storage.makeDirectory(("missing", "new")))
        assert namesIn(storage) == []

    def test_makeDirectoryInAFile(self, makeStorage: MakeStorage) -> None:
        """
        A file is no folder: 550, in whatever words.
        """
        with pytest.raises(FileUnavailable):
            run(makeStorage({"file": b""}).makeDirectory(("file", "new")))

    # remove

    def test_remove(self, makeStorage: MakeStorage) -> None:
        """
        The file is gone, its neighbours are not.
        """
        storage = makeStorage({"folder": {"a": b"", "b": b""}})
        run(storage.remove(("folder", "a")))
        assert namesIn(storage, ("folder",)) == ["b"]

    def test_removeNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        with pytest.raises(NotFound):
            run(makeStorage({}).remove(("missing",)))

    @pytest.mark.parametrize("path", [(), ("folder",)])
    def test_removeAFolder(self, makeStorage: MakeStorage, path: Path) -> None:
        """
        C{DELE} is for files, also when the folder is empty.
        """
        storage = makeStorage({"folder": {}})
        with pytest.raises(IsADirectory):
            run(storage.remove(path))
        assert namesIn(storage) == ["folder"]

    # removeDirectory

    def test_removeDirectory(self, makeStorage: MakeStorage) -> None:
        """
        The empty folder is gone.
        """
        storage = makeStorage({"a": {"b": {}}})
        run(storage.removeDirectory(("a", "b")))
        assert namesIn(storage, ("a",)) == []

    def test_removeDirectoryWithSomethingInIt(self, makeStorage: MakeStorage) -> None:
        """
        Nothing is lost by mistake.
        """
        storage = makeStorage({"folder": {"a": b"1"}})
        with pytest.raises(DirectoryNotEmpty):
            run(storage.removeDirectory(("folder",)))
        assert contentsOf(storage, ("folder", "a")) == b"1"

    def test_removeDirectoryOfAFile(self, makeStorage: MakeStorage) -> None:
        """
        C{RMD} is for folders.
        """
        storage = makeStorage({"file": b""})
        with pytest.raises(NotADirectory):
            run(storage.removeDirectory(("file",)))
        assert namesIn(storage) == ["file"]

    def test_removeMissingDirectory(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        with pytest.raises(NotFound):
            run(makeStorage({}).removeDirectory(("missing",)))

    def test_rootIsNotRemoved(self, makeStorage: MakeStorage) -> None:
        """
        Not even an empty root.
        """
        storage = makeStorage({})
        with pytest.raises(PermissionDenied):
            run(storage.removeDirectory(()))
        assert namesIn(storage) == []

    # rename

    def test_renameAFile(self, makeStorage: MakeStorage) -> None:
        """
        It has another name and the same contents.
        """
        storage = makeStorage({"a": b"1"})
        run(storage.rename(("a",), ("b",)))
        assert namesIn(storage) == ["b"]
        assert contentsOf(storage, ("b",)) == b"1"

    def test_renameIntoAnotherFolder(self, makeStorage: MakeStorage) -> None:
        """
        A file moves.
        """
        storage = makeStorage({"one": {"a": b"1"}, "two": {}})
        run(storage.rename(("one", "a"), ("two", "b")))
        assert (namesIn(storage, ("one",)), namesIn(storage, ("two",))) == ([], ["b"])

    def test_renameAFolder(self, makeStorage: MakeStorage) -> None:
        """
        What is in it comes along.
        """
        storage = makeStorage({"one": {"a": b"1"}, "two": {}})
        run(storage.rename(("one",), ("two", "moved")))
        assert contentsOf(storage, ("two", "moved", "a")) == b"1"
        assert namesIn(storage) == ["two"]

    def test_renameOntoAFile(self, makeStorage: MakeStorage) -> None:
        """
        A file in the way is replaced.
        """
        storage = makeStorage({"a": b"new", "b": b"old"})
        run(storage.rename(("a",), ("b",)))
        assert namesIn(storage) == ["b"]
        assert contentsOf(storage, ("b",)) == b"new"

    @pytest.mark.parametrize("name", ["file", "folder"])
    def test_renameOntoItself(self, makeStorage: MakeStorage, name: str) -> None:
        """
        Nothing happens.
        """
        storage = makeStorage({"file": b"1", "folder": {"a": b""}})
        run(storage.rename((name,), (name,)))
        assert namesIn(storage) == ["file", "folder"]

    @pytest.mark.parametrize("old", ["file", "folder"])
    @pytest.mark.parametrize("new", ["empty", "full"])
    def test_renameOntoAFolder(self, makeStorage: MakeStorage, old: str, new: str) -> None:
        """
        A folder in the way stays, even an empty one.
        """
        tree = {"empty": {}, "file": b"1", "folder": {}, "full": {"a": b""}}
        storage = makeStorage(tree)
        with pytest.raises(AlreadyExists):
            run(storage.rename((old,), (new,)))
        assert namesIn(storage) == ["empty", "file", "folder", "full"]

    def test_renameAFolderOntoAFile(self, makeStorage: MakeStorage) -> None:
        """
        A folder does not replace a file.
        """
        storage = makeStorage({"file": b"1", "folder": {}})
        with pytest.raises(AlreadyExists):
            run(storage.rename(("folder",), ("file",)))
        assert contentsOf(storage, ("file",)) == b"1"

    def test_renameAFolderIntoItself(self, makeStorage: MakeStorage) -> None:
        """
        A tree has no circles; which error says so is the storage's choice.
        """
        storage = makeStorage({"folder": {"a": b"1"}})
        with pytest.raises(FTPError):
            run(storage.rename(("folder",), ("folder", "b")))
        assert contentsOf(storage, ("folder", "a")) == b"1"

    def test_renameNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of the old name.
        """
        storage = makeStorage({"a": b"1"})
        with pytest.raises(NotFound):
            run(storage.rename(("missing",), ("a",)))
        assert contentsOf(storage, ("a",)) == b"1"

    def test_renameIntoAMissingFolder(self, makeStorage: MakeStorage) -> None:
        """
        The folder of the new name does not exist; the file stays.
        """
        storage = makeStorage({"a": b"1"})
        with pytest.raises(NotFound):
            run(storage.rename(("a",), ("missing", "a")))
        assert contentsOf(storage, ("a",)) == b"1"

    @pytest.mark.parametrize(("old", "new"), [((), ("a",)), (("folder",), ())])
    def test_rootIsNotRenamed(self, makeStorage: MakeStorage, old: Path, new: Path) -> None:
        """
        Nor does anything take its place.
        """
        storage = makeStorage({"folder": {}})
        with pytest.raises(FileUnavailable):
            run(storage.rename(old, new))
        assert namesIn(storage) == ["folder"]
