"""
Tests for L{ftpactive.storage.quota}.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from zope.interface.verify import verifyObject

from ftpactive.abilities import ILinks, IModes, IQuota, ISpace, ITimes
from ftpactive.core.account import Quota, Usage
from ftpactive.core.errors import AlreadyExists, ExceededAllocation, FileBusy, TransferAborted
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, IStorage
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.quota import Quotas
from ftpactive.testing.conversation import Conversation

REPLACE, APPEND = WriteMode.REPLACE, WriteMode.APPEND


def run(awaited: Awaitable[Any]) -> Any:
    """
    Give what comes at once.
    """

    async def wait() -> Any:
        return await awaited

    came: list[Any] = []
    Deferred.fromCoroutine(wait()).addCallbacks(came.append, came.append)
    assert came, "it waits"
    if hasattr(came[0], "raiseException"):
        came[0].raiseException()
    return came[0]


class Disk:
    """
    A folder under a quota.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "root"
        self.folder.mkdir()
        self._file = folder / "quota"
        self._local = LocalStorage(self.folder)
        self.turns = 0
        self.restart()

    def restart(self) -> None:
        """
        Let another process go on.
        """
        self.ledger = Ledger(self._file)
        self.quotas = Quotas(self.ledger, self._turn)

    def _turn(self) -> Deferred[None]:
        self.turns += 1
        return succeed(None)

    def login(self, quota: Quota, name: str = "alice") -> Any:
        """
        Give the storage to a session.
        """
        return self.quotas.over(self._local, name, quota)

    def close(self) -> None:
        """
        Let go of it.
        """
        self.ledger.close()
        self._local.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """
    A folder, and a ledger.
    """
    made = Disk(tmp_path)
    yield made
    made.close()


def put(storage: Any, name: str, size: int, offset: int = 0, mode: WriteMode = REPLACE) -> None:
    """
    Upload a file.
    """
    sink: ISink = run(storage.openForWriting((name,), offset, mode))
    try:
        run(sink.write(b"x" * size))
    except ExceededAllocation as error:
        run(sink.discard(error))
        raise
    run(sink.commit())


def usage(storage: Any) -> tuple[int, int]:
    """
    Give what is on the books, after having made sure that it is so.
    """
    told: Usage = run(storage.usage())
    assert run(storage.recount()) == told
    return told.size, told.files


class TestCounting:
    """
    What is there counts.
    """

    def test_firstUse(self, disk: Disk) -> None:
        """
        Files, folders and links are counted by walking, links are not followed,
        and everybody else has a turn in between.
        """
        (disk.folder / "folder" / "inner").mkdir(parents=True)
        (disk.folder / "a").write_bytes(b"12345")
        (disk.folder / "folder" / "b").write_bytes(b"123")
        (disk.folder / "link").symlink_to("folder")
        assert usage(disk.login(Quota(size=100))) == (8, 5)
        assert disk.turns >= 3

    def test_survivesRestart(self, disk: Disk) -> None:
        """
        It is not counted again.
        """
        put(disk.login(Quota(size=100)), "a", 30)
        disk.ledger.close()
        disk.restart()
        disk.turns = 0
        storage = disk.login(Quota(size=100))
        assert run(storage.usage()) == Usage(30, 1)
        assert disk.turns == 0

    def test_afterACrash(self, disk: Disk) -> None:
        """
        A server that died in the middle of an upload left more than it wrote
        down: that is counted.
        """
        sink = run(disk.login(Quota(size=100)).openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"12345"))
        disk.ledger.close()
        disk.restart()
        assert usage(disk.login(Quota(size=100))) == (5, 1)
        run(sink.commit())

    def test_goneMeanwhile(self, disk: Disk) -> None:
        """
        A folder that vanishes while it is counted is no fault.
        """
        (disk.folder / "gone").mkdir()

        def turn() -> Deferred[None]:
            (disk.folder / "gone").rmdir()
            return succeed(None)

        disk.quotas = Quotas(disk.ledger, turn)
        assert run(disk.login(Quota(size=100)).usage()) == Usage(0, 1)

    def test_others(self, disk: Disk) -> None:
        """
        Each user has a page of their own.
        """
        put(disk.login(Quota(size=100)), "a", 30)
        assert run(disk.login(Quota(size=100), "bob").usage()) == Usage(30, 1)
        assert disk.ledger.usage("carol") == Usage()

    def test_none(self, disk: Disk) -> None:
        """
        Without a quota, nothing is in the way.
        """
        assert disk.login(Quota()) is disk._local

    def test_othersWait(self, disk: Disk) -> None:
        """
        While it is counted, a change of the same user waits; others do not.
        """
        turn: Deferred[None] = Deferred()
        (disk.folder / "a").write_bytes(b"12345")
        disk.quotas = Quotas(disk.ledger, lambda: turn)
        first, second = disk.login(Quota(size=6)), disk.login(Quota(size=6))
        counted = Deferred.fromCoroutine(first.usage())
        changed = Deferred.fromCoroutine(second.makeDirectory(("b",)))
        assert not changed.called
        turn.callback(None)
        assert counted.called and changed.called
        assert disk.ledger.usage("alice") == Usage(5, 2)


