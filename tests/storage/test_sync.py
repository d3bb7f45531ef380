"""
Uploads that are on the disk when they are done.
"""

import errno
import os
import threading

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.errors import LocalError, NotFound
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage import copying, durable
from ftpactive.storage.blocking import InThreads, inThreads
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import run, upload
from tests.storage.turns import JoinedThreads, PlayedReactor

APPEND, CREATE, REPLACE = WriteMode.APPEND, WriteMode.CREATE, WriteMode.REPLACE
BOTH = pytest.mark.parametrize("isAtomic", [True, False], ids=["atomic", "in place"])


@pytest.fixture
def makeStorage(tmp_path):
    """
    A function that makes a synchronous storage of C{tmp_path}.
    """
    made = []

    def make(isAtomic=False, isSync=True, **choices):
        policy = UploadPolicy(atomic=isAtomic, sync=isSync)
        made.append(LocalStorage(tmp_path, uploads=policy, **choices))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """
    What is asked of the operating system, in order; folders by their names
    below C{tmp_path}, files as C{data}.
    """
    calls = []

    def watch(where, name, tell):
        call = getattr(where, name)

        def watched(*args, **kwargs):
            calls.append(tell(*args))
            return call(*args, **kwargs)

        monkeypatch.setattr(where, name, watched)

    def path(descriptor):
        return os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), tmp_path)

    watch(durable, "_syncData", lambda descriptor: "data")
    watch(os, "fsync", lambda descriptor: f"folder {path(descriptor)}")
    watch(os, "rename", lambda old, new, **folders: f"rename to {os.fsdecode(new)}")
    watch(os, "link", lambda old, new, **folders: f"link to {os.fsdecode(new)}")
    return calls


class TestOrder:
    """
    First the data, then the name, then the folder that holds the name.
    """

    @pytest.mark.parametrize(("offset", "mode"), [(0, REPLACE), (1, REPLACE), (0, APPEND)])
    def test_atomic(self, tmp_path, makeStorage, calls, offset, mode):
        """
        A name never stands for what is not on the disk yet.
        """
        (tmp_path / "a").write_bytes(b"old")
        upload(makeStorage(isAtomic=True), ("a",), b"new", offset=offset, mode=mode)
        assert calls == ["data", "rename to a", "folder ."]

    def test_atomicNewName(self, makeStorage, calls):
        """
        The same where nothing may be replaced.
        """
        upload(makeStorage(isAtomic=True), ("a",), b"new", mode=CREATE)
        assert calls == ["data", "link to a", "folder ."]

    def test_replacing(self, tmp_path, makeStorage, calls):
        """
        A file that is replaced in the end.
        """
        (tmp_path / "a").write_bytes(b"old")
        upload(makeStorage(), ("a",), b"new")
        assert calls == ["data", "rename to a", "folder ."]

    @pytest.mark.parametrize(
        ("name", "offset", "mode"),
        [("new", 0, REPLACE), ("new", 0, CREATE), ("old", 1, REPLACE), ("old", 0, APPEND)],
    )
    def test_inPlace(self, tmp_path, makeStorage, calls, name, offset, mode):
        """
        A file that has its name already: perhaps that is not on the disk yet.
        """
        (tmp_path / "old").write_bytes(b"old")
        upload(makeStorage(), (name,), b"new", offset=offset, mode=mode)
        assert calls == ["data", "folder ."]

    def test_foldersOnTheWay(self, makeStorage, calls):
        """
        A folder that was made for uploads, and a name that was given after
        one, are on the disk, too.
        """
        storage = makeStorage()
        run(storage.makeDirectory(("folder",)))
        assert calls == ["folder ."]
        upload(storage, ("part",), b"")
        calls.clear()
        run(storage.rename(("part",), ("folder", "whole")))
        assert calls == ["rename to whole", "folder folder", "folder ."]

    @BOTH
    def test_cutUpload(self, makeStorage, calls, isAtomic):
        """
        Nobody was promised anything.
        """
        sink = run(makeStorage(isAtomic).openForWriting(("a",), 0, REPLACE))
        run(sink.write(b"half"))
        run(sink.discard(ConnectionError()))
        assert calls == []

    @BOTH
    def test_notWanted(self, makeStorage, calls, isAtomic):
        """
        It costs time; who did not ask for it does not pay.
        """
        storage = makeStorage(isAtomic, isSync=False)
        upload(storage, ("a",), b"new")
        run(storage.makeDirectory(("b",)))
        assert calls == (["rename to a"] if isAtomic else [])


