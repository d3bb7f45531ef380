"""
The part of the storage contract that concerns uploads that are cut.
"""

from __future__ import annotations

import pytest

from ftpactive.core.errors import FileUnavailable
from ftpactive.core.writemode import WriteMode
from ftpactive.testing.storagecalls import MakeStorage, contentsOf, cutUpload, namesIn, run, upload

APPEND, CREATE, REPLACE = WriteMode.APPEND, WriteMode.CREATE, WriteMode.REPLACE


class CutContract:
    """
    What callers count on when the client goes away during an upload.

    @cvar canResume: can uploads be continued at an offset, and appended?
        Where they cannot, trying is answered with L{NotImplementedHere}.
    @cvar oldFileIsKept: does a file that is being replaced keep its contents
        until the upload is whole?
    @cvar cutNewFileIsKept: is what came of a cut upload of a new file kept?
    @cvar cutIsKeptAside: are files as they were before after any upload that
        was cut, while what came waits unseen for its user to go on with it?
        Then C{cutNewFileIsKept} is not so.
    """

    canResume = True
    oldFileIsKept = True
    cutNewFileIsKept = True
    cutIsKeptAside = False

    # Something came.

    def test_cutReplacementLeavesTheOldFile(self, makeStorage: MakeStorage) -> None:
        """
        A cut upload does not harm what was there, and leaves nothing else.
        """
        self._needs(self.oldFileIsKept)
        storage = makeStorage({"a": b"old"})
        cutUpload(storage, ("a",), b"new")
        assert contentsOf(storage, ("a",)) == b"old"
        assert namesIn(storage) == ["a"]

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_cutNewFileKeepsWhatCame(self, makeStorage: MakeStorage, mode: WriteMode) -> None:
        """
        The client can go on where its upload was cut.
        """
        self._needs(self.cutNewFileIsKept)
        storage = makeStorage({})
        cutUpload(storage, ("a",), b"begun", mode=mode)
        assert contentsOf(storage, ("a",)) == b"begun"

    def test_cutContinuationKeepsWhatCame(self, makeStorage: MakeStorage) -> None:
        """
        Continuing can be continued.
        """
        self._needs(self.canResume and not self.cutIsKeptAside)
        storage = makeStorage({"a": b"0123456789"})
        cutUpload(storage, ("a",), b"XY", offset=4)
        assert contentsOf(storage, ("a",)) == b"0123XY"

    def test_cutAppendKeepsWhatCame(self, makeStorage: MakeStorage) -> None:
        """
        What was appended before the cut stays.
        """
        self._needs(self.canResume and not self.cutIsKeptAside)
        storage = makeStorage({"a": b"old, "})
        cutUpload(storage, ("a",), b"ne", mode=APPEND)
        assert contentsOf(storage, ("a",)) == b"old, ne"

    @pytest.mark.parametrize(("offset", "mode"), [(0, REPLACE), (4, REPLACE), (0, APPEND)])
    def test_cutUploadKeptAsideLeavesTheFile(
        self, makeStorage: MakeStorage, offset: int, mode: WriteMode
    ) -> None:
        """
        Whatever it was to do with it, and nothing else shows.
        """
        self._needs(self.cutIsKeptAside)
        storage = makeStorage({"a": b"0123456789"})
        cutUpload(storage, ("a",), b"XY", offset=offset, mode=mode)
        assert contentsOf(storage, ("a",)) == b"0123456789"
        assert namesIn(storage) == ["a"]

    @pytest.mark.parametrize("mode", WriteMode)
    def test_cutNewFileKeptAsideIsNone(self, makeStorage: MakeStorage, mode: WriteMode) -> None:
        """
        Its size is told to who began it, but it can neither be seen nor had.
        """
        self._needs(self.cutIsKeptAside)
        storage = makeStorage({})
        cutUpload(storage, ("a",), b"begun", mode=mode)
        assert run(storage.stat(("a",))).size == 5
        assert namesIn(storage) == []
        with pytest.raises(FileUnavailable):
            run(storage.openForReading(("a",), 0))

    @pytest.mark.parametrize(("offset", "mode"), [(5, REPLACE), (0, APPEND)])
    def test_cutNewFileKeptAsideCanBeContinued(
        self, makeStorage: MakeStorage, offset: int, mode: WriteMode
    ) -> None:
        """
        By REST and STOR, or by APPE.
        """
        self._needs(self.cutIsKeptAside)
        storage = makeStorage({})
        cutUpload(storage, ("a",), b"begun")
        upload(storage, ("a",), b" and ended", offset=offset, mode=mode)
        assert contentsOf(storage, ("a",)) == b"begun and ended"

    # Nothing came: the data connection could not be opened, or the client
    # went away at once.

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_nothingCameAndNoFileIsMade(self, makeStorage: MakeStorage, mode: WriteMode) -> None:
        """
        No new file is left of an upload without a byte.
        """
        storage = makeStorage({"folder": {}})
        cutUpload(storage, ("folder", "a"), b"", mode=mode)
        assert namesIn(storage, ("folder",)) == []

    def test_nothingCameAndNoFileIsAppendedTo(self, makeStorage: MakeStorage) -> None:
        """
        Nor when it was to be appended to nothing.
        """
        self._needs(self.canResume)
        storage = makeStorage({})
        cutUpload(storage, ("a",), b"", mode=APPEND)
        assert namesIn(storage) == []

    def test_nothingCameAndTheOldFileStays(self, makeStorage: MakeStorage) -> None:
        """
        A file that was to be replaced is as it was.
        """
        self._needs(self.oldFileIsKept)
        storage = makeStorage({"a": b"old"})
        before = run(storage.stat(("a",)))
        cutUpload(storage, ("a",), b"")
        assert run(storage.stat(("a",))) == before

    @pytest.mark.parametrize(("offset", "mode"), [(4, REPLACE), (10, REPLACE), (0, APPEND)])
    def test_nothingCameAndNothingIsCutOff(
        self, makeStorage: MakeStorage, offset: int, mode: WriteMode
    ) -> None:
        """
        A file that was to be continued has not become shorter, nor newer.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"0123456789"})
        before = run(storage.stat(("a",)))
        cutUpload(storage, ("a",), b"", offset=offset, mode=mode)
        assert run(storage.stat(("a",))) == before

    def test_nothingCameAndAnEmptyFileStays(self, makeStorage: MakeStorage) -> None:
        """
        An empty file that was there before is nobody's to remove.
        """
        storage = makeStorage({"a": b""})
        cutUpload(storage, ("a",), b"")
        assert namesIn(storage) == ["a"]

    def test_nothingCameAndSomebodyElsesFileStays(self, makeStorage: MakeStorage) -> None:
        """
        What got the name meanwhile is not removed in place of the new file.
        """
        storage = makeStorage({})
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        run(storage.remove(("a",)))
        upload(storage, ("a",), b"another")
        run(sink.discard(ConnectionError("cut")))
        assert contentsOf(storage, ("a",)) == b"another"

    def test_nothingCameAndSomebodyElseAppends(self, makeStorage: MakeStorage) -> None:
        """
        A new file that somebody else is about to append to stays for them.
        """
        self._needs(self.canResume)
        storage = makeStorage({})
        cut = run(storage.openForWriting(("log",), 0, REPLACE))
        whole = run(storage.openForWriting(("log",), 0, APPEND))
        run(cut.discard(ConnectionError("cut")))
        run(whole.write(b"line"))
        run(whole.commit())
        assert contentsOf(storage, ("log",)) == b"line"

    def test_continuingWithNothingCutsOff(self, makeStorage: MakeStorage) -> None:
        """
        An upload that ends cleanly without a byte is whole: the file ends
        where it began.
        """
        self._needs(self.canResume)
        storage = makeStorage({"a": b"0123456789"})
        run(run(storage.openForWriting(("a",), 4, REPLACE)).commit())
        assert contentsOf(storage, ("a",)) == b"0123"

    def _needs(self, hasAbility: bool) -> None:
        if not hasAbility:
            pytest.skip("this storage declares that it differs here")
