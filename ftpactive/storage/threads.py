"""
Threads that wait for disks, so that nobody else has to.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Hashable
from queue import Empty, SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall

P = ParamSpec("P")
R = TypeVar("R")

#: How many threads may wait for one disk at a time.
SIZE = 8

#: Seconds that calls which have begun may take when the reactor stops.
GRACE = 5.0


class DiskThreads:
    """
    Runs calls in threads, a few for each disk: one that answers no more takes
    none from the others.

    None is started before it is needed, so that a process may fork before; and
    those that are left over hold nobody up who wants to end.
    """

    def __init__(self, reactor: Any, size: int = SIZE) -> None:
        """
        @param reactor: provides C{IReactorFromThreads}, C{IReactorTime} and
            C{IReactorCore}.
        @param size: how many threads there may be for each disk; with 0, calls
            run at once.  It may be changed later.
        """
        self._reactor = reactor
        self.size = size
        self._lanes: dict[Hashable, _Lane] = {}
        self._done: SimpleQueue[_Job[Any]] = SimpleQueue()
        self._isStopped = False
        self.underWay = 0

    def run(
        self, disk: Hashable, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[R]:
        """
        Run a call, as soon as a thread is free.

        @param disk: what tells the disk from others.
        @return: what the call returns.  A call cannot be taken back: who
            cancels this waits for its end all the same, so that what it opens
            does not stay open, and what it uses is not closed meanwhile.
        """
        job = _Job(lambda: call(*args, **kwargs))
        if self._isStopped or not self.size:
            # No thread will take it, and nobody minds to be kept waiting.
            job.run()
            job.isDone = True
        else:
            self._begin(disk, job)
        return job.outcome()

    def later(self, seconds: float, call: Callable[[], object]) -> IDelayedCall:
        """
        Call something after a while, in the reactor's thread.
        """
        delayed: IDelayedCall = self._reactor.callLater(seconds, call)
        return delayed

    def _begin(self, disk: Hashable, job: _Job[Any]) -> None:
        if not self._lanes:
            self._reactor.addSystemEventTrigger("during", "shutdown", self.stop)
        lane = self._lanes.get(disk)
        if lane is None:
            lane = self._lanes[disk] = _Lane(self._ended)
        job.lane = lane
        self.underWay += 1
        lane.add(job, self.size)

    def _ended(self, job: _Job[Any]) -> None:
        # In a thread.
        self._done.put(job)
        self._reactor.callFromThread(self._tell)

    def _tell(self) -> None:
        # As many times as there are calls; but all at once, if it can be.
        try:
            while True:
                self._end(self._done.get_nowait())
        except Empty:
            pass

    def _end(self, job: _Job[Any]) -> None:
        self.underWay -= 1
        job.end()

    def stop(self, grace: float = GRACE) -> None:
        """
        Wait for calls that have begun, and for those that follow from them:
        an upload that was cut is undone.

        @param grace: at most for so many seconds.
        """
        end = monotonic() + grace
        while self.underWay and (left := end - monotonic()) > 0:
            try:
                self._end(self._done.get(timeout=left))
            except Empty:
                break
        self._isStopped = True
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    """
    The threads of one disk.
    """

    def __init__(self, ended: Callable[[_Job[Any]], None]) -> None:
        self._ended = ended
        self._waiting: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._threads = 0
        self.underWay = 0

    def add(self, job: _Job[Any], most: int) -> None:
        """
        Let a thread run a call.

        @param most: how many threads there may be.
        """
        self.underWay += 1
        self._waiting.put(job)
        if self._threads < min(self.underWay, most):
            self._threads += 1
            threading.Thread(target=self._work, name="ftpactive-disk", daemon=True).start()

    def close(self) -> None:
        """
        Let the threads end.
        """
        for _ in range(self._threads):
            self._waiting.put(None)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            job.run()
            self._ended(job)
            # Else it would hold what the last call gave until the next one comes.
            del job


class _Job(Generic[R]):
    """
    A call, and what became of it.

    @ivar isDone: does the reactor's thread know that it has ended?
    """

    __slots__ = ("_call", "_error", "_result", "_waiting", "isDone", "lane")

    def __init__(self, call: Callable[[], R]) -> None:
        self._call: Callable[[], R] | None = call
        self._error: BaseException | None = None
        self._waiting: Deferred[None] | None = None
        self.isDone = False
        self.lane: _Lane | None = None

    def run(self) -> None:
        """
        Call, in a thread.
        """
        call, self._call = self._call, None
        assert call is not None
        with self:
            self._result = call()

    def __enter__(self) -> None:
        """
        Begin to run.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """
        Keep what was raised, whatever it is, for who waits.
        """
        self._error = error
        return True

    def end(self) -> None:
        """
        Tell who waits.
        """
        self.isDone = True
        if self.lane is not None:
            self.lane.underWay -= 1
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def outcome(self) -> R:
        """
        Wait for the end; give what the call returned, or raise what it raised.
        """
        while not self.isDone:
            self._waiting = Deferred()
            try:
                await self._waiting
            except CancelledError:
                continue
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._result
