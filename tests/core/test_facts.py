"""
Tests for L{ftpactive.core.facts}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.facts import Common, Facts, Kind, changed, named, rowOf


class TestFacts:
    """
    L{Facts} is what is known of one name.
    """

    @pytest.mark.parametrize("kind", Kind)
    def test_isDirectory(self, kind: Kind) -> None:
        """
        A link is none, wherever it leads.
        """
        assert Facts(kind, 0, 0).isDirectory is (kind is Kind.DIRECTORY)

    def test_sizeAndTimeAreEnough(self) -> None:
        """
        A storage without users, links or inodes need not invent them.
        """
        facts = Facts(Kind.FILE, 1, 0)
        assert (facts.mode, facts.owner, facts.group, facts.links) == (0o644, "ftp", "ftp", 1)
        assert (facts.unique, facts.created, facts.target, facts.perm) == ("", None, "", "")

    def test_factsDoNotChange(self) -> None:
        """
        What somebody holds stays what it was told.
        """
        facts = Facts(Kind.FILE, 1, 0)
        with pytest.raises(AttributeError):
            facts.size = 2  # type: ignore[misc]
        assert facts._replace(size=2) == Facts(Kind.FILE, 2, 0)


class TestRows:
    """
    A row holds what an entry does.
    """

    EVERY = Facts(Kind.LINK, 1, 2.5, 0o600, "a", "b", 3, "1.f", 4.5, "there", "r", True)

    def test_thereAndBack(self) -> None:
        """
        Nothing is lost.
        """
        assert named([rowOf(("name", self.EVERY))]) == [("name", self.EVERY)]
        assert type(named([rowOf(("name", self.EVERY))])[0][1]) is Facts

    def test_number(self) -> None:
        """
        What is unique may be in two parts.
        """
        common = Common(Kind.FILE, 0o600, "a", "b", "r", "1.")
        facts = Facts(Kind.FILE, 1, 2.5, 0o600, "a", "b", 3, "1.f", perm="r")
        assert named([("name", common, 1, 2.5, 3, 15)]) == [("name", facts)]

    def test_changed(self) -> None:
        """
        What is changed is asked for once, for as long as it is the same.
        """
        asked: list[Common] = []

        def change(common: Common) -> Common:
            asked.append(common)
            return common._replace(perm="w")

        row = rowOf(("a", self.EVERY))
        rows = list(changed([row, ("b", *row[1:]), rowOf(("c", Facts(Kind.FILE, 0, 0)))], change))
        assert [(name, facts.perm, facts.size) for name, facts in named(rows)] == [
            ("a", "w", 1),
            ("b", "w", 1),
            ("c", "w", 0),
        ]
        assert len(asked) == 2