class TestChanges:
    """
    Each change is on the books.
    """

    def test_uploads(self, disk: Disk) -> None:
        """
        New files, replaced ones, continued ones, shortened ones.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "a", 100)
        assert usage(storage) == (100, 1)
        put(storage, "a", 40)
        assert usage(storage) == (40, 1)
        put(storage, "a", 10, mode=APPEND)
        assert usage(storage) == (50, 1)
        put(storage, "a", 5, offset=20)
        assert usage(storage) == (25, 1)
        put(storage, "b", 7, mode=WriteMode.CREATE)
        assert usage(storage) == (32, 2)

    def test_cut(self, disk: Disk) -> None:
        """
        What is kept counts, what was undone does not.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "old", 10)
        for name, written in (("new", 20), ("old", 30), ("nothing", 0)):
            sink = run(storage.openForWriting((name,), 0, REPLACE))
            run(sink.write(b"x" * written))
            run(sink.discard(TransferAborted()))
        assert usage(storage) == (30, 2)

    def test_tree(self, disk: Disk) -> None:
        """
        Folders, links, and what is removed.
        """
        storage = disk.login(Quota(size=1000))
        run(storage.makeDirectory(("folder",)))
        put(storage, "a", 10)
        run(storage.makeLink(("link",), ("a",)))
        assert usage(storage) == (10, 3)
        run(storage.remove(("link",)))
        run(storage.remove(("a",)))
        run(storage.removeDirectory(("folder",)))
        assert usage(storage) == (0, 0)

    def test_rename(self, disk: Disk) -> None:
        """
        What is replaced counts no more; the same name changes nothing.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "a", 10)
        put(storage, "b", 20)
        run(storage.rename(("a",), ("a",)))
        run(storage.rename(("a",), ("b",)))
        assert usage(storage) == (10, 1)

    def test_twoUploadsOfOneFile(self, disk: Disk) -> None:
        """
        Whoever ends last has what counts.
        """
        storage = disk.login(Quota(size=1000))
        sinks = [run(storage.openForWriting(("a",), 0, APPEND)) for _ in range(2)]
        for sink in sinks:
            run(sink.write(b"12345"))
        for sink in sinks:
            run(sink.commit())
        assert usage(storage) == (10, 1)

    def test_removedMeanwhile(self, disk: Disk) -> None:
        """
        What is written to a file without a name counts no more.
        """
        storage = disk.login(Quota(size=1000))
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"12345"))
        run(storage.remove(("a",)))
        with pytest.raises(FileBusy):
            run(sink.commit())
        assert usage(storage) == (0, 0)

    def test_folderRenamedMeanwhile(self, disk: Disk) -> None:
        """
        An upload into a folder goes with it.
        """
        storage = disk.login(Quota(size=1000))
        run(storage.makeDirectory(("a",)))
        sink = run(storage.openForWriting(("a", "x"), 0, REPLACE))
        run(sink.write(b"12345"))
        run(storage.rename(("a",), ("b",)))
        run(sink.commit())
        assert usage(storage) == (5, 2)

    def test_fileRenamedMeanwhile(self, disk: Disk) -> None:
        """
        What cannot be told any more stays charged, and the next login counts.
        """
        storage = disk.login(Quota(size=1000))
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"12345"))
        run(storage.rename(("a",), ("b",)))
        run(sink.commit())
        assert run(storage.usage()).size >= 5
        assert usage(disk.login(Quota(size=1000))) == (5, 1)

    def test_failures(self, disk: Disk) -> None:
        """
        What failed has changed nothing.
        """
        storage = disk.login(Quota(size=1000))
        run(storage.makeDirectory(("a",)))
        for failing in (
            storage.makeDirectory(("a",)),
            storage.openForWriting(("a",), 0, WriteMode.CREATE),
        ):
            with pytest.raises(AlreadyExists):
                run(failing)
        assert usage(storage) == (0, 1)

    def test_renamedOverAnUpload(self, disk: Disk) -> None:
        """
        The upload that then ends takes the place of what was put there.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "a", 10)
        put(storage, "b", 20)
        sink = run(storage.openForWriting(("b",), 0, REPLACE))
        run(sink.write(b"12345"))
        run(storage.rename(("a",), ("b",)))
        run(sink.commit())
        assert usage(storage) == (5, 1)


