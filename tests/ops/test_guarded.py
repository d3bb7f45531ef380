"""
Tests for L{ftpactive.ops.guarded} and L{ftpactive.ops.record}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpactive.core.account import Account
from ftpactive.core.address import Address
from ftpactive.core.errors import NotLoggedIn, ServiceClosing
from ftpactive.core.events import Banned, Event
from ftpactive.core.limits import Limits, Rates
from ftpactive.logins import Attempt, IAuthenticator, ILoginRecord, Login
from ftpactive.ops.guarded import Guard
from ftpactive.testing.conversation import Conversation

HOME, AWAY = "192.0.2.7", "198.51.100.1"


@implementer(IAuthenticator)
class Passwords:
    """
    Lets in who says C{right}, or what else it C{needs}; where C{isSlow}, says so
    when told to.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.logouts = 0
        self.isSlow = False
        self.needs: str | None = "right"
        self.pending: list[Deferred[None]] = []

    async def login(self, attempt: Attempt) -> Login:
        """
        See L{IAuthenticator.login}.
        """
        self.asked += 1
        if self.isSlow:
            self.pending.append(Deferred())
            await self.pending[-1]
        if attempt.password == "broken":
            raise ZeroDivisionError
        if attempt.password != self.needs:
            raise NotLoggedIn("Login incorrect")
        return Login(object(), self._out)

    def _out(self) -> None:
        self.logouts += 1


class House:
    """
    A guard before passwords.
    """

    def __init__(self, limits: Limits, account: Account | None = None, delay: float = 1) -> None:
        self.clock = Clock()
        self.events: list[Event] = []
        self.passwords = Passwords()
        self.guard = Guard(
            self.clock,
            limits,
            loginDelay=delay,
            emit=self.events.append,
            findAccount=lambda name: account,
        )
        self.authenticator = self.guard.protect(self.passwords)

    def begin(
        self,
        word: str | None,
        *,
        name: str = "alice",
        host: str = HOME,
        isGone: Callable[[], bool] = lambda: False,
    ) -> list[Any]:
        """
        Try to log in.

        @return: how it came out, as soon as it has.
        """
        came: list[Any] = []
        attempt = Attempt(name, word, Address(host, 1), isGone=isGone)
        done = Deferred.fromCoroutine(self.authenticator.login(attempt))
        done.addCallbacks(came.append, lambda failure: came.append(failure.value))
        return came

    def tries(self, word: str | None, *, name: str = "alice", host: str = HOME) -> Any:
        """
        Try to log in, and wait.
        """
        began, came = self.clock.seconds(), self.begin(word, name=name, host=host)
        while not came:
            assert self.clock.seconds() - began < 100, "it never came out"
            self.clock.advance(0.5)
        return came[0]

    def fails(self, times: int, *, name: str = "alice", host: str = HOME) -> None:
        """
        Say a wrong password so often.
        """
        for _ in range(times):
            assert type(self.tries("wrong", name=name, host=host)) is NotLoggedIn


class TestBanByAddress:
    """
    Too many failures from one address.
    """

    def test_banned(self) -> None:
        """
        It may not connect any more, nor log in where it is connected; later it
        may again.
        """
        house = House(Limits(banAfter=3, banTime=60))
        house.fails(3)
        assert house.guard.record.banOf(HOME) > 50
        assert type(house.tries("right")) is ServiceClosing
        with pytest.raises(ServiceClosing):
            house.guard.admission.admit(Address(HOME, 1), lambda why: None)
        house.clock.advance(60)
        assert house.guard.record.banOf(HOME) == 0
        house.guard.admission.admit(Address(HOME, 1), lambda why: None)

    def test_whateverTheNames(self) -> None:
        """
        Names that nobody has count as well, and the words are the same.
        """
        house = House(Limits(banAfter=3))
        words = {str(house.tries("wrong", name=name)) for name in ("alice", "bob", "nobody")}
        assert words == {"Login incorrect"}
        assert house.guard.record.banOf(HOME)

    def test_successDoesNotClear(self) -> None:
        """
        Who has an account cannot guess for ever by logging in in between.
        """
        house = House(Limits(banAfter=3))
        house.fails(2)
        house.tries("right", name="mallory")
        house.fails(1)
        assert house.guard.record.banOf(HOME)

    def test_window(self) -> None:
        """
        Failures that are long past do not count.
        """
        house = House(Limits(banAfter=3, banWindow=100))
        house.fails(2)
        house.clock.advance(100)
        house.fails(2)
        assert not house.guard.record.banOf(HOME)

    def test_told(self) -> None:
        """
        Once, with whom and for how long.
        """
        house = House(Limits(banAfter=2, banTime=60))
        for host in (HOME, AWAY, "203.0.113.1"):
            house.fails(2, host=host)
        told = [(e.whom, e.seconds) for e in house.events if isinstance(e, Banned)]
        assert (HOME, 60) in told
        assert len(told) == 4

    def test_off(self) -> None:
        """
        Nobody is banned where nobody wants it.
        """
        house = House(Limits(banAfter=0))
        house.fails(30)
        assert isinstance(house.tries("right"), Login)


