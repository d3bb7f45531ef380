# pytest-twisted says nothing of types.
# mypy: disallow-untyped-decorators=False
"""
Tests for L{ftpactive.net.broker} and L{ftpactive.net.portchannel}: the
service's side of real brokers.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_twisted import blockon, ensureDeferred  # type: ignore[import-untyped]
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IReadWriteDescriptor
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.net import broker as module
from ftpactive.net.broker import PortBroker, allowance, canShed, holdsCapability, needsBroker
from ftpactive.net.portchannel import PortChannel
from tests.net.brokers import OWN, descriptorsOf, eventually, kill, needsRoot, processes, status

HERE = Address(OWN, 1016)
PAIR = f"1016/{OWN}"

real: Any = reactor


@pytest.fixture
def broker() -> Iterator[PortBroker]:
    """
    A broker that was started.
    """
    # When it first runs, the reactor opens some for itself.
    blockon(deferLater(real, 0))
    before = descriptorsOf()
    started = PortBroker(real)
    started.start({1016: [OWN, "::1"]})
    yield started
    blockon(started.stop())
    eventually(lambda: not processes(PAIR))
    assert descriptorsOf() == before


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """
    What is logged meanwhile.
    """
    lines: list[str] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield lines
    globalLogPublisher.removeObserver(observe)


async def whenSo(isSo: Any) -> None:
    """
    Wait until something is so, while the reactor runs.
    """
    for _ in range(2000):
        if isSo():
            return
        await deferLater(real, 0.005)
    raise AssertionError("it never came to that")


def bindMany(channel: Any, count: int) -> Deferred[list[socket.socket]]:
    """
    Ask for many sockets at once.
    """
    return gatherResults([channel.bind(HERE) for _ in range(count)], consumeErrors=True)


def closeAll(bound: list[socket.socket]) -> None:
    """
    Close them; each must be what was asked for.
    """
    for each in bound:
        assert each.getsockname() == tuple(HERE)
        each.close()


@needsRoot
class TestBind:
    """
    L{PortBroker.bind} gives sockets.
    """

    @pytest.mark.parametrize("host", [OWN, "::1"])
    @ensureDeferred
    async def test_bound(self, broker: PortBroker, host: str) -> None:
        """
        Bound to a privileged port, and never blocking.
        """
        with await broker.bind(Address(host, 1016)) as bound:
            assert bound.getsockname()[:2] == (host, 1016)
            assert bound.gettimeout() == 0
            assert not bound.get_inheritable()

    @ensureDeferred
    async def test_manyAtOnce(self, broker: PortBroker) -> None:
        """
        More than the kernel takes in before the broker reads any.
        """
        closeAll(await bindMany(broker, 700))

    @ensureDeferred
    async def test_error(self, broker: PortBroker) -> None:
        """
        The errno of bind().
        """
        with socket.create_server(tuple(HERE)):
            with pytest.raises(OSError) as raised:
                await broker.bind(HERE)
        assert raised.value.errno == errno.EADDRINUSE

    @pytest.mark.parametrize("source", [Address("127.0.0.2", 1016), Address(OWN, 1017)])
    @ensureDeferred
    async def test_refused(self, broker: PortBroker, logged: list[str], source: Address) -> None:
        """
        What it was not allowed to bind is EPERM, and a line in the log.
        """
        with pytest.raises(PermissionError):
            await broker.bind(source)
        assert logged == [f"the port broker refused address {source.host}, port {source.port}"]

    @ensureDeferred
    async def test_zoneIsGone(self, broker: PortBroker) -> None:
        """
        An address on an interface that is no more is one that is no more.
        """
        with pytest.raises(OSError) as raised:
            await broker.bind(Address("fe80::1%gone0", 1016))
        assert raised.value.errno == errno.EADDRNOTAVAIL

    @ensureDeferred
    async def test_noDescriptorIsFree(self, broker: PortBroker) -> None:
        """
        A socket that we have no room for is an error, and is not kept waiting
        for.
        """
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        # Listing them takes one more, and the highest may be higher than that.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            with pytest.raises(OSError) as raised:
                await broker.bind(HERE)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert raised.value.errno == errno.EMFILE
        closeAll([await broker.bind(HERE)])

    @ensureDeferred
    async def test_nothingIsKept(self, broker: PortBroker) -> None:
        """
        After 5,000 sockets nobody has a descriptor more than before.
        """
        before = descriptorsOf()
        for _ in range(50):
            closeAll(await bindMany(broker, 100))
        assert descriptorsOf() == before
        for process in processes(PAIR).values():
            assert len(descriptorsOf(process)) == 1

    @ensureDeferred
    async def test_numbersBeginAgain(self, broker: PortBroker) -> None:
        """
        After four billion requests.
        """
        channel: Any = broker._channel
        channel._last = (1 << 32) - 3
        closeAll(await bindMany(broker, 10))
        assert channel._last < 10


@needsRoot
class TestCancel:
    """
    Who does not want a socket any more gets none.
    """

    @ensureDeferred
    async def test_socketIsClosed(self, broker: PortBroker) -> None:
        """
        It is closed when it comes.
        """
        before = descriptorsOf()
        unwanted = [broker.bind(HERE) for _ in range(20)]
        wanted = broker.bind(HERE)
        for each in unwanted:
            each.cancel()
            with pytest.raises(CancelledError):
                await each
        closeAll([await wanted])
        assert descriptorsOf() == before

    @ensureDeferred
    async def test_notAskedYet(self, broker: PortBroker) -> None:
        """
        What is not sent yet never will be.
        """
        os.kill(processes(PAIR)["port"], signal.SIGSTOP)
        asked = [broker.bind(HERE) for _ in range(1000)]
        for each in asked[1:]:
            each.cancel()
            each.addErrback(lambda failure: failure.trap(CancelledError) and None)
        os.kill(processes(PAIR)["port"], signal.SIGCONT)
        closeAll([await asked[0]])


@needsRoot
class TestDeath:
    """
    Sessions wait for the next broker, and nothing else happens to them.
    """

    @ensureDeferred
    async def test_underLoad(self, broker: PortBroker, logged: list[str]) -> None:
        """
        With 200 sockets asked for when it is killed, all of them come.
        """
        process = processes(PAIR)["port"]
        os.kill(process, signal.SIGSTOP)
        asked = bindMany(broker, 200)
        kill(process)
        closeAll(await asked)
        assert logged == ["The port broker was killed by signal 9; there is another"]

    @ensureDeferred
    async def test_whatIsAnsweredStays(self, broker: PortBroker) -> None:
        """
        Sockets that came before it was killed are good, and come once.
        """
        before = await bindMany(broker, 20)
        kill(processes(PAIR)["port"])
        after = await bindMany(broker, 20)
        ends = descriptorsOf()
        assert len({each.fileno() for each in before + after}) == 40
        closeAll(before + after)
        assert len(descriptorsOf()) == len(ends) - 40

    @ensureDeferred
    async def test_anyMoment(self, broker: PortBroker) -> None:
        """
        Wherever it stands when it is killed, each request is answered once.
        """
        asked = [broker.bind(HERE) for _ in range(3000)]
        done = gatherResults(asked, consumeErrors=True)
        for share in range(1, 10):
            await whenSo(lambda n=share: sum(each.called for each in asked) >= n * 300)
            await whenSo(lambda: "port" in processes(PAIR))
            kill(processes(PAIR)["port"])
        closeAll(await done)
        channel: Any = broker._channel
        assert 1 <= channel.losses <= 9

    @ensureDeferred
    async def test_guard(self, broker: PortBroker, logged: list[str]) -> None:
        """
        The guard may be killed, too, and the broker after it.
        """
        found = processes(PAIR)
        kill(found["guard"])
        closeAll(await bindMany(broker, 200))
        await whenSo(lambda: processes(PAIR).get("guard") == found["port"])
        await whenSo(lambda: logged)
        assert logged == ["the guard of the port broker died, there is another"]
        # It is not left to be buried when we end.
        assert not Path(f"/proc/{found['guard']}").exists()
        kill(processes(PAIR)["port"])
        closeAll(await bindMany(broker, 200))

    @ensureDeferred
    async def test_goneForGood(self, broker: PortBroker, logged: list[str]) -> None:
        """
        When somebody kills both, who waits and who comes later gets EACCES,
        with words, and so does the log.
        """
        found = processes(PAIR)
        os.kill(found["port"], signal.SIGSTOP)
        waiting = broker.bind(HERE)
        worker = broker.attach()
        for process in found.values():
            kill(process)
        for each in (waiting, broker.bind(HERE)):
            with pytest.raises(PermissionError, match="restart the service"):
                await each
        assert not broker.isRunning
        assert [line for line in logged if "gone for good" in line] == logged
        assert worker.end.recv(1) == b""
        worker.end.close()


@needsRoot
class TestWorker:
    """
    L{PortBroker.attach}: other processes ask the same broker.
    """

    @ensureDeferred
    async def test_binds(self, broker: PortBroker) -> None:
        """
        A channel of its own, which the death of a broker does not end.
        """
        attached = broker.attach()
        worker = PortChannel(real, attached.end)
        closeAll(await bindMany(worker, 100))
        kill(processes(PAIR)["port"])
        closeAll(await bindMany(worker, 100))
        assert worker.losses == 1
        worker.close()
        broker.detach(attached.number)

    @ensureDeferred
    async def test_detached(self, broker: PortBroker) -> None:
        """
        The next broker does not hear of a worker that is gone.
        """
        attached = broker.attach()
        attached.end.close()
        broker.detach(attached.number)
        broker.detach(attached.number)
        kill(processes(PAIR)["port"])
        closeAll(await bindMany(broker, 5))
        await whenSo(lambda: len(descriptorsOf(processes(PAIR)["port"])) == 1)

    @ensureDeferred
    async def test_afterTheEnd(self, broker: PortBroker) -> None:
        """
        A worker that comes too late finds nobody.
        """
        channel: Any = broker._channel
        channel.close()
        worker = PortChannel(real, broker.attach().end)
        with pytest.raises(PermissionError):
            await worker.bind(HERE)

    @ensureDeferred
    async def test_tooMany(self, broker: PortBroker, logged: list[str]) -> None:
        """
        One too many is told in the log.
        """
        attached = [broker.attach() for _ in range(65)]
        closeAll([await broker.bind(HERE)])
        assert logged == ["A worker cannot use the port broker: Too many open files"]
        for each in attached:
            each.end.close()


@needsRoot
class TestStart:
    """
    L{PortBroker.start} and L{PortBroker.stop}.
    """

    def test_interface(self, broker: PortBroker) -> None:
        """
        Its channel is what a reactor can watch.
        """
        assert verifyObject(IReadWriteDescriptor, broker._channel)

    def test_running(self, broker: PortBroker) -> None:
        """
        When it has been started both processes are there, and it can be asked.
        """
        assert broker.isRunning
        assert set(processes(PAIR)) == {"guard", "port"}

    @ensureDeferred
    async def test_stop(self, logged: list[str]) -> None:
        """
        Who waits gets an error; it is nothing for the log; it can be started
        again.
        """
        broker = PortBroker(real)
        for _ in range(2):
            broker.start({1016: [OWN]}, uid=12345)
            waiting = broker.bind(HERE)
            await broker.stop()
            with pytest.raises(PermissionError):
                await waiting
            assert not broker.isRunning
            assert processes(PAIR) == {}
        assert logged == []
        await broker.stop()

    @ensureDeferred
    async def test_user(self) -> None:
        """
        It may be any user but root.
        """
        broker = PortBroker(real)
        broker.start({1016: [OWN]}, uid=12345)
        for process in processes(PAIR).values():
            assert status(process)["Uid"].split() == ["12345"] * 4
        await broker.stop()
        with pytest.raises(ValueError, match="root"):
            broker.start({1016: [OWN]}, uid=0)

    @ensureDeferred
    async def test_neverStarted(self) -> None:
        """
        Without a broker it is as when there is none any more.
        """
        broker = PortBroker(real)
        with pytest.raises(PermissionError):
            await broker.bind(HERE)
        with pytest.raises(PermissionError):
            broker.attach()
        broker.detach(1)
        await broker.stop()

    @pytest.mark.parametrize(
        ("program", "words"),
        [
            ("/nowhere/python", "cannot start: No such file"),
            ("/bin/false", "cannot start: it ended with 1"),
        ],
    )
    def test_cannotRun(self, monkeypatch: pytest.MonkeyPatch, program: str, words: str) -> None:
        """
        A program that cannot be run, or ends at once, is said in words.
        """
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(OSError, match=words):
            PortBroker(real).start({1016: [OWN]})

    def test_cannotBegin(self) -> None:
        """
        So is what the program itself complains of.
        """
        with pytest.raises(PermissionError, match="cannot start: OverflowError"):
            PortBroker(real).start({1016: [OWN]}, uid=1 << 40)

    def test_saysNothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """
        One that hangs is not waited for for ever.
        """
        program = tmp_path / "sleeper"
        program.write_text("#!/bin/sh\nexec sleep 1000\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))
        monkeypatch.setattr(module, "_PATIENCE", 0.2)
        with pytest.raises(PermissionError, match="ended with -9"):
            PortBroker(real).start({1016: [OWN]})


class TestNeeded:
    """
    When a broker is of use.
    """

    @pytest.mark.parametrize(
        ("ports", "isNeeded"),
        [([20], True), ([0], False), ([2120], False), ([2120, 1023], True), ([1024], False)],
    )
    def test_needsBroker(
        self, monkeypatch: pytest.MonkeyPatch, ports: list[int], isNeeded: bool
    ) -> None:
        """
        For ports below those that anybody may bind.
        """
        monkeypatch.setattr(module, "_firstUnprivilegedPort", lambda: 1024)
        assert needsBroker(ports) is isNeeded

    def test_firstUnprivilegedPort(self) -> None:
        """
        The kernel knows it.
        """
        assert 0 <= module._firstUnprivilegedPort() <= 65535

    def test_allowance(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        The privileged ones of all sources; a listener on :: has IPv4, too.
        """
        monkeypatch.setattr(module, "_firstUnprivilegedPort", lambda: 1024)
        sources = [("192.0.2.1", 20), ("::", 20), ("::1", 989), ("::1", 2120), ("::1", 0)]
        assert allowance(Address(*each) for each in sources) == {
            20: ["192.0.2.1", "::", "0.0.0.0"],
            989: ["::1"],
        }

    @needsRoot
    def test_holdsCapability(self) -> None:
        """
        Root has it, unless it gave it away.
        """
        assert holdsCapability() and canShed()
        child = os.fork()
        if not child:
            try:
                os.setresuid(12345, 12345, 12345)
                os._exit(holdsCapability() or canShed())
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0

    @needsRoot
    def test_canShed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Who has been given the one capability keeps it, and needs no broker.
        """
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        assert holdsCapability() and not canShed()