class TestFull:
    """
    What does not fit is refused.
    """

    def test_atTheBeginning(self, disk: Disk) -> None:
        """
        With what is used, and what there may be.
        """
        storage = disk.login(Quota(size=2048))
        put(storage, "a", 2048)
        with pytest.raises(ExceededAllocation, match="^Quota exceeded: 2 of 2 KiB, 1 files used$"):
            run(storage.openForWriting(("b",), 0, REPLACE))
        assert usage(storage) == (2048, 1)

    def test_inTheMiddle(self, disk: Disk) -> None:
        """
        Of a new file what came is kept, an old one is as it was.
        """
        storage = disk.login(Quota(size=100))
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"x" * 60))
        with pytest.raises(ExceededAllocation) as failed:
            run(sink.write(b"x" * 60))
        run(sink.discard(failed.value))
        with pytest.raises(ExceededAllocation):
            put(storage, "a", 101)
        assert usage(storage) == (60, 1)

    def test_exactly(self, disk: Disk) -> None:
        """
        The last byte fits.
        """
        storage = disk.login(Quota(size=100))
        put(storage, "a", 100)
        put(storage, "a", 100)
        assert usage(storage) == (100, 1)

    def test_together(self, disk: Disk) -> None:
        """
        Several uploads at once do not pass it either.
        """
        storages = [disk.login(Quota(size=100)) for _ in range(4)]
        sinks = [run(s.openForWriting((str(n),), 0, REPLACE)) for n, s in enumerate(storages)]
        stored = 0
        for _ in range(10):
            for sink in sinks:
                try:
                    run(sink.write(b"x" * 10))
                    stored += 10
                except ExceededAllocation:
                    pass
        for sink in sinks:
            run(sink.commit())
        assert stored == 100
        assert usage(storages[0]) == (100, 4)

    def test_files(self, disk: Disk) -> None:
        """
        Names are counted as well; an empty file needs one.
        """
        storage = disk.login(Quota(files=2))
        put(storage, "a", 0)
        run(storage.makeDirectory(("b",)))
        for refused in (
            storage.makeDirectory(("c",)),
            storage.makeLink(("c",), ("a",)),
            storage.openForWriting(("c",), 0, REPLACE),
        ):
            with pytest.raises(ExceededAllocation, match="2 of 2 files used"):
                run(refused)
        put(storage, "a", 10)
        assert usage(storage) == (10, 2)

    def test_busy(self, disk: Disk) -> None:
        """
        Nothing is counted while uploads are under way.
        """
        storage = disk.login(Quota(size=100))
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        with pytest.raises(FileBusy):
            run(storage.recount())
        run(sink.commit())
        assert usage(storage) == (0, 1)


class TestAbilities:
    """
    What the other storage can do.
    """

    def test_passedOn(self, disk: Disk) -> None:
        """
        Is still there.
        """
        storage = disk.login(Quota(size=100))
        for interface in (IStorage, IQuota, ISpace, IModes, ITimes, ILinks):
            assert verifyObject(interface, storage)
        put(storage, "a", 1)
        run(storage.setMode(("a",), 0o600))
        run(storage.setModified(("a",), 5.0))
        facts = run(storage.stat(("a",)))
        assert (facts.mode, facts.modified) == (0o600, 5.0)
        assert run(storage.openForReading(("a",), 0)).close() is None

    def test_list(self, disk: Disk) -> None:
        """
        What is listed is what is there.
        """
        storage = disk.login(Quota(size=100))
        put(storage, "a", 1)

        async def names() -> list[str]:
            return [name async for batch in storage.list(()) for name, _ in batch]

        assert run(names()) == ["a"]

    def test_space(self, disk: Disk) -> None:
        """
        The smaller of what the quota and the disk have.
        """
        storage = disk.login(Quota(size=100))
        put(storage, "a", 30)
        assert run(storage.available(())) == 70
        memory = disk.quotas.over(MemoryStorage(capacity=50), "bob", Quota(size=100))
        assert run(memory.available(())) == 50  # type: ignore[attr-defined]


class TestSession:
    """
    As a client sees it.
    """

    def test_site(self, disk: Disk) -> None:
        """
        SITE QUOTA tells, and counts again where it is asked to.
        """
        client = Conversation(disk.login(Quota(size=2048, files=10)))
        (disk.folder / "late").write_bytes(b"x" * 512)
        assert client.hears("SITE QUOTA").last() == "200 0.5 of 2 KiB, 1 of 10 files used"
        (disk.folder / "later").write_bytes(b"x" * 512)
        assert "1 of 2 KiB" in client.hears("SITE QUOTA count").last()

    def test_store(self, disk: Disk) -> None:
        """
        552 in the middle, and then at once.
        """
        client = Conversation(disk.login(Quota(size=100)))
        client.opener.toReceive = b"x" * 100
        client.hears("PASV", "STOR a", "PASV", "STOR b", "DELE a", "PASV", "STOR b")
        assert client.codes() == [227, 150, 226, 227, 552, 250, 227, 150, 226]

    def test_copy(self, disk: Disk) -> None:
        """
        A copy counts like an upload.
        """
        (disk.folder / "a").write_bytes(b"x" * 60)
        client = Conversation(disk.login(Quota(size=100)))
        assert client.hears("SITE CPFR a", "SITE CPTO b").codes() == [350, 552]
