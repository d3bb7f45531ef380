"""
One worker, as its parent sees it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpactive.core.command import printable
from ftpactive.net.portchannel import Attached
from ftpactive.ops.guarded import Guard
from ftpactive.workers.desk import Desk
from ftpactive.workers.line import Line
from ftpactive.workers.pulse import Pulse
from ftpactive.workers.relay import Transcript
from ftpactive.workers.tokens import Tokens

#: A worker's descriptors: its line to the parent, both ways; that to the port
#: broker; and from the last on its listeners.
FROM_PARENT, TO_PARENT, TO_BROKER, LISTENERS = 3, 4, 5, 6

#: It finds the modules where we found them, whatever folder it is in and
#: whatever the environment says.
_PROGRAM = """
import sys
sys.path[:] = sys.argv[1].split("\\n")
from twisted.python.reflect import namedAny
# Before anything of ours, which would choose one.
namedAny(sys.argv[2]).install()
from ftpactive.workers.program import serve
serve(namedAny("twisted.internet.reactor"))
"""

_log = Logger(namespace="ftpactive")


@dataclass(frozen=True)
class Orders:
    """
    What a worker is told when it begins.

    @ivar package: a sealed L{Package}.
    @ivar listeners: descriptors to accept connections from, each with its
        family; those of C{service.listen} come first.
    @ivar brokered: the ports for which there is a broker.
    @ivar state: the folder of what all workers keep together.
    """

    package: str
    listeners: Sequence[tuple[int, int]]
    brokered: Sequence[int]
    state: str


class Worker(ProcessProtocol):
    """
    A process that serves: what it says is answered here.

    @ivar desk: what it holds.
    @ivar isServing: does it accept connections?
    """

    def __init__(
        self,
        number: int,
        guard: Guard,
        numbers: Iterator[int],
        tokens: Tokens,
        *,
        changed: Callable[[], object],
        ended: Callable[[Worker, str], object],
    ) -> None:
        """
        @param number: the first is 1; one in the place of another has the same.
        @param numbers: of sessions.
        @param tokens: the locks of all.
        @param changed: called when it has more sessions, or less.
        @param ended: called when it is dead: with how that came.
        """
        self.number = number
        self.isServing = False
        self._isResting = False
        self._ended = ended
        self._changed = changed
        self._line = Line(self._hear, self._distrust)
        self.desk = Desk(guard, self._line.say, numbers, changed, tokens)
        self._transcript = Transcript(number)
        self._pulse = Pulse(partial(self._line.say, "ping"), lambda: self.isServing, self._hung)
        self._raw = b""
        self.attached: Attached | None = None

    def start(self, reactor: Any, orders: Orders) -> None:
        """
        Begin.

        @raise OSError: no process can be had.
        """
        flags = [*(f"-W{each}" for each in sys.warnoptions), *(["-B"] * sys.dont_write_bytecode)]
        program = [sys.executable, "-I", *flags, "-c", _PROGRAM, "\n".join(filter(None, sys.path))]
        with open(os.devnull) as nothing:
            descriptors: dict[int, Any] = {0: nothing.fileno(), 1: "r", 2: "r"}
            descriptors |= {FROM_PARENT: "w", TO_PARENT: "r"}
            if self.attached is not None:
                descriptors[TO_BROKER] = self.attached.end.fileno()
            for place, (descriptor, _) in enumerate(orders.listeners):
                descriptors[LISTENERS + place] = descriptor
            program.append(type(reactor).__module__)
            reactor.spawnProcess(self, program[0], program, env=None, childFDs=descriptors)
        families = [family for _, family in orders.listeners]
        self._pulse.start(reactor)
        brokered = list(orders.brokered)
        self._line.say("start", orders.package, families, brokered, orders.state, self.number)

    def connectionMade(self) -> None:
        """
        The process is there.
        """
        self._line.makeConnection(_ToChild(self.transport))  # type: ignore[no-untyped-call]

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        It says something, or something in it writes to its output.
        """
        if childFD == TO_PARENT:
            self._pulse.heard()
            self._line.dataReceived(data)  # type: ignore[no-untyped-call]
        else:
            *lines, self._raw = (self._raw + data).split(b"\n")
            self._write(lines)
            self._raw = self._raw[-4096:]

    def childConnectionLost(self, childFD: int) -> None:
        """
        A pipe is closed, the process is about to end.
        """
        if childFD == FROM_PARENT:
            self._line.close()

    def _write(self, lines: list[bytes]) -> None:
        for line in lines:
            words = printable(line.decode(errors="backslashreplace"))
            _log.error("worker {worker}: {words}", worker=self.number, words=words)

    def _hear(self, kind: str, values: list[Any]) -> None:
        if kind == "log":
            self._transcript.write(*values)
        elif kind == "serving":
            self.isServing = True
            _log.info(
                "worker {worker} serves, process {process}", worker=self.number, process=self._pid
            )
            self._changed()
        elif kind != "pong":
            self.desk.hear(kind, values)

    @property
    def _pid(self) -> int:
        process: Any = self.transport
        return int(process.pid)

    def _distrust(self) -> None:
        _log.error("worker {worker} makes no sense, and is ended", worker=self.number)
        self.kill()

    def _hung(self) -> None:
        _log.error("worker {worker} does not answer any more, and is killed", worker=self.number)
        self.kill()

    def change(self, package: str) -> None:
        """
        Serve new sessions by another configuration, a sealed L{Package}.
        """
        self._line.say("change", package)

    def rest(self, isResting: bool) -> None:
        """
        Accept no connections for now, or accept them again.
        """
        if isResting != self._isResting:
            self._isResting = isResting
            self._line.say("rest", isResting)

    def stop(self) -> None:
        """
        Finish, and end.
        """
        self._line.say("stop")

    def kill(self) -> None:
        """
        End it now.
        """
        process: IProcessTransport | None = self.transport
        if process is not None and getattr(process, "pid", None):
            process.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:
        """
        It is dead.
        """
        self._write([self._raw] if self._raw else [])
        self.isServing = False
        self._pulse.stop()
        self.desk.close()
        value: Any = reason.value
        if value.signal is not None:
            self._ended(self, f"was killed by signal {value.signal}")
        else:
            self._ended(self, f"ended with status {value.exitCode}")


class _ToChild:
    """
    The way to a worker, as its line sees it.
    """

    disconnecting = False

    def __init__(self, process: Any) -> None:
        self._process = process

    def write(self, data: bytes) -> None:
        """
        Send.
        """
        self._process.writeToChild(FROM_PARENT, data)

    def loseConnection(self) -> None:
        """
        Send no more.
        """
        self._process.closeChildFD(FROM_PARENT)
