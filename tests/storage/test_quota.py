"""
Tests for L{ftpactive.storage.quota}.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from zope.interface.verify import verifyObject

from ftpactive.abilities import ILinks, IModes, IQuota, ISpace, ITimes
from ftpactive.core.account import Quota, Usage
from ftpactive.core.errors import (
    AlreadyExists,
    ExceededAllocation,
    FileBusy,
    LocalError,
    PermissionDenied,
    TransferAborted,
)
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, IStorage
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.lookup import UNKNOWN
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.quotas import Quotas
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.storage import run

REPLACE, APPEND = WriteMode.REPLACE, WriteMode.APPEND


class Disk:
    """
    A folder under a quota.
    """

    def __init__(self, folder: Path, *, atomic: bool = False) -> None:
        self.folder = folder / "root"
        self.folder.mkdir()
        self._file = folder / "quota"
        self._local = LocalStorage(self.folder, uploads=UploadPolicy(atomic=atomic, who="alice"))
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


@pytest.fixture
def atomic(tmp_path: Path) -> Iterator[Disk]:
    """
    A folder whose uploads are hidden until they are whole.
    """
    (tmp_path / "atomic").mkdir()
    made = Disk(tmp_path / "atomic", atomic=True)
    yield made
    made.close()


def cut(storage: Any, path: tuple[str, ...], size: int) -> None:
    """
    Begin an upload, and cut it.
    """
    sink: ISink = run(storage.openForWriting(path, 0, REPLACE))
    run(sink.write(b"x" * size))
    run(sink.discard(TransferAborted()))


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


class TestLinks:
    """
    One file has one page, by however many ways it is reached.
    """

    def test_made(self, disk: Disk) -> None:
        """
        A file that is made by way of a link that led nowhere counts.
        """
        storage = disk.login(Quota(size=100))
        run(storage.makeLink(("link",), ("file",)))
        put(storage, "link", 60)
        assert usage(storage) == (60, 2)
        with pytest.raises(ExceededAllocation):
            put(storage, "other", 60)

    def test_removed(self, disk: Disk) -> None:
        """
        A link that is removed takes nothing of what it leads to off the books.
        """
        storage = disk.login(Quota(size=100))
        put(storage, "file", 60)
        run(storage.makeLink(("link",), ("file",)))
        run(storage.remove(("link",)))
        assert usage(storage) == (60, 1)

    def test_twoWays(self, disk: Disk) -> None:
        """
        Uploads of one file by two names are uploads of one file.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "file", 90)
        run(storage.makeLink(("link",), ("file",)))
        sink = run(storage.openForWriting(("link",), 0, APPEND))
        put(storage, "file", 10)
        with pytest.raises(FileBusy):
            run(sink.commit())
        assert usage(storage) == (10, 2)

    def test_throughFolder(self, disk: Disk) -> None:
        """
        A file that is removed by another way while it is appended to counts no
        more, once.
        """
        (disk.folder / "folder").mkdir()
        (disk.folder / "link").symlink_to("folder")
        storage = disk.login(Quota(size=1000))
        put(storage, "other", 200)
        sink = run(storage.openForWriting(("folder", "file"), 0, REPLACE))
        run(sink.write(b"x" * 90))
        run(sink.commit())
        sink = run(storage.openForWriting(("link", "file"), 0, APPEND))
        run(storage.remove(("folder", "file")))
        run(sink.discard(TransferAborted()))
        assert usage(storage) == (200, 3)

    def test_belowMount(self, disk: Disk, tmp_path: Path) -> None:
        """
        Below a mount, too.
        """
        (tmp_path / "other").mkdir()
        mounted = MountedStorage({(): disk._local, ("m",): LocalStorage(tmp_path / "other")})
        storage: Any = disk.quotas.over(mounted, "bob", Quota(size=100))
        run(storage.makeLink(("m", "link"), ("m", "file")))
        sink = run(storage.openForWriting(("m", "link"), 0, REPLACE))
        run(sink.write(b"x" * 60))
        run(sink.commit())
        assert usage(storage) == (60, 3)
        mounted.close()