class TestBanByAccount:
    """
    Too many failures for one account, from wherever.
    """

    def guessed(self) -> House:
        """
        Alice's password was guessed at from many addresses; she has logged in
        from home before.
        """
        house = House(Limits(banAfter=5, banTime=60))
        assert isinstance(house.tries("right"), Login)
        for number in range(15):
            house.fails(1, host=f"203.0.113.{number}")
        return house

    def test_takesSeveralAddresses(self) -> None:
        """
        One alone is banned before that.
        """
        house = House(Limits(banAfter=5))
        for _ in range(20):
            house.tries("wrong", host="203.0.113.1")
        assert isinstance(house.tries("right", host=AWAY), Login)

    def test_strangers(self) -> None:
        """
        From an address where she has not been, no password is even looked at.
        """
        house = self.guessed()
        asked = house.passwords.asked
        refused = house.tries("right", host=AWAY)
        assert type(refused) is NotLoggedIn
        assert "try again later" in str(refused)
        assert house.passwords.asked == asked

    def test_owner(self) -> None:
        """
        She is not locked out.
        """
        assert isinstance(self.guessed().tries("right"), Login)

    def test_certificate(self) -> None:
        """
        Who shows no password guesses nothing: they are let in from anywhere, and
        nothing is held against them where a certificate is not enough.
        """
        house = self.guessed()
        house.passwords.needs = None
        for _ in range(10):
            assert isinstance(house.tries(None, host=AWAY), Login)
        house.passwords.needs = "right"
        for _ in range(10):
            assert str(house.tries(None, host="198.51.100.9")) == "Login incorrect"
        assert not house.guard.record.banOf("198.51.100.9")

    def test_later(self) -> None:
        """
        It ends, although the guessing went on.
        """
        house = self.guessed()
        house.fails(2, host=AWAY)
        house.clock.advance(60)
        assert isinstance(house.tries("right", host="198.51.100.2"), Login)

    def test_unknownNames(self) -> None:
        """
        They are closed in the same words, so that nothing is told by them.
        """
        house = House(Limits(banAfter=2))
        words = []
        for name in ("alice", "nobody"):
            for number in range(8):
                words.append(str(house.tries("wrong", name=name, host=f"203.0.113.{number}")))
        assert words[:8] == words[8:]
        assert len(set(words)) == 2


