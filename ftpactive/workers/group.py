"""
The workers of a service: begun, replaced, told, ended.

All accept from the same listening sockets.  A socket of each worker's own, with
SO_REUSEPORT, would spread connections evenly without a word; but what waits at
the socket of a worker that dies is lost.  Here it waits for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from ftpactive.net.connecting import Connecting
from ftpactive.ops.guarded import Guard
from ftpactive.workers.tokens import Tokens
from ftpactive.workers.worker import Orders, Worker

#: Seconds before a worker that died is replaced: at once if it served for a
#: while; if not, twice as long each time.
_AT_ONCE, _FIRST, _LONGEST = 0.0, 0.5, 30.0

#: Seconds after which it served for a while.
_WHILE = 10

#: So many sessions may a worker have more than another one before it rests.
_AHEAD = 1

#: Seconds between the deadline of a stop and the end of those who miss it.
_GRACE = 5

_log = Logger(namespace="ftpactive")


class Group:
    """
    So many workers, whatever happens to them.
    """

    def __init__(
        self, reactor: Any, size: int, guard: Guard, connecting: Connecting, package: str
    ) -> None:
        """
        @param guard: the limits for all.
        @param connecting: has the port broker, if there is one.
        @param package: what a worker must know: a sealed L{Package}.
        """
        self._reactor = reactor
        self._size = size
        self._guard = guard
        self._connecting = connecting
        self._package = package
        self._listeners: Sequence[tuple[int, int]] = ()
        self._state = ""
        self._sessions = count(1)
        self._tokens = Tokens()
        self._workers: dict[int, Worker] = {}
        self._begun: dict[int, float] = {}
        self._delays: dict[int, float] = {}
        self._timers: dict[int, IDelayedCall] = {}
        self._stopped: Deferred[None] | None = None

    def start(self, listeners: Sequence[tuple[int, int]], state: str) -> None:
        """
        Begin all.

        @param listeners: descriptors of listening sockets, with their families.
        @param state: the folder of what they keep together.
        """
        self._listeners = listeners
        self._state = state
        for number in range(1, self._size + 1):
            self._begin(number)

    def _begin(self, number: int) -> None:
        self._timers.pop(number, None)
        shared = (self._guard, self._sessions, self._tokens)
        worker = Worker(number, *shared, changed=self._balance, ended=self._ended)
        worker.attached = self._connecting.attach()
        self._begun[number] = self._reactor.seconds()
        brokered = sorted(self._connecting.brokered)
        orders = Orders(self._package, self._listeners, brokered, self._state)
        self._workers[number] = worker
        try:
            worker.start(self._reactor, orders)
        except OSError as error:
            self._ended(worker, f"cannot begin: {error.strerror}")
        finally:
            if worker.attached is not None:
                worker.attached.end.close()

    def _ended(self, worker: Worker, how: str) -> None:
        number = worker.number
        del self._workers[number]
        if worker.attached is not None:
            self._connecting.detach(worker.attached.number)
        if self._stopped is not None:
            if not self._workers:
                self._stopped.callback(None)
            return
        lived = self._reactor.seconds() - self._begun[number]
        delay = _AT_ONCE if lived >= _WHILE else max(_FIRST, self._delays.get(number, 0) * 2)
        self._delays[number] = delay = min(delay, _LONGEST)
        _log.error(
            "worker {worker} {how}; there will be another in {delay:g} s",
            worker=number,
            how=how,
            delay=delay,
        )
        self._timers[number] = self._reactor.callLater(delay, self._begin, number)
        self._balance()

    def _balance(self) -> None:
        """
        Let those rest who have more than their share: which one of them the
        kernel wakes first is not left to luck.
        """
        serving = [each for each in self._workers.values() if each.isServing]
        least = min((each.desk.sessions for each in serving), default=0)
        for each in serving:
            each.rest(each.desk.sessions - least > _AHEAD)

    def change(self, package: str) -> None:
        """
        Serve new sessions by another configuration, a sealed L{Package}.
        """
        self._package = package
        for worker in self._workers.values():
            worker.change(package)

    def stop(self, timeout: float) -> Deferred[None]:
        """
        Let all finish and end.

        @param timeout: seconds for that; then they are killed.
        """
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if not self._workers:
            return succeed(None)
        stopped = self._stopped = Deferred()
        for worker in self._workers.values():
            worker.stop()
        late = self._reactor.callLater(timeout + _GRACE, self._kill)
        return stopped.addCallback(partial(_cancel, late))

    def _kill(self) -> None:
        for worker in list(self._workers.values()):
            _log.error("worker {worker} does not end, and is killed", worker=worker.number)
            worker.kill()


def _cancel(timer: IDelayedCall, result: None) -> None:
    if timer.active():
        timer.cancel()
