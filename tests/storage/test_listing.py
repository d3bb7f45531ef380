"""
L{LocalStorage.list}: folders may be large, and change while they are listed.
"""

import errno
import gc
import os
import tracemalloc
import weakref
from contextlib import aclosing

import pytest

from ftpactive.core.errors import DirectoryNotEmpty, PermissionDenied
from ftpactive.core.facts import Kind
from ftpactive.core.writemode import WriteMode
from ftpactive.storage import birth, listing, lookup, statuses
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, listAll, namesIn, run, upload
from tests.storage.trees import makeTree


@pytest.fixture
def storage(tmp_path):
    """
    A storage of C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield storage
    storage.close()


class TestListing:
    """
    A list is whole, and bounded in what it holds.
    """

    def test_largeFolderIsBounded(self, tmp_path, storage):
        """
        Of 20,000 names only a batch is looked up at a time.
        """
        for number in range(20_000):
            (tmp_path / f"{number:05}").touch()

        async def walk():
            sizes = []
            async for batch in storage.list(()):
                sizes.append(len(batch))
            return sizes

        tracemalloc.start()
        try:
            sizes = run(walk())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert sum(sizes) == 20_000
        assert max(sizes) <= listing.BATCH
        # 32 MiB for 200,000 names.
        assert peak < 3_200_000

    @pytest.mark.parametrize("isWhole", [True, False])
    def test_namesAreLetGo(self, tmp_path, storage, monkeypatch, isWhole):
        """
        After a list, whole or cut short, its names do not wait in memory for
        Python to look for circles.
        """
        for number in range(3 * listing.BATCH):
            (tmp_path / f"{number:05}").touch()
        opened = []

        class Watched(listing.OpenFolder):
            def __init__(self, *arguments):
                opened.append(weakref.ref(self))
                super().__init__(*arguments)

        async def walk():
            async with aclosing(storage.list(())) as batches:
                async for _ in batches:
                    if not isWhole:
                        break

        monkeypatch.setattr("ftpactive.storage.local.OpenFolder", Watched)
        gc.disable()
        try:
            run(walk())
            assert [each() for each in opened] == [None]
        finally:
            gc.enable()

    def test_slowLookUpComesInParts(self, tmp_path, storage, monkeypatch):
        """
        So that others have their turn in between; nothing is lost by it.
        """
        for name in "abc":
            (tmp_path / name).touch()
        monkeypatch.setattr(listing, "_PATIENCE", -1)
        monkeypatch.setattr(listing, "_STRIDE", 1)

        async def walk():
            return [[name for name, _ in batch] async for batch in storage.list(())]

        assert [names for names in run(walk()) if names] == [["a"], ["b"], ["c"]]

    @pytest.mark.parametrize("most", [0, listing._AT_ONCE])
    def test_manyNames(self, tmp_path, storage, monkeypatch, most):
        """
        While they are read, which takes a while, others get their turn; all
        come in their order, whether they are sorted at once or not.
        """
        monkeypatch.setattr(listing, "_RUN", 4096)
        monkeypatch.setattr(listing, "_AT_ONCE", most)
        names = [f"{number:05}" for number in range(10_000)]
        makeTree(tmp_path, dict.fromkeys(names, b""))

        async def walk():
            return [batch async for batch in storage.list(())]

        batches = run(walk())
        assert batches[:2] == [[], []]
        assert all(batches[2:])
        assert [name for batch in batches for name, _ in batch] == names

    def test_vanishedNameIsLeftOut(self, tmp_path, storage, monkeypatch):
        """
        A file that is removed between two batches is not told.
        """
        names = [f"{number:04}" for number in range(600)]
        makeTree(tmp_path, {name: b"" for name in names})
        monkeypatch.setattr(listing, "BATCH", 256)

        async def walk():
            seen = []
            async for batch in storage.list(()):
                if not seen:
                    (tmp_path / "0300").unlink()
                seen += [name for name, _ in batch]
            return seen

        assert run(walk()) == [name for name in names if name != "0300"]

    def test_unreadableNameIsToldAsOther(self, tmp_path, storage, monkeypatch):
        """
        A name whose facts cannot be had does not spoil the list.
        """
        makeTree(tmp_path, {"a": b"", "b": b""})

        def fail(ask):
            def failing(name, **kwargs):
                if name == b"a":
                    raise OSError(errno.ENOTCONN, "")
                return ask(name, **kwargs)

            return failing

        monkeypatch.setattr("os.stat", fail(os.stat))
        monkeypatch.setattr("os.lstat", fail(os.lstat))
        monkeypatch.setattr(statuses, "_ask", statuses._lstat)
        assert [facts.kind for _, facts in listAll(storage)] == [Kind.OTHER, Kind.FILE]

    def test_linkThatVanishes(self, tmp_path, storage, monkeypatch):
        """
        Between two looks at it: it is left out.
        """
        makeTree(tmp_path, {"a": b"", "b": b""})
        (tmp_path / "link").symlink_to("gone")

        def vanish(*arguments, **kwargs):
            raise FileNotFoundError(errno.ENOENT, "")

        monkeypatch.setattr("ftpactive.storage.sight.Sight.factsAt", vanish)
        assert namesIn(storage) == ["a", "b"]

    @pytest.mark.parametrize("most", [1, lookup._MOST])
    def test_neighboursDiffer(self, tmp_path, storage, monkeypatch, most):
        """
        What one file has in common with others is not told of those that
        differ, however many kinds of files are remembered.
        """
        monkeypatch.setattr(lookup, "_MOST", most)
        modes = [0o600, 0o644, 0o600, 0o755, 0o400, 0o644, 0o600]
        for number, mode in enumerate(modes):
            (tmp_path / str(number)).touch()
            (tmp_path / str(number)).chmod(mode)
        (tmp_path / "7").mkdir()
        (tmp_path / "8").symlink_to("0")
        entries = listAll(storage)
        assert [facts.mode for _, facts in entries[:7]] == modes
        assert entries == [(name, run(storage.stat((name,)))) for name, _ in entries]

    def test_oddNames(self, tmp_path, storage):
        """
        All bytes that can be in a name are told as they are, in the order of
        bytes, though text has another one.
        """
        folder = os.fsencode(tmp_path)
        names = [bytes([number]) for number in range(1, 256) if number not in b"./"]
        names += [name + name for name in names] + [b" a ", b"a\r\nb", b"\xff\xff\n \xff"]
        names += [text.encode() for text in ("\ue000", "\uffff", "\U0001f600", "é", "e\u0301")]
        names += [b"\xe2\x82", b"\xed\xb3\xbf", b"\xf0\x9f\x98"]
        for name in names:
            os.mkdir(folder + b"/" + name)
        told = [name.encode("utf-8", "surrogateescape") for name in namesIn(storage)]
        assert told == sorted(names)

    def test_folderThatMayNotBeRead(self, tmp_path, unprivileged):
        """
        It may be passed through, but not listed.
        """
        makeTree(tmp_path, {"closed": {"a": b"1"}})
        (tmp_path / "closed").chmod(0o711 if os.geteuid() == 0 else 0o311)
        storage = unprivileged()
        with pytest.raises(PermissionDenied):
            listAll(storage, ("closed",))
        assert contentsOf(storage, ("closed", "a")) == b"1"

    def test_ownersDiffer(self, tmp_path, unprivileged):
        """
        In a sticky folder everyone may remove their own files only.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody else")
        makeTree(tmp_path, {"mine": b"", "theirs": b"", "yours": b""})
        tmp_path.chmod(0o1777)
        storage = unprivileged()
        os.seteuid(0)
        os.chown(tmp_path / "mine", 65534, 65534)
        assert [facts.perm for _, facts in listAll(storage)] == ["adfrw", "r", "r"]


