"""
Tests for L{ftpactive.core.recent}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.recent import Recent, Until, block


class TestBlock:
    """
    L{block} tells what is one client.
    """

    @pytest.mark.parametrize(
        ("host", "client"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
            ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
            ("fe80::1%lo", "fe80::/64"),
        ],
    )
    def test_client(self, host: str, client: str) -> None:
        """
        An IPv4 address is one, and so is a /64 of IPv6.
        """
        assert block(host) == client


class TestRecent:
    """
    L{Recent} counts what happened lately.
    """

    def test_counts(self) -> None:
        """
        Each key by itself, those that are old no more.
        """
        recent = Recent(10, most=5)
        assert [recent.add("a", now) for now in (0, 1, 2)] == [1, 2, 3]
        assert recent.add("b", 2) == 1
        assert [recent.count("a", now) for now in (9, 10, 11, 12)] == [3, 2, 1, 0]

    def test_upToTheMost(self) -> None:
        """
        More than that is not remembered.
        """
        recent = Recent(10, most=3)
        for now in range(5):
            recent.add("a", now)
        assert recent.count("a", 5) == 3
        assert recent.count("a", 12) == 2

    def test_forgets(self) -> None:
        """
        A key to which nothing happened lately takes no room.
        """
        recent = Recent(10, most=3)
        recent.add("a", 0)
        assert recent.count("a", 20) == 0
        assert len(recent) == 0

    def test_bounded(self) -> None:
        """
        A crowd of keys drives out the oldest.
        """
        recent = Recent(1000, most=3, capacity=100)
        for number in range(1000):
            recent.add(number, number)
        assert len(recent) == 100
        assert (recent.count(0, 1000), recent.count(999, 1000)) == (0, 1)


class TestUntil:
    """
    L{Until} remembers how long something holds.
    """

    def test_left(self) -> None:
        """
        Until its end, and then not, nor does it take room.
        """
        until = Until()
        until.set("a", 10)
        assert [until.left("a", now) for now in (0, 9, 10)] == [10, 1, 0]
        assert until.left("b", 0) == 0
        assert len(until) == 0

    def test_bounded(self) -> None:
        """
        A crowd drives out the oldest.
        """
        until = Until(capacity=10)
        for number in range(100):
            until.set(number, 1000)
        assert len(until) == 10
        assert until.left(99, 0) == 1000
