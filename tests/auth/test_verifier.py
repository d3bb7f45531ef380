"""
Tests for L{ftpactive.auth.verifier}.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerificationError
from pytest_twisted import ensureDeferred
from twisted.internet.defer import CancelledError, Deferred, fail

from ftpactive.auth.hashes import makeHash
from ftpactive.auth.verifier import Hashes, Verifier
from ftpactive.core.errors import ServiceClosing
from tests.auth.cheap import CountingVerifier, cheapHash
from tests.net.played import result

ALICE, BOB = cheapHash("secret"), cheapHash("other").replace("t=1", "t=2")


def begin(answer: Awaitable[bool]) -> Deferred[bool]:
    """
    Begin to ask.
    """

    async def ask() -> bool:
        return await answer

    return Deferred.fromCoroutine(ask())


class Threads:
    """
    Threads that end when they are told to.
    """

    def __init__(self) -> None:
        self.running: list[Deferred[bool]] = []

    def __call__(self, call: Callable[..., bool], known: str, password: str) -> Deferred[bool]:
        self.running.append(Deferred())
        return self.running[-1]


class TestVerifier:
    """
    L{Verifier} does a few at a time.
    """

    @pytest.fixture
    def threads(self) -> Threads:
        """
        What it runs on.
        """
        return Threads()

    @pytest.fixture
    def verifier(self, threads: Threads) -> Verifier:
        """
        Two at a time, and three may wait.
        """
        return Verifier(most=2, waiting=3, inThread=threads)

    @pytest.mark.parametrize(("password", "isTheirs"), [("secret", True), ("wrong", False)])
    def test_answer(self, password: str, isTheirs: bool) -> None:
        """
        It tells whether the password is right.
        """
        assert result(begin(CountingVerifier().isRight(ALICE, password))) is isTheirs

    def test_othersWait(self, verifier: Verifier, threads: Threads) -> None:
        """
        No more run at once than it was told, whatever comes; they take up
        memory only then.
        """
        asked = [begin(verifier.isRight(ALICE, "")) for _ in range(5)]
        assert len(threads.running) == 2
        threads.running[0].callback(True)
        assert (result(asked[0]), len(threads.running)) == (True, 3)

    def test_tooManyWait(self, verifier: Verifier, threads: Threads) -> None:
        """
        Who would wait too long is told to come again: 421.
        """
        asked = [begin(verifier.isRight(ALICE, "")) for _ in range(5)]
        with pytest.raises(ServiceClosing, match="Too many logins at this moment"):
            result(begin(verifier.isRight(ALICE, "")))
        for number in range(5):
            threads.running[number].callback(False)
        assert [result(each) for each in asked] == [False] * 5

    def test_whoLeavesMakesRoom(self, verifier: Verifier, threads: Threads) -> None:
        """
        A client that is gone does not wait any more.
        """
        asked = [begin(verifier.isRight(ALICE, "")) for _ in range(5)]
        asked[4].addErrback(lambda failure: failure.trap(CancelledError))
        asked[4].cancel()
        begin(verifier.isRight(ALICE, ""))
        assert not asked[3].called

    def test_threadGoesOnWithoutWhoAsked(self, verifier: Verifier, threads: Threads) -> None:
        """
        A thread cannot be stopped: its place is free when it is done.
        """
        asked = [begin(verifier.isRight(ALICE, "")) for _ in range(3)]
        asked[0].addErrback(lambda failure: failure.trap(CancelledError))
        asked[0].cancel()
        assert len(threads.running) == 2
        threads.running[0].callback(True)
        assert len(threads.running) == 3

    def test_noMemory(self, loggedLines: list[str]) -> None:
        """
        What cannot be verified is not right, and the log says why; the next
        one is none the worse.
        """
        verifier = Verifier(most=1, inThread=lambda *_: fail(VerificationError("no memory")))
        for _ in range(2):
            assert result(begin(verifier.isRight(ALICE, "secret"))) is False
        assert loggedLines == ["A password cannot be verified: no memory"] * 2

    @ensureDeferred
    async def test_reactorGoesOn(self) -> None:
        """
        By default it runs on threads, while the reactor does other things.
        """
        ended: list[str] = []
        verified = begin(Verifier().isRight(makeHash("secret"), "secret"))
        verified.addCallback(lambda isTheirs: ended.append(f"verified: {isTheirs}"))
        ended.append("other things")
        await verified
        assert ended == ["other things", "verified: True"]


class TestHashes:
    """
    L{Hashes} does the same work for everybody.
    """

    @pytest.fixture
    def verifier(self) -> CountingVerifier:
        """
        Counts.
        """
        return CountingVerifier()

    @pytest.fixture
    def hashes(self, verifier: CountingVerifier) -> Hashes:
        """
        Of alice and of bob, whose hash is older; carol has no password.
        """
        return Hashes([("alice", ALICE), ("bob", BOB), ("carol", "")], verifier)

    @pytest.mark.parametrize(
        ("name", "password", "isWelcome", "isTheirs"),
        [
            ("alice", "secret", True, True),
            ("alice", "wrong", True, False),
            ("alice", "secret", False, False),
            ("alice", "wrong", False, False),
            ("carol", "", True, False),
            ("dave", "secret", True, False),
            ("", "", True, False),
        ],
    )
    def test_oneVerification(
        self,
        hashes: Hashes,
        verifier: CountingVerifier,
        name: str,
        password: str,
        isWelcome: bool,
        isTheirs: bool,
    ) -> None:
        """
        Right or wrong, known or not, welcome or not: each costs exactly one.
        """
        asked = hashes.isRight(name, password, isWelcome=isWelcome)
        assert result(begin(asked)) is isTheirs
        assert len(verifier.asked) == 1

    def test_unknownLooksLikeSomebody(self, hashes: Hashes, verifier: CountingVerifier) -> None:
        """
        One who is not known costs what one of those costs who are: always the
        same for the same name, not the same for all.
        """
        names = [f"nobody {number}" for number in range(64)]
        for name in names * 2:
            result(begin(hashes.isRight(name, "secret")))
        costs = [extract_parameters(each).time_cost for each in verifier.asked]
        assert costs[:64] == costs[64:]
        assert set(costs) == {1, 2}

    def test_nobodyIsKnown(self, verifier: CountingVerifier) -> None:
        """
        Then nothing is verified: logins by other checkers do not pay for it.
        """
        assert result(begin(Hashes([], verifier).isRight("alice", "secret"))) is False
        assert verifier.asked == []

    def test_advice(self, hashes: Hashes, loggedLines: list[str]) -> None:
        """
        Who logs in with an old hash is named in the log, once; no secret is.
        """
        for password in ("secret", "wrong", "secret"):
            result(begin(hashes.isRight("alice", password)))
        [line] = loggedLines
        assert "The hash of user alice was made with other parameters" in line
        assert "secret" not in line and ALICE not in line

    def test_noAdviceForAWrongPassword(self, hashes: Hashes, loggedLines: list[str]) -> None:
        """
        Nobody can tell then whose it is.
        """
        result(begin(hashes.isRight("alice", "wrong")))
        assert loggedLines == []
