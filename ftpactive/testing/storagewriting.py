"""
The part of the storage contract that concerns uploads.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from zope.interface.verify import verifyObject

from ftpactive.core.errors import (
    AlreadyExists,
    BadRestart,
    FileUnavailable,
    IsADirectory,
    NotFound,
    NotImplementedHere,
)
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink
from ftpactive.testing.storagecalls import (
    AWKWARD_NAMES,
    MakeStorage,
    contentsOf,
    namesIn,
    run,
    upload,
)
from ftpactive.testing.storagecuts import APPEND, CREATE, REPLACE, CutContract


class WritingContract(CutContract):
    """
    What callers count on when they upload.  See L{CutContract} for how a
    storage says that it differs.
    """

    def test_sinkProvidesItsInterface(self, makeStorage: MakeStorage) -> None:
        """
        What it opens for writing is an L{ISink}.
        """
        sink = run(makeStorage({}).openForWriting(("a",), 0, REPLACE))
        assert verifyObject(ISink, sink)
        run(sink.commit())

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_uploadOfANewFile(self, makeStorage: MakeStorage, mode: WriteMode) -> None:
        """
        The file holds every byte that was written.
        """
        storage, data = makeStorage({"folder": {}}), bytes(range(256)) * 1000 + b"\r\n\n\r\0"
        upload(storage, ("folder", "new"), data, mode=mode)
        assert contentsOf(storage, ("folder", "new")) == data
        assert run(storage.stat(("folder", "new"))).size == len(data)

    def test_chunksGoOneAfterTheOther(self, makeStorage: MakeStorage) -> None:
        """
        Chunks of any size make up the file.
        """
        storage = makeStorage({})
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        for chunk in (b"1", b"", b"2" * 100_000, b"3"):
            run(sink.write(chunk))
        run(sink.commit())
        assert contentsOf(storage, ("a",)) == b"1" + b"2" * 100_000 + b"3"

    def test_callerMayReuseWhatItWrote(self, makeStorage: MakeStorage) -> None:
        """
        When C{write} is done, the buffer is the caller's again.
        """
        storage = makeStorage({})
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        # Whoever asks for bytes takes any buffer, whatever type checkers say.
        buffer: Any = bytearray(b"first")
        run(sink.write(buffer))
        buffer[:] = b"XXXXX"
        run(sink.commit())
        assert contentsOf(storage, ("a",)) == b"first"

    def test_uploadOfNothing(self, makeStorage: MakeStorage) -> None:
        """
        A file may be empty.
        """
        storage = makeStorage({})
        run(run(storage.openForWriting(("a",), 0, REPLACE)).commit())
        assert contentsOf(storage, ("a",)) == b""

    @pytest.mark.parametrize("name", AWKWARD_NAMES)
    def test_uploadNameIsExact(self, makeStorage: MakeStorage, name: str) -> None:
        """
        The new file has the very name.
        """
        storage = makeStorage({})
        upload(storage, (name,), b"1")
        assert namesIn(storage) == [name]

    def test_replacingWithAShorterFile(self, makeStorage: MakeStorage) -> None:
        """
        Nothing of the old file is left behind the new one, nor beside it.
        """
        storage = makeStorage({"a": b"a long old file"})
        upload(storage, ("a",), b"new")
        assert contentsOf(storage, ("a",)) == b"new"
        assert namesIn(storage) == ["a"]

    def test_replacingWithNothing(self, makeStorage: MakeStorage) -> None:
        """
        An upload without a byte empties the file.
        """
        storage = makeStorage({"a": b"old"})
        run(run(storage.openForWriting(("a",), 0, REPLACE)).commit())
        assert contentsOf(storage, ("a",)) == b""

    def test_oldFileIsThereUntilCommit(self, makeStorage: MakeStorage) -> None:
        """
        Who downloads meanwhile gets the old file.
        """
        self._needs(self.oldFileIsKept)
        storage = makeStorage({"a": b"old"})
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"new"))
        assert contentsOf(storage, ("a",)) == b"old"
        run(sink.commit())
        assert contentsOf(storage, ("a",)) == b"new"

    @pytest.mark.parametrize("offset", [1, 4, 10])
    def test_offsetKeepsWhatIsBefore(self, makeStorage: MakeStorage, offset: int) -> None:
        """
        From the offset on the file is replaced, also what is behind the
        upload's end.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"0123456789"})
        upload(storage, ("a",), b"XY", offset=offset)
        assert contentsOf(storage, ("a",)) == b"0123456789"[:offset] + b"XY"

    def test_offsetPastTheEndOfTheFile(self, makeStorage: MakeStorage) -> None:
        """
        A gap in a file cannot be what the client wants; the file stays.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"0123456789"})
        with pytest.raises(BadRestart):
            run(storage.openForWriting(("a",), 11, REPLACE))
        assert contentsOf(storage, ("a",)) == b"0123456789"

    def test_offsetInAMissingFile(self, makeStorage: MakeStorage) -> None:
        """
        Nor is a file made that begins with a gap.
        """
        self._needs(self.canResume)
        storage = makeStorage({})
        with pytest.raises(BadRestart):
            run(storage.openForWriting(("a",), 1, REPLACE))
        assert namesIn(storage) == []

    def test_append(self, makeStorage: MakeStorage) -> None:
        """
        The upload goes behind the last byte.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"old, "})
        upload(storage, ("a",), b"new", mode=APPEND)
        assert contentsOf(storage, ("a",)) == b"old, new"

    def test_appendMakesANewFile(self, makeStorage: MakeStorage) -> None:
        """
        RFC 959 section 4.1.3: if the file does not exist, it is created.
        """
        self._needs(self.canResume)
        storage = makeStorage({})
        upload(storage, ("a",), b"new", mode=APPEND)
        assert contentsOf(storage, ("a",)) == b"new"

    def test_descriptorStandsWhereTheNextByteGoes(self, makeStorage: MakeStorage) -> None:
        """
        A descriptor, where there is one, may be written to instead.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"0123456789", "b": b"0123"})
        for name, offset, mode in (("a", 4, REPLACE), ("b", 0, APPEND), ("c", 0, REPLACE)):
            sink = run(storage.openForWriting((name,), offset, mode))
            descriptor = sink.fileno()
            if descriptor is None:
                run(sink.write(b"XY"))
            else:
                assert os.write(descriptor, b"XY") == 2
            run(sink.commit())
        assert [contentsOf(storage, (name,)) for name in "abc"] == [b"0123XY", b"0123XY", b"XY"]

    @pytest.mark.parametrize(("offset", "mode"), [(1, REPLACE), (0, APPEND)])
    def test_whatCannotBeContinuedIsRefused(
        self, makeStorage: MakeStorage, offset: int, mode: WriteMode
    ) -> None:
        """
        Rather than doing something else, a storage that cannot says so.
        """
        self._needs(not self.canResume)
        storage = makeStorage({"a": b"0123456789"})
        with pytest.raises(NotImplementedHere):
            run(storage.openForWriting(("a",), offset, mode))
        assert contentsOf(storage, ("a",)) == b"0123456789"

    def test_createLeavesWhatIsThere(self, makeStorage: MakeStorage) -> None:
        """
        C{WriteMode.CREATE} never touches an existing file.
        """
        storage = makeStorage({"a": b"old"})
        with pytest.raises(AlreadyExists):
            run(storage.openForWriting(("a",), 0, CREATE))
        assert contentsOf(storage, ("a",)) == b"old"

    @pytest.mark.parametrize("path", [(), ("folder",)])
    def test_uploadOntoAFolder(self, makeStorage: MakeStorage, path: Path) -> None:
        """
        A folder has that name.
        """
        with pytest.raises(IsADirectory):
            run(makeStorage({"folder": {}}).openForWriting(path, 0, REPLACE))

    def test_appendToAFolder(self, makeStorage: MakeStorage) -> None:
        """
        Appending is no different.
        """
        self._needs(self.canResume)
        with pytest.raises(IsADirectory):
            run(makeStorage({"folder": {}}).openForWriting(("folder",), 0, APPEND))

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_uploadIntoAMissingFolder(self, makeStorage: MakeStorage, mode: WriteMode) -> None:
        """
        Its folder does not exist, and is not made.
        """
        storage = makeStorage({})
        with pytest.raises(NotFound):
            run(storage.openForWriting(("missing", "a"), 0, mode))
        assert namesIn(storage) == []

    def test_uploadBelowAFile(self, makeStorage: MakeStorage) -> None:
        """
        A file is no folder: 550, in whatever words.
        """
        with pytest.raises(FileUnavailable):
            run(makeStorage({"file": b""}).openForWriting(("file", "a"), 0, REPLACE))
