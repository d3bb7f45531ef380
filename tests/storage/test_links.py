"""
Links that L{LocalStorage} makes.
"""

import os

import pytest

from ftpactive.core.errors import BadName, PermissionDenied
from ftpactive.storage.jail import linkText
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, namesIn, run, upload


class TestMakeLink:
    """
    A link says the way from its own folder.
    """

    @pytest.mark.parametrize(
        ("folder", "target", "text"),
        [
            ("", "a", b"a"),
            ("", "a/b", b"a/b"),
            ("", "", b"."),
            ("a", "b", b"../b"),
            ("a", "a/b", b"b"),
            ("a", "a", b"."),
            ("a", "", b".."),
            ("a/b", "a/c/d", b"../c/d"),
            ("a/b/c", "x/b", b"../../../x/b"),
            ("a/b", "a", b".."),
        ],
    )
    def test_text(self, folder, target, text):
        """
        Names that both share are left out.
        """
        names = [name.encode() for name in folder.split("/") if name]
        assert linkText(names, tuple(name for name in target.split("/") if name)) == text

    @pytest.mark.parametrize("name", ["..", ".", "", "a/b", "\0"])
    def test_unfitNamesAre553(self, storage, name):
        """
        A link cannot be made to lead out.
        """
        with pytest.raises(BadName):
            run(storage.makeLink(("link",), (name, "file")))
        with pytest.raises(BadName):
            run(storage.makeLink((name,), ("file",)))

    def test_otherProgramsUnderstandIt(self, root, storage):
        """
        The kernel follows it to the same place.
        """
        run(storage.makeLink(("folder", "below", "link"), ("file",)))
        assert (root / "folder" / "below" / "link").read_bytes() == b"inside"

    def test_rootMayMove(self, root, storage):
        """
        It names nothing above the root.
        """
        run(storage.makeLink(("folder", "link"), ("file",)))
        moved = root.rename(root.parent / "moved")
        assert contentsOf(LocalStorage(moved), ("folder", "link")) == b"inside"

    def test_folderThatIsALink(self, root, storage):
        """
        C{..} leads from the folder where the link really is.
        """
        (root / "alias").symlink_to("folder/below")
        run(storage.makeLink(("alias", "link"), ("file",)))
        assert os.readlink(root / "folder" / "below" / "link") == "../../file"
        assert contentsOf(storage, ("alias", "link")) == b"inside"

    def test_targetBehindALink(self, root, storage):
        """
        The way to the target may pass links of its own.
        """
        (root / "alias").symlink_to("folder")
        run(storage.makeLink(("folder", "below", "link"), ("alias", "file")))
        assert contentsOf(storage, ("folder", "below", "link")) == b"in folder"

    def test_noLinkOutside(self, root, storage):
        """
        A folder outside gets none.
        """
        (root / "out").symlink_to("../outside")
        with pytest.raises(PermissionDenied):
            run(storage.makeLink(("out", "link"), ("file",)))
        assert os.listdir(root.parent / "outside") == ["file"]

    def test_namesAreExact(self, root, storage):
        """
        Also those that are not UTF-8.
        """
        name = "not UTF-8 \udcff"
        upload(storage, (name,), b"1")
        run(storage.makeLink(("folder", name), (name,)))
        assert contentsOf(storage, ("folder", name)) == b"1"
        assert name in namesIn(storage, ("folder",))
