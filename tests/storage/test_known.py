"""
L{openKnown} opens what is in memory, and nothing outside a root.
"""

import os

import pytest

from ftpactive.core.errors import NotFound, PermissionDenied
from ftpactive.storage import known
from ftpactive.storage.known import keepsWhatItKnows, openKnown, openKnownRoot
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, run
from tests.storage.conftest import SECRET

HIDDEN = ".0123456789abcdef.upload"


@pytest.fixture
def descriptor(root):
    """
    The root, for passing through.
    """
    found = os.open(root, os.O_PATH | os.O_DIRECTORY)
    if not keepsWhatItKnows(found):
        pytest.skip("this file system has to be asked")
    yield found
    os.close(found)


def read(descriptor, *names):
    """
    Give what is in a file, or L{None} when it is not opened.
    """
    path = b"/".join(os.fsencode(name) for name in names)
    file = openKnown(descriptor, path, os.O_RDONLY)
    if file < 0:
        return None
    with open(file, "rb") as opened:
        return opened.read()


def test_file(root, descriptor):
    """
    A file whose name was looked up lately is opened.
    """
    (root / "folder" / "file").stat()
    assert read(descriptor, "folder", "file") == b"in folder"


@pytest.mark.parametrize(
    "names",
    [("..", "outside", "file"), ("folder", "..", "..", "outside", "file"), ("", "etc", "passwd")],
)
def test_neverOut(root, descriptor, names):
    """
    Not even by names that no path has.
    """
    assert (root.parent / "outside" / "file").read_bytes() == SECRET
    assert read(descriptor, *names) is None


@pytest.mark.parametrize("target", ["../outside", "folder", "/proc/self/root/etc"])
def test_noLinkOnTheWay(root, descriptor, target):
    """
    Links are for the walk, which knows where they may lead.
    """
    (root / "link").symlink_to(target)
    (root / "link").stat()
    assert read(descriptor, "link", "file") is None
    assert read(descriptor, "link", "passwd") is None


def test_noLinkAtTheEnd(root, descriptor):
    """
    Nor a last one.
    """
    (root / "link").symlink_to("file")
    assert read(descriptor, "link") is None


def test_notKnownYet(root, descriptor):
    """
    What is not in memory is not looked for: it may be there all the same.
    """
    assert read(descriptor, "missing") is None


def test_otherFileSystem(descriptor):
    """
    A file system that is mounted below is not entered: it may have to be asked.
    """
    top = os.open("/", os.O_PATH | os.O_DIRECTORY)
    try:
        with open("/proc/version", "rb"):
            assert read(top, "proc", "version") is None
    finally:
        os.close(top)


@pytest.mark.parametrize("path", ["/proc", "/proc/self/fd"])
def test_fileSystemThatMustBeAsked(path):
    """
    It is not one of those that keep what they know.
    """
    assert openKnownRoot(os.fsencode(path)) == -1


def test_hiddenFileThroughALink(root):
    """
    An upload that is under way is not to be had through a link to it.
    """
    (root / HIDDEN).write_bytes(SECRET)
    (root / "link").symlink_to(HIDDEN)
    with pytest.raises(PermissionDenied):
        contentsOf(LocalStorage(root), ("link",))


def test_withoutIt(root, monkeypatch):
    """
    Where there is no such call, all is found by walking.
    """
    monkeypatch.setattr(known, "_system", None)
    storage = LocalStorage(root)
    assert contentsOf(storage, ("folder", "file")) == b"in folder"
    assert run(storage.stat(("file",))).size == len(b"inside")
    with pytest.raises(NotFound):
        run(storage.stat(("missing",)))
    storage.close()