class TestDelay:
    """
    Failures of an address make it wait.
    """

    def waits(self, house: House, name: str = "alice", host: str = HOME) -> float:
        """
        Give how long an attempt takes, in steps of half a second.
        """
        before = house.clock.seconds()
        house.tries("wrong", name=name, host=host)
        return house.clock.seconds() - before

    def test_grows(self) -> None:
        """
        It doubles up to a limit, from one connection or many.
        """
        house = House(Limits(banAfter=0))
        assert [self.waits(house) for _ in range(9)] == [0, 0, 0, 1, 2, 4, 8, 16, 16]

    def test_othersDoNotWait(self) -> None:
        """
        Another address has nothing to do with it.
        """
        house = House(Limits(banAfter=0))
        house.fails(6)
        assert self.waits(house, host=AWAY) == 0

    def test_whoWasInBefore(self) -> None:
        """
        Neither has a user who has logged in from there before.
        """
        house = House(Limits(banAfter=0))
        house.tries("right", name="bob")
        house.fails(6)
        before = house.clock.seconds()
        assert isinstance(house.tries("right", name="bob"), Login)
        assert house.clock.seconds() == before

    def test_manyAtOnce(self) -> None:
        """
        A hundred connections at once are no hundred guesses.
        """
        house = House(Limits(banAfter=5))
        house.passwords.isSlow = True
        came = [house.begin("wrong") for _ in range(100)]
        for _ in range(200):
            house.clock.advance(1)
            pending, house.passwords.pending = house.passwords.pending, []
            for each in pending:
                each.callback(None)
        assert house.passwords.asked == 5
        kinds = [type(each[0]) for each in came]
        assert kinds.count(NotLoggedIn) == 5
        assert kinds.count(ServiceClosing) == 95

    def test_tooManyWait(self) -> None:
        """
        There is an end to who may wait.
        """
        house = House(Limits(banAfter=5))
        house.passwords.isSlow = True
        came = [house.begin("wrong") for _ in range(200)]
        refused = [each[0] for each in came if each]
        assert len(refused) == 95
        assert "at once" in str(refused[0])

    def test_theCrowdIsGone(self) -> None:
        """
        Who has left is not waited for, and takes no place in line.
        """
        house = House(Limits(banAfter=0))
        house.fails(4)
        house.passwords.isSlow = True
        gone: list[bool] = []
        crowd = [house.begin("wrong", isGone=lambda: bool(gone)) for _ in range(101)]
        house.clock.advance(2)
        gone.append(True)
        came = house.begin("right")
        house.passwords.isSlow = False
        house.passwords.pending[0].callback(None)
        house.clock.advance(0)
        house.clock.advance(4)
        assert isinstance(came[0], Login)
        assert house.passwords.asked == 6
        assert [type(each[0]) for each in crowd] == [NotLoggedIn] + [ServiceClosing] * 100

    def test_leavesWhenItIsItsTurn(self) -> None:
        """
        Then it is that of the next one.
        """
        house = House(Limits(banAfter=0))
        house.fails(4)
        house.passwords.isSlow = True
        gone: list[bool] = []
        house.begin("wrong")
        first = house.begin("wrong", isGone=lambda: bool(gone))
        house.begin("right")
        house.clock.advance(2)
        house.passwords.pending[0].callback(None)
        gone.append(True)
        house.clock.advance(0)
        house.clock.advance(0)
        house.clock.advance(4)
        assert type(first[0]) is ServiceClosing
        assert len(house.passwords.pending) == 2
        assert not house.guard.record._turns._waiting

    def test_leavesWhileItIsLookedAt(self) -> None:
        """
        The guess counts.
        """
        house = House(Limits(banAfter=1))
        house.passwords.isSlow = True
        house.begin("wrong", isGone=lambda: True)
        house.passwords.pending[0].callback(None)
        assert house.guard.record.banOf(HOME)


class TestRate:
    """
    So many attempts a minute.
    """

    def test_certificate(self) -> None:
        """
        Who shows one first, and then a password, tries once.
        """
        house = House(Limits(loginsPerMinute=2))
        for _ in range(2):
            assert type(house.tries(None)) is NotLoggedIn
            assert isinstance(house.tries("right"), Login)

    def test_tooMany(self) -> None:
        """
        Right or wrong; after a minute there are others.
        """
        house = House(Limits(loginsPerMinute=2))
        for _ in range(2):
            assert isinstance(house.tries("right"), Login)
        refused = house.tries("right")
        assert type(refused) is ServiceClosing and "2 in a minute" in str(refused)
        assert isinstance(house.tries("right", host=AWAY), Login)
        house.clock.advance(60)
        assert isinstance(house.tries("right"), Login)


