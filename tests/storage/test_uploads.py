"""
Uploads to a L{LocalStorage}: replacing, full disks.
"""

import errno
import os
import stat
import subprocess

import pytest

from ftpactive.core.errors import (
    ExceededAllocation,
    FileBusy,
    LocalError,
    NoSpace,
    PermissionDenied,
)
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.storage import contentsOf, cutUpload, namesIn, run, upload


@pytest.fixture
def storage(tmp_path):
    """
    A storage of C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield storage
    storage.close()


class TestReplacing:
    """
    An upload takes the place of an existing file in the end.
    """

    def test_permissionBitsStay(self, tmp_path, storage):
        """
        Who could read the old file can read the new one, and nobody else.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o604)
        upload(storage, ("a",), b"new")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o604

    def test_setuidDoesNotStay(self, tmp_path, storage):
        """
        Nobody vouches for a program that was uploaded.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o4755)
        upload(storage, ("a",), b"new")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755

    def test_ownerStays(self, tmp_path, storage):
        """
        As far as the operating system lets us.
        """
        (tmp_path / "a").write_bytes(b"old")
        try:
            os.chown(tmp_path / "a", 54321, 54322)
        except PermissionError:
            pytest.skip("needs root")
        upload(storage, ("a",), b"new")
        status = (tmp_path / "a").stat()
        assert (status.st_uid, status.st_gid) == (54321, 54322)

    def test_bytesGoToAHiddenFile(self, tmp_path, storage):
        """
        Beside the old one, closed to others while it is not whole.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o600)
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        hidden = next(path for path in tmp_path.iterdir() if path.name != "a")
        assert hidden.name.startswith(".") and hidden.name.endswith(".upload")
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o600
        run(sink.commit())
        assert namesIn(storage) == ["a"]

    def test_survivesTheStorage(self, tmp_path):
        """
        An upload can end after its storage was closed.
        """
        (tmp_path / "a").write_bytes(b"old")
        storage = LocalStorage(tmp_path)
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        run(sink.write(b"new"))
        storage.close()
        run(sink.commit())
        assert (tmp_path / "a").read_bytes() == b"new"

    def test_failedCommitLeavesTheOldFile(self, tmp_path, storage, monkeypatch):
        """
        A disk that fails at the very end has destroyed nothing.
        """
        (tmp_path / "a").write_bytes(b"old")
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        run(sink.write(b"new"))

        def fail(*args, **kwargs):
            raise OSError(errno.EIO, "no luck")

        monkeypatch.setattr("os.rename", fail)
        with pytest.raises(LocalError):
            run(sink.commit())
        assert namesIn(storage) == ["a"]
        assert contentsOf(storage, ("a",)) == b"old"

    def test_closedFolderIsWrittenInPlace(self, tmp_path, unprivileged):
        """
        Where a folder takes no new file, an existing one that may be written
        to is emptied.
        """
        (tmp_path / "a").write_bytes(b"a long old file")
        (tmp_path / "a").chmod(0o666)
        tmp_path.chmod(0o555)
        try:
            storage = unprivileged()
            sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
            assert namesIn(storage) == ["a"]
            run(sink.write(b"new"))
            run(sink.commit())
            assert contentsOf(storage, ("a",)) == b"new"
        finally:
            if os.geteuid() != 0 and os.getuid() == 0:
                os.seteuid(0)
            tmp_path.chmod(0o755)

    def test_folderThatRefusesIsWrittenInPlace(self, tmp_path, storage, monkeypatch):
        """
        Also when permission bits promise more than the kernel keeps.
        """
        (tmp_path / "a").write_bytes(b"a long old file")
        monkeypatch.setattr("ftpactive.storage.uploads._MAKE", _Refused())
        upload(storage, ("a",), b"new")
        assert contentsOf(storage, ("a",)) == b"new"

    def test_readOnlyFileIsNotReplaced(self, tmp_path, unprivileged):
        """
        The right to write to the folder is not enough.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o444)
        tmp_path.chmod(0o777)
        with pytest.raises(PermissionDenied):
            run(unprivileged().openForWriting(("a",), 0, WriteMode.REPLACE))

    def test_nothingCameAndNothingIsWrittenInPlace(self, tmp_path, storage, monkeypatch):
        """
        Where the old file has to be emptied, that waits for the first byte.
        """
        (tmp_path / "a").write_bytes(b"a long old file")
        monkeypatch.setattr("ftpactive.storage.uploads._MAKE", _Refused())
        cutUpload(storage, ("a",), b"")
        assert contentsOf(storage, ("a",)) == b"a long old file"
        cutUpload(storage, ("a",), b"new")
        assert contentsOf(storage, ("a",)) == b"new"


class TestClashes:
    """
    Two uploads of one name, or what else happens to a file meanwhile.
    """

    def test_replacedWhileItCame(self, tmp_path, storage):
        """
        The later one is whole first: then the bytes of the earlier one are
        nowhere, and its client is told.
        """
        first = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        run(first.write(b"first"))
        upload(storage, ("a",), b"second")
        with pytest.raises(FileBusy):
            run(first.commit())
        assert (tmp_path / "a").read_bytes() == b"second"

    def test_replacedInMemory(self):
        """
        A memory storage tells the same.
        """
        storage = MemoryStorage()
        first = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        upload(storage, ("a",), b"second")
        with pytest.raises(FileBusy):
            run(first.commit())
        assert storage.tree == {"a": b"second"}

    @pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.CREATE])
    def test_removedWhileItCame(self, tmp_path, storage, mode):
        """
        Likewise, whoever removed it.
        """
        sink = run(storage.openForWriting(("a",), 0, mode))
        os.unlink(tmp_path / "a")
        with pytest.raises(FileBusy):
            run(sink.commit())

    def test_hiddenFileRemovedWhileItCame(self, tmp_path, storage):
        """
        Nor is anything left behind then.
        """
        (tmp_path / "a").write_bytes(b"old")
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        os.unlink(next(path for path in tmp_path.iterdir() if path.name != "a"))
        with pytest.raises(FileBusy):
            run(sink.commit())
        assert (tmp_path / "a").read_bytes() == b"old"

    def test_renamedWhileItCame(self, tmp_path, storage):
        """
        A file that is still there, under whatever name, is whole.
        """
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        run(sink.write(b"1"))
        run(storage.rename(("a",), ("b",)))
        run(sink.commit())
        assert (tmp_path / "b").read_bytes() == b"1"


class _Refused:
    # In place of flags: whoever combines it is refused, as by EROFS.
    def __ror__(self, flags):
        raise OSError(errno.EROFS, "read-only")


class TestFullDisk:
    """
    A disk that is full says so.
    """

    @pytest.fixture
    def small(self, tmp_path):
        """
        A storage of 64 KiB.
        """
        where = tmp_path / "small"
        where.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(where)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("needs the right to mount")
        storage = LocalStorage(where)
        yield storage
        storage.close()
        subprocess.run(["umount", str(where)], check=True)

    def test_fullDiskIs452(self, small):
        """
        What fits is written, then comes 452; a new file keeps what came.
        """
        sink = run(small.openForWriting(("a",), 0, WriteMode.REPLACE))
        with pytest.raises(NoSpace):
            run(sink.write(b"x" * 100_000))
        run(sink.discard(NoSpace()))
        assert run(small.stat(("a",))).size == 65536

    def test_fullDiskLeavesTheOldFile(self, small):
        """
        There is no room for the replacement: the old file stays, the
        replacement's room is given back.
        """
        upload(small, ("a",), b"o" * 40_000)
        sink = run(small.openForWriting(("a",), 0, WriteMode.REPLACE))
        with pytest.raises(NoSpace):
            run(sink.write(b"n" * 40_000))
        run(sink.discard(NoSpace()))
        assert contentsOf(small, ("a",)) == b"o" * 40_000
        upload(small, ("b",), b"b" * 20_000)

    def test_shortWritesAreFinished(self, storage, monkeypatch):
        """
        A kernel that takes three bytes at a time gets all of them.
        """
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))
        write = os.write
        monkeypatch.setattr("os.write", lambda file, data: write(file, data[:3]))
        run(sink.write(b"0123456789"))
        monkeypatch.undo()
        run(sink.commit())
        assert contentsOf(storage, ("a",)) == b"0123456789"

    @pytest.mark.parametrize(
        ("number", "meaning"), [(errno.ENOSPC, NoSpace), (errno.EDQUOT, ExceededAllocation)]
    )
    def test_failingWrite(self, storage, monkeypatch, number, meaning):
        """
        A full disk is 452, a quota 552.
        """
        sink = run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))

        def fail(descriptor, data):
            raise OSError(number, "")

        monkeypatch.setattr("os.write", fail)
        with pytest.raises(meaning):
            run(sink.write(b"1"))
        monkeypatch.undo()
        run(sink.discard(meaning()))

    def test_faultOfOursIsLogged(self, storage, monkeypatch, loggedLines):
        """
        The client hears 451, which says nothing; the operator learns more.
        """

        def fail(path):
            raise OSError(errno.EMFILE, "Too many open files", "a")

        monkeypatch.setattr(storage._jail, "parent", fail)
        with pytest.raises(LocalError):
            run(storage.remove(("a",)))
        assert loggedLines == ["The operating system says: [Errno 24] Too many open files: 'a'"]

    @pytest.mark.parametrize("name", ["old", "new"])
    def test_failingCloseFailsTheCommit(self, tmp_path, storage, monkeypatch, name):
        """
        A network file system may tell only at the end; the upload is not
        whole then.
        """
        (tmp_path / "old").write_bytes(b"old")
        sink = run(storage.openForWriting((name,), 0, WriteMode.REPLACE))
        close, mine = os.close, sink.fileno()

        def fail(descriptor):
            close(descriptor)
            if descriptor == mine:
                raise OSError(errno.EDQUOT, "")

        monkeypatch.setattr("os.close", fail)
        with pytest.raises(ExceededAllocation):
            run(sink.commit())
        monkeypatch.undo()
        assert contentsOf(storage, ("old",)) == b"old"
