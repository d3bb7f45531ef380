"""
C{make bench} decides on which processors a client and a server run.
"""

from __future__ import annotations

import pytest

from benchmarks.processors import Placing, share


class TestShare:
    """
    Who gets which processors.
    """

    def test_together(self) -> None:
        assert share({3, 1, 2}, Placing.TOGETHER) == ({1}, {1})

    def test_apart(self) -> None:
        assert share({3, 1, 2}, Placing.APART) == ({1}, {2, 3})

    def test_free(self) -> None:
        assert share({3, 1, 2}, Placing.FREE) == ({1, 2, 3}, {1, 2, 3})

    @pytest.mark.parametrize("placing", Placing)
    def test_onlyOne(self, placing: Placing) -> None:
        assert share({5}, placing) == ({5}, {5})
