"""
Tests for L{ftpactive.workers.desk} and L{ftpactive.workers.distant}, one before
the other.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock

from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.limits import Limits, Rates
from ftpactive.logins import Attempt
from ftpactive.ops.guarded import Guard
from ftpactive.workers.desk import Desk
from ftpactive.workers.distant import DistantGuard
from ftpactive.workers.line import NONSENSE
from ftpactive.workers.parent import Parent
from ftpactive.workers.purse import Purse
from ftpactive.workers.tokens import Tokens

HOME = Address("192.0.2.7", 4000)


class Branch:
    """
    A worker and its parent, without processes.

    @ivar guard: the worker's.
    """

    def __init__(
        self, clock: Clock, limits: Limits, head: Guard, numbers: Any, tokens: Tokens
    ) -> None:
        self.desk = Desk(head, self._toWorker, numbers, lambda: None, tokens)
        self.busy: list[bool] = []
        self.parent = Parent(self._toDesk, self.busy.append)
        self.purse = Purse(self.parent)
        self.guard = DistantGuard(self.parent, clock, limits, lambda name: None)
        self.waiting: list[Any] = []

    def _toDesk(self, kind: str, *values: object) -> None:
        self.desk.hear(kind, json.loads(json.dumps(values)))

    def _toWorker(self, kind: str, *values: object) -> None:
        # The answer comes when the question has been sent.
        self.waiting.append((kind, list(values)))

    def deliver(self) -> None:
        """
        Let the worker hear what was said to it.
        """
        said, self.waiting = self.waiting, []
        for kind, values in said:
            if kind == "wanted":
                self.purse.wanted(*values)
            else:
                self.parent.hear(kind, values)


class House:
    """
    A parent with two workers.
    """

    def __init__(self, limits: Limits) -> None:
        self.clock = Clock()
        self.head = Guard(self.clock, limits, loginDelay=0, emit=lambda event: None)
        shared = (limits, self.head, count(1), Tokens())
        self.one, self.two = (Branch(self.clock, *shared) for _ in "12")

    def admit(self, branch: Branch, sent: list[str] | None = None) -> Any:
        """
        Let somebody in, or not.
        """
        place = branch.guard.admission.admit(HOME, ([] if sent is None else sent).append)
        branch.deliver()
        return place

    def deliver(self) -> None:
        """
        Let time pass, and both hear what was said to them.
        """
        self.clock.advance(0)
        self.one.deliver()
        self.two.deliver()

    def login(self, branch: Branch, name: str = "alice") -> Deferred[Any]:
        """
        Let somebody log in, to the account of alice.
        """

        async def login() -> None:
            await branch.guard.record.begin(Attempt(name, "secret", HOME))
            await branch.guard.record.succeeded(name, HOME.host, "alice", 0)

        done = ensureDeferred(login())
        branch.deliver()
        branch.deliver()
        return done


def failure(deferred: Deferred[Any]) -> Any:
    """
    Give how it failed.
    """
    found: list[Any] = []
    deferred.addErrback(found.append)
    return found[0].value


class TestAdmission:
    """
    Places are counted over all workers.
    """

    def test_busy(self) -> None:
        """
        As long as somebody waits to be let in, nobody else should be asked for,
        however it ends.
        """
        house = House(Limits(sessionsPerAddress=1))
        first = house.one.guard.admission.admit(HOME, [].append)
        assert house.one.busy == [True]
        second: Any = house.one.guard.admission.admit(HOME, [].append)
        second.granted.addErrback(lambda failure: failure.trap(ServiceClosing))
        first.leave()
        house.one.deliver()
        assert house.one.busy == [True, True, False]

    def test_numbers(self) -> None:
        """
        Of sessions are one sequence.
        """
        house = House(Limits())
        branches = (house.one, house.two, house.one)
        assert [house.admit(each).granted.result for each in branches] == [1, 2, 3]

    def test_limit(self) -> None:
        """
        Holds for all together; who leaves, or dies, makes room.
        """
        house = House(Limits(sessionsPerAddress=1))
        place = house.admit(house.one)
        refused = house.admit(house.two)
        assert isinstance(failure(refused.granted), ServiceClosing)
        refused.leave()
        place.leave()
        assert house.admit(house.two).granted.result == 2
        house.two.desk.close()
        assert house.admit(house.one).granted.result == 3

    def test_makesRoom(self) -> None:
        """
        For somebody new, a session of another worker is dismissed.
        """
        house = House(Limits(sessions=1))
        sent: list[str] = []
        place = house.admit(house.one, sent)
        assert house.admit(house.two).granted.result == 2
        house.one.deliver()
        assert sent == ["Others wait to log in, and you have not"]
        place.leave()
        assert house.one.desk.sessions == 0

    def test_release(self) -> None:
        """
        Who has logged in is not dismissed; who has logged out, is.
        """
        house = House(Limits(sessions=1))
        place = house.admit(house.one)
        place.keep()
        assert isinstance(failure(house.admit(house.two).granted), ServiceClosing)
        place.release()
        assert house.admit(house.two).granted.result == 2

    def test_afterTheEnd(self) -> None:
        """
        What becomes of a login then is no matter of the place any more.
        """
        house = House(Limits())
        place = house.admit(house.one)
        place.leave()
        place.keep()
        place.release()
        assert house.one.desk.sessions == 0

    def test_leavesBeforeTheAnswer(self) -> None:
        """
        Its place is given back when it comes.
        """
        house = House(Limits(sessionsPerAddress=1))
        place = house.one.guard.admission.admit(HOME, lambda words: None)
        place.leave()
        house.one.deliver()
        assert house.one.desk.sessions == 0

    def test_withoutAParent(self) -> None:
        """
        Nobody is let in any more, nor kept waiting.
        """
        house = House(Limits())
        waits = house.one.guard.admission.admit(HOME, lambda words: None)
        house.one.parent.lost()
        for each in (waits, house.one.guard.admission.admit(HOME, lambda words: None)):
            assert isinstance(failure(each.granted), ServiceClosing)


class TestLogins:
    """
    Logins are counted over all workers.
    """

    def test_sessionsOfAUser(self) -> None:
        """
        Are limited; those of a worker that dies count no more.
        """
        house = House(Limits(sessionsPerUser=1))
        assert house.login(house.one).called
        assert isinstance(failure(house.login(house.two)), ServiceClosing)
        house.one.desk.close()
        assert house.login(house.two).result is None

    def test_account(self) -> None:
        """
        Sessions are those of the account, by whatever names it comes.
        """
        house = House(Limits(sessionsPerUser=1))
        assert house.login(house.one, name="ftp").called
        assert isinstance(failure(house.login(house.two)), ServiceClosing)
        house.one.guard.record.leave("alice")
        assert house.login(house.two).result is None

    def test_leavesTheLine(self) -> None:
        """
        Who has left while others were before it is told so, with all workers.
        """
        house = House(Limits(banAfter=1))
        gone: list[bool] = []
        place = house.admit(house.one)
        first = ensureDeferred(house.two.guard.record.begin(Attempt("bob", "secret", HOME)))
        house.two.deliver()
        attempt = Attempt("alice", "secret", HOME, isGone=lambda: bool(gone))
        waits = ensureDeferred(house.one.guard.record.begin(attempt))
        house.deliver()
        assert first.called and not waits.called
        gone.append(True)
        place.leave()
        ensureDeferred(house.two.guard.record.gaveUp("bob", HOME.host))
        house.deliver()
        assert isinstance(failure(waits), ServiceClosing)
        assert house.login(house.two).called

    def test_diesInTheLine(self) -> None:
        """
        Who waits in it with a worker that dies is in nobody's way.
        """
        house = House(Limits(banAfter=1))
        ensureDeferred(house.two.guard.record.begin(Attempt("bob", "secret", HOME)))
        waits = house.login(house.one)
        house.deliver()
        house.one.desk.close()
        ensureDeferred(house.two.guard.record.gaveUp("bob", HOME.host))
        house.deliver()
        assert isinstance(failure(waits), ServiceClosing)
        assert house.login(house.two).called

    def test_ban(self) -> None:
        """
        Holds for all.
        """
        house = House(Limits(banAfter=1))

        async def fail() -> None:
            await house.one.guard.record.begin(Attempt("alice", "wrong", HOME))
            await house.one.guard.record.failed("alice", HOME.host)

        ensureDeferred(fail())
        house.one.deliver()
        house.one.deliver()
        assert isinstance(failure(house.login(house.two)), ServiceClosing)
        assert isinstance(failure(house.admit(house.two).granted), ServiceClosing)


class TestBandwidth:
    """
    A rate is shared.
    """

    def test_total(self) -> None:
        """
        Two workers have together what one would have.
        """
        house = House(Limits(total=Rates(download=1000)))
        taken: list[int] = []
        for branch in (house.one, house.two):
            pace, _ = branch.guard.pace(Account("alice"))
            assert pace is not None and pace.upload is None

            async def use(pace: Any = pace) -> None:
                while True:
                    await pace.download.take(100)
                    taken.append(100)

            ensureDeferred(use())
        for _ in range(1000):
            house.clock.advance(0.01)
            house.one.deliver()
            house.two.deliver()
        assert 9500 <= sum(taken) <= 10500

    def test_unlimited(self) -> None:
        """
        Costs no word.
        """
        house = House(Limits())
        pace, leave = house.one.guard.pace(Account("alice"))
        leave()
        assert pace is None


@pytest.mark.parametrize(
    "said",
    [
        ("nothing",),
        ("admit", 1, 2, 3),
        ("admit", "1", "192.0.2.7", "x"),
        ("left", 7),
        ("logout", "alice"),
        ("failed", 1, "alice", "192.0.2.7"),
        ("succeeded", 1, "alice", "192.0.2.7", "alice", 0),
        ("take", 1, 1, "__class__", 5),
        ("take", 1, 1, "download", -5),
        ("exit", 3),
    ],
)
def test_nonsense(said: tuple[Any, ...]) -> None:
    """
    Is refused, and nothing is counted by it.
    """
    house = House(Limits())
    with pytest.raises(NONSENSE):
        house.one.desk.hear(said[0], list(said[1:]))
    assert house.one.desk.sessions == 0


@pytest.mark.parametrize(
    "said",
    [
        ("admit", "one", HOME.host, 5),
        ("admit", 2, "home", 5),
        ("begin", 2, "alice", "home", True),
        ("failed", "one", "alice", HOME.host),
        ("gaveUp", None, "alice", HOME.host),
        ("succeeded", "one", "alice", HOME.host, "alice", 0),
        ("succeeded", 2, "alice", HOME.host, "alice", None),
        ("succeeded", 2, "alice", HOME.host, 7, 0),
        ("enter", "one", "alice"),
        ("take", "one", 1, "download", 5),
        ("hold", "one", "alice"),
    ],
    ids=str,
)
def test_nonsenseTakesNothing(said: tuple[Any, ...]) -> None:
    """
    What is said in the middle of a message that makes no sense is not done: it
    would stay so when the worker is ended for it.
    """
    house = House(Limits(banAfter=1, sessionsPerAddress=1, sessionsPerUser=1))
    house.one.desk.hear("begin", [1, "alice", HOME.host, True])
    with pytest.raises(NONSENSE):
        house.one.desk.hear(said[0], list(said[1:]))
    house.one.desk.close()
    house.clock.advance(1)
    house.admit(house.two)
    # There is room for one attempt at a time.
    assert house.login(house.two).called
    with pytest.raises(KeyError):
        house.head.throttle.leave("alice")