class TestFailures:
    """
    A disk that fails has not stored the upload.
    """

    @pytest.mark.parametrize("isAtomic", [True, False])
    def test_data(self, tmp_path, makeStorage, monkeypatch, isAtomic):
        """
        The old file stays, and nothing is left to go on with.
        """
        (tmp_path / "a").write_bytes(b"old")
        monkeypatch.setattr(durable, "_syncData", _fail)
        with pytest.raises(LocalError):
            upload(makeStorage(isAtomic), ("a",), b"new")
        assert os.listdir(tmp_path) == ["a"]
        assert (tmp_path / "a").read_bytes() == b"old"

    @BOTH
    def test_name(self, makeStorage, monkeypatch, isAtomic):
        """
        The client is not told that all is well; no descriptor stays open.
        """
        storage = makeStorage(isAtomic)
        upload(storage, ("a",), b"1")
        before = len(os.listdir("/proc/self/fd"))
        monkeypatch.setattr("os.fsync", _fail)
        with pytest.raises(LocalError):
            upload(storage, ("a",), b"2")
        assert len(os.listdir("/proc/self/fd")) == before

    def test_fileSystemWithoutFolders(self, makeStorage, monkeypatch):
        """
        One that says it cannot do so for folders is taken at its word.
        """

        def refuse(descriptor):
            raise OSError(errno.EINVAL, "")

        monkeypatch.setattr("os.fsync", refuse)
        upload(makeStorage(), ("a",), b"1")

    def test_folderThatMayNotBeRead(self, tmp_path, unprivileged, monkeypatch):
        """
        A drop box cannot be asked for by itself: then everything is.
        """
        calls = []
        monkeypatch.setattr("os.sync", lambda: calls.append("all"))
        (tmp_path / "box").mkdir()
        (tmp_path / "box").chmod(0o333)
        upload(unprivileged(uploads=UploadPolicy(sync=True)), ("box", "a"), b"1")
        assert calls == ["all"]


def _fail(descriptor):
    raise OSError(errno.EIO, "no luck")


class TestThreads:
    """
    What may take long does not keep others waiting.
    """

    def test_commitRunsAside(self, tmp_path, makeStorage):
        """
        As slow as the disk is, and the outcome comes back.
        """
        reactor, threads = PlayedReactor(), []
        storage = makeStorage(aside=inThreads(reactor))
        sink = reactor.wait(Deferred.fromCoroutine(storage.openForWriting(("a",), 0, REPLACE)))
        run(sink.write(b"new"))
        done = Deferred.fromCoroutine(sink.commit())
        done.addCallback(lambda _: threads.append(threading.get_ident()))
        assert threads == []
        reactor.wait(done)
        assert threads == [threading.get_ident()]
        assert (tmp_path / "a").read_bytes() == b"new"

    def test_errorsComeBack(self):
        """
        With their meaning.
        """
        reactor = PlayedReactor()
        with pytest.raises(NotFound):
            reactor.wait(Deferred.fromCoroutine(inThreads(reactor)(os.stat, "/does/not/exist")))

    def test_longCopyRunsAside(self, tmp_path, makeStorage):
        """
        To append to a large file atomically means copying it.
        """
        with open(tmp_path / "a", "wb") as file:
            file.truncate(3_000_000)
        threads = JoinedThreads()
        storage = makeStorage(isAtomic=True, isSync=False, aside=InThreads(threads))
        sink = run(storage.openForWriting(("a",), 0, APPEND))
        assert copying._copySome in threads.calls
        run(sink.write(b"end"))
        run(sink.commit())
        assert (tmp_path / "a").stat().st_size == 3_000_003
