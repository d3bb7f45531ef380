"""
Tests for L{ftpactive.workers.pulse}.
"""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpactive.workers.pulse import INTERVAL, Pulse


class Watched:
    """
    A pulse, and what it did.
    """

    def __init__(self) -> None:
        self.asked = self.hung = 0
        self.isServing = True
        self.clock = Clock()
        self.pulse = Pulse(self._ask, lambda: self.isServing, self._hung)
        self.pulse.start(self.clock)

    def _ask(self) -> None:
        self.asked += 1

    def _hung(self) -> None:
        self.hung += 1

    def wait(self, beats: int) -> None:
        """
        Let time pass.
        """
        self.clock.pump([INTERVAL] * beats)


def test_answers() -> None:
    """
    Who says something now and then is alive.
    """
    watched = Watched()
    for _ in range(20):
        watched.wait(3)
        watched.pulse.heard()
    assert (watched.asked, watched.hung) == (60, 0)


def test_silence() -> None:
    """
    Who does not is given up once, and asked no more; whoever begins has longer.
    """
    for isServing, asked in ((True, 3), (False, 12)):
        watched = Watched()
        watched.isServing = isServing
        watched.wait(30)
        assert (watched.asked, watched.hung) == (asked, 1)


def test_sleep() -> None:
    """
    A long time in which nobody could ask is no silence.
    """
    watched = Watched()
    watched.clock.advance(1000 * INTERVAL)
    assert (watched.asked, watched.hung) == (1, 0)


def test_stop() -> None:
    """
    Nobody asks the dead.
    """
    watched = Watched()
    watched.pulse.stop()
    watched.wait(30)
    assert (watched.asked, watched.hung) == (0, 0)
