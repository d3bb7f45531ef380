"""
Uploads to a L{LocalStorage} that begin where a file ends, or in the middle of
it; and new files, to which nothing may come.
"""

import errno
import os

import pytest

from ftpactive.core.errors import ExceededAllocation, LocalError
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import contentsOf, cutUpload, run, upload


@pytest.fixture
def storage(tmp_path):
    """
    A storage of C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield storage
    storage.close()


class TestContinuing:
    """
    What a file holds behind the offset goes when something comes.
    """

    @pytest.fixture
    def sink(self, tmp_path, storage):
        """
        An upload that begins in the middle of a file.
        """
        (tmp_path / "a").write_bytes(b"0123456789")
        return run(storage.openForWriting(("a",), 4, WriteMode.REPLACE))

    def test_firstBytesCutTheRestOff(self, tmp_path, sink):
        """
        From then on, the file's size tells how much has come.
        """
        assert (tmp_path / "a").read_bytes() == b"0123456789"
        run(sink.write(b"X"))
        assert (tmp_path / "a").read_bytes() == b"0123X"
        run(sink.write(b"Y"))
        run(sink.commit())
        assert (tmp_path / "a").read_bytes() == b"0123XY"

    def test_bytesThatWentToTheDescriptorCount(self, tmp_path, sink):
        """
        An upload that is cut after them has brought something.
        """
        assert os.write(sink.fileno(), b"XY") == 2
        run(sink.discard(ConnectionError()))
        assert (tmp_path / "a").read_bytes() == b"0123XY"

    def test_failureBeforeTheFirstByteCutsNothingOff(self, tmp_path, sink, monkeypatch):
        """
        A disk that takes nothing loses nothing.
        """

        def fail(descriptor, data):
            raise OSError(errno.EDQUOT, "")

        monkeypatch.setattr("os.write", fail)
        with pytest.raises(ExceededAllocation):
            run(sink.write(b"X"))
        run(sink.discard(ExceededAllocation()))
        assert (tmp_path / "a").read_bytes() == b"0123456789"

    @pytest.mark.parametrize("end", ["commit", "discard"])
    def test_fileThatCannotBeCutIsClosed(self, sink, monkeypatch, end):
        """
        A clean end is not one then; a cut one hides no reason.
        """
        descriptor = sink.fileno()
        os.write(descriptor, b"X")

        def fail(descriptor, length):
            raise OSError(errno.EIO, "")

        monkeypatch.setattr("os.ftruncate", fail)
        if end == "commit":
            with pytest.raises(LocalError):
                run(sink.commit())
        else:
            run(sink.discard(ConnectionError()))
        with pytest.raises(OSError):
            os.fstat(descriptor)


class TestNewFiles:
    """
    A new file to which nothing came is removed, if it is still the same.
    """

    @pytest.fixture
    def sink(self, storage):
        """
        An upload that made a file.
        """
        return run(storage.openForWriting(("a",), 0, WriteMode.REPLACE))

    def test_anotherEmptyFileStays(self, tmp_path, sink):
        """
        The name alone does not make it ours.
        """
        (tmp_path / "a").unlink()
        (tmp_path / "a").touch()
        run(sink.discard(ConnectionError()))
        assert os.listdir(tmp_path) == ["a"]

    def test_renamedFileStays(self, tmp_path, sink):
        """
        Somebody wanted it.
        """
        (tmp_path / "a").rename(tmp_path / "b")
        run(sink.discard(ConnectionError()))
        assert os.listdir(tmp_path) == ["b"]

    def test_fileThatSomebodyFilledStays(self, tmp_path, sink):
        """
        Whoever it was.
        """
        (tmp_path / "a").write_bytes(b"1")
        run(sink.discard(ConnectionError()))
        assert (tmp_path / "a").read_bytes() == b"1"

    def test_linkThatCameInBetweenStays(self, tmp_path, sink):
        """
        Also one that leads to the very file.
        """
        (tmp_path / "a").rename(tmp_path / "b")
        (tmp_path / "a").symlink_to("b")
        run(sink.discard(ConnectionError()))
        assert sorted(os.listdir(tmp_path)) == ["a", "b"]

    def test_folderMayMove(self, tmp_path, storage):
        """
        It is removed where it is now.
        """
        (tmp_path / "one").mkdir()
        sink = run(storage.openForWriting(("one", "a"), 0, WriteMode.REPLACE))
        (tmp_path / "one").rename(tmp_path / "two")
        run(sink.discard(ConnectionError()))
        assert os.listdir(tmp_path / "two") == []

    def test_fileSystemWithoutLocks(self, tmp_path, storage, sink, monkeypatch):
        """
        Then nobody can be asked, and it goes.
        """

        def fail(descriptor, operation):
            raise OSError(errno.ENOLCK, "")

        monkeypatch.setattr("fcntl.flock", fail)
        upload(storage, ("a",), b"", mode=WriteMode.APPEND)
        run(sink.discard(ConnectionError()))
        assert os.listdir(tmp_path) == []


class TestAppending:
    """
    Several may append to one file.
    """

    def test_appendersDoNotOverwriteEachOther(self, tmp_path, storage):
        """
        Each write goes to where the file ends then.
        """
        (tmp_path / "log").write_bytes(b"0")
        one, two = (run(storage.openForWriting(("log",), 0, WriteMode.APPEND)) for _ in range(2))
        for sink, data in ((one, b"1"), (two, b"2"), (one, b"3")):
            run(sink.write(data))
        run(one.commit())
        run(two.commit())
        assert contentsOf(storage, ("log",)) == b"0123"

    def test_cutAppendIsKept(self, tmp_path, storage):
        """
        What came is there to go on from.
        """
        cutUpload(storage, ("log",), b"part", mode=WriteMode.APPEND)
        assert (tmp_path / "log").read_bytes() == b"part"
