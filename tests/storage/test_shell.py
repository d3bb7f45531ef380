"""
L{ShellStorage}: avatars written for Twisted's own FTP server.
"""

import pytest
from twisted.internet.defer import fail
from twisted.protocols import ftp
from twisted.python.filepath import FilePath
from zope.interface import implementer

from ftpactive.core.errors import (
    BadRestart,
    FileUnavailable,
    NotFound,
    NotImplementedHere,
    PermissionDenied,
)
from ftpactive.core.facts import Kind
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import IStorage
from ftpactive.storage.shell import ShellStorage
from ftpactive.testing.storage import (
    ReadingContract,
    StorageContract,
    contentsOf,
    cutUpload,
    namesIn,
    run,
    upload,
)
from tests.storage.trees import makeTree


def makeShell(shellClass, tmp_path, files):
    """
    Make one of Twisted's shells over files on disk, adapted.
    """
    makeTree(tmp_path, files)
    return IStorage(shellClass(FilePath(str(tmp_path))))


class TestShellStorage(StorageContract):
    """
    Over Twisted's own C{FTPShell}, it passes the contract but for what such
    a shell cannot do.
    """

    canResume = False
    oldFileIsKept = False

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        The shell's files are on disk.
        """
        return lambda files: makeShell(ftp.FTPShell, tmp_path, files)


class TestAnonymousShell(ReadingContract):
    """
    Twisted's shell for anonymous users passes the part that reads.
    """

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        The shell's files are on disk.
        """
        return lambda files: makeShell(ftp.FTPAnonymousShell, tmp_path, files)

    def test_changesAre550(self, makeStorage):
        """
        Such a shell refuses everything that changes.
        """
        storage = makeStorage({"a": b"1", "folder": {}})
        for change in (
            storage.openForWriting(("b",), 0, WriteMode.REPLACE),
            storage.makeDirectory(("b",)),
            storage.remove(("a",)),
            storage.removeDirectory(("folder",)),
            storage.rename(("a",), ("b",)),
        ):
            with pytest.raises(PermissionDenied):
                run(change)


class TestList:
    """
    One bad entry does not spoil a list.
    """

    def test_danglingLinkIsLeftOut(self, tmp_path):
        """
        C{FTPShell.list} fails as a whole where there is a dangling link.
        """
        storage = makeShell(ftp.FTPShell, tmp_path, {"a": b"1", "b": {}})
        (tmp_path / "link").symlink_to("nothing")
        assert namesIn(storage) == ["a", "b"]

    def test_modeOfAFile(self, tmp_path):
        """
        Permissions come as bits, although C{FTPShell} gives an object.
        """
        storage = makeShell(ftp.FTPShell, tmp_path, {"a": b"1"})
        (tmp_path / "a").chmod(0o640)
        assert run(storage.stat(("a",))).mode == 0o640


@implementer(ftp.IFTPShell)
class AnswersShell:
    """
    Gives the same answer to every question.
    """

    def __init__(self, answer):
        self.answer = answer

    def __getattr__(self, name):
        return lambda *args: self.answer()


class TestAnswers:
    """
    Shells answer in several ways.
    """

    def test_interfaceSaysBytesAndBits(self):
        """
        Names and owners may be bytes, permissions a number.
        """
        values = [5, False, 0o100640, 2, 1_000_000_000, b"alice", b"staff"]
        facts = run(ShellStorage(AnswersShell(lambda: values)).stat(("a",)))
        assert (facts.kind, facts.size, facts.mode, facts.links) == (Kind.FILE, 5, 0o640, 2)
        assert (facts.owner, facts.group) == ("alice", "staff")

    @pytest.mark.parametrize(
        ("error", "meaning"),
        [
            (ftp.FileNotFoundError("a"), NotFound),
            (ftp.PermissionDeniedError("a"), PermissionDenied),
            (ftp.AnonUserDeniedError(), PermissionDenied),
            (ftp.CmdNotImplementedError("STAT"), NotImplementedHere),
            (ftp.FTPCmdError("other"), FileUnavailable),
            (FileNotFoundError(2, "a"), NotFound),
            (ZeroDivisionError(), ZeroDivisionError),
        ],
    )
    def test_errorsHaveAMeaning(self, error, meaning):
        """
        Errors for FTP and of the operating system are understood, whether
        raised or given; bugs pass.
        """

        def throw():
            raise error

        for answer in (lambda: fail(error), throw):
            with pytest.raises(meaning):
                run(ShellStorage(AnswersShell(answer)).stat(("a",)))


class MistakenShell(ftp.FTPShell):
    """
    Tells a size that is larger than the file.
    """

    def _stat_size(self, fp):
        return 1000


def test_offsetInAFileShorterThanItsSize(tmp_path):
    """
    The file ends before the offset, and is closed.
    """
    storage = makeShell(MistakenShell, tmp_path, {"a": b"12345"})
    with pytest.raises(BadRestart):
        run(storage.openForReading(("a",), 6))


def test_restartedDownloadOfAPullingFile(tmp_path):
    """
    The start is read and left out; the file is closed when it was all.
    """
    storage = makeShell(ftp.FTPShell, tmp_path, {})
    upload(storage, ("a",), b"0123456789" * 50_000)
    assert contentsOf(storage, ("a",), 499_995) == b"56789"


class SilentShell(ftp.FTPShell):
    """
    Takes uploads, and tells nothing about them.
    """

    def stat(self, path, keys=()):
        """Refuse."""
        return fail(ftp.PermissionDeniedError("a"))


@pytest.mark.parametrize("data", [b"", b"data"])
def test_uploadToASilentShell(tmp_path, data):
    """
    That a shell does not say whether a file is there is no reason to refuse
    it; but then nothing is removed.
    """
    storage = makeShell(SilentShell, tmp_path, {})
    cutUpload(storage, ("a",), data)
    assert (tmp_path / "a").read_bytes() == data
