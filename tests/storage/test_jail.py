"""
L{Jail}: there is no way out of the root.
"""

import os

import pytest

from ftpactive.core.errors import BadName, FileUnavailable, FTPError, NotFound, PermissionDenied
from ftpactive.core.facts import Kind
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.jail import Jail
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, listAll, namesIn, run, upload

SECRET = b"secret"


class TestNames:
    """
    Names that could lead elsewhere never reach the operating system.
    """

    @pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../outside", "/etc", "a\0b", "\ud800"])
    @pytest.mark.parametrize("find", ["parent", "target"])
    def test_unfitNamesAre553(self, root, find, name):
        """
        Callers promise not to pass such names; the jail does not rely on it.
        """
        jail = Jail(root)
        for path in [(name,), (name, "file"), ("folder", name), ("folder", name, "file")]:
            with pytest.raises(BadName):
                getattr(jail, find)(path)


class TestLinksInside:
    """
    Links that stay below the root work.
    """

    @pytest.mark.parametrize(
        ("where", "target"),
        [
            ("link", "file"),
            ("link", "./file"),
            ("link", "folder/../file"),
            ("link", "folder/below/../../file"),
            ("folder/link", "../file"),
            ("folder/below/link", "../../file"),
            ("folder/below/link", ".././/../file"),
        ],
    )
    def test_relativeLinkToAFile(self, root, storage, where, target):
        """
        C{..} counts from the folder where the link is.
        """
        (root / where).symlink_to(target)
        path = tuple(where.split("/"))
        assert contentsOf(storage, path) == b"inside"
        assert run(storage.stat(path)) == run(storage.stat(("file",)))._replace(isLink=True)

    def test_absoluteLinkBelowTheRoot(self, root, storage):
        """
        It may name the root by its real path.
        """
        (root / "folder" / "link").symlink_to(root / "file")
        assert contentsOf(storage, ("folder", "link")) == b"inside"

    def test_absoluteLinkByTheConfiguredPath(self, root, tmp_path):
        """
        Or by the path that the operator wrote, which may itself be a link.
        """
        (tmp_path / "alias").symlink_to("root")
        (root / "link").symlink_to(tmp_path / "alias" / "file")
        assert contentsOf(LocalStorage(tmp_path / "alias"), ("link",)) == b"inside"

    def test_linkToAFolder(self, root, storage):
        """
        A link in the middle of a path is followed, too.
        """
        (root / "link").symlink_to("folder")
        assert contentsOf(storage, ("link", "file")) == b"in folder"
        assert namesIn(storage, ("link",)) == ["below", "file"]
        assert run(storage.stat(("link",))).isDirectory

    @pytest.mark.parametrize("target", [".", "folder/..", "folder/below/../.."])
    def test_linkToTheRoot(self, root, storage, target):
        """
        The root is inside.
        """
        (root / "link").symlink_to(target)
        assert contentsOf(storage, ("link", "link", "file")) == b"inside"
        assert namesIn(storage, ("link",)) == namesIn(storage)

    def test_dotDotAfterALinkIsThatOfItsTarget(self, root, storage):
        """
        As for the kernel: C{link/..} is where the target lies, not the link.
        """
        (root / "folder" / "below" / "file").write_bytes(b"deep")
        (root / "jump").symlink_to("folder/below")
        (root / "link").symlink_to("jump/../file")
        assert contentsOf(storage, ("link",)) == b"in folder"

    def test_chainOfLinks(self, root, storage):
        """
        A link may lead to a link, up to the kernel's own limit.
        """
        (root / "link0").symlink_to("file")
        for number in range(1, 41):
            (root / f"link{number}").symlink_to(f"link{number - 1}")
        assert contentsOf(storage, ("link39",)) == b"inside"
        with pytest.raises(PermissionDenied):
            contentsOf(storage, ("link40",))

    def test_uploadThroughALink(self, root, storage):
        """
        The file that it leads to gets the bytes; the link stays a link.
        """
        (root / "link").symlink_to("folder/file")
        upload(storage, ("link",), b"new")
        assert (root / "link").is_symlink()
        assert (root / "folder" / "file").read_bytes() == b"new"

    def test_uploadThroughADanglingLink(self, root, storage):
        """
        The file that it would lead to is made.
        """
        (root / "link").symlink_to("folder/new")
        upload(storage, ("link",), b"new")
        assert (root / "folder" / "new").read_bytes() == b"new"

    def test_removeRemovesTheLink(self, root, storage):
        """
        What it leads to stays.
        """
        (root / "link").symlink_to("file")
        run(storage.remove(("link",)))
        assert "link" not in namesIn(storage)
        assert contentsOf(storage, ("file",)) == b"inside"


# None of them leads to anything that a jail with a hole could spoil.
ESCAPES = {
    "relative": "../outside/file",
    "through a folder": "folder/../../outside/file",
    "far above": "../../../../../../../../../../../..{outside}/file",
    "absolute": "{outside}/file",
    "absolute and back": "{root}/../outside/file",
    "the parent": "..",
    "a folder": "../outside",
    "the same prefix": "{root}side",
}


@pytest.fixture(params=ESCAPES.values(), ids=ESCAPES)
def escape(request, root):
    """
    A link that leads outside, in each of several ways.
    """
    target = request.param.format(root=root, outside=root.parent / "outside")
    (root / "link").symlink_to(target)
    return target


