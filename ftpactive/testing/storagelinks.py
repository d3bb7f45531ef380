"""
The contract of a storage that can make links, to be mixed in like those of
L{ftpactive.testing.storageabilities}.
"""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from ftpactive.abilities import ILinks
from ftpactive.core.errors import AlreadyExists, FileUnavailable, NotFound
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.testing.storagecalls import MakeStorage, contentsOf, namesIn, run, upload


class LinksContract:
    """
    What callers count on when they make links.
    """

    def test_linksAreProvided(self, makeStorage: MakeStorage) -> None:
        """
        It is an L{ILinks}.
        """
        assert verifyObject(ILinks, makeStorage({}))

    @pytest.mark.parametrize("path", [("link",), ("one", "link"), ("one", "two", "link")])
    @pytest.mark.parametrize("target", [("file",), ("one", "file"), ("one", "two", "file")])
    def test_linkToAFile(self, makeStorage: MakeStorage, path: Path, target: Path) -> None:
        """
        What is read at the link is what is at its target, wherever they are.
        """
        storage = makeStorage({"file": b"0", "one": {"file": b"1", "two": {"file": b"2"}}})
        run(ILinks(storage).makeLink(path, target))
        assert contentsOf(storage, path) == contentsOf(storage, target)
        assert run(storage.stat(path)).size == 1

    @pytest.mark.parametrize("path", [("link",), ("a", "link"), ("a", "b", "link")])
    @pytest.mark.parametrize("target", [(), ("a",), ("a", "b")])
    def test_linkToAFolder(self, makeStorage: MakeStorage, path: Path, target: Path) -> None:
        """
        A link may lead to a folder, to its own one, to the root.
        """
        storage = makeStorage({"a": {"b": {"c": b""}}})
        run(ILinks(storage).makeLink(path, target))
        assert run(storage.stat(path)).isDirectory
        assert namesIn(storage, path) == namesIn(storage, target)

    def test_linkToNothing(self, makeStorage: MakeStorage) -> None:
        """
        Its target need not be there yet.
        """
        storage = makeStorage({"folder": {}})
        run(ILinks(storage).makeLink(("folder", "link"), ("late",)))
        assert namesIn(storage, ("folder",)) == ["link"]
        upload(storage, ("late",), b"1")
        assert contentsOf(storage, ("folder", "link")) == b"1"

    @pytest.mark.parametrize("path", [(), ("file",), ("folder",), ("link",)])
    def test_linkWhereSomethingIs(self, makeStorage: MakeStorage, path: Path) -> None:
        """
        The name is taken, by whatever it is.
        """
        storage = makeStorage({"file": b"1", "folder": {}})
        run(ILinks(storage).makeLink(("link",), ("missing",)))
        with pytest.raises(AlreadyExists):
            run(ILinks(storage).makeLink(path, ("file",)))
        assert contentsOf(storage, ("file",)) == b"1"

    def test_linkInAMissingFolder(self, makeStorage: MakeStorage) -> None:
        """
        The folder that it should be in does not exist.
        """
        storage = makeStorage({"file": b""})
        with pytest.raises(NotFound):
            run(ILinks(storage).makeLink(("missing", "link"), ("file",)))
        with pytest.raises(FileUnavailable):
            run(ILinks(storage).makeLink(("file", "link"), ("file",)))
        assert namesIn(storage) == ["file"]

    def test_removingALinkLeavesItsTarget(self, makeStorage: MakeStorage) -> None:
        """
        The link is one thing, the file another.
        """
        storage = makeStorage({"file": b"1"})
        run(ILinks(storage).makeLink(("link",), ("file",)))
        run(storage.remove(("link",)))
        assert namesIn(storage) == ["file"]

    def test_appendingThroughALink(self, makeStorage: MakeStorage) -> None:
        """
        What is written at the link is written to its target.
        """
        storage = makeStorage({"file": b"1", "folder": {}})
        run(ILinks(storage).makeLink(("folder", "link"), ("file",)))
        upload(storage, ("folder", "link"), b"2", mode=WriteMode.APPEND)
        assert contentsOf(storage, ("file",)) == b"12"
