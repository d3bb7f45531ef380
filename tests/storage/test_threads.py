"""
L{LocalStorage} in threads: what waits for a disk keeps nobody else waiting.
"""

import contextlib
import errno
import os
import threading

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.errors import NotFound
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.blocking import InThreads, inThreads
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.threads import DiskThreads
from ftpactive.testing.storage import contentsOf, run, upload
from tests.storage.test_local import TestLocalStorage as Contract
from tests.storage.trees import makeTree
from tests.storage.turns import LONG, JoinedThreads, PlayedReactor, joined

REPLACE = WriteMode.REPLACE


class TestStorageInThreads(Contract):
    """
    It passes the contract all the same.
    """

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        Each storage has a folder of its own.
        """
        with contextlib.ExitStack() as stack:

            def make(files):
                makeTree(tmp_path, files)
                storage = LocalStorage(tmp_path, uploads=self.policy, aside=joined())
                return stack.enter_context(contextlib.closing(storage))

            yield make


class TestAtomicStorageInThreads(TestStorageInThreads):
    """
    So does one with atomic uploads.
    """

    policy = UploadPolicy(atomic=True)
    cutNewFileIsKept = False
    cutIsKeptAside = True


@pytest.fixture
def reactor():
    """
    A reactor that is played, and stops in the end.
    """
    reactor = PlayedReactor()
    yield reactor
    for stop in reactor.onShutdown:
        stop()


class Gate:
    """
    A call that takes as long as we want.
    """

    def __init__(self):
        self.hasBegun, self.mayEnd = threading.Event(), threading.Event()

    def __call__(self):
        """
        Wait, as for a disk.
        """
        self.hasBegun.set()
        assert self.mayEnd.wait(LONG)
        return "done"


def begin(awaitable):
    """
    Begin something.

    @return: a list that its outcome comes to.
    """

    async def wait():
        return await awaitable

    outcome = []
    Deferred.fromCoroutine(wait()).addBoth(outcome.append)
    return outcome


class TestDiskThreads:
    """
    L{DiskThreads} runs calls in threads.
    """

    def test_startsNoneBeforeItIsAsked(self, reactor):
        """
        A process may fork before.
        """
        before = threading.active_count()
        inThreads(reactor)
        LocalStorage(".", aside=inThreads(reactor))
        assert threading.active_count() == before

    def test_stuckDiskTakesNoneFromOthers(self, reactor):
        """
        As many as there may be wait for one disk; another one has its own.
        """
        threads = DiskThreads(reactor, size=2)
        gates = [Gate() for _ in range(3)]
        stuck = [begin(threads.run("slow", gate)) for gate in gates]
        assert all(gate.hasBegun.wait(LONG) for gate in gates[:2])
        fast = begin(threads.run("fast", lambda: 1))
        reactor.until(lambda: fast)
        assert fast == [1]
        assert not any(stuck)
        assert not gates[2].hasBegun.is_set()
        for gate in gates:
            gate.mayEnd.set()
        reactor.until(lambda: all(stuck))
        assert stuck == [["done"]] * 3

    def test_whoCancelsWaits(self, reactor):
        """
        What the call uses is not taken away from it meanwhile.
        """
        gate, outcome = Gate(), []
        calling = Deferred.fromCoroutine(inThreads(reactor)(gate))
        calling.addBoth(outcome.append)
        assert gate.hasBegun.wait(LONG)
        calling.cancel()
        assert outcome == []
        gate.mayEnd.set()
        reactor.until(lambda: outcome)
        assert outcome == ["done"]

    def test_stopWaitsForWhatFollows(self, reactor):
        """
        When the reactor stops, what was begun ends, and what comes after it:
        nobody runs calls from threads any more.
        """
        threads, done = DiskThreads(reactor), []

        async def work():
            done.append(await threads.run(None, lambda: 1))
            done.append(await threads.run(None, lambda: 2))

        begin(work())
        threads.stop()
        assert done == [1, 2]

    def test_stopDoesNotWaitForEver(self, reactor):
        """
        Not for a disk that is stuck.
        """
        threads, gate = DiskThreads(reactor), Gate()
        stuck = begin(threads.run(None, gate))
        assert gate.hasBegun.wait(LONG)
        threads.stop(grace=0)
        assert stuck == []
        gate.mayEnd.set()

    def test_afterTheStop(self, reactor):
        """
        What still comes runs at once.
        """
        threads = DiskThreads(reactor)
        threads.stop()
        assert begin(threads.run(None, lambda: 1)) == [1]

    def test_none(self, reactor):
        """
        An operator may want none.
        """
        here = []
        threads = DiskThreads(reactor, size=0)
        begin(threads.run(None, lambda: here.append(threading.current_thread())))
        assert here == [threading.current_thread()]


class TestHops:
    """
    What is known to be in memory takes no thread.
    """

    @pytest.fixture
    def threads(self):
        """
        Threads that tell what they ran.
        """
        return JoinedThreads()

    @pytest.fixture
    def storage(self, root, threads):
        """
        A storage of the root, whose file has just been read.
        """
        storage = LocalStorage(root, aside=InThreads(threads))
        (root / "folder" / "file").read_bytes()
        yield storage
        storage.close()

    def test_cachedFile(self, storage, threads):
        """
        A small file that was read lately is sent at once; its facts are told
        at once.
        """
        assert contentsOf(storage, ("folder", "file")) == b"in folder"
        assert contentsOf(storage, ("folder", "file"), 3) == b"folder"
        assert run(storage.stat(("folder", "file"))).size == len(b"in folder")
        assert run(storage.stat(())).isDirectory
        assert threads.calls == []

    @pytest.mark.parametrize(
        ("number", "isKept"),
        [(errno.EAGAIN, True), (errno.EAGAIN, False), (errno.EOPNOTSUPP, False)],
    )
    def test_fileOnDisk(self, storage, threads, monkeypatch, number, isKept):
        """
        What has to be read from the disk is read in a thread; and so is what
        nobody can tell of.
        """

        def fail(*args):
            raise OSError(number, "")

        source = run(storage.openForReading(("folder", "file"), 0))
        source._isKnown = isKept
        with monkeypatch.context() as broken:
            broken.setattr("os.preadv", fail)
            assert not source.isPrepared(9)
            assert run(source.read(2)) == b"in"
        assert len(threads.calls) == 1
        assert os.lseek(source.fileno(), 0, os.SEEK_CUR) == 2
        assert run(source.read(10)) == b" folder"
        source.close()

    def test_fileInMemory(self, storage, threads, monkeypatch):
        """
        A file system that keeps what it knows, and cannot be asked whether it
        has it in memory, has nothing else: tmpfs.
        """

        def fail(*args):
            raise OSError(errno.EOPNOTSUPP, "")

        source = run(storage.openForReading(("folder", "file"), 0))
        with monkeypatch.context() as broken:
            broken.setattr("os.preadv", fail)
            assert source.isPrepared(9)
            assert run(source.read(2)) == b"in"
        assert threads.calls == []
        source.close()

    def test_fileThatWasForgotten(self, root, storage):
        """
        It is brought to memory for whoever wants to send it.
        """
        (root / "cold").write_bytes(b"x" * 300_000)
        source = run(storage.openForReading(("cold",), 0))
        os.fsync(source.fileno())
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        run(source.prepare(300_000))
        assert source.isPrepared(300_000)
        assert run(source.read(1000)) == b"x" * 1000
        source.close()

    def test_uploadTakesTwo(self, root, storage, threads):
        """
        A small upload is opened in one go, and written and named in another.
        """
        upload(storage, ("folder", "file"), b"new")
        assert len(threads.calls) == 2
        assert (root / "folder" / "file").read_bytes() == b"new"

    def test_shortListTakesOne(self, storage, threads):
        """
        A folder is opened, read and looked up in one go.
        """
        assert {name for name, _ in run(listed(storage))} == {"file", "folder"}
        assert len(threads.calls) == 1

    def test_missingFile(self, storage, threads):
        """
        Nothing is believed of what is not there before the disk was asked.
        """
        with pytest.raises(NotFound):
            run(storage.openForReading(("missing",), 0))
        assert len(threads.calls) == 1


async def listed(storage):
    """
    Give what is in the root.
    """
    return [entry async for batch in storage.list(()) for entry in batch]


class TestUploads:
    """
    What comes is collected, and stored in large pieces.
    """

    @pytest.fixture
    def sink(self, tmp_path, reactor):
        """
        A new file.
        """
        storage = LocalStorage(tmp_path, aside=inThreads(reactor))
        return reactor.wait(Deferred.fromCoroutine(storage.openForWriting(("a",), 0, REPLACE)))

    def test_littleIsStoredAfterAWhile(self, tmp_path, reactor, sink):
        """
        Nobody has to send more for what was sent to be on the disk.
        """
        run(sink.write(b"12"))
        run(sink.write(b"3"))
        assert (tmp_path / "a").read_bytes() == b""
        reactor.advance(1)
        reactor.runOne()
        assert (tmp_path / "a").read_bytes() == b"123"
        assert reactor.wait(Deferred.fromCoroutine(sink.discard(ConnectionError()))) == 3

    def test_muchHasToWait(self, tmp_path, reactor, sink):
        """
        So much is collected while a piece is stored, and no more.
        """
        piece = b"x" * 300_000
        run(sink.write(piece))
        second = begin(sink.write(piece))
        assert second == []
        reactor.until(lambda: second)
        reactor.wait(Deferred.fromCoroutine(sink.commit()))
        assert (tmp_path / "a").stat().st_size == 600_000

    def test_largeBufferIsNotCopied(self, tmp_path, reactor, sink):
        """
        Who fills a large one again and again waits until it is stored.
        """
        buffer = bytearray(b"1" * 300_000)
        run(sink.write(b"0"))
        writing = begin(sink.write(memoryview(buffer)))
        assert writing == []
        reactor.until(lambda: writing)
        buffer[:] = b"2" * 300_000
        reactor.wait(Deferred.fromCoroutine(sink.commit()))
        assert (tmp_path / "a").read_bytes() == b"0" + b"1" * 300_000

    def test_failureIsTold(self, tmp_path, reactor, sink, monkeypatch):
        """
        A disk that is full fails what comes next, or the end.
        """

        def fail(descriptor, data):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", fail)
        run(sink.write(b"1"))
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(Exception, match=r"[Ss]pace|full"):
            reactor.wait(Deferred.fromCoroutine(sink.commit()))
        assert len(os.listdir("/proc/self/fd")) == before - 2
        assert os.listdir(tmp_path) == []

    def test_failureBetween(self, tmp_path, reactor, sink, monkeypatch):
        """
        The same when it was a piece in the middle.
        """

        def fail(descriptor, data):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", fail)
        run(sink.write(b"x" * 300_000))
        with pytest.raises(Exception, match=r"[Ss]pace|full"):
            reactor.wait(Deferred.fromCoroutine(sink.commit()))
        assert os.listdir(tmp_path) == []


class TestClosing:
    """
    A session that ends while a thread works for it.
    """

    def test_rootStaysOpenForThreads(self, root, reactor, monkeypatch):
        """
        Nobody else gets its descriptor before the thread is done with it.
        """
        gate, make = Gate(), os.mkdir

        def slowly(*args, **kwargs):
            gate()
            make(*args, **kwargs)

        monkeypatch.setattr("os.mkdir", slowly)
        storage = LocalStorage(root, aside=inThreads(reactor))
        making = begin(storage.makeDirectory(("new",)))
        assert gate.hasBegun.wait(LONG)
        held = len(os.listdir("/proc/self/fd"))
        storage.close()
        assert len(os.listdir("/proc/self/fd")) == held
        gate.mayEnd.set()
        reactor.until(lambda: making)
        assert making == [None]
        assert (root / "new").is_dir()
        assert len(os.listdir("/proc/self/fd")) == held - 1