class TestLinksOutside:
    """
    Links that leave the root can be seen and removed, and nothing else.
    """

    def test_statTellsTheLinkItself(self, storage, escape):
        """
        It is told as a link, and not where it leads: that is nobody's business.
        """
        facts = run(storage.stat(("link",)))
        assert (facts.kind, facts.isLink, facts.target) == (Kind.LINK, True, "")

    def test_listTellsTheLinkItself(self, storage, escape):
        """
        It does not keep the rest from being listed.
        """
        entries = dict(listAll(storage))
        assert list(entries) == ["file", "folder", "link"]
        assert entries["link"].kind is Kind.LINK

    def test_absoluteLinkToNothing(self, root, storage):
        """
        Below the root as well: it would tell where on this machine that is.
        """
        (root / "link").symlink_to(root / "gone")
        facts = run(storage.stat(("link",)))
        assert (facts.kind, facts.target) == (Kind.LINK, "")

    @pytest.mark.parametrize("path", [("link",), ("link", "file"), ("link", "outside", "file")])
    def test_nothingCanBeDoneThroughIt(self, storage, escape, path):
        """
        Neither reading nor writing, at it or beyond it.
        """
        uses = [
            lambda: listAll(storage, path),
            lambda: run(storage.openForReading(path, 0)),
            lambda: run(storage.openForWriting(path, 0, WriteMode.REPLACE)),
            lambda: run(storage.openForWriting(path, 1, WriteMode.REPLACE)),
            lambda: run(storage.openForWriting(path, 0, WriteMode.APPEND)),
            lambda: run(storage.openForWriting(path, 0, WriteMode.CREATE)),
            lambda: run(storage.makeDirectory(path)),
            lambda: run(storage.removeDirectory(path)),
            lambda: run(storage.rename(("file",), (*path, "new"))),
            lambda: run(storage.makeLink((*path, "new"), ("file",))),
            lambda: run(storage.setMode(path, 0o755)),
            lambda: run(storage.setModified(path, 1)),
            lambda: run(storage.available(path)),
        ]
        for use in uses:
            with pytest.raises(FileUnavailable):
                use()

    def test_nothingIsRemovedBehindIt(self, root, storage, escape):
        """
        Removing below it fails; removing it leaves what it leads to.
        """
        with pytest.raises(FileUnavailable):
            run(storage.remove(("link", "file")))
        run(storage.remove(("link",)))
        assert (root.parent / "outside" / "file").read_bytes() == SECRET

    @pytest.mark.parametrize("target", ["/", "/etc/passwd", "/proc/self/cwd", "/proc/self/root/"])
    def test_systemCannotBeSeen(self, root, storage, target):
        """
        Nor is there a way by C{/proc}, whose links are not what they say.
        """
        (root / "link").symlink_to(target)
        assert run(storage.stat(("link",))).kind is Kind.LINK
        for path in [("link",), ("link", "etc", "passwd")]:
            with pytest.raises(FileUnavailable):
                listAll(storage, path)
            with pytest.raises(FileUnavailable):
                run(storage.openForReading(path, 0))

    def test_chainThatLeavesInTheEnd(self, root, storage):
        """
        The last link counts.
        """
        (root / "one").symlink_to("folder/two")
        (root / "folder" / "two").symlink_to("../three")
        (root / "three").symlink_to("../outside/file")
        assert run(storage.stat(("one",))).kind is Kind.LINK
        with pytest.raises(PermissionDenied):
            run(storage.openForReading(("one",), 0))

    def test_danglingLink(self, root, storage):
        """
        It is told as a link; what it leads to is not found.
        """
        (root / "link").symlink_to("nothing")
        assert run(storage.stat(("link",))).target == "nothing"
        with pytest.raises(NotFound):
            run(storage.openForReading(("link",), 0))


class TestLoops:
    """
    Links in a circle end.
    """

    @pytest.mark.parametrize("target", ["loop", "./loop", "other", "folder/../loop", "loop/file"])
    def test_loopEnds(self, root, storage, target):
        """
        It is told as a link, and cannot be used.
        """
        (root / "loop").symlink_to(target)
        (root / "other").symlink_to("loop")
        assert run(storage.stat(("loop",))).kind is Kind.LINK
        for path in [("loop",), ("loop", "file")]:
            with pytest.raises(PermissionDenied):
                run(storage.openForReading(path, 0))

    def test_workIsBounded(self, root, storage):
        """
        Links that go up and down thousands of times are given up soon.
        """
        (root / "yoyo").symlink_to("folder/below/../" + "below/../" * 400 + "file")
        for number in range(10):
            (root / f"more{number}").symlink_to("folder/below/../" * 200 + "../more" + str(number))
        with pytest.raises(FTPError):
            run(storage.openForReading(("more0",), 0))
        assert contentsOf(storage, ("yoyo",)) == b"in folder"

    def test_upFromTheDepth(self, root, storage):
        """
        A link that goes up by many folders at once costs no more than one that
        goes up by one.
        """
        deep = ("a",) * 300
        (root / os.path.join(*deep)).mkdir(parents=True)
        (root / os.path.join(*deep) / "link").symlink_to("../" * 299 + "a/../../file")
        assert contentsOf(storage, (*deep, "link")) == contentsOf(storage, ("file",))