class TestHiddenFiles:
    """
    Uploads that are under way beside what they replace are nobody's files.
    """

    LEFT = ".0123456789abcdef.upload"

    def test_uploadUnderWayIsNotListed(self, tmp_path, storage):
        """
        Nor does it disturb the list.
        """
        makeTree(tmp_path, {"a": b"old", "b": b""})
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        assert len(os.listdir(tmp_path)) == 3
        assert namesIn(storage) == ["a", "b"]
        run(sink.commit())

    def test_leftoverDoesNotKeepItsFolder(self, tmp_path, storage):
        """
        What nobody sees is not in the way of removing the folder.
        """
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / ".0123456789abcdef.upload").touch()
        run(storage.removeDirectory(("folder",)))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("other", ["file", "folder"])
    def test_otherThingsKeepTheFolder(self, tmp_path, storage, other):
        """
        And with it what is hidden.
        """
        makeTree(tmp_path, {"folder": {"a": b"" if other == "file" else {}}})
        (tmp_path / "folder" / ".0123456789abcdef.upload").touch()
        with pytest.raises(DirectoryNotEmpty):
            run(storage.removeDirectory(("folder",)))
        assert len(list((tmp_path / "folder").iterdir())) == 2

    def test_uploadUnderWayKeepsTheFolder(self, tmp_path, storage):
        """
        Whichever session it belongs to.
        """
        makeTree(tmp_path, {"folder": {"a": b"old"}})
        sink = run(storage.openForWriting(("folder", "a"), 0, WriteMode.REPLACE))
        os.unlink(tmp_path / "folder" / "a")
        with pytest.raises(DirectoryNotEmpty):
            run(LocalStorage(tmp_path).removeDirectory(("folder",)))
        run(sink.commit())
        assert contentsOf(storage, ("folder", "a")) == b""

    @pytest.mark.parametrize("name", [LEFT, f".{'0123456789' * 4}.upload"])
    @pytest.mark.parametrize(
        "use",
        [
            lambda storage, path: run(storage.stat(path)),
            lambda storage, path: contentsOf(storage, path),
            lambda storage, path: run(storage.remove(path)),
            lambda storage, path: run(storage.rename(path, ("b",))),
            lambda storage, path: run(storage.rename(("a",), path)),
            lambda storage, path: run(storage.setMode(path, 0o777)),
            lambda storage, path: run(storage.setModified(path, 1)),
            lambda storage, path: upload(storage, path, b"1"),
            lambda storage, path: upload(storage, path, b"1", mode=WriteMode.APPEND),
            lambda storage, path: run(storage.makeDirectory(path)),
            lambda storage, path: run(storage.makeLink(path, ("a",))),
            lambda storage, path: run(storage.makeLink(("b",), path)),
            lambda storage, path: contentsOf(storage, ("link",)),
        ],
    )
    def test_nobodyReachesIt(self, tmp_path, storage, name, use):
        """
        Also who knows the name, or has a link to it.
        """
        makeTree(tmp_path, {name: b"half", "a": b"whole"})
        (tmp_path / "link").symlink_to(name)
        with pytest.raises(PermissionDenied):
            use(storage, (name,))
        assert (tmp_path / name).read_bytes() == b"half"
        assert sorted(os.listdir(tmp_path)) == sorted([name, "a", "link"])

    @pytest.mark.parametrize(
        "name",
        [
            "a.upload",
            ".upload",
            ".0123456789abcde.upload",
            ".0123456789abcdef0.upload",
            ".0123456789ABCDEF.upload",
            "x.0123456789abcdef.upload",
            ".0123456789abcdef.upload\n",
            ".0123456789abcdef.upload.txt",
        ],
    )
    def test_otherNamesAreListed(self, tmp_path, storage, name):
        """
        Only the very form is left out.
        """
        makeTree(tmp_path, {name: b""})
        assert namesIn(storage) == [name]


