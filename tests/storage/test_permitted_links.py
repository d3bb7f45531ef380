"""
Rules and links: a rule is about a path as it is named, and no link gets round
it.
"""

import os

import pytest

from ftpactive.core.account import EVERYTHING, READING, Permission, Rule
from ftpactive.core.errors import FileUnavailable, PermissionDenied
from ftpactive.core.facts import Kind
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.jail import Jail
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.permitted import PermittedStorage
from ftpactive.storage.readonly import ReadOnlyStorage
from ftpactive.testing.storage import contentsOf, listAll, namesIn, run, upload
from tests.storage.trees import makeTree

P = Permission
SECRET = b"secret"

RULES = [
    Rule((), EVERYTHING),
    Rule(("pub",), READING),
    Rule(("secret",), frozenset()),
    Rule(("box",), frozenset({P.DROP})),
]


@pytest.fixture
def root(tmp_path):
    """
    A tree on which rules hold, with links that others have put there.
    """
    makeTree(
        tmp_path,
        {
            "home": {"a": b"1", "below": {"b": b"2"}},
            "pub": {"read": b"3", "file": SECRET, "empty": {}},
            "secret": {"file": SECRET, "empty": {}, "below": {"file": SECRET, "empty": {}}},
            "box": {"file": SECRET, "empty": {}},
        },
    )
    for number, target in enumerate(["../secret", "../secret/below", "../box", "..", "../pub"]):
        (tmp_path / "home" / f"link{number}").symlink_to(target)
    (tmp_path / "home" / "linkToFile").symlink_to("../secret/file")
    return tmp_path


@pytest.fixture
def storage(root):
    """
    What somebody sees of it.
    """
    return PermittedStorage(LocalStorage(root), RULES)


LINKS = ["link0", "link1", "link2", "link3", "link4"]

DEEDS = {
    "list": lambda s, path: listAll(s, path),
    "read": lambda s, path: contentsOf(s, (*path, "file")),
    "stat": lambda s, path: run(s.stat((*path, "file"))),
    "replace": lambda s, path: upload(s, (*path, "file"), b"1"),
    "append": lambda s, path: upload(s, (*path, "file"), b"1", mode=WriteMode.APPEND),
    "continue": lambda s, path: upload(s, (*path, "file"), b"1", offset=1),
    "create": lambda s, path: upload(s, (*path, "new"), b"1", mode=WriteMode.CREATE),
    "remove": lambda s, path: run(s.remove((*path, "file"))),
    "makeDirectory": lambda s, path: run(s.makeDirectory((*path, "new"))),
    "removeDirectory": lambda s, path: run(s.removeDirectory((*path, "empty"))),
    "renameOutOf": lambda s, path: run(s.rename((*path, "file"), ("home", "stolen"))),
    "renameInto": lambda s, path: run(s.rename(("home", "a"), (*path, "file"))),
    "setMode": lambda s, path: run(s.setMode((*path, "file"), 0o777)),
    "setModified": lambda s, path: run(s.setModified((*path, "file"), 1)),
    "makeLink": lambda s, path: run(s.makeLink((*path, "new"), ("home", "a"))),
    "available": lambda s, path: run(s.available(path)),
}


def snapshot(root):
    """
    Give all that is in folders where rules forbid to change it.
    """
    found = {}
    for name in ("pub", "secret", "box"):
        for folder, folders, files in os.walk(root / name):
            for each in (*folders, *files):
                path = os.path.join(folder, each)
                status = os.lstat(path)
                found[path] = (status.st_mode, status.st_mtime, status.st_size)
    return found


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_linksOfOthers(root, storage, deed, link):
    """
    Whatever is done by way of a link to where less is permitted is refused.
    """
    before = snapshot(root)
    if link == "link3":
        # To the root: what is there is nobody's to forbid, what is below it is.
        path = ("home", link, "secret")
    else:
        path = ("home", link)
    with pytest.raises(FileUnavailable):
        deed(storage, path)
    assert snapshot(root) == before


