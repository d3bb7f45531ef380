"""
Tests for L{ftpactive.net.watchdog}.
"""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from ftpactive.core.settings import Settings
from ftpactive.net.watchdog import Watchdog
from tests.net.pending import pending


class Watched:
    """
    A connection that a watchdog watches.
    """

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock()
        self.isLoggedIn = False
        self.isBusy = False
        self.idleTimeout = 300.0
        self.expired: list[str] = []
        self.watchdog = Watchdog(self.clock, settings, self)

    def dismiss(self, why: str) -> None:
        """
        Keep what would be said.
        """
        self.expired.append(why)

    def wait(self, seconds: float) -> list[str]:
        """
        Let time pass, and give what was said so far.
        """
        self.clock.advance(seconds)
        return self.expired


@pytest.fixture
def watched() -> Watched:
    """
    A connection that was just made.
    """
    return Watched(Settings(loginTimeout=60))


class TestLogin:
    """
    Who connects has to log in.
    """

    def test_tooLate(self, watched: Watched) -> None:
        """
        Asking for other things in between does not help.
        """
        assert watched.wait(59) == []
        watched.watchdog.answered()
        assert watched.wait(1) == ["No login within 60 seconds"]

    def test_inTime(self, watched: Watched) -> None:
        """
        It is asked for once only.
        """
        watched.isLoggedIn = True
        assert watched.wait(60) == []

    def test_again(self, watched: Watched) -> None:
        """
        Who has logged out has as long to log in as at first.
        """
        watched.isLoggedIn = True
        watched.watchdog.answered()
        watched.wait(100)
        watched.isLoggedIn = False
        watched.watchdog.answered()
        watched.wait(50)
        watched.watchdog.answered()
        assert watched.wait(9) == []
        assert watched.wait(1) == ["No login within 60 seconds"]

    def test_againAndAgain(self, watched: Watched) -> None:
        """
        A login in between ends the old time.
        """
        for isLoggedIn in (True, False, True, False):
            watched.isLoggedIn = isLoggedIn
            watched.watchdog.answered()
            assert watched.wait(40) == []
        assert watched.wait(20) != []


class TestSession:
    """
    All of it may be limited.
    """

    def test_busyOrNot(self) -> None:
        """
        What it does, and when it answered last, changes nothing.
        """
        watched = Watched(Settings(loginTimeout=60, sessionTimeout=400))
        watched.isLoggedIn = watched.isBusy = True
        assert watched.wait(399) == []
        watched.watchdog.answered()
        assert watched.wait(1) == ["The session has lasted 400 seconds, and may not last longer"]


class TestIdle:
    """
    Who says nothing for too long is sent away.
    """

    def test_nothingWasSaid(self, watched: Watched) -> None:
        """
        The words are for the client.
        """
        watched.isLoggedIn = True
        watched.wait(60)
        assert watched.wait(240) == ["Nothing was said for 300 seconds"]

    def test_eachAnswerPostponesIt(self, watched: Watched) -> None:
        """
        The time runs from the last answer.
        """
        watched.isLoggedIn = True
        for _ in range(3):
            watched.wait(299)
            watched.watchdog.answered()
        assert watched.expired == []
        assert watched.wait(300) != []

    def test_otherTime(self, watched: Watched) -> None:
        """
        How long it may say nothing can change, from the next answer on.
        """
        watched.isLoggedIn = True
        watched.idleTimeout = 7
        watched.watchdog.answered()
        assert watched.wait(7) == ["Nothing was said for 7 seconds"]

    def test_answersAreCheap(self, watched: Watched) -> None:
        """
        They do not touch the timer, which looks at the time of the last one
        when it fires.
        """
        (timer,) = pending(watched.clock)
        watched.isLoggedIn = True
        for _ in range(3):
            watched.wait(10)
            watched.watchdog.answered()
        assert pending(watched.clock) == [timer]
        assert timer.getTime() == 60

    def test_busy(self, watched: Watched) -> None:
        """
        A transfer may take longer; afterwards the client has its time again.
        """
        watched.isLoggedIn = watched.isBusy = True
        for _ in range(3):
            assert watched.wait(300) == []
        watched.wait(200)
        watched.isBusy = False
        watched.watchdog.answered()
        assert watched.wait(299) == []
        assert watched.wait(1) != []


class TestStop:
    """
    A connection that is gone is not watched.
    """

    def test_noTimerIsLeft(self, watched: Watched) -> None:
        """
        Whatever has fired before.
        """
        watched.isLoggedIn = True
        watched.wait(60)
        watched.watchdog.stop()
        assert pending(watched.clock) == []

    def test_answeredAfterwards(self, watched: Watched) -> None:
        """
        An answer that comes too late starts nothing.
        """
        watched.watchdog.stop()
        watched.watchdog.answered()
        assert pending(watched.clock) == []