class TestSessions:
    """
    A user may be logged in so often.
    """

    def test_tooMany(self) -> None:
        """
        The words say so, the login ends, and a place that is left is free.
        """
        house = House(Limits(sessionsPerUser=1))
        first = house.tries("right")
        refused = house.tries("right")
        assert type(refused) is ServiceClosing and "1 at once" in str(refused)
        assert house.passwords.logouts == 1
        assert isinstance(house.tries("right", name="bob"), Login)
        first.logout()
        assert isinstance(house.tries("right"), Login)

    def test_ownLimit(self) -> None:
        """
        What is said of the user goes before what is said of all.
        """
        house = House(Limits(sessionsPerUser=1), Account("alice", sessions=2))
        assert [type(house.tries("right")) for _ in range(3)] == [Login, Login, ServiceClosing]

    def test_otherNames(self) -> None:
        """
        An account with several names is one.
        """
        house = House(Limits(), Account("anonymous", sessions=2))
        for name in ("anonymous", "ftp"):
            assert isinstance(house.tries("right", name=name), Login)
        assert type(house.tries("right", name="FTP")) is ServiceClosing

    def test_nothingIsLeft(self) -> None:
        """
        Who has logged out takes no room.
        """
        house = House(Limits(), Account("alice", rates=Rates(1000)))
        house.tries("right").logout()
        assert house.guard.record._sessions == {}
        assert house.guard.throttle._users == {}


class TestPace:
    """
    A login brings its pace.
    """

    def test_unlimited(self) -> None:
        """
        There is none where nothing is limited.
        """
        assert House(Limits()).tries("right").pace is None

    def test_ownGoesFirst(self) -> None:
        """
        The user's own rate for a session replaces that of the service, each way.
        """
        account = Account("alice", perSession=Rates(download=500))
        house = House(Limits(perSession=Rates(1000, 2000)), account)
        pace = house.tries("right").pace
        assert (pace.download.chunk, pace.upload.chunk) == (50, 200)


class TestFaults:
    """
    Neither right nor wrong.
    """

    def test_fault(self) -> None:
        """
        A fault of ours is nobody's failure, and nobody waits for it.
        """
        house = House(Limits(banAfter=1))
        for _ in range(30):
            assert type(house.tries("broken")) is ZeroDivisionError
        assert isinstance(house.tries("right"), Login)

    def test_noPassword(self) -> None:
        """
        Who shows a certificate and is asked for a password has guessed nothing.
        """
        house = House(Limits(banAfter=1))
        for _ in range(5):
            assert type(house.tries(None)) is NotLoggedIn
        assert isinstance(house.tries("right"), Login)


class TestBounds:
    """
    A crowd does not fill the memory.
    """

    def test_tables(self) -> None:
        """
        Whoever has a /48 makes it forget.
        """
        house = House(Limits(banAfter=2), delay=0)
        for number in range(12_000):
            house.begin("wrong", name=f"user{number}", host=f"2001:db8:0:{number:x}::1")
        record = house.guard.record
        assert len(record._failures) == len(record._guesses) == 10_000
        assert len(record._bans) <= 10_000
        assert not record._turns._inside and not record._turns._waiting

    def test_known(self) -> None:
        """
        So does whoever logs in from everywhere.
        """
        house = House(Limits())
        for number in range(10_100):
            house.begin("right", host=f"2001:db8:0:{number:x}::1")[0].logout()
        assert len(house.guard.record._known) == 10_000


class TestChange:
    """
    Limits can be changed while the service runs.
    """

    def test_forThoseWhoCome(self) -> None:
        """
        What holds is what was said last; bans stay.
        """
        house = House(Limits(banAfter=1))
        house.fails(1)
        house.guard.change(Limits(sessionsPerUser=1))
        assert house.guard.record.banOf(HOME)
        assert house.guard.admission.limits.sessionsPerUser == 1

    def test_delay(self) -> None:
        """
        So can what a failed login costs.
        """
        house = House(Limits(banAfter=0), delay=1)
        house.fails(3)
        house.guard.change(Limits(banAfter=0), loginDelay=7)
        house.clock.advance(0)
        before = house.clock.seconds()
        house.tries("wrong")
        assert house.clock.seconds() - before == 7


def test_interfaces() -> None:
    """
    L{IAuthenticator} and L{ILoginRecord} are provided.
    """
    house = House(Limits())
    assert verifyObject(IAuthenticator, house.authenticator)
    assert verifyObject(ILoginRecord, house.guard.record)


def test_paceOfTransfers() -> None:
    """
    A transfer goes at the pace that the login brought.
    """
    conversation = Conversation({"a": b"x"}, login=False)
    pace: Any = object()

    async def login(attempt: Attempt) -> Login:
        return Login(conversation.storage, lambda: None, pace)

    conversation.authenticator.login = login  # type: ignore[method-assign]
    conversation.hears("USER alice", "PASS secret", "PASV", "RETR a")
    assert conversation.opener.channels[-1].pace is pace
