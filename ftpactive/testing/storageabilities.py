"""
The contracts of what a storage may tell and set beyond L{IStorage}.  Those
that it can fulfil are mixed in::

    class TestMyStorage(StorageContract, TimesContract, SpaceContract):
        ...

They use the same fixture C{makeStorage}.
"""

from __future__ import annotations

import time

import pytest
from zope.interface.verify import verifyObject

from ftpactive.abilities import IBirthTimes, IModes, ISpace, ITimes
from ftpactive.core.errors import NotFound
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.testing.storagecalls import (
    MakeStorage,
    contentsOf,
    listAll,
    namesIn,
    run,
    upload,
)
from ftpactive.testing.storagecuts import CREATE, REPLACE


class ModesContract:
    """
    What callers count on when files have permission bits.
    """

    def test_modesAreProvided(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{IModes}.
        """
        assert verifyObject(IModes, makeStorage({}))

    @pytest.mark.parametrize("path", [("file",), ("folder",), ("folder", "file")])
    @pytest.mark.parametrize("mode", [0o600, 0o755, 0o777, 0o440, 0])
    def test_setMode(self, makeStorage: MakeStorage, path: Path, mode: int) -> None:
        """
        A file or folder has the very bits that it was given.
        """
        storage = makeStorage({"file": b"1", "folder": {"file": b"2"}})
        run(IModes(storage).setMode(path, mode))
        assert run(storage.stat(path)).mode == mode
        assert dict(listAll(storage, path[:-1]))[path[-1]].mode == mode

    def test_stickyFolder(self, makeStorage: MakeStorage) -> None:
        """
        The bits above C{rwx} are set, too.
        """
        storage = makeStorage({"folder": {}})
        run(IModes(storage).setMode(("folder",), 0o1777))
        assert run(storage.stat(("folder",))).mode == 0o1777

    def test_setModeLeavesTheRest(self, makeStorage: MakeStorage) -> None:
        """
        Contents and neighbours are as before.
        """
        storage = makeStorage({"a": b"1", "b": b"2"})
        before = run(storage.stat(("b",)))
        run(IModes(storage).setMode(("a",), 0o600))
        assert contentsOf(storage, ("a",)) == b"1"
        assert run(storage.stat(("b",))) == before

    def test_setModeOfNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        storage = makeStorage({})
        for path in (("missing",), ("missing", "a")):
            with pytest.raises(NotFound):
                run(IModes(storage).setMode(path, 0o644))
        assert namesIn(storage) == []

    @pytest.mark.parametrize("mask", [0, 0o022, 0o027, 0o077, 0o777])
    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_umaskOfFiles(self, makeStorage: MakeStorage, mask: int, mode: WriteMode) -> None:
        """
        A new file has the bits that the mask leaves, also those that the
        process would take; it can be written to all the same.
        """
        storage = makeStorage({})
        IModes(storage).umask = mask
        assert IModes(storage).umask == mask
        upload(storage, ("a",), b"1", mode=mode)
        facts = run(storage.stat(("a",)))
        assert (facts.mode, facts.size) == (0o666 & ~mask, 1)

    @pytest.mark.parametrize("mask", [0, 0o022, 0o027, 0o077])
    def test_umaskOfFolders(self, makeStorage: MakeStorage, mask: int) -> None:
        """
        So does a new folder.
        """
        storage = makeStorage({})
        IModes(storage).umask = mask
        run(storage.makeDirectory(("a",)))
        assert run(storage.stat(("a",))).mode == 0o777 & ~mask

    def test_umaskAtFirst(self, makeStorage: MakeStorage) -> None:
        """
        The mask that nobody chose is the one that counts.
        """
        storage = makeStorage({})
        mask = IModes(storage).umask
        upload(storage, ("a",), b"")
        run(storage.makeDirectory(("b",)))
        assert [facts.mode for _, facts in listAll(storage)] == [0o666 & ~mask, 0o777 & ~mask]

    def test_umaskIsForNewFiles(self, makeStorage: MakeStorage) -> None:
        """
        A file that is replaced keeps the bits that it has.
        """
        storage = makeStorage({"a": b"old"})
        run(IModes(storage).setMode(("a",), 0o640))
        IModes(storage).umask = 0o077
        upload(storage, ("a",), b"new")
        assert run(storage.stat(("a",))).mode == 0o640

    def test_umaskIsChanged(self, makeStorage: MakeStorage) -> None:
        """
        Each file has the mask that counts when it is made.
        """
        storage = makeStorage({})
        for name, mask in (("a", 0o077), ("b", 0), ("c", 0o027)):
            IModes(storage).umask = mask
            upload(storage, (name,), b"")
        assert [facts.mode for _, facts in listAll(storage)] == [0o600, 0o666, 0o640]


class TimesContract:
    """
    What callers count on when they set files' times.
    """

    def test_timesAreProvided(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{ITimes}.
        """
        assert verifyObject(ITimes, makeStorage({}))

    @pytest.mark.parametrize("path", [("file",), ("folder",), ("folder", "file")])
    @pytest.mark.parametrize("seconds", [0, 1_000_000_000, 1_000_000_000.5, 2_000_000_000])
    def test_setModified(self, makeStorage: MakeStorage, path: Path, seconds: float) -> None:
        """
        A file or folder has the time that it was given, past or to come.
        """
        storage = makeStorage({"file": b"1", "folder": {"file": b"2"}})
        run(ITimes(storage).setModified(path, seconds))
        assert run(storage.stat(path)).modified == pytest.approx(seconds, abs=1)

    def test_setModifiedLeavesTheRest(self, makeStorage: MakeStorage) -> None:
        """
        Contents and neighbours are as before.
        """
        storage = makeStorage({"a": b"1", "b": b"2"})
        before = run(storage.stat(("b",)))
        run(ITimes(storage).setModified(("a",), 1_000_000_000))
        assert contentsOf(storage, ("a",)) == b"1"
        assert run(storage.stat(("b",))) == before

    def test_writingMakesItNew(self, makeStorage: MakeStorage) -> None:
        """
        A time that was set is gone with the next upload.
        """
        storage = makeStorage({"a": b"old"})
        run(ITimes(storage).setModified(("a",), 1_000_000_000))
        upload(storage, ("a",), b"new")
        assert run(storage.stat(("a",))).modified > 1_000_000_001

    def test_setModifiedOfNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is nothing of that name.
        """
        storage = makeStorage({})
        for path in (("missing",), ("missing", "a")):
            with pytest.raises(NotFound):
                run(ITimes(storage).setModified(path, 0))
        assert namesIn(storage) == []


class BirthTimesContract:
    """
    What callers count on when they ask when files were made.
    """

    def test_birthTimesAreProvided(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{IBirthTimes}.
        """
        assert verifyObject(IBirthTimes, makeStorage({}))

    def test_birthTimesAreNotTold(self, makeStorage: MakeStorage) -> None:
        """
        As long as nobody asks, nothing is looked up.
        """
        storage = makeStorage({"a": b""})
        assert not IBirthTimes(storage).tellsCreated
        assert run(storage.stat(("a",))).created is None

    def test_birthTimesAreTold(self, makeStorage: MakeStorage) -> None:
        """
        When they are asked for, facts hold them or say that nobody knows.
        """
        storage = makeStorage({"file": b"", "folder": {}})
        IBirthTimes(storage).tellsCreated = True
        assert IBirthTimes(storage).tellsCreated
        told = [facts.created for _, facts in listAll(storage)]
        assert told == [run(storage.stat((name,))).created for name in ("file", "folder")]
        assert all(created is None or abs(created - time.time()) < 3600 for created in told)

    def test_birthTimesAreNotToldAnyMore(self, makeStorage: MakeStorage) -> None:
        """
        A client may change its mind.
        """
        storage = makeStorage({"a": b""})
        IBirthTimes(storage).tellsCreated = True
        IBirthTimes(storage).tellsCreated = False
        assert run(storage.stat(("a",))).created is None


class SpaceContract:
    """
    What callers count on when they ask for room.
    """

    def test_spaceIsProvided(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{ISpace}.
        """
        assert verifyObject(ISpace, makeStorage({}))

    @pytest.mark.parametrize("path", [(), ("folder",)])
    def test_available(self, makeStorage: MakeStorage, path: Path) -> None:
        """
        The answer is a number of bytes.
        """
        available = run(ISpace(makeStorage({"folder": {}})).available(path))
        assert isinstance(available, int) and available >= 0

    def test_availableInNothing(self, makeStorage: MakeStorage) -> None:
        """
        There is no such folder.
        """
        with pytest.raises(NotFound):
            run(ISpace(makeStorage({})).available(("missing",)))
