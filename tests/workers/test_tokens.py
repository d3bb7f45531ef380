"""
Tests for L{ftpactive.workers.tokens}.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from ftpactive.core.errors import ServiceClosing
from ftpactive.core.limits import Limits
from ftpactive.ops.guarded import Guard
from ftpactive.workers.desk import Desk
from ftpactive.workers.parent import Parent
from ftpactive.workers.purse import Purse
from ftpactive.workers.tokens import Tokens


class House:
    """
    Workers and their parent, without processes.

    @ivar said: what was said, by and to which worker.
    """

    def __init__(self) -> None:
        self._guard = Guard(Clock(), Limits(), loginDelay=0, emit=lambda event: None)
        self._tokens = Tokens()
        self.desks: list[Desk] = []
        self.parents: list[Parent] = []
        self.purses: list[Purse] = []
        self.said: list[tuple[int, str]] = []
        self._way: list[Any] = []
        self.inside: list[str] = []
        for number in range(3):
            self._worker(number)

    def _worker(self, number: int) -> None:
        def toWorker(kind: str, *values: Any) -> None:
            self._way.append((number, kind, values))

        def toDesk(kind: str, *values: Any) -> None:
            self.said.append((number, kind))
            self._way.append((number, "", (kind, list(values))))

        self.desks.append(Desk(self._guard, toWorker, count(1), lambda: None, self._tokens))
        self.parents.append(Parent(toDesk))
        self.purses.append(Purse(self.parents[-1]))

    def deliver(self) -> None:
        """
        Let everything arrive.
        """
        while self._way:
            number, kind, values = self._way.pop(0)
            if not kind:
                self.desks[number].hear(*values)
            elif kind == "wanted":
                self.purses[number].wanted(*values)
            else:
                self.parents[number].hear(kind, list(values))

    def use(self, number: int, name: str) -> tuple[Deferred[None], Deferred[None]]:
        """
        Let one worker have a lock until what comes second is fired.

        @param name: who is then inside.
        """
        end: Deferred[None] = Deferred()

        async def use() -> None:
            async with self.purses[number].token("alice"):
                self.inside.append(name)
                try:
                    await end
                finally:
                    self.inside.remove(name)

        return Deferred.fromCoroutine(use()), end


def test_kept() -> None:
    """
    Who has it asks once.
    """
    house = House()
    for _ in range(3):
        _, end = house.use(0, "a")
        house.deliver()
        assert house.inside == ["a"]
        end.callback(None)
        assert house.inside == []
    assert house.said == [(0, "hold")]


def test_oneAtATime() -> None:
    """
    Whoever waits gets it in turn, across workers and inside one.
    """
    house = House()
    ends = {name: house.use(number, name)[1] for number, name in ((0, "a"), (1, "b"), (2, "c"))}
    house.deliver()
    ends["d"] = house.use(0, "d")[1]
    house.deliver()
    for name in "abcd":
        assert house.inside == [name]
        ends[name].callback(None)
        house.deliver()
    assert house.inside == []


def test_death() -> None:
    """
    What a worker had is free when it dies, and it waits no more.
    """
    house = House()
    house.use(0, "a")
    _, end = house.use(1, "b")
    house.use(2, "c")
    house.deliver()
    assert house.inside == ["a"]
    house.desks[2].close()
    house.desks[0].close()
    house.deliver()
    assert house.inside == ["a", "b"]
    end.callback(None)
    _, end = house.use(1, "d")
    assert house.inside == ["a", "d"]


def test_cancelled() -> None:
    """
    Who gives up waiting keeps nobody else from it.
    """
    house = House()
    _, end = house.use(0, "a")
    house.deliver()
    gone, _ = house.use(1, "b")
    gone.addErrback(lambda failure: failure.trap(CancelledError))
    house.deliver()
    gone.cancel()
    end.callback(None)
    house.deliver()
    _, end = house.use(1, "c")
    assert house.inside == ["c"]
    house.use(0, "d")
    house.deliver()
    end.callback(None)
    house.deliver()
    assert house.inside == ["d"]


def test_parentDies() -> None:
    """
    Who waits is told.
    """
    house = House()
    failed: list[Any] = []
    house.use(0, "a")[0].addErrback(failed.append)
    house.parents[0].lost()
    assert failed[0].check(ServiceClosing)


def test_notHad() -> None:
    """
    Nobody gives back what another one has.
    """
    house = House()
    house.use(0, "a")
    house.deliver()
    with pytest.raises(ValueError):
        house.desks[1].hear("give", ["alice"])
