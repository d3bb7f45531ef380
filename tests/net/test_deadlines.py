"""
Tests for L{ftpactive.net.deadlines}.
"""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from ftpactive.net.deadlines import Deadlines, deadlines


class TestDeadlines:
    """
    L{Deadlines} ends waits of one length.
    """

    def test_inTime(self) -> None:
        """
        Each ends when its own time is over, once.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)
        for second in range(3):
            waits.begin(lambda second=second: ended.append((second, clock.seconds())))
            clock.advance(1)
        clock.pump([1] * 30)
        assert ended == [(0, 10), (1, 11), (2, 12)]
        assert waits.isIdle and clock.getDelayedCalls() == []

    def test_oneTimer(self) -> None:
        """
        However many there are, the clock has one call.
        """
        clock = Clock()
        waits = Deadlines(clock, 10)
        for _ in range(100):
            waits.begin(lambda: None).cancel()
            waits.begin(lambda: None)
        assert len(clock.getDelayedCalls()) == 1

    def test_cancelled(self) -> None:
        """
        Nobody is called; to cancel twice, or too late, does nothing.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)
        gone = waits.begin(lambda: ended.append("gone"))
        late = waits.begin(lambda: ended.append("late"))
        gone.cancel()
        gone.cancel()
        clock.advance(10)
        late.cancel()
        assert ended == ["late"]

    def test_renewed(self) -> None:
        """
        It has all of its time once more, those behind it end before; what is
        over stays so.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)
        first = waits.begin(lambda: ended.append(("first", clock.seconds())))
        waits.begin(lambda: ended.append(("second", clock.seconds())))
        clock.advance(5)
        first.renew()
        clock.pump([1] * 25)
        first.renew()
        assert ended == [("second", 10), ("first", 15)]
        assert waits.isIdle and clock.getDelayedCalls() == []

    def test_begunWhenOneEnds(self) -> None:
        """
        It has all of its time.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)
        waits.begin(lambda: waits.begin(lambda: ended.append(clock.seconds())))
        clock.pump([1] * 25)
        assert ended == [20]

    def test_othersWhenOneIsBegunAnew(self) -> None:
        """
        Those behind one that begins once more in its end are not late.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)
        waits.begin(lambda: waits.begin(lambda: ended.append(("again", clock.seconds()))))
        clock.advance(1)
        waits.begin(lambda: ended.append(("other", clock.seconds())))
        clock.pump([1] * 25)
        assert ended == [("other", 11), ("again", 20)]

    def test_oneRaises(self) -> None:
        """
        Those behind it end all the same.
        """
        clock, ended = Clock(), []
        waits = Deadlines(clock, 10)

        def fail() -> None:
            raise ZeroDivisionError

        waits.begin(fail)
        waits.begin(lambda: ended.append(1))
        with pytest.raises(ZeroDivisionError):
            clock.advance(10)
        clock.advance(0)
        assert ended == [1]

    def test_shared(self) -> None:
        """
        Those of one clock and one length are the same.
        """
        one, other = Clock(), Clock()
        assert deadlines(one, 5) is deadlines(one, 5)
        assert deadlines(one, 5) is not deadlines(one, 6)
        assert deadlines(one, 5) is not deadlines(other, 5)
