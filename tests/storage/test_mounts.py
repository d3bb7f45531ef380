"""
L{MountedStorage}: several storages in one tree.
"""

import pytest

from ftpactive.abilities import IBirthTimes, ILinkBounds, ILinks, IModes, ISpace, ITimes
from ftpactive.core.errors import (
    AlreadyExists,
    IsADirectory,
    NotADirectory,
    NotFound,
    NotImplementedHere,
    PermissionDenied,
)
from ftpactive.core.facts import Kind
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.shell import ShellStorage
from ftpactive.testing.storage import (
    BirthTimesContract,
    LinksContract,
    ModesContract,
    ReadingContract,
    SpaceContract,
    StorageContract,
    TimesContract,
    contentsOf,
    listAll,
    namesIn,
    run,
    upload,
)
from tests.storage.trees import makeTree


class TestOneMount(
    StorageContract,
    ModesContract,
    TimesContract,
    BirthTimesContract,
    LinksContract,
    SpaceContract,
):
    """
    With nothing else mounted, it is as the storage at the root.
    """

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        Files on disk.
        """

        def make(files):
            makeTree(tmp_path, files)
            return MountedStorage({(): LocalStorage(tmp_path)})

        return make


class TestEachFolderMounted(ReadingContract):
    """
    A tree that is put together of many storages looks like one.
    """

    @pytest.fixture
    def makeStorage(self):
        """
        Each folder of the root is one of its own.
        """

        def make(files):
            mounts = {(name,): MemoryStorage(x) for name, x in files.items() if isinstance(x, dict)}
            rest = {name: x for name, x in files.items() if not isinstance(x, dict)}
            return MountedStorage({(): MemoryStorage(rest), **mounts})

        return make


class Place:
    """
    Storages, and the tree that they are mounted in: one in a folder that is
    there, one deep in folders that are not, one over a file.
    """

    def __init__(self):
        self.root = MemoryStorage({"a": b"0", "here": {"under": b""}, "over": b"file", "z": {}})
        self.here = MemoryStorage({"x": b"1"})
        self.deep = MemoryStorage({"y": b"2", "folder": {}}, capacity=100)
        self.over = MemoryStorage({"inner": {}})
        self.storage = MountedStorage(
            {
                (): self.root,
                ("here",): self.here,
                ("m", "n", "deep"): self.deep,
                ("over", "on"): self.over,
            }
        )


@pytest.fixture
def place():
    """
    The tree.
    """
    return Place()


@pytest.fixture
def storage(place):
    """
    What it looks like.
    """
    return place.storage


class TestLooking:
    """
    What is seen.
    """

    @pytest.mark.parametrize(
        ("path", "names"),
        [
            ((), ["a", "here", "m", "over", "z"]),
            (("here",), ["x"]),
            (("m",), ["n"]),
            (("m", "n"), ["deep"]),
            (("m", "n", "deep"), ["folder", "y"]),
            (("over",), ["on"]),
        ],
    )
    def test_list(self, storage, path, names):
        """
        Mount points are among the names, in their order, in the place of what
        they hide; so are folders that only lead to them.
        """
        assert namesIn(storage, path) == names
        for name, facts in listAll(storage, path):
            assert run(storage.stat((*path, name))) == facts

    @pytest.mark.parametrize("path", [(), ("here",), ("m",), ("m", "n", "deep"), ("over",)])
    def test_stat(self, storage, path):
        """
        All of them are folders, which promise neither to go nor to move.
        """
        facts = run(storage.stat(path))
        assert facts.kind is Kind.DIRECTORY and facts.modified > 0
        assert not set("df") & set(facts.perm)
        assert {"e", "l"} <= set(facts.perm)

    def test_manyBatches(self, tmp_path):
        """
        The order holds in a long listing, from its start to its end.
        """
        names = [f"{number:04}" for number in range(1000)]
        makeTree(tmp_path, dict.fromkeys(names, b""))
        mounts = [("!",), ("0500",), ("0500x",), ("zzz",)]
        storage = MountedStorage(
            {(): LocalStorage(tmp_path), **{path: MemoryStorage() for path in mounts}}
        )
        assert namesIn(storage) == sorted([*names, "!", "0500x", "zzz"])
        assert dict(listAll(storage))["0500"].isDirectory

    def test_nothing(self, storage):
        """
        What is nowhere is not there, nor is what a mount hides.
        """
        for path in [("m", "x"), ("here", "under"), ("missing",)]:
            with pytest.raises(NotFound):
                run(storage.stat(path))
        with pytest.raises(NotFound):
            listAll(storage, ("m", "x"))
        with pytest.raises(NotADirectory):
            listAll(storage, ("a",))

    def test_storageThatIsGone(self, tmp_path):
        """
        A mount whose folder is missing is left out, and all else is there.
        """
        storage = MountedStorage(
            {(): MemoryStorage({"a": b"", "x": {}}), ("x",): LocalStorage(tmp_path / "missing")}
        )
        assert namesIn(storage) == ["a"]
        with pytest.raises(NotFound):
            listAll(storage, ("x",))

    def test_folderThatIsThere(self):
        """
        A folder on the way that a storage has shows what is in it, too.
        """
        storage = MountedStorage(
            {(): MemoryStorage({"way": {"a": b"", "z": b""}}), ("way", "m"): MemoryStorage()}
        )
        assert namesIn(storage, ("way",)) == ["a", "m", "z"]
        assert "c" in run(storage.stat(("way",))).perm

    def test_rootThatIsGone(self, tmp_path):
        """
        A root that is missing is not made up for by what is mounted in it.
        """
        storage = MountedStorage({(): LocalStorage(tmp_path / "missing"), ("m",): MemoryStorage()})
        with pytest.raises(NotFound):
            listAll(storage)

    def test_contents(self, storage):
        """
        Files are those of the storage that is there.
        """
        paths = [("a",), ("here", "x"), ("m", "n", "deep", "y")]
        assert [contentsOf(storage, path) for path in paths] == [b"0", b"1", b"2"]


class TestChanging:
    """
    What is changed.
    """

    def test_upload(self, place, storage):
        """
        It goes to the storage that is there.
        """
        upload(storage, ("m", "n", "deep", "new"), b"1")
        upload(storage, ("new",), b"1")
        assert (place.deep.tree["new"], place.root.tree["new"]) == (b"1", b"1")

    def test_folders(self, place, storage):
        """
        So do folders; and they go again.
        """
        run(storage.makeDirectory(("here", "new")))
        assert place.here.tree["new"] == {}
        run(storage.removeDirectory(("here", "new")))
        run(storage.remove(("here", "x")))
        assert place.here.tree == {}

    def test_rename(self, place, storage):
        """
        In one storage names are changed.
        """
        run(storage.rename(("here", "x"), ("here", "new")))
        assert place.here.tree == {"new": b"1"}

    def test_renameToAnotherStorage(self, place, storage):
        """
        Nothing is moved to another one, which is said in words.
        """
        with pytest.raises(PermissionDenied, match="different storages: copy it instead"):
            run(storage.rename(("a",), ("here", "a")))
        assert place.root.tree["a"] == b"0"

    STAYING = [(), ("here",), ("m",), ("m", "n"), ("m", "n", "deep"), ("over",)]

    @pytest.mark.parametrize("path", STAYING)
    def test_mountPointsStay(self, storage, path):
        """
        Neither they nor what leads to them is removed, renamed or replaced.
        """
        before = [namesIn(storage, each) for each in self.STAYING]
        with pytest.raises(PermissionDenied, match="mount point"):
            run(storage.removeDirectory(path))
        with pytest.raises(IsADirectory):
            run(storage.remove(path))
        with pytest.raises(AlreadyExists):
            run(storage.makeDirectory(path))
        for mode in WriteMode:
            with pytest.raises(IsADirectory):
                run(storage.openForWriting(path, 0, mode))
        with pytest.raises(IsADirectory):
            run(storage.openForReading(path, 0))
        for old, new in [(path, ("new",)), (("a",), path)]:
            with pytest.raises(PermissionDenied, match="mount point"):
                run(storage.rename(old, new))
        assert [namesIn(storage, each) for each in self.STAYING] == before


class TestAbilities:
    """
    What can be done depends on where.
    """

    def test_provided(self, tmp_path):
        """
        What one of them can do is provided, what none can is not.
        """
        every = (IBirthTimes, ILinkBounds, ILinks, IModes, ISpace, ITimes)

        def provided(**storages):
            mounts = {(name,): each for name, each in storages.items()}
            storage = MountedStorage({(): ShellStorage(None), **mounts})
            return tuple(each for each in every if each.providedBy(storage))

        assert provided() == ()
        assert provided(a=MemoryStorage()) == (IModes, ISpace, ITimes)
        assert provided(a=MemoryStorage(), b=LocalStorage(tmp_path)) == every

    def test_where(self):
        """
        Where it cannot be done, that is said.
        """
        storage = MountedStorage({(): MemoryStorage({"a": b""}), ("x",): ShellStorage(None)})
        run(storage.setMode(("a",), 0o600))
        run(storage.setModified(("a",), 1))
        for deed in (
            lambda: storage.setMode(("x", "a"), 0o600),
            lambda: storage.setModified(("x", "a"), 1),
            lambda: storage.available(("x",)),
            lambda: storage.makeLink(("x", "a"), ("x", "b")),
        ):
            with pytest.raises(NotImplementedHere, match="/x"):
                run(deed())

    def test_room(self, storage):
        """
        Each storage has its own room; on the way to it, it is that of the one
        around it.
        """
        assert run(storage.available(("m", "n", "deep"))) == 99
        assert run(storage.available(("m",))) == run(storage.available(()))

    def test_umask(self, place, storage):
        """
        One mask is for all of them.
        """
        storage.umask = 0o077
        assert storage.umask == 0o077
        assert {place.root.umask, place.here.umask, place.deep.umask} == {0o077}

    def test_birthTimes(self, tmp_path):
        """
        One wish is for all of them.
        """
        one, two = LocalStorage(tmp_path), LocalStorage(tmp_path)
        storage = MountedStorage({(): one, ("x",): two, ("y",): MemoryStorage()})
        storage.tellsCreated = True
        assert storage.tellsCreated and one.tellsCreated and two.tellsCreated

    def test_links(self, tmp_path):
        """
        A link leads to its own storage only, and is none where a mount is.
        """
        storage = MountedStorage({(): LocalStorage(tmp_path), ("x", "y"): MemoryStorage()})
        (tmp_path / "file").write_bytes(b"1")
        run(storage.makeLink(("link",), ("file",)))
        assert contentsOf(storage, ("link",)) == b"1"
        with pytest.raises(PermissionDenied, match="another storage"):
            run(storage.makeLink(("other",), ("x", "y", "a")))
        for path in [("x",), ("x", "y")]:
            with pytest.raises(AlreadyExists):
                run(storage.makeLink(path, ("file",)))

    def test_close(self, storage, place):
        """
        All are let go that hold something.
        """
        closed = []
        place.here.close = lambda: closed.append(True)
        storage.close()
        assert closed == [True]
