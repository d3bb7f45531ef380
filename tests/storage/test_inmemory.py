"""
Storages on tmpfs: uploads run where the reactor does, as far as that is short.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile

import pytest

from ftpactive.core.errors import AlreadyExists, TransferAborted
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.jail import Jail
from ftpactive.storage.known import (
    SMALL,
    isMemory,
    openKnownRoot,
    takesFile,
)
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storage import LinksContract, ModesContract, StorageContract, run
from tests.storage.trees import makeTree
from tests.storage.turns import joined

MEMORY = "/dev/shm"

REPLACE = WriteMode.REPLACE

#: A name that no file has.
NEW = "ftpactive.test.new"


def _hasMemory():
    descriptor = openKnownRoot(MEMORY.encode())
    if descriptor < 0:
        return False
    try:
        return isMemory(descriptor) and os.access(MEMORY, os.W_OK)
    finally:
        os.close(descriptor)


pytestmark = pytest.mark.skipif(not _hasMemory(), reason="needs a tmpfs, and Linux 5.12")


@pytest.fixture
def folder():
    """
    A folder in memory.
    """
    path = tempfile.mkdtemp(dir=MEMORY)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def descriptor(folder):
    """
    The same, open.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


class TestContract(StorageContract, ModesContract, LinksContract):
    """
    A storage is the same in memory as on a disk.
    """

    policy = UploadPolicy()

    @pytest.fixture
    def makeStorage(self, folder):
        """
        Each storage has a folder of its own.
        """
        with contextlib.ExitStack() as stack:

            def make(files):
                makeTree(pathlib.Path(folder), files)
                storage = LocalStorage(folder, uploads=self.policy)
                return stack.enter_context(contextlib.closing(storage))

            yield make


class TestAtomicContract(TestContract):
    """
    So it is where nobody sees an upload before it is whole.
    """

    policy = UploadPolicy(atomic=True, who="alice")
    cutNewFileIsKept = False
    cutIsKeptAside = True


class TestTakesFile:
    """
    L{takesFile} tells where nobody has to wait.
    """

    def test_nothingThere(self, descriptor):
        """
        A new file.
        """
        assert takesFile(descriptor, b"new")

    @pytest.mark.parametrize("size", [0, SMALL, SMALL + 1])
    def test_file(self, folder, descriptor, size):
        """
        Large ones take long to free.
        """
        with open(f"{folder}/a", "w") as file:
            file.truncate(size)
        assert takesFile(descriptor, b"a") is (size <= SMALL)

    def test_other(self, folder, descriptor):
        """
        A folder cannot be replaced, and nobody knows where a link leads.
        """
        os.mkdir(f"{folder}/folder")
        os.symlink("nowhere", f"{folder}/link")
        assert not takesFile(descriptor, b"folder") and not takesFile(descriptor, b"link")

    def test_mount(self, monkeypatch):
        """
        Of what is mounted, nothing is asked: a server that is gone does not
        answer.
        """
        above = os.open(os.path.dirname(MEMORY), os.O_RDONLY)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", None)
            patch.setattr(os, "stat", None)
            takes = takesFile(above, os.path.basename(MEMORY).encode())
        os.close(above)
        assert not takes


@pytest.mark.parametrize("isAtomic", [False, True])
class TestUploads:
    """
    What is short runs at once, what may be long in threads.
    """

    @pytest.fixture
    def storage(self, folder, isAtomic):
        """
        A storage that has threads.
        """
        aside = joined()
        self.calls = aside.threads.calls
        policy = UploadPolicy(atomic=isAtomic)
        with contextlib.closing(LocalStorage(Jail(folder), uploads=policy, aside=aside)) as made:
            yield made

    def begin(self, storage):
        """
        Begin to upload C{a}.
        """
        sink = run(storage.openForWriting(("a",), 0, REPLACE))
        sink.writeNow(memoryview(b"new"))
        return sink

    def test_short(self, folder, storage):
        """
        A new file, and one that is replaced, need no thread.
        """
        for _ in range(2):
            run(self.begin(storage).commit())
        assert not self.calls
        with open(f"{folder}/a") as file:
            assert file.read() == "new"

    @pytest.mark.parametrize("target", ["folder", "folder/file"])
    def test_link(self, folder, storage, target):
        """
        Where a link leads, nobody knows before it is followed.
        """
        os.mkdir(f"{folder}/folder")
        os.symlink(target, f"{folder}/link")
        path = ("link", "file") if target == "folder" else ("link",)
        run(run(storage.openForWriting(path, 0, REPLACE)).commit())
        assert self.calls and os.path.exists(f"{folder}/folder/file")

    def test_descriptors(self, folder, storage):
        """
        In a folder as well, new and replaced; nothing stays open.
        """
        os.mkdir(f"{folder}/folder")
        run(self.begin(storage).commit())
        before = os.listdir("/proc/self/fd")
        for mode in (WriteMode.CREATE, REPLACE):
            run(run(storage.openForWriting(("folder", "a"), 0, mode)).commit())
        with pytest.raises(AlreadyExists):
            run(storage.openForWriting(("folder", "a"), 0, WriteMode.CREATE))
        assert os.listdir("/proc/self/fd") == before

    def test_discarded(self, folder, storage):
        """
        What came may be large by now, and has to be freed.
        """
        with open(f"{folder}/a", "w"):
            pass
        sink = self.begin(storage)
        run(sink.discard(TransferAborted()))
        assert len(self.calls) == 1

    def test_replacesLarge(self, folder, storage):
        """
        Somebody else has put a large file in its place meanwhile.
        """
        with open(f"{folder}/a", "w") as file:
            sink = self.begin(storage)
            file.truncate(SMALL + 1)
        run(sink.commit())
        assert len(self.calls) == 1 and os.path.getsize(f"{folder}/a") == 3


def test_largePartial(folder):
    """
    An upload that was cut late goes with the first byte of the next one, in a
    thread.
    """
    policy = UploadPolicy(atomic=True)
    with contextlib.closing(LocalStorage(folder, uploads=policy, aside=joined())) as storage:
        for isDirect in (True, False):
            sink = run(storage.openForWriting(("a",), 0, REPLACE))
            assert sink.isDirect is isDirect
            run(sink.write(b"new"))
            os.truncate(sink.fileno(), SMALL + 1)
            os.lseek(sink.fileno(), 0, os.SEEK_END)
            run(sink.discard(TransferAborted()))