def test_linkToAFile(root, storage):
    """
    So it is with a link to a file; the link itself may be seen and removed.
    """
    path = ("home", "linkToFile")
    for deed in (
        lambda: contentsOf(storage, path),
        lambda: upload(storage, path, b"1"),
        lambda: upload(storage, path, b"1", mode=WriteMode.APPEND),
        lambda: run(storage.setMode(path, 0o777)),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    assert run(storage.stat(path)).kind is Kind.LINK
    assert (root / "secret" / "file").read_bytes() == SECRET
    run(storage.remove(path))
    assert (root / "secret" / "file").exists()


def test_linkIsToldAsItself(storage):
    """
    Facts of what a link leads to are not told; neither is where it leads.
    """
    told = dict(listAll(storage, ("home",)))
    for name in (*LINKS, "linkToFile"):
        assert (told[name].kind, told[name].target) == (Kind.LINK, "")
        assert told[name] == run(storage.stat(("home", name)))


def test_linkToWhereTheSameIsPermitted(root, storage):
    """
    Links work where they lead to as much as is permitted at the link.
    """
    (root / "home" / "same").symlink_to("below")
    (root / "pub" / "more").symlink_to("../home/below")
    assert contentsOf(storage, ("home", "same", "b")) == b"2"
    assert contentsOf(storage, ("pub", "more", "b")) == b"2"


@pytest.mark.parametrize(
    "deed",
    [
        lambda s, path: run(s.removeDirectory(path)),
        lambda s, path: run(s.rename(path, ("home", "mine"))),
        lambda s, path: run(s.rename(("home", "below"), path)),
    ],
)
def test_folderOfTheName(root, deed):
    """
    To change a name is to change its folder, by whatever link it was come to.
    """
    (root / "mine").mkdir()
    (root / "home" / "up").symlink_to("..")
    rules = [Rule((), READING), Rule(("home",), EVERYTHING), Rule(("mine",), EVERYTHING)]
    storage = PermittedStorage(LocalStorage(root), rules)
    before = sorted(os.listdir(root))
    with pytest.raises(FileUnavailable):
        deed(storage, ("home", "up", "mine"))
    assert sorted(os.listdir(root)) == before


def test_nothingIsMovedToWhereMoreIsPermitted(root):
    """
    What may not be read is not moved by a link to where it may be.
    """
    (root / "home" / "more").symlink_to("../pub")
    rules = [Rule((), EVERYTHING - {P.READ}), Rule(("pub",), EVERYTHING)]
    storage = PermittedStorage(LocalStorage(root), rules)
    with pytest.raises(PermissionDenied):
        run(storage.rename(("home", "a"), ("home", "more", "a")))
    with pytest.raises(PermissionDenied):
        run(storage.makeLink(("home", "link"), ("pub",)))
    assert (root / "home" / "a").exists()


def test_moreIsNotPermittedByALink(root, storage):
    """
    By way of a link in what may only be read, one only reads.
    """
    (root / "pub" / "more").symlink_to("../home/below")
    with pytest.raises(PermissionDenied):
        upload(storage, ("pub", "more", "b"), b"1")
    assert run(storage.stat(("pub", "more", "b"))).perm == "r"


def test_linkOfOnesOwn(storage):
    """
    One that would not be followed is not made.
    """
    for target in [("secret",), ("secret", "file"), ("pub", "read"), ("box",), ()]:
        with pytest.raises(PermissionDenied, match="More is allowed at the link"):
            run(storage.makeLink(("home", "new"), target))
    run(storage.makeLink(("home", "new"), ("home", "a")))
    assert contentsOf(storage, ("home", "new")) == b"1"


def test_linkThatIsSwapped(root, storage, monkeypatch):
    """
    What was walked through is what is asked about: a folder that becomes a
    link right after one has looked gains nothing.
    """
    moved = root / "home" / "moved"

    def swap(jail, path):
        (root / "home" / "below").rename(moved)
        (root / "home" / "below").symlink_to("../secret")
        return found(jail, path)

    found = Jail.location
    monkeypatch.setattr(Jail, "location", swap)
    with pytest.raises(PermissionDenied):
        contentsOf(storage, ("home", "below", "file"))


def test_descriptorsAreClosed(storage):
    """
    A refusal leaves no folder open.
    """
    run(storage.stat(()))
    before = len(os.listdir("/proc/self/fd"))
    for path in [("home", "link0", "file"), ("home", "linkToFile")]:
        with pytest.raises(PermissionDenied):
            contentsOf(storage, path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_readOnlyPassesItOn(root):
    """
    Links are bounded behind a storage that is read-only, too.
    """
    storage = PermittedStorage(ReadOnlyStorage(LocalStorage(root)), RULES)
    with pytest.raises(PermissionDenied):
        contentsOf(storage, ("home", "link0", "file"))


class TestMounted:
    """
    Rules are about the one tree that storages are mounted in.
    """

    @pytest.fixture
    def storage(self, root, tmp_path_factory):
        """
        The tree, with another one mounted over C{pub}.
        """
        other = tmp_path_factory.mktemp("other")
        makeTree(other, {"in": {"x": b"x"}, "out": {"y": b"y"}})
        (other / "in" / "link").symlink_to("../out")
        (root / "home" / "hidden").symlink_to("../pub/read")
        mounted = MountedStorage({(): LocalStorage(root), ("pub",): LocalStorage(other)})
        rules = [Rule((), EVERYTHING), Rule(("pub", "out"), frozenset())]
        return PermittedStorage(mounted, rules)

    def test_linkInAMount(self, storage):
        """
        They are found by the whole path.
        """
        assert namesIn(storage, ("pub", "in")) == ["link", "x"]
        with pytest.raises(PermissionDenied):
            contentsOf(storage, ("pub", "in", "link", "y"))

    def test_linkBelowAMount(self, storage):
        """
        What a mount hides is not reached by a link.
        """
        with pytest.raises(PermissionDenied):
            contentsOf(storage, ("home", "hidden"))
        assert contentsOf(storage, ("home", "link0", "file")) == SECRET
