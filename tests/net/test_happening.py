"""
Tests for L{ftpactive.net.happening}.
"""

from __future__ import annotations

from ftpactive.net.happening import Happening


class TestHappening:
    """
    It happens once.
    """

    def test_waitedFor(self) -> None:
        """
        Who came before hears of it.
        """
        happening = Happening()
        waiting = happening.wait()
        assert not (waiting.called or happening.isOver)
        happening.happen()
        assert waiting.called and happening.isOver

    def test_nobodyWaits(self) -> None:
        """
        Who comes later sees it.
        """
        happening = Happening()
        happening.happen()
        assert happening.isOver
