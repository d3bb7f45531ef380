"""
Tests for L{ftpactive.net.pumpclear}: large uploads that the kernel copies by itself.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import NoSpace, TransferAborted
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.core.writemode import WriteMode
from ftpactive.net.pumpclear import ClearPump, Pipe
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.storagecalls import run
from tests.net.played import result
from tests.net.selecting import Wire

#: Much more than is read before the kernel is asked to move it.
BIG = os.urandom(1 << 20) * 5 + b"end"

NAME = ("file",)


@pytest.fixture
def wires() -> Iterator[list[Wire]]:
    """
    Channels on sockets.
    """
    wires = [Wire(), Wire()]
    yield wires
    for wire in wires:
        wire.close()


@pytest.fixture
def wire(wires: list[Wire]) -> Wire:
    """
    One of them.
    """
    return wires[0]


class Disk:
    """
    A folder, and what the kernel was asked to move to its files.

    @ivar moved: how many bytes it moved at a time.
    @ivar fault: what it says in the place of moving any.
    """

    def __init__(self, folder: Path, isAtomic: bool) -> None:
        self.path = folder / NAME[0]
        self.storage = LocalStorage(str(folder), uploads=UploadPolicy(atomic=isAtomic))
        self.moved: list[int] = []
        self.fault: OSError | None = None
        self._splice = os.splice

    def splice(self, source: int, target: int, count: int, **others: Any) -> int:
        """
        Move bytes; to a file not all, as where a disk is nearly full.
        """
        if not os.readlink(f"/proc/self/fd/{target}").startswith("/"):
            return self._splice(source, target, count, **others)
        if self.fault:
            raise self.fault
        self.moved.append(self._splice(source, target, count - count // 3, **others))
        return self.moved[-1]

    def sink(self, offset: int = 0, mode: WriteMode = WriteMode.REPLACE) -> Any:
        """
        Open a file.
        """
        return run(self.storage.openForWriting(NAME, offset, mode))


@pytest.fixture(params=[True, False], ids=["atomic", "in place"])
def disk(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Disk]:
    """
    A folder, with either way to store.
    """
    disk = Disk(tmp_path, request.param)
    monkeypatch.setattr(os, "splice", disk.splice)
    yield disk
    disk.storage.close()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """
    Nothing is left in the pipe, and it is not left open.
    """
    yield
    pipe = ClearPump.pipe
    if pipe.isOpen:
        assert pipe.held() == 0
        pipe.close()


def receives(wire: Wire, sink: Any) -> Deferred[int]:
    """
    Begin an upload.
    """
    return Deferred.fromCoroutine(wire.channel.receive(sink, IDENTITY, lambda text, size: None))


def gives(wire: Wire, data: bytes, done: Deferred[int]) -> None:
    """
    Have the client send it all, if it is wanted.
    """
    left = memoryview(data)
    while left and not done.called:
        try:
            left = left[wire.client.send(left) :]
        except BlockingIOError:
            pass
        wire.turns(lambda: True)
        wire.reactor.turn()


def uploads(wire: Wire, sink: Any, data: bytes) -> int:
    """
    Have a file come.
    """
    done = receives(wire, sink)
    gives(wire, data, done)
    wire.client.shutdown(socket.SHUT_WR)
    wire.turns(lambda: done.called)
    received: int = result(done)
    run(sink.commit())
    return received


class TestWhole:
    """
    Uploads that come to their end.
    """

    def test_large(self, wire: Wire, disk: Disk) -> None:
        """
        After its beginning, hardly a byte of it comes to us.
        """
        assert uploads(wire, disk.sink(), BIG) == len(BIG)
        assert disk.path.read_bytes() == BIG
        assert sum(disk.moved) > len(BIG) * 3 // 4
        assert wire.isQuiet()

    def test_small(self, wire: Wire, disk: Disk) -> None:
        """
        It is read and written.
        """
        uploads(wire, disk.sink(), b"12345")
        assert (disk.path.read_bytes(), disk.moved) == (b"12345", [])

    def test_over(self, wire: Wire, disk: Disk) -> None:
        """
        What a file holds from an offset on goes, what is before it stays.
        """
        disk.path.write_bytes(b"0123456789" * len(BIG))
        assert uploads(wire, disk.sink(4), BIG) == len(BIG)
        assert disk.path.read_bytes() == b"0123" + BIG
        assert disk.moved

    def test_appended(self, wire: Wire, disk: Disk) -> None:
        """
        Where the kernel does not move it, we do.
        """
        disk.path.write_bytes(b"before")
        assert uploads(wire, disk.sink(0, WriteMode.APPEND), BIG) == len(BIG)
        assert disk.path.read_bytes() == b"before" + BIG

    def test_cannot(self, wire: Wire, disk: Disk) -> None:
        """
        Some file systems do not know how.
        """
        disk.fault = OSError(errno.EINVAL, "Invalid argument")
        assert uploads(wire, disk.sink(), BIG) == len(BIG)
        assert disk.path.read_bytes() == BIG

    @pytest.mark.parametrize("size", [1 << 16, 1 << 13])
    def test_smallPipe(
        self, wire: Wire, disk: Disk, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        """
        A user who has too many of them gets none that holds much; a tiny one is
        not worth having.
        """

        def control(descriptor: int, request: int, *size_: int) -> int:
            if request == fcntl.F_SETPIPE_SZ:
                raise PermissionError(errno.EPERM, "Operation not permitted")
            return size

        monkeypatch.setattr("fcntl.fcntl", control)
        monkeypatch.setattr(ClearPump, "pipe", Pipe())
        assert uploads(wire, disk.sink(), BIG) == len(BIG)
        assert disk.path.read_bytes() == BIG
        assert bool(disk.moved) is ClearPump.pipe.isOpen is (size == 1 << 16)
        assert max(disk.moved, default=0) <= 1 << 16
        ClearPump.pipe.close()

    @pytest.mark.parametrize("missing", ["pipe", "splice"])
    def test_noPipe(
        self, wire: Wire, disk: Disk, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        """
        Where there is none to be had, or no such call, it is read and written.
        """
        monkeypatch.delattr(os, missing)
        assert uploads(wire, disk.sink(), BIG) == len(BIG)
        assert (disk.path.read_bytes(), disk.moved) == (BIG, [])

    @pytest.mark.parametrize("refusal", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
    def test_refused(
        self, wires: list[Wire], disk: Disk, monkeypatch: pytest.MonkeyPatch, refusal: int
    ) -> None:
        """
        So it is where a sandbox does not allow it, which is tried once.
        """
        tried: list[int] = []

        def refuse(source: int, *others: int, **flags: int) -> None:
            tried.append(source)
            raise OSError(refusal, "It is not to be had")

        monkeypatch.setattr(os, "splice", refuse)
        monkeypatch.setattr(ClearPump, "pipe", Pipe())
        for wire in wires:
            assert uploads(wire, disk.sink(), BIG) == len(BIG)
            assert disk.path.read_bytes() == BIG
        assert len(tried) == 1 and not ClearPump.pipe.isOpen

    def test_urgent(self, wire: Wire, disk: Disk) -> None:
        """
        An urgent byte, which TCP does not count to the others, neither ends the
        file nor keeps the reactor busy.
        """
        done = receives(wire, sink := disk.sink())
        gives(wire, BIG, done)
        wire.turns(lambda: sum(disk.moved) > len(BIG) // 2)
        wire.client.send(b"!", socket.MSG_OOB)
        gives(wire, b"behind", done)
        wire.turns(lambda: wire.channel.transferred == len(BIG) + len(b"behind"))
        assert select.select(wire.reactor.readers, (), (), 0) == ([], [], [])
        wire.client.shutdown(socket.SHUT_WR)
        wire.turns(lambda: done.called)
        assert result(done) == len(BIG) + len(b"behind")
        run(sink.commit())
        assert disk.path.read_bytes() == BIG + b"behind"


class TestCut:
    """
    Uploads that do not.
    """

    def test_diskFull(self, wires: list[Wire], disk: Disk) -> None:
        """
        What was on its way does not get into the next file.
        """
        done = receives(wires[0], sink := disk.sink())
        disk.fault = OSError(errno.ENOSPC, "No space left on device")
        gives(wires[0], BIG, done)
        with pytest.raises(NoSpace):
            result(done)
        run(sink.discard(NoSpace("Full")))
        disk.fault = None
        data = BIG[::-1]
        assert uploads(wires[1], disk.sink(), data) == len(data)
        assert disk.path.read_bytes() == data and disk.moved

    def test_takesLess(self, wire: Wire, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Nor does it where a sink leaves some of it without a word.
        """
        sink = disk.sink()
        monkeypatch.setattr(sink, "takeNow", lambda pipe, count: None)
        done = receives(wire, sink)
        gives(wire, BIG, done)
        with pytest.raises(RuntimeError, match="left"):
            result(done)
        assert not ClearPump.pipe.isOpen
        run(sink.discard(TransferAborted()))

    def test_clientBreaks(self, wire: Wire, disk: Disk) -> None:
        """
        That is no end of a file.
        """
        done = receives(wire, sink := disk.sink())
        gives(wire, BIG, done)
        wire.resets()
        wire.turns(lambda: done.called)
        with pytest.raises(TransferAborted, match="broke"):
            result(done)
        assert disk.moved and wire.isQuiet()
        run(sink.discard(TransferAborted()))


def test_fairShare(wire: Wire, disk: Disk) -> None:
    """
    However much a client has sent already, in each turn others have theirs.
    """
    sent = wire.client.send(BIG)
    assert sent > 2 << 20
    steps = [0]
    done = receives(wire, sink := disk.sink())
    while wire.channel.transferred < sent:
        steps.append(wire.channel.transferred)
        assert steps[-1] > steps[-2]
        wire.reactor.turn()
    assert max(after - before for before, after in itertools.pairwise(steps)) < 2 << 20
    wire.client.close()
    wire.turns(lambda: done.called)
    assert result(done) == sent
    run(sink.commit())
