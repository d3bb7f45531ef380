"""
L{LocalStorage}: a directory tree of this machine.
"""

import contextlib
import os
import socket
import stat

import pytest

from ftpactive.core.errors import (
    FileUnavailable,
)
from ftpactive.core.facts import Kind
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import (
    BirthTimesContract,
    LinksContract,
    ModesContract,
    SpaceContract,
    StorageContract,
    TimesContract,
    listAll,
    run,
)
from tests.storage.trees import makeTree


@pytest.fixture
def storage(tmp_path):
    """
    A storage of C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield storage
    storage.close()


class TestLocalStorage(
    StorageContract,
    ModesContract,
    TimesContract,
    BirthTimesContract,
    LinksContract,
    SpaceContract,
):
    """
    It passes the contract, and those of all that a storage may be able to do.
    """

    policy = UploadPolicy()

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        Each storage has a folder of its own.
        """
        with contextlib.ExitStack() as stack:

            def make(files):
                makeTree(tmp_path, files)
                storage = LocalStorage(tmp_path, uploads=self.policy)
                return stack.enter_context(contextlib.closing(storage))

            yield make


class TestSynchronousStorage(TestLocalStorage):
    """
    So does one that puts everything on the disk at once.
    """

    policy = UploadPolicy(sync=True)


class TestAtomicStorage(TestLocalStorage):
    """
    And one in which nobody sees an upload before it is whole.
    """

    policy = UploadPolicy(atomic=True, who="alice")
    cutNewFileIsKept = False
    cutIsKeptAside = True


class TestAtomicSynchronousStorage(TestAtomicStorage):
    """
    And one that does both.
    """

    policy = UploadPolicy(atomic=True, sync=True, who="alice")


class TestFacts:
    """
    Facts are those of the file system.
    """

    def test_factsOfAFile(self, tmp_path, storage):
        """
        Everything that C{stat} knows is told.
        """
        path = tmp_path / "a"
        path.write_bytes(b"12345")
        path.chmod(0o640)
        os.link(path, tmp_path / "b")
        os.utime(path, (1, 1_000_000_000.5))
        facts = run(storage.stat(("a",)))
        assert (facts.size, facts.modified, facts.mode, facts.links) == (
            5,
            1_000_000_000.5,
            0o640,
            2,
        )
        assert facts.owner == path.owner()
        assert facts.group == path.group()

    def test_uniqueIsThatOfTheFile(self, tmp_path, storage):
        """
        Two names of one file have the same, two files do not.
        """
        (tmp_path / "a").touch()
        (tmp_path / "c").touch()
        os.link(tmp_path / "a", tmp_path / "b")
        one, same, other = (facts.unique for _, facts in listAll(storage))
        assert one == same != other

    def test_unknownOwnerIsANumber(self, tmp_path, storage):
        """
        A user without a name is told as a number.
        """
        (tmp_path / "a").touch()
        try:
            os.chown(tmp_path / "a", 54321, 54322)
        except PermissionError:
            pytest.skip("needs root")
        facts = run(storage.stat(("a",)))
        assert (facts.owner, facts.group) == ("54321", "54322")

    def test_specialFilesAreOther(self, tmp_path, storage):
        """
        A pipe is neither a file nor a folder.
        """
        os.mkfifo(tmp_path / "pipe")
        assert run(storage.stat(("pipe",))).kind is Kind.OTHER


class TestSpecialFiles:
    """
    Only plain files are sent and received; nothing hangs.
    """

    @pytest.fixture(params=["pipe", "socket", "device"])
    def special(self, request, tmp_path):
        """
        The name of something that is not a plain file.
        """
        path = tmp_path / "special"
        if request.param == "pipe":
            os.mkfifo(path)
        elif request.param == "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(os.path.relpath(path))
        else:
            try:
                os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            except PermissionError:
                pytest.skip("needs root")
        return ("special",)

    def test_notSent(self, storage, special):
        """
        Reading is answered 550 at once.
        """
        with pytest.raises(FileUnavailable, match="Not a plain file"):
            run(storage.openForReading(special, 0))

    @pytest.mark.parametrize(
        ("offset", "mode"), [(0, WriteMode.REPLACE), (1, WriteMode.REPLACE), (0, WriteMode.APPEND)]
    )
    def test_notReceived(self, storage, special, offset, mode):
        """
        So is writing.
        """
        with pytest.raises(FileUnavailable, match="Not a plain file"):
            run(storage.openForWriting(special, offset, mode))

    def test_pipeWithAReaderIsNotReceived(self, tmp_path, storage):
        """
        Also when somebody would read what is uploaded.
        """
        os.mkfifo(tmp_path / "pipe")
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        with pytest.raises(FileUnavailable, match="Not a plain file"):
            run(storage.openForWriting(("pipe",), 0, WriteMode.REPLACE))
        os.close(reader)


class TestPerm:
    """
    The fact C{perm} tells what this process may do.
    """

    @pytest.mark.parametrize(
        ("mode", "perm"), [(0o666, "adfrw"), (0o644, "dfr"), (0o622, "adfw"), (0o600, "df")]
    )
    def test_fileOfSomebodyElse(self, tmp_path, unprivileged, mode, perm):
        """
        The bits for others count; deleting and renaming is up to the folder.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody else")
        (tmp_path / "a").touch()
        (tmp_path / "a").chmod(mode)
        tmp_path.chmod(0o777)
        assert run(unprivileged().stat(("a",))).perm == perm

    @pytest.mark.parametrize(
        ("mode", "perm"), [(0o777, "cdeflmp"), (0o755, "defl"), (0o711, "def"), (0o744, "dfl")]
    )
    def test_folderOfSomebodyElse(self, tmp_path, unprivileged, mode, perm):
        """
        Making something in it needs both writing and passing.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody else")
        (tmp_path / "a").mkdir()
        (tmp_path / "a").chmod(mode)
        tmp_path.chmod(0o777)
        assert run(unprivileged().stat(("a",))).perm == perm

    @pytest.mark.parametrize("mode", [0o755, 0o1777])
    def test_folderDecidesOnRemoving(self, tmp_path, unprivileged, mode):
        """
        It must be open to us, and not sticky.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root to become somebody else")
        (tmp_path / "a").touch()
        (tmp_path / "a").chmod(0o644)
        tmp_path.chmod(mode)
        assert run(unprivileged().stat(("a",))).perm == "r"
