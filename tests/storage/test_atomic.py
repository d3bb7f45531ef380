"""
Uploads that get their name only when they are whole.
"""

import errno
import os
import stat
import time

import pytest

from ftpactive.core.errors import (
    AlreadyExists,
    BadRestart,
    FileBusy,
    FileUnavailable,
    LocalError,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage import copying, partials
from ftpactive.storage.hidden import partialName
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.ownership import Ownership
from ftpactive.testing.storage import contentsOf, cutUpload, namesIn, run, upload

APPEND, CREATE, REPLACE = WriteMode.APPEND, WriteMode.CREATE, WriteMode.REPLACE
DAY = 24 * 3600


@pytest.fixture
def login(tmp_path):
    """
    A function that gives the storage of a new session of a user.
    """
    storages = []

    def make(who="alice", **choices):
        policy = UploadPolicy(atomic=True, who=who)
        storages.append(LocalStorage(tmp_path, uploads=policy, **choices))
        return storages[-1]

    yield make
    for each in storages:
        each.close()


@pytest.fixture
def storage(login):
    """
    The storage of alice.
    """
    return login()


def begin(storage, name, data, offset=0, mode=REPLACE):
    """
    Begin an upload.
    """
    sink = run(storage.openForWriting((name,), offset, mode))
    run(sink.write(data))
    return sink


def cut(sink):
    """
    End an upload as when the connection breaks.
    """
    return run(sink.discard(ConnectionError("cut")))


class TestUnderWay:
    """
    While it comes, an upload is nowhere to be seen.
    """

    @pytest.mark.parametrize("mode", WriteMode)
    def test_newFile(self, tmp_path, storage, mode):
        """
        Its name does not exist before it is whole.
        """
        sink = begin(storage, "a", b"all", mode=mode)
        assert not (tmp_path / "a").exists()
        assert namesIn(storage) == []
        run(sink.commit())
        assert os.listdir(tmp_path) == ["a"]
        assert (tmp_path / "a").read_bytes() == b"all"

    @pytest.mark.parametrize(("offset", "mode"), [(0, REPLACE), (2, REPLACE), (0, APPEND)])
    def test_oldFile(self, tmp_path, storage, offset, mode):
        """
        The old file is whole until the new one is.
        """
        (tmp_path / "a").write_bytes(b"0123")
        sink = begin(storage, "a", b"X", offset, mode)
        assert (tmp_path / "a").read_bytes() == b"0123"
        run(sink.commit())
        expected = {APPEND: b"0123X", REPLACE: b"0123"[:offset] + b"X"}[mode]
        assert (tmp_path / "a").read_bytes() == expected
        assert os.listdir(tmp_path) == ["a"]

    def test_readingSaysSo(self, storage):
        """
        Whoever began it is told to wait.
        """
        sink = begin(storage, "a", b"half")
        with pytest.raises(FileBusy, match="under way"):
            contentsOf(storage, ("a",))
        run(sink.commit())
        assert contentsOf(storage, ("a",)) == b"half"

    def test_throughALink(self, tmp_path, storage):
        """
        What a link leads to is replaced, and the link stays.
        """
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "a").write_bytes(b"old")
        (tmp_path / "link").symlink_to("folder/a")
        sink = begin(storage, "link", b"new")
        assert len(os.listdir(tmp_path / "folder")) == 2
        run(sink.commit())
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "folder" / "a").read_bytes() == b"new"

    def test_longestName(self, tmp_path, storage):
        """
        A name that is as long as names can be leaves room for the hidden one.
        """
        cutUpload(storage, ("x" * 255,), b"1")
        upload(storage, ("x" * 255,), b"2", offset=1)
        assert (tmp_path / ("x" * 255)).read_bytes() == b"12"

    def test_folderThatTakesNoFile(self, tmp_path, unprivileged):
        """
        It is refused, rather than written in place.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o666)
        tmp_path.chmod(0o555)
        policy = UploadPolicy(atomic=True)
        try:
            with pytest.raises(PermissionDenied):
                begin(unprivileged(uploads=policy), "a", b"new")
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            tmp_path.chmod(0o755)
        assert (tmp_path / "a").read_bytes() == b"old"


class TestModes:
    """
    Owner and permission bits are those of the file that is replaced.
    """

    def test_bitsOfTheOldFile(self, tmp_path, storage):
        """
        Who could not read the old file can read neither the new one nor what
        came of it.
        """
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o640)
        sink = begin(storage, "a", b"new")
        hidden = next(path for path in tmp_path.iterdir() if path.name != "a")
        assert stat.S_IMODE(hidden.stat().st_mode) & 0o137 == 0
        run(sink.commit())
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640

    def test_bitsThatChangedMeanwhile(self, tmp_path, storage):
        """
        What counts is the file that it takes the place of in the end.
        """
        (tmp_path / "a").write_bytes(b"old")
        sink = begin(storage, "a", b"new")
        (tmp_path / "a").chmod(0o600)
        run(sink.commit())
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600

    def test_umask(self, tmp_path, storage):
        """
        A new file has the bits that any new file has.
        """
        storage.umask = 0o027
        upload(storage, ("a",), b"new")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640

    def test_owner(self, tmp_path, login):
        """
        A cut upload that belongs to the user can be gone on with.
        """
        if os.geteuid() != 0:
            pytest.skip("needs root")
        storage = login(owner=Ownership(54321, 54322))
        cutUpload(storage, ("a",), b"1")
        upload(storage, ("a",), b"2", offset=1)
        assert (tmp_path / "a").stat().st_uid == 54321
        assert (tmp_path / "a").read_bytes() == b"12"


class TestCut:
    """
    What came of a cut upload is kept for its user.
    """

    def test_laterSessionGoesOn(self, tmp_path, login):
        """
        Also after the server was started again.
        """
        cutUpload(login(), ("a",), b"begun")
        upload(login(), ("a",), b" and ended", offset=5)
        assert (tmp_path / "a").read_bytes() == b"begun and ended"
        assert os.listdir(tmp_path) == ["a"]

    def test_discardTellsHowMuchIsKept(self, tmp_path, storage):
        """
        Of all kinds of uploads: new, replacing, continuing, appending.
        """
        (tmp_path / "old").write_bytes(b"0123")
        assert cut(begin(storage, "a", b"12345")) == 5
        assert cut(begin(storage, "a", b"6", 5)) == 6
        assert cut(begin(storage, "a", b"", 3)) == 6
        assert cut(begin(storage, "a", b"7", mode=APPEND)) == 7
        assert cut(begin(storage, "old", b"4", mode=APPEND)) == 5
        assert cut(begin(storage, "other", b"")) is None

    def test_nobodyElseSeesIt(self, login):
        """
        To another user, there is nothing.
        """
        cutUpload(login(), ("a",), b"begun")
        other = login("bob")
        with pytest.raises(NotFound):
            run(other.stat(("a",)))
        with pytest.raises(NotFound):
            contentsOf(other, ("a",))
        with pytest.raises(NotFound):
            run(other.remove(("a",)))
        with pytest.raises(BadRestart):
            begin(other, "a", b"", 5)
        upload(other, ("a",), b"bob's")
        assert contentsOf(other, ("a",)) == b"bob's"

    def test_newUploadBeginsAnew(self, tmp_path, storage):
        """
        Nothing is left of the cut one.
        """
        cutUpload(storage, ("a",), b"a long beginning")
        upload(storage, ("a",), b"new")
        assert (tmp_path / "a").read_bytes() == b"new"
        assert os.listdir(tmp_path) == ["a"]

    def test_newUploadWithNothingKeepsIt(self, storage):
        """
        One that brings nothing has changed nothing.
        """
        cutUpload(storage, ("a",), b"begun")
        cutUpload(storage, ("a",), b"")
        assert run(storage.stat(("a",))).size == 5

    def test_oldBytesGoBeforeNewOnesCome(self, tmp_path, storage):
        """
        Should the server die after the first byte, the end of the cut upload
        does not stand behind it.
        """
        cutUpload(storage, ("a",), b"0123456789")
        begin(storage, "a", b"X", 4)
        (hidden,) = tmp_path.iterdir()
        assert hidden.read_bytes() == b"0123X"

    def test_offsetBehindWhatCame(self, storage):
        """
        There is nothing to go on from; what came stays.
        """
        cutUpload(storage, ("a",), b"begun")
        with pytest.raises(BadRestart):
            begin(storage, "a", b"", 6)
        assert run(storage.stat(("a",))).size == 5

    def test_readingSaysSo(self, storage):
        """
        The reply tells how to go on.
        """
        cutUpload(storage, ("a",), b"begun")
        with pytest.raises(FileUnavailable, match="REST 5 and STOR"):
            contentsOf(storage, ("a",))

    def test_cannotBeRenamed(self, storage):
        """
        Nobody would find the rest of it.
        """
        cutUpload(storage, ("a",), b"begun")
        with pytest.raises(FileUnavailable, match="REST 5 and STOR"):
            run(storage.rename(("a",), ("b",)))

    def test_canBeRemoved(self, tmp_path, storage):
        """
        By the name that it would have got.
        """
        cutUpload(storage, ("a",), b"begun")
        assert run(storage.stat(("a",))).perm == "adw"
        run(storage.remove(("a",)))
        assert os.listdir(tmp_path) == []

    def test_createLeavesItAlone(self, storage):
        """
        STOU takes another name than one that the user may want to go on with.
        """
        cutUpload(storage, ("a",), b"begun")
        with pytest.raises(AlreadyExists):
            begin(storage, "a", b"", mode=CREATE)


class TestCutOverAFile:
    """
    A file of that name exists: all but REST and STOR is about that.
    """

    @pytest.fixture(autouse=True)
    def whole(self, tmp_path):
        """
        A file, of which a replacement was cut.
        """
        (tmp_path / "a").write_bytes(b"0123456789")

    @pytest.fixture
    def storage(self, login):
        """
        The storage of who uploaded that.
        """
        storage = login()
        cutUpload(storage, ("a",), b"abcdef")
        return storage

    def test_fileIsToldAndRead(self, storage):
        """
        As it was.
        """
        assert run(storage.stat(("a",))).size == 10
        assert contentsOf(storage, ("a",)) == b"0123456789"

    @pytest.mark.parametrize("offset", [1, 6])
    def test_continued(self, tmp_path, storage, offset):
        """
        What came is gone on with, from wherever in it.
        """
        upload(storage, ("a",), b"X", offset=offset)
        assert (tmp_path / "a").read_bytes() == b"abcdef"[:offset] + b"X"

    @pytest.mark.parametrize("offset", [7, 10])
    def test_continuedBehindWhatCame(self, tmp_path, storage, offset):
        """
        Then it is the file that the client means.
        """
        upload(storage, ("a",), b"X", offset=offset)
        assert (tmp_path / "a").read_bytes() == b"0123456789"[:offset] + b"X"

    def test_appended(self, tmp_path, storage):
        """
        Likewise.
        """
        upload(storage, ("a",), b"X", mode=APPEND)
        assert (tmp_path / "a").read_bytes() == b"0123456789X"

    def test_offsetBehindBoth(self, storage):
        """
        Neither will do.
        """
        with pytest.raises(BadRestart):
            begin(storage, "a", b"", 11)

    def test_removed(self, tmp_path, storage):
        """
        The file goes first.
        """
        run(storage.remove(("a",)))
        assert run(storage.stat(("a",))).size == 6


class TestClashes:
    """
    Two uploads of one name, or what else happens meanwhile.
    """

    def test_secondBegunAnewIsItsOwn(self, tmp_path, login):
        """
        Neither writes into the other; who is whole last has the name.
        """
        first = begin(login(), "a", b"first")
        second = begin(login(), "a", b"second")
        run(first.write(b" still"))
        run(second.commit())
        assert (tmp_path / "a").read_bytes() == b"second"
        run(first.commit())
        assert (tmp_path / "a").read_bytes() == b"first still"

    def test_secondThatIsCutIsKept(self, tmp_path, login):
        """
        If nothing of the first one is kept by then.
        """
        first, second = begin(login(), "a", b"first"), begin(login(), "a", b"second one")
        run(first.commit())
        assert cut(second) == 10
        upload(login(), ("a",), b"!", offset=10)
        assert (tmp_path / "a").read_bytes() == b"second one!"

    def test_secondThatIsCutGivesWay(self, tmp_path, login):
        """
        What the first one brings is not replaced.
        """
        first, second = begin(login(), "a", b"first"), begin(login(), "a", b"second one")
        assert cut(second) is None
        assert cut(first) == 5
        assert len(os.listdir(tmp_path)) == 1

    @pytest.mark.parametrize(("offset", "mode"), [(5, REPLACE), (0, APPEND)])
    def test_onlyOneGoesOn(self, login, offset, mode):
        """
        The server may not have noticed yet that the first one is cut.
        """
        first = begin(login(), "a", b"first")
        with pytest.raises(FileBusy):
            begin(login(), "a", b"X", offset, mode)
        run(first.commit())

    def test_createTakesAnotherName(self, login):
        """
        A name that is on its way is taken.
        """
        first = begin(login(), "a", b"first", mode=CREATE)
        with pytest.raises(AlreadyExists):
            begin(login(), "a", b"", mode=CREATE)
        run(first.commit())

    def test_createReplacesNothing(self, tmp_path, login):
        """
        Not even what came in between.
        """
        first = begin(login("alice"), "a", b"alice's", mode=CREATE)
        upload(login("bob"), ("a",), b"bob's")
        with pytest.raises(FileBusy):
            run(first.commit())
        assert (tmp_path / "a").read_bytes() == b"bob's"

    def test_appendedMeanwhile(self, tmp_path, login):
        """
        Nobody's lines get lost: the second to append has to wait.
        """
        (tmp_path / "log").write_bytes(b"0")
        first = begin(login("alice"), "log", b"1", mode=APPEND)
        with pytest.raises(FileBusy):
            begin(login("bob"), "log", b"2", mode=APPEND)
        run(first.commit())
        upload(login("bob"), ("log",), b"2", mode=APPEND)
        assert (tmp_path / "log").read_bytes() == b"012"

    @pytest.mark.parametrize("how", ["written", "replaced", "removed"])
    def test_changedWhileAppendingTo(self, tmp_path, storage, how):
        """
        By whoever uses the file otherwise: that is not undone.
        """
        log = tmp_path / "log"
        log.write_bytes(b"0")
        sink = begin(storage, "log", b"1", mode=APPEND)
        if how == "written":
            log.write_bytes(b"other")
        elif how == "replaced":
            (tmp_path / "new").write_bytes(b"0")
            (tmp_path / "new").rename(log)
        else:
            log.unlink()
        before = [each.read_bytes() for each in tmp_path.glob("log")]
        with pytest.raises(FileBusy, match="nothing was appended"):
            run(sink.commit())
        assert [each.read_bytes() for each in tmp_path.iterdir()] == before

    @pytest.mark.parametrize("mode", WriteMode)
    def test_removedMeanwhile(self, tmp_path, storage, mode):
        """
        What came is nowhere, and the client is told.
        """
        sink = begin(storage, "a", b"1", mode=mode)
        run(storage.remove(("a",)))
        with pytest.raises(FileBusy):
            run(sink.commit())
        assert os.listdir(tmp_path) == []

    def test_folderMeanwhile(self, tmp_path, storage):
        """
        What came is kept for when the folder has gone.
        """
        sink = begin(storage, "a", b"1")
        run(storage.makeDirectory(("a",)))
        with pytest.raises(FileUnavailable):
            run(sink.commit())
        run(storage.removeDirectory(("a",)))
        assert run(storage.stat(("a",))).size == 1


class TestPlanted:
    """
    The hidden name can be reckoned: who may write to the folder by other ways
    can put something there.
    """

    @pytest.fixture
    def hidden(self, tmp_path):
        """
        Where the upload would go.
        """
        return tmp_path / os.fsdecode(partialName("alice", b"a"))

    @pytest.mark.parametrize("mode", WriteMode)
    @pytest.mark.parametrize("kind", ["link", "hard link", "other's"])
    def test_notWrittenTo(self, tmp_path, storage, hidden, kind, mode):
        """
        It is taken away.
        """
        other = tmp_path / "other"
        other.write_bytes(b"other")
        if kind == "link":
            hidden.symlink_to(other)
        elif kind == "hard link":
            os.link(other, hidden)
        else:
            hidden.write_bytes(b"evil")
            try:
                os.chown(hidden, 54321, 54321)
            except PermissionError:
                pytest.skip("needs root")
        with pytest.raises(NotFound):
            run(storage.stat(("a",)))
        upload(storage, ("a",), b"mine", mode=mode)
        assert (tmp_path / "a").read_bytes() == b"mine"
        assert other.read_bytes() == b"other"

    def test_wholeFileWithBothNames(self, tmp_path, storage, hidden):
        """
        The server died between giving a new file its name and taking away the
        hidden one: the file is whole.
        """
        (tmp_path / "a").write_bytes(b"whole")
        os.link(tmp_path / "a", hidden)
        upload(storage, ("a",), b"X", offset=2)
        assert (tmp_path / "a").read_bytes() == b"whX"
        assert os.listdir(tmp_path) == ["a"]


class TestAge:
    """
    What came of cut uploads is not kept for ever.
    """

    @pytest.fixture
    def left(self, tmp_path, storage):
        """
        One that is old, one that is not, and an old one of a server that died.
        """
        cutUpload(storage, ("old",), b"1")
        (old,) = tmp_path.iterdir()
        dead = tmp_path / ".0123456789abcdef.upload"
        dead.touch()
        for each in (old, dead):
            os.utime(each, (0, time.time() - 8 * DAY))
        cutUpload(storage, ("new",), b"1", mode=CREATE)

    def test_oldOnesGoWithTheNextCut(self, tmp_path, storage, left):
        """
        Where there was one, there was a reason to look.
        """
        assert len(os.listdir(tmp_path)) == 1
        assert run(storage.stat(("new",))).size == 1

    def test_oldOnesGoWhenTheFolderIsListed(self, tmp_path, storage):
        """
        Their names have been read then anyway.
        """
        cutUpload(storage, ("a",), b"1")
        (old,) = tmp_path.iterdir()
        os.utime(old, (0, time.time() - 8 * DAY))
        namesIn(storage)
        assert os.listdir(tmp_path) == []

    def test_oneUnderWayStays(self, tmp_path, storage):
        """
        However slowly it comes.
        """
        sink = begin(storage, "a", b"1")
        (hidden,) = tmp_path.iterdir()
        os.utime(hidden, (0, 0))
        namesIn(storage)
        run(sink.commit())
        assert (tmp_path / "a").read_bytes() == b"1"


class TestFailures:
    """
    The operating system does not do what was asked.
    """

    def test_renameFails(self, tmp_path, storage, monkeypatch):
        """
        The old file stays; what came is kept.
        """
        (tmp_path / "a").write_bytes(b"old")
        sink = begin(storage, "a", b"newer")

        def fail(*args, **kwargs):
            raise OSError(errno.EIO, "no luck")

        with monkeypatch.context() as broken:
            broken.setattr("os.rename", fail)
            with pytest.raises(LocalError):
                run(sink.commit())
        assert (tmp_path / "a").read_bytes() == b"old"
        upload(storage, ("a",), b"", offset=5)
        assert (tmp_path / "a").read_bytes() == b"newer"

    def test_dataCannotBeStored(self, tmp_path, storage, monkeypatch):
        """
        As network file systems tell when a file is closed: nothing is kept
        that may not be what was sent.
        """
        (tmp_path / "a").write_bytes(b"old")
        sink = begin(storage, "a", b"new")
        close = os.close

        def fail(descriptor):
            close(descriptor)
            raise OSError(errno.EIO, "no luck")

        with monkeypatch.context() as broken:
            broken.setattr("os.close", fail)
            with pytest.raises(LocalError):
                run(sink.commit())
        assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"]

    @pytest.mark.parametrize("number", [errno.EXDEV, errno.EOPNOTSUPP])
    def test_kernelThatDoesNotCopy(self, tmp_path, storage, monkeypatch, number):
        """
        Then we do.
        """
        monkeypatch.setattr(copying, "_READ", 3)
        monkeypatch.setattr(copying, "_PIECE", 4)

        def fail(*args):
            raise OSError(number, "")

        monkeypatch.setattr("os.copy_file_range", fail)
        (tmp_path / "a").write_bytes(b"0123456789")
        upload(storage, ("a",), b"X", mode=APPEND)
        assert (tmp_path / "a").read_bytes() == b"0123456789X"

    def test_copyingFails(self, tmp_path, storage, monkeypatch):
        """
        Nothing is left of it, and nothing open.
        """
        (tmp_path / "a").write_bytes(b"old")
        before = len(os.listdir("/proc/self/fd"))

        def fail(*args):
            raise OSError(errno.ENOSPC, "")

        monkeypatch.setattr("os.copy_file_range", fail)
        with pytest.raises(Exception, match="Insufficient"):
            begin(storage, "a", b"X", mode=APPEND)
        assert os.listdir(tmp_path) == ["a"]
        # The first use opened the root.
        assert len(os.listdir("/proc/self/fd")) == before + 1

    def test_fileThatBecomesShorterWhileItIsCopied(self, tmp_path, storage, monkeypatch):
        """
        The upload does not begin.
        """
        (tmp_path / "a").write_bytes(b"old")
        monkeypatch.setattr("os.copy_file_range", lambda *args: 0)
        with pytest.raises(FileBusy):
            begin(storage, "a", b"X", 2)
        assert os.listdir(tmp_path) == ["a"]

    def test_fileThatVanishesWhileItIsLocked(self, tmp_path, storage, monkeypatch):
        """
        It is not taken for the one that has the name.
        """
        cutUpload(storage, ("a",), b"begun")
        (hidden,) = tmp_path.iterdir()
        lock = partials.lock

        def vanish(descriptor, kind):
            hidden.unlink(missing_ok=True)
            monkeypatch.undo()
            return lock(descriptor, kind)

        monkeypatch.setattr(partials, "lock", vanish)
        upload(storage, ("a",), b"new")
        assert (tmp_path / "a").read_bytes() == b"new"