class TestHidden:
    """
    What is kept of uploads that were cut counts, where it is hidden as well.
    """

    def test_besideFile(self, atomic: Disk) -> None:
        """
        Beside a file that was to be replaced; once only, if it is cut again.
        """
        storage = atomic.login(Quota(size=1000))
        put(storage, "a", 10)
        cut(storage, ("a",), 40)
        assert usage(storage) == (50, 2)
        cut(storage, ("a",), 30)
        assert usage(storage) == (40, 2)
        put(storage, "a", 20)
        assert usage(storage) == (20, 1)

    def test_counted(self, atomic: Disk) -> None:
        """
        A count finds those that are beside nothing, in all folders.
        """
        storage = atomic.login(Quota(size=1000))
        run(storage.makeDirectory(("folder",)))
        cut(storage, ("a",), 40)
        cut(storage, ("folder", "b"), 50)
        assert usage(storage) == (90, 3)

    def test_renamed(self, atomic: Disk) -> None:
        """
        It stays where it is when another file gets the name, or loses it.
        """
        storage = atomic.login(Quota(size=1000))
        put(storage, "small", 1)
        cut(storage, ("a",), 40)
        for _ in range(2):
            run(storage.rename(("small",), ("a",)))
            assert usage(storage) == (41, 2)
            run(storage.rename(("a",), ("small",)))
            assert usage(storage) == (41, 2)

    def test_fileRemoved(self, atomic: Disk) -> None:
        """
        It stays when the file beside it is removed; whoever removes the name
        once more removes it.
        """
        storage = atomic.login(Quota(size=1000))
        put(storage, "a", 10)
        cut(storage, ("a",), 40)
        run(storage.remove(("a",)))
        assert usage(storage) == (40, 1)
        run(storage.remove(("a",)))
        assert usage(storage) == (0, 0)

    def test_folderRemoved(self, atomic: Disk) -> None:
        """
        It goes with its folder.
        """
        storage = atomic.login(Quota(size=1000))
        run(storage.makeDirectory(("folder",)))
        cut(storage, ("folder", "a"), 40)
        run(storage.removeDirectory(("folder",)))
        assert usage(storage) == (0, 0)

    def test_folderUsed(self, atomic: Disk) -> None:
        """
        A folder stays as long as something is uploaded into it.
        """
        storage = atomic.login(Quota(size=1000))
        run(storage.makeDirectory(("folder",)))
        sink = run(storage.openForWriting(("folder", "a"), 0, REPLACE))
        with pytest.raises(FileBusy):
            run(storage.removeDirectory(("folder",)))
        run(sink.discard(TransferAborted()))
        run(storage.removeDirectory(("folder",)))
        assert usage(storage) == (0, 0)

    def test_cannotReplace(self, atomic: Disk) -> None:
        """
        An upload whose name became a folder leaves nothing that nobody finds.
        """
        storage = atomic.login(Quota(size=1000))
        sinks = [run(storage.openForWriting(("a",), 0, REPLACE)) for _ in range(2)]
        run(storage.makeDirectory(("a",)))
        for sink in sinks:
            run(sink.write(b"x" * 40))
            with pytest.raises(Exception, match="directory|exists"):
                run(sink.commit())
        assert usage(storage) == (40, 2)


class TestDoubts:
    """
    What cannot be known is not taken off the books.
    """

    def test_movedAndMadeAnew(self, disk: Disk) -> None:
        """
        What was appended to a file stays charged when it has another name by
        then, and another file has its own.
        """
        one, other = (disk.login(Quota(size=1000)) for _ in range(2))
        put(one, "a", 1)
        sink = run(one.openForWriting(("a",), 0, APPEND))
        run(other.rename(("a",), ("b",)))
        put(other, "a", 1)
        run(sink.write(b"x" * 300))
        run(sink.commit())
        assert run(one.usage()).size >= 302
        assert usage(disk.login(Quota(size=1000))) == (302, 2)

    @pytest.mark.parametrize("isListed", [True, False])
    def test_unseen(self, disk: Disk, monkeypatch: pytest.MonkeyPatch, isListed: bool) -> None:
        """
        A count that cannot see everything makes nothing less: some folder may
        not be listed, or names in it not be looked at.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "a", 40)

        async def unseen(path: Any) -> Any:
            if not isListed:
                raise PermissionDenied()
            yield [("a", UNKNOWN)]

        monkeypatch.setattr(disk._local, "list", unseen)
        assert run(storage.recount()) == Usage(40, 1)

    def test_notTold(self, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        When nobody can tell what became of a name, nothing is taken off the
        books, and the next login counts.
        """
        storage = disk.login(Quota(size=1000))
        put(storage, "a", 40)
        held = disk._local.held

        async def once(path: Any) -> Any:
            if (disk.folder / "a").exists():
                return await held(path)
            raise LocalError()

        with monkeypatch.context() as patch:
            patch.setattr(disk._local, "held", once)
            run(storage.remove(("a",)))
        assert run(storage.usage()) == Usage(40, 1)
        assert usage(disk.login(Quota(size=1000))) == (0, 0)

    def test_countFails(self, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        When the first count fails, nothing is stored before one succeeds.
        """
        (disk.folder / "a").write_bytes(b"x" * 90)
        storage = disk.login(Quota(size=100))

        async def failing(path: Any) -> Any:
            raise LocalError()
            yield

        with monkeypatch.context() as patch:
            patch.setattr(disk._local, "list", failing)
            for _ in range(2):
                with pytest.raises(LocalError):
                    put(storage, "b", 20)
        with pytest.raises(ExceededAllocation):
            put(storage, "b", 20)

    def test_withoutQuota(self, disk: Disk) -> None:
        """
        What is stored while there is no quota is counted once there is one.
        """
        put(disk.login(Quota(size=1000)), "a", 40)
        put(disk.login(Quota()), "b", 50)
        assert usage(disk.login(Quota(size=1000))) == (90, 2)

    def test_neverAQuota(self, disk: Disk) -> None:
        """
        Where there is no quota, there is no file for it.
        """
        put(disk.login(Quota()), "b", 50)
        assert not disk._file.exists()


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

    def test_freeOnce(self, disk: Disk) -> None:
        """
        Of several uploads in place of one file, one is for nothing.
        """
        storage = disk.login(Quota(size=100))
        put(storage, "a", 90)
        first, second = (run(storage.openForWriting(("a",), 0, REPLACE)) for _ in range(2))
        run(first.write(b"x" * 90))
        with pytest.raises(ExceededAllocation):
            run(second.write(b"x" * 90))
        run(first.commit())
        run(second.discard(TransferAborted()))
        assert usage(storage) == (90, 1)

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


def test_anyStorage(disk: Disk) -> None:
    """
    A storage that knows of nothing but names is asked for these.
    """
    storage = disk.quotas.over(MemoryStorage(), "bob", Quota(size=100))
    run(storage.makeDirectory(("folder",)))
    put(storage, "a", 60)
    put(storage, "b", 30)
    run(storage.rename(("a",), ("b",)))
    run(storage.removeDirectory(("folder",)))
    assert usage(storage) == (60, 1)


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
