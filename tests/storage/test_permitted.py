"""
L{PermittedStorage}: this here, and that there.
"""

import os
from contextlib import suppress

import pytest
from zope.interface import directlyProvides

from ftpactive.abilities import IBirthTimes, ILines, ILinkBounds, ILinks, IModes, ISpace, ITimes
from ftpactive.core.account import EVERYTHING, READING, Permission, Rule
from ftpactive.core.errors import (
    AlreadyExists,
    BadName,
    BadRestart,
    FileBusy,
    IsADirectory,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.permitted import PermittedStorage
from ftpactive.testing.storage import (
    BirthTimesContract,
    LinksContract,
    ModesContract,
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

P = Permission
APPEND, CREATE, REPLACE = WriteMode.APPEND, WriteMode.CREATE, WriteMode.REPLACE
NOTHING = frozenset()


class TestPermittedMemory(StorageContract, ModesContract, TimesContract, SpaceContract):
    """
    Where everything is permitted, it is as the storage behind it.
    """

    @pytest.fixture
    def makeStorage(self):
        """
        What it shows is in memory; at one name nothing is permitted, so that
        each path is asked about.
        """
        rules = [Rule((), EVERYTHING), Rule(("forbidden",), NOTHING)]
        return lambda files: PermittedStorage(MemoryStorage(files), rules)


class TestPermittedLocal(
    StorageContract,
    ModesContract,
    TimesContract,
    BirthTimesContract,
    LinksContract,
    SpaceContract,
):
    """
    So it is before files on disk, links included.
    """

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        What it shows is on disk, and the only rule permits everything.
        """

        def make(files):
            makeTree(tmp_path, files)
            return PermittedStorage(LocalStorage(tmp_path), [Rule((), EVERYTHING)])

        return make


def allowing(*permissions, files=None, **others):
    """
    Give a storage in which so much is permitted; and elsewhere, by names of
    folders in its root, other things.
    """
    tree = {"file": b"12345", "folder": {"below": {}}, "box": {"taken": b"mine"}, "secret": {}}
    rules = [Rule((), frozenset(permissions))]
    rules += [Rule((name,), permitted) for name, permitted in others.items()]
    return PermittedStorage(MemoryStorage(tree if files is None else files), rules)


def tree(storage):
    """
    Give what is really there.
    """
    return storage._storage.tree


class TestEachPermission:
    """
    What each permission is for; without it, everything else will not do.
    """

    DEEDS = {
        P.LIST: [lambda s: listAll(s, ("folder",))],
        P.READ: [lambda s: contentsOf(s, ("file",))],
        P.WRITE: [
            lambda s: upload(s, ("file",), b"1"),
            lambda s: upload(s, ("new",), b"1"),
            lambda s: upload(s, ("new",), b"1", mode=CREATE),
            lambda s: upload(s, ("new",), b"1", mode=APPEND),
            lambda s: run(s.setMode(("file",), 0o600)),
            lambda s: run(s.setModified(("file",), 1)),
        ],
        P.APPEND: [
            lambda s: upload(s, ("file",), b"1", mode=APPEND),
            lambda s: upload(s, ("file",), b"1", offset=5),
        ],
        P.DELETE: [
            lambda s: run(s.remove(("file",))),
            lambda s: run(s.removeDirectory(("folder", "below"))),
        ],
        P.RENAME: [
            lambda s: run(s.rename(("file",), ("new",))),
            lambda s: run(s.rename(("folder", "below"), ("below",))),
        ],
        P.FOLDER: [lambda s: run(s.makeDirectory(("new",)))],
    }

    CASES = [
        pytest.param(permission, deed, id=f"{permission.value}-{number}")
        for permission, deeds in DEEDS.items()
        for number, deed in enumerate(deeds)
    ]

    @pytest.mark.parametrize(("permission", "deed"), CASES)
    def test_with(self, permission, deed):
        """
        It is enough.
        """
        deed(allowing(permission))

    @pytest.mark.parametrize(("permission", "deed"), CASES)
    def test_without(self, permission, deed):
        """
        It is needed, and what is refused has changed nothing.
        """
        storage = allowing(*(EVERYTHING - {permission}))
        before = str(tree(storage))
        with pytest.raises(PermissionDenied):
            deed(storage)
        assert str(tree(storage)) == before


class TestStat:
    """
    Facts are for those who may do something with what is there.
    """

    @pytest.mark.parametrize("permission", [P.LIST, P.READ, P.APPEND, P.DELETE, P.RENAME])
    def test_told(self, permission):
        """
        Whoever would learn it in any case.
        """
        storage = allowing(permission)
        assert run(storage.stat(("file",))).size == 5
        with pytest.raises(NotFound):
            run(storage.stat(("missing",)))

    @pytest.mark.parametrize("permission", [P.WRITE, P.DROP, P.FOLDER])
    @pytest.mark.parametrize("name", ["file", "missing"])
    def test_notTold(self, permission, name):
        """
        Others do not learn whether there is something: the answer is the same.
        """
        with pytest.raises(PermissionDenied, match="^Permission denied$"):
            run(allowing(permission).stat((name,)))

    def test_wayToAnotherPlace(self):
        """
        One can go to where something is permitted, through what is forbidden.
        """
        files = {"a": {"b": {"c": b"1"}, "d": {}}}
        rules = [Rule(("a", "b"), READING)]
        storage = PermittedStorage(MemoryStorage(files), rules)
        for path in [(), ("a",), ("a", "b")]:
            assert run(storage.stat(path)).isDirectory
        with pytest.raises(PermissionDenied):
            run(storage.stat(("a", "d")))
        assert contentsOf(storage, ("a", "b", "c")) == b"1"

    def test_wayThatIsAFile(self):
        """
        Of a file, that it is there is already a fact.
        """
        storage = PermittedStorage(MemoryStorage({"a": b""}), [Rule(("a",), frozenset({P.WRITE}))])
        with pytest.raises(PermissionDenied):
            run(storage.stat(("a",)))

    def test_folderOfWhoMakesFolders(self):
        """
        Who may make folders may go into them.
        """
        assert run(allowing(P.FOLDER).stat(("folder", "below"))).isDirectory

    def test_available(self):
        """
        Room is told of what may be known.
        """
        storage = allowing(*EVERYTHING, secret=NOTHING)
        assert run(storage.available(("folder",))) > 0
        with pytest.raises(PermissionDenied):
            run(storage.available(("secret",)))

    @pytest.mark.parametrize("permission", [P.WRITE, P.DROP])
    @pytest.mark.parametrize("name", ["file", "folder", "missing"])
    def test_availableIsNotTold(self, permission, name):
        """
        And of nothing else, not even that it is no folder.
        """
        storage = allowing(permission)
        assert run(storage.available(())) > 0
        with pytest.raises(PermissionDenied, match="^Permission denied$"):
            run(storage.available((name,)))


class TestList:
    """
    Listings.
    """

    def test_hidden(self):
        """
        What is forbidden altogether is not shown; a drop box is.
        """
        storage = allowing(*READING, secret=NOTHING, box=frozenset({P.DROP}))
        assert namesIn(storage) == ["box", "file", "folder"]

    def test_asStat(self):
        """
        A name of which L{stat} does not tell is not shown with its facts.
        """
        storage = allowing(*READING, file=frozenset({P.WRITE}), folder=frozenset({P.WRITE}))
        with pytest.raises(PermissionDenied):
            run(storage.stat(("file",)))
        assert namesIn(storage) == ["box", "folder", "secret"]

    @pytest.mark.parametrize(
        ("permissions", "perms"),
        [
            (READING, {"file": "r", "folder": "el"}),
            (EVERYTHING, {"file": "adfrw", "folder": "cdeflmp"}),
            ({P.LIST, P.WRITE}, {"file": "w", "folder": "cel"}),
            ({P.LIST, P.APPEND, P.DELETE}, {"file": "ad", "folder": "delp"}),
            ({P.LIST, P.RENAME, P.FOLDER}, {"file": "f", "folder": "eflm"}),
        ],
    )
    def test_perm(self, permissions, perms):
        """
        The fact C{perm} promises what will be done, and is the same for who
        asks of one name.
        """
        storage = allowing(*permissions)
        told = {name: facts.perm for name, facts in listAll(storage)}
        assert {name: told[name] for name in perms} == perms
        assert {name: run(storage.stat((name,))).perm for name in perms} == perms

    def test_permOfRuledNames(self):
        """
        What a rule names has its own.
        """
        storage = allowing(*EVERYTHING, box=frozenset({P.DROP}), folder=READING)
        told = {name: facts.perm for name, facts in listAll(storage)}
        assert (told["box"], told["folder"], told["file"]) == ("ce", "el", "adfrw")
        assert run(storage.stat(("box",))).perm == "ce"


class TestAppending:
    """
    To add is not to replace.
    """

    def test_onlyAtTheEnd(self):
        """
        Who may only add cannot go back with REST, and is told where to go on.
        """
        storage = allowing(P.APPEND)
        with pytest.raises(PermissionDenied, match="REST 5 goes on"):
            upload(storage, ("file",), b"1", offset=2)
        assert tree(storage)["file"] == b"12345"

    @pytest.mark.parametrize("mode", [APPEND, REPLACE])
    def test_newFile(self, mode):
        """
        Nor make files.
        """
        storage = allowing(P.APPEND)
        with pytest.raises(PermissionDenied):
            upload(storage, ("new",), b"1", mode=mode)
        with pytest.raises(PermissionDenied):
            upload(storage, ("new",), b"1", offset=1)
        assert "new" not in tree(storage)

    @pytest.mark.parametrize("isAtomic", [False, True])
    def test_othersAppendMeanwhile(self, tmp_path, isAtomic):
        """
        What others have added since the upload began stays.
        """
        makeTree(tmp_path, {"log": b"12345"})
        files = LocalStorage(tmp_path, uploads=UploadPolicy(atomic=isAtomic))
        storage = PermittedStorage(files, [Rule((), frozenset({P.LIST, P.READ, P.APPEND}))])
        sink = run(storage.openForWriting(("log",), 5, REPLACE))
        with open(tmp_path / "log", "ab") as log:
            log.write(b"theirs")
        run(sink.write(b"mine"))
        with suppress(FileBusy):
            run(sink.commit())
        assert (tmp_path / "log").read_bytes() in (b"12345theirs", b"12345theirsmine")

    def test_behindTheEnd(self):
        """
        There is nothing to go on from behind the end.
        """
        storage = allowing(P.APPEND)
        with pytest.raises(BadRestart):
            upload(storage, ("file",), b"1", offset=6)
        assert tree(storage)["file"] == b"12345"

    @pytest.mark.parametrize(("mode", "offset"), [(APPEND, 0), (REPLACE, len("missing"))])
    def test_linkToNothing(self, tmp_path, mode, offset):
        """
        By way of a link no file is made, either.
        """
        (tmp_path / "link").symlink_to("missing")
        storage = PermittedStorage(LocalStorage(tmp_path), [Rule((), frozenset({P.APPEND}))])
        with pytest.raises(PermissionDenied):
            upload(storage, ("link",), b"1", mode=mode, offset=offset)
        assert not (tmp_path / "missing").exists()

    def test_existingFile(self):
        """
        Who may replace files, but not add to them, does not by APPE.
        """
        storage = allowing(P.WRITE)
        for offset, mode in [(0, APPEND), (1, REPLACE)]:
            with pytest.raises(PermissionDenied):
                upload(storage, ("file",), b"1", offset=offset, mode=mode)
        assert tree(storage)["file"] == b"12345"


class TestDropBox:
    """
    Leave new files, see nothing, replace nothing.
    """

    @pytest.fixture
    def storage(self):
        """
        A drop box in what may be read.
        """
        return allowing(*READING, box=frozenset({P.DROP}))

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_newFile(self, storage, mode):
        """
        It gets its name.
        """
        upload(storage, ("box", "new"), b"1", mode=mode)
        assert tree(storage)["box"]["new"] == b"1"

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_takenName(self, storage, mode):
        """
        A name that is taken is answered like one that is not: the file is kept
        beside the other one.
        """
        upload(storage, ("box", "taken"), b"1", mode=mode)
        box = dict(tree(storage)["box"])
        assert box.pop("taken") == b"mine"
        [(name, data)] = box.items()
        assert name.startswith("taken.") and data == b"1"

    @pytest.mark.parametrize("mode", [REPLACE, CREATE])
    def test_nothingBeside(self, storage, mode):
        """
        Its own name is one of the folder around it, where nothing is left.
        """
        before = str(tree(storage))
        with pytest.raises(PermissionDenied):
            upload(storage, ("box",), b"1", mode=mode)
        assert str(tree(storage)) == before

    def test_mounted(self):
        """
        So it is with a drop box that is mounted, and with what is below one.
        """
        files = {"in": {}}
        mounted = MountedStorage({(): MemoryStorage(), ("pub",): MemoryStorage(files)})
        rules = [Rule((), READING), Rule(("pub", "in"), frozenset({P.DROP}))]
        storage = PermittedStorage(mounted, rules)
        for path in [("pub", "in"), ("pub", "new")]:
            with pytest.raises(PermissionDenied):
                upload(storage, path, b"1")
        upload(storage, ("pub", "in", "new"), b"1")
        assert namesIn(storage, ("pub",)) == ["in"]

    def test_oneName(self):
        """
        A rule for one name makes no drop box of the folder around it.
        """
        storage = allowing(*READING, new=frozenset({P.DROP}))
        with pytest.raises(PermissionDenied):
            upload(storage, ("new",), b"1")
        assert "new" not in tree(storage)

    def test_longTakenName(self, tmp_path):
        """
        The other name is not too long for a file, however long the first one.
        """
        makeTree(tmp_path, {"ä" * 127: b"mine"})
        storage = PermittedStorage(LocalStorage(tmp_path), [Rule((), frozenset({P.DROP}))])
        upload(storage, ("ä" * 127,), b"1")
        assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"1", b"mine"]

    def test_noFreeName(self, storage, monkeypatch):
        """
        It is looked for a few times, not for ever.
        """
        monkeypatch.setattr("secrets.token_hex", lambda count: "same")
        upload(storage, ("box", "taken"), b"1")
        with pytest.raises(BadName, match="No free name"):
            upload(storage, ("box", "taken"), b"1")

    def test_root(self):
        """
        A drop box may be all there is; it is a folder still.
        """
        storage = allowing(P.DROP)
        with pytest.raises(IsADirectory):
            upload(storage, (), b"1")
        upload(storage, ("new",), b"1")
        assert tree(storage)["new"] == b"1"

    @pytest.mark.parametrize(
        "deed",
        [
            lambda s, path: run(s.stat(path)),
            lambda s, path: contentsOf(s, path),
            lambda s, path: upload(s, path, b"1", mode=APPEND),
            lambda s, path: upload(s, path, b"1", offset=1),
            lambda s, path: run(s.remove(path)),
            lambda s, path: run(s.removeDirectory(path)),
            lambda s, path: run(s.rename(path, ("box", "other"))),
            lambda s, path: run(s.makeDirectory(path)),
            lambda s, path: listAll(s, path),
            lambda s, path: run(s.available(path)),
            lambda s, path: upload(s, (*path, "below"), b"1"),
        ],
    )
    @pytest.mark.parametrize("name", ["taken", "missing"])
    def test_nothingElse(self, storage, deed, name):
        """
        Everything else is refused, in the same words whether there is
        something of that name or not.
        """
        with pytest.raises(PermissionDenied, match="^Permission denied$"):
            deed(storage, ("box", name))
        assert tree(storage)["box"] == {"taken": b"mine"}

    def test_box(self, storage):
        """
        It can be entered, and not listed.
        """
        assert run(storage.stat(("box",))).isDirectory
        with pytest.raises(PermissionDenied):
            listAll(storage, ("box",))


class TestCut:
    """
    What is promised of an upload that was cut.
    """

    @pytest.mark.parametrize(
        ("permissions", "kept"),
        [({P.DROP}, None), ({P.WRITE}, None), ({P.WRITE, P.APPEND}, 3)],
    )
    def test_kept(self, tmp_path, permissions, kept):
        """
        Who may not go on with it is not told to.
        """
        files = LocalStorage(tmp_path, uploads=UploadPolicy(atomic=True))
        storage = PermittedStorage(files, [Rule((), frozenset(permissions))])
        sink = run(storage.openForWriting(("new",), 0, REPLACE))
        run(sink.write(b"123"))
        assert run(sink.discard(ConnectionError("cut"))) == kept

    def test_descriptor(self, tmp_path):
        """
        Whoever it is, bytes take the shortest way to the file.
        """
        storage = PermittedStorage(LocalStorage(tmp_path), [Rule((), frozenset({P.DROP}))])
        sink = run(storage.openForWriting(("new",), 0, REPLACE))
        assert os.fstat(sink.fileno()).st_ino == (tmp_path / "new").stat().st_ino
        run(sink.commit())


class TestRename:
    """
    Names are changed where both sides allow it.
    """

    def test_otherSide(self):
        """
        The goal counts as much as the start.
        """
        storage = allowing(*EVERYTHING, box=READING)
        for old, new in [(("file",), ("box", "new")), (("box", "taken"), ("new",))]:
            with pytest.raises(PermissionDenied):
                run(storage.rename(old, new))
        assert tree(storage)["box"] == {"taken": b"mine"}

    @pytest.mark.parametrize("missing", [P.READ, P.DELETE, P.RENAME])
    def test_moveFrom(self, missing):
        """
        To where other rules hold, a move is a copy and a removal: what may not
        be read does not become readable by it.
        """
        storage = allowing(*EVERYTHING, box=EVERYTHING - {missing})
        with pytest.raises(PermissionDenied):
            run(storage.rename(("box", "taken"), ("mine",)))

    @pytest.mark.parametrize("missing", [P.WRITE, P.RENAME])
    def test_moveTo(self, missing):
        """
        And it makes a file there.
        """
        storage = allowing(*EVERYTHING, box=EVERYTHING - {missing})
        with pytest.raises(PermissionDenied):
            run(storage.rename(("file",), ("box", "new")))

    def test_moveAnUnlistedFolder(self):
        """
        Names that may not be listed are not moved to where they may be.
        """
        storage = allowing(*EVERYTHING, secret=EVERYTHING, box=EVERYTHING - {P.LIST})
        tree(storage)["box"]["below"] = {"name": b""}
        with pytest.raises(PermissionDenied):
            run(storage.rename(("box", "below"), ("mine",)))
        run(storage.rename(("box", "taken"), ("mine",)))

    def test_moveAFolder(self):
        """
        Or a folder.
        """
        storage = allowing(*EVERYTHING, box=EVERYTHING - {P.FOLDER})
        run(storage.rename(("file",), ("box", "file")))
        with pytest.raises(PermissionDenied):
            run(storage.rename(("folder",), ("box", "folder")))

    def test_onto(self):
        """
        A file in the way is replaced by those who may replace files only.
        """
        storage = allowing(*(EVERYTHING - {P.WRITE}), files={"a": b"1", "b": b"2"})
        with pytest.raises(AlreadyExists):
            run(storage.rename(("a",), ("b",)))
        run(storage.rename(("a",), ("c",)))
        assert tree(storage) == {"b": b"2", "c": b"1"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [(("a",), ("x",)), (("a", "b"), ("x",)), (("x",), ("a",)), (("y",), ("a",))],
    )
    def test_ruledPathsStay(self, old, new):
        """
        A folder that holds something with rules of its own is not moved, nor
        is anything put in its place: the rules would speak of something else.
        """
        files = {"a": {"b": {"c": b""}}, "x": {}, "y": b""}
        rules = [Rule((), EVERYTHING), Rule(("a", "b"), EVERYTHING)]
        with pytest.raises(PermissionDenied):
            run(PermittedStorage(MemoryStorage(files), rules).rename(old, new))

    def test_ruledFolderIsNotRemoved(self):
        """
        That one may do everything in a folder is no right to the folder.
        """
        storage = allowing(*READING, secret=EVERYTHING)
        with pytest.raises(PermissionDenied):
            run(storage.removeDirectory(("secret",)))


class TestAbilities:
    """
    What nobody may do is not promised.
    """

    ALL = (IBirthTimes, ILines, ILinkBounds, ILinks, IModes, ISpace, ITimes)

    @pytest.mark.parametrize(
        ("storage", "rules", "abilities"),
        [
            (LocalStorage("missing"), [], ALL),
            (
                LocalStorage("missing"),
                [Rule((), READING)],
                (IBirthTimes, ILines, ILinkBounds, ISpace),
            ),
            (MemoryStorage(), [], (IModes, ISpace, ITimes)),
            (MemoryStorage(), [Rule((), READING)], (ISpace,)),
        ],
    )
    def test_abilities(self, storage, rules, abilities):
        """
        Links, modes and times are for those who may write somewhere.
        """
        shown = PermittedStorage(storage, rules)
        assert tuple(each for each in self.ALL if each.providedBy(shown)) == abilities

    def test_linksThatAreNotBounded(self):
        """
        A storage that would follow any link is not asked to make one.
        """
        storage = MemoryStorage()
        directlyProvides(storage, ILinks)
        assert not ILinks.providedBy(PermittedStorage(storage, []))

    def test_close(self):
        """
        What the other one holds is let go.
        """
        closed = []
        storage = MemoryStorage()
        PermittedStorage(storage, []).close()
        storage.close = lambda: closed.append(True)
        PermittedStorage(storage, []).close()
        assert closed == [True]