class TestBirthTimes:
    """
    When a file was made is told to those who ask.
    """

    def test_systemTells(self, tmp_path, storage):
        """
        It stays when the file is changed.
        """
        makeTree(tmp_path, {"a": b"1"})
        storage.tellsCreated = True
        first = run(storage.stat(("a",))).created
        if first is None:
            pytest.skip("the kernel or the file system does not tell")
        os.utime(tmp_path / "a", (1, 1))
        assert run(storage.stat(("a",))).created == first
        assert first == pytest.approx((tmp_path / "a").stat().st_ctime, abs=60)

    def test_linkHasThatOfItsTarget(self, tmp_path, storage):
        """
        As all the other facts.
        """
        makeTree(tmp_path, {"a": b"1"})
        (tmp_path / "link").symlink_to("a")
        storage.tellsCreated = True
        (_, file), (_, link) = listAll(storage)
        assert file._replace(isLink=True) == link

    @pytest.mark.parametrize("result", [0, -1])
    def test_systemDoesNotTell(self, tmp_path, storage, monkeypatch, result):
        """
        A kernel that refuses, or a file system that does not know.
        """
        makeTree(tmp_path, {"a": b"1"})
        storage.tellsCreated = True
        monkeypatch.setattr(birth, "_ask", lambda *arguments: result)
        assert run(storage.stat(("a",))).created is None

    def test_systemTellsUnasked(self, tmp_path, storage, monkeypatch):
        """
        Where there is no C{statx}, C{stat} may tell, or nobody.
        """
        monkeypatch.setattr(birth, "_ask", None)

        class Status:
            st_birthtime = 12.5

        assert birth.birthTime(0, b"a", Status()) == 12.5
        assert birth.birthTime(0, b"a", object()) is None

    @pytest.mark.parametrize("error", [OSError, AttributeError])
    def test_noSuchFunction(self, monkeypatch, error):
        """
        An old C library is no reason to fail.
        """

        def fail(name):
            raise error

        monkeypatch.setattr("ctypes.CDLL", fail)
        assert birth._statx() is None
