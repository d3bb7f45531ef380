"""
The part of the storage contract that concerns looking and downloading.
"""

from __future__ import annotations

import os

import pytest
from zope.interface.verify import verifyObject

from ftpactive.core.errors import (
    BadRestart,
    FileUnavailable,
    IsADirectory,
    NotADirectory,
    NotFound,
)
from ftpactive.core.facts import Facts, Kind
from ftpactive.interfaces import ISource, IStorage
from ftpactive.testing.storagecalls import (
    AWKWARD_NAMES,
    MakeStorage,
    contentsOf,
    listAll,
    namesIn,
    readFrom,
    run,
)


class ReadingContract:
    """
    What callers count on when they look and download.
    """

    @pytest.fixture
    def makeStorage(self) -> MakeStorage:
        """
        Give a function that makes a storage; for subclasses to define.
        """
        raise NotImplementedError("define the fixture makeStorage")

    def test_storageProvidesItsInterface(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{IStorage}.
        """
        assert verifyObject(IStorage, makeStorage({}))

    def test_sourceProvidesItsInterface(self, makeStorage: MakeStorage) -> None:
        """
        What it opens for reading is an L{ISource}.
        """
        source = run(makeStorage({"a": b"1"}).openForReading(("a",), 0))
        assert verifyObject(ISource, source)
        source.close()

    # stat

    def test_rootIsAFolder(self, makeStorage: MakeStorage) -> None:
        """
        The root is there, also in an empty storage.
        """
        assert run(makeStorage({}).stat(())).isDirectory

    def test_rootCanNeitherBeDeletedNorRenamed(self, makeStorage: MakeStorage) -> None:
        """
        The fact C{perm} of the root promises neither.
        """
        assert not set("df") & set(run(makeStorage({}).stat(())).perm)

    def test_statOfAFile(self, makeStorage: MakeStorage) -> None:
        """
        A file has its size in bytes, and may be read.
        """
        facts = run(makeStorage({"a": b"hello"}).stat(("a",)))
        assert (facts.kind, facts.size) == (Kind.FILE, 5)
        assert "r" in facts.perm

    def test_statOfAFolder(self, makeStorage: MakeStorage) -> None:
        """
        A folder may be entered and listed.
        """
        facts = run(makeStorage({"folder": {}}).stat(("folder",)))
        assert facts.kind is Kind.DIRECTORY
        assert {"e", "l"} <= set(facts.perm)

    def test_statGoesDown(self, makeStorage: MakeStorage) -> None:
        """
        Each name of a path is looked up in the one before.
        """
        storage = makeStorage({"a": {"b": {"c": b"123"}}, "c": b""})
        assert run(storage.stat(("a", "b", "c"))).size == 3

    def test_permUsesLettersOfItsKind(self, makeStorage: MakeStorage) -> None:
        """
        RFC 3659 section 7.5.5 has letters for files and letters for folders.
        """
        storage = makeStorage({"file": b"", "folder": {}})
        assert set(run(storage.stat(("file",))).perm) <= set("adfrw")
        assert set(run(storage.stat(("folder",))).perm) <= set("cdeflmp")

    def test_statOfNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        with pytest.raises(NotFound):
            run(makeStorage({"a": b""}).stat(("b",)))

    def test_statBelowAMissingFolder(self, makeStorage: MakeStorage) -> None:
        """
        Nor below it.
        """
        with pytest.raises(NotFound):
            run(makeStorage({}).stat(("missing", "a")))

    def test_statBelowAFile(self, makeStorage: MakeStorage) -> None:
        """
        A file is no folder: 550, in whatever words.
        """
        with pytest.raises(FileUnavailable):
            run(makeStorage({"file": b""}).stat(("file", "a")))

    # list

    def test_emptyFolderListsNothing(self, makeStorage: MakeStorage) -> None:
        """
        C{"."} and C{".."} are not entries.
        """
        assert listAll(makeStorage({"folder": {}}), ("folder",)) == []

    def test_listIsSortedByBytes(self, makeStorage: MakeStorage) -> None:
        """
        The order is that of the names' bytes, not of letters.
        """
        names = ["b", "a", "B", "a.txt", "\u00e4", "\udc80", ".hidden", "Z"]
        storage = makeStorage(dict.fromkeys(names, b""))
        assert namesIn(storage) == sorted(names, key=os.fsencode)

    def test_listTellsTheSameAsStat(self, makeStorage: MakeStorage) -> None:
        """
        Facts do not depend on how one asks.
        """
        storage = makeStorage({"folder": {"a": b"1", "b": {"c": b""}}})
        entries = listAll(storage, ("folder",))
        assert len(entries) == 2
        assert entries == [(name, run(storage.stat(("folder", name)))) for name, _ in entries]

    def test_longListIsComplete(self, makeStorage: MakeStorage) -> None:
        """
        However many batches it takes.
        """
        names = [f"{number:04}" for number in range(1000)]
        assert namesIn(makeStorage(dict.fromkeys(names, b""))) == names

    def test_listOfNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is no such folder.
        """
        with pytest.raises(NotFound):
            listAll(makeStorage({}), ("missing",))

    def test_listOfAFile(self, makeStorage: MakeStorage) -> None:
        """
        It is not a folder.
        """
        with pytest.raises(NotADirectory):
            listAll(makeStorage({"a": b""}), ("a",))

    @pytest.mark.parametrize("name", AWKWARD_NAMES)
    def test_namesAreExact(self, makeStorage: MakeStorage, name: str) -> None:
        """
        A name is told as it is, and found by what is told.
        """
        storage = makeStorage({name: {name: b"found"}})
        assert namesIn(storage) == namesIn(storage, (name,)) == [name]
        assert contentsOf(storage, (name, name)) == b"found"

    # openForReading

    def test_readsWhatIsThere(self, makeStorage: MakeStorage) -> None:
        """
        Every byte comes back, also those that text would change.
        """
        data = bytes(range(256)) * 1000 + b"\r\n\n\r\0\xff"
        assert contentsOf(makeStorage({"a": data}), ("a",)) == data

    def test_readsInSmallSteps(self, makeStorage: MakeStorage) -> None:
        """
        The reader says how much it takes at a time.
        """
        source = run(makeStorage({"a": b"0123456789"}).openForReading(("a",), 0))
        assert readFrom(source, count=3) == b"0123456789"
        source.close()

    def test_emptyFile(self, makeStorage: MakeStorage) -> None:
        """
        Its end comes at once.
        """
        assert contentsOf(makeStorage({"a": b""}), ("a",)) == b""

    def test_endStaysTheEnd(self, makeStorage: MakeStorage) -> None:
        """
        Reading on at the end gives nothing again.
        """
        source = run(makeStorage({"a": b"1"}).openForReading(("a",), 0))
        assert [run(source.read(9)) for _ in range(3)] == [b"1", b"", b""]
        source.close()

    @pytest.mark.parametrize("offset", [0, 1, 9, 10])
    def test_offsetLeavesOutTheStart(self, makeStorage: MakeStorage, offset: int) -> None:
        """
        What is left begins at the offset; at the very end that is nothing.
        """
        storage = makeStorage({"a": b"0123456789"})
        assert contentsOf(storage, ("a",), offset) == b"0123456789"[offset:]

    def test_largeOffset(self, makeStorage: MakeStorage) -> None:
        """
        Offsets count bytes, not buffers.
        """
        data = b"0123456789" * 20_000
        assert contentsOf(makeStorage({"a": data}), ("a",), 150_003) == data[150_003:]

    def test_sizeIsWhatIsLeft(self, makeStorage: MakeStorage) -> None:
        """
        A source tells the bytes that are left from where it stands, or that
        it does not know.
        """
        source = run(makeStorage({"a": b"0123456789"}).openForReading(("a",), 4))
        assert source.size in (6, None)
        source.close()

    def test_descriptorStandsAtTheOffset(self, makeStorage: MakeStorage) -> None:
        """
        A descriptor, where there is one, gives the same bytes as C{read}.
        """
        source = run(makeStorage({"a": b"0123456789"}).openForReading(("a",), 4))
        descriptor = source.fileno()
        if descriptor is not None:
            assert os.read(descriptor, 99) == b"456789"
        source.close()

    def test_offsetPastTheEnd(self, makeStorage: MakeStorage) -> None:
        """
        The file ends before the offset.
        """
        with pytest.raises(BadRestart):
            run(makeStorage({"a": b"0123456789"}).openForReading(("a",), 11))

    def test_readingNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        with pytest.raises(NotFound):
            run(makeStorage({}).openForReading(("missing",), 0))

    @pytest.mark.parametrize("path", [(), ("folder",)])
    def test_readingAFolder(self, makeStorage: MakeStorage, path: tuple[str, ...]) -> None:
        """
        A folder cannot be sent.
        """
        with pytest.raises(IsADirectory):
            run(makeStorage({"folder": {}}).openForReading(path, 0))

    def test_closingBeforeTheEnd(self, makeStorage: MakeStorage) -> None:
        """
        A download may be broken off, and begun again.
        """
        storage = makeStorage({"a": b"0" * 300_000})
        source = run(storage.openForReading(("a",), 0))
        run(source.read(10))
        source.close()
        assert len(contentsOf(storage, ("a",))) == 300_000

    def test_twoReadersDoNotDisturbEachOther(self, makeStorage: MakeStorage) -> None:
        """
        Each source has a place of its own in the file.
        """
        storage = makeStorage({"a": b"0123456789"})
        one, two = (run(storage.openForReading(("a",), 0)) for _ in range(2))
        assert (run(one.read(4)), readFrom(two), readFrom(one)) == (
            b"0123",
            b"0123456789",
            b"456789",
        )
        one.close()
        two.close()

    def test_factsAreFacts(self, makeStorage: MakeStorage) -> None:
        """
        Every entry comes with facts that say when it was changed.
        """
        for _, facts in listAll(makeStorage({"a": b"", "b": {}})):
            assert isinstance(facts, Facts)
            assert facts.modified > 0
