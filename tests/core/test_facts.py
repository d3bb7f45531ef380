"""
Tests for L{ftpactive.core.facts}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.facts import Facts, Kind


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
