"""
Tests for L{ftpactive.core.rules}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.account import EVERYTHING, READING, Permission, Rule
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.path import Path
from ftpactive.core.rules import NOTHING, Rules, onlyLetters

DROP = frozenset({Permission.DROP})

#: All of it, but for what is public, what is secret, and a drop box deep in it.
RULES = Rules(
    [
        Rule((), EVERYTHING),
        Rule(("pub",), READING),
        Rule(("pub", "in", "box"), DROP),
        Rule(("secret",), NOTHING),
    ]
)

#: Nothing, but for one place.
CLOSED = Rules([Rule(("a", "b"), READING)])


class TestAt:
    """
    Of several rules the one with the longest path holds.
    """

    @pytest.mark.parametrize(
        ("path", "permissions"),
        [
            ((), EVERYTHING),
            (("home", "x"), EVERYTHING),
            (("pub",), READING),
            (("pub", "in"), READING),
            (("pub", "in", "box"), DROP),
            (("pub", "in", "box", "x", "y"), DROP),
            (("pubs",), EVERYTHING),
            (("x", "pub"), EVERYTHING),
            (("secret", "x"), NOTHING),
        ],
    )
    def test_longestPath(self, path: Path, permissions: frozenset[Permission]) -> None:
        """
        It holds at the path and below it, and not beside it.
        """
        assert RULES.at(path) == permissions

    def test_noRules(self) -> None:
        """
        Who is told nothing may do everything.
        """
        assert Rules([]).at(("a", "b")) == EVERYTHING

    def test_uncovered(self) -> None:
        """
        What no rule speaks of is forbidden.
        """
        assert CLOSED.at(()) == CLOSED.at(("a", "c")) == NOTHING

    def test_inFolder(self) -> None:
        """
        To take a name away needs a right to its folder, too.
        """
        assert Permission.DELETE in RULES.inFolderOf(("home",))
        assert RULES.inFolderOf(("pub",)) == READING
        assert RULES.inFolderOf(("pub", "in", "box")) == NOTHING

    def test_demand(self) -> None:
        """
        What is not permitted is 550.
        """
        RULES.demand(("pub",), Permission.READ)
        RULES.demandInFolder(("pub", "a"), Permission.READ)
        with pytest.raises(PermissionDenied):
            RULES.demand(("pub",), Permission.WRITE)
        with pytest.raises(PermissionDenied):
            RULES.demandInFolder(("pub", "in", "box"), Permission.DROP)

    def test_everything(self) -> None:
        """
        It is if no rule takes anything away, and a rule speaks of each path.
        """
        assert Rules([]).permitEverything
        assert Rules([Rule((), frozenset(Permission)), Rule(("a",), EVERYTHING)]).permitEverything
        assert not RULES.permitEverything
        assert not Rules([Rule(("a",), EVERYTHING)]).permitEverything

    def test_anywhere(self) -> None:
        """
        It can be asked whether anything may be done at all.
        """
        assert RULES.permitAnywhere(Permission.DROP)
        assert not CLOSED.permitAnywhere(Permission.WRITE)


class TestWays:
    """
    One can get to where something is permitted.
    """

    @pytest.mark.parametrize("path", [(), ("a",), ("a", "b")])
    def test_way(self, path: Path) -> None:
        """
        All folders above it may be passed, and known.
        """
        assert CLOSED.isWay(path) and CLOSED.isKnown(path)

    @pytest.mark.parametrize("path", [("b",), ("a", "c")])
    def test_noWay(self, path: Path) -> None:
        """
        Others are not, nor is what is forbidden.
        """
        assert not CLOSED.isWay(path) and not CLOSED.isKnown(path)
        assert not RULES.isWay(("secret",))

    def test_known(self) -> None:
        """
        Where something is permitted, what is there may be known.
        """
        assert CLOSED.isKnown(("a", "b", "c")) and not CLOSED.isWay(("a", "b", "c"))


class TestNamed:
    """
    Rules speak of names.
    """

    def test_pinned(self) -> None:
        """
        What a rule names, and what holds something that a rule names.
        """
        assert RULES.isPinned(("pub",)) and RULES.isPinned(("pub", "in"))
        assert not RULES.isPinned(("pub", "out"))

    def test_special(self) -> None:
        """
        Names in a folder that rules speak of.
        """
        assert RULES.special(()) == {"pub", "secret"}
        assert RULES.special(("pub",)) == {"in"}
        assert RULES.special(("home",)) == frozenset()

    def test_below(self) -> None:
        """
        What is permitted below a path, not at it.
        """
        assert RULES.below(("pub",)) == [DROP]
        assert RULES.below(("secret",)) == []


class TestMayLead:
    """
    A link gets round no rule.
    """

    @pytest.mark.parametrize(
        ("path", "real", "may"),
        [
            (("home", "a"), ("home", "b"), True),
            (("pub", "a"), ("home", "b"), True),
            (("secret", "a"), ("home", "b"), True),
            (("home", "a"), ("pub", "b"), False),
            (("home", "a"), ("secret",), False),
            (("home", "a"), (), False),
            (("pub", "a"), ("pub", "in"), False),
            (("pub", "a"), ("pub", "in", "box"), False),
            (("pub", "in", "box", "a"), ("home",), False),
        ],
    )
    def test_mayLead(self, path: Path, real: Path, may: bool) -> None:
        """
        What it leads to, and all below that, must permit what its own path
        does.
        """
        assert RULES.mayLead(path, real) is may

    def test_mayLeadWhereThingsAreRenamed(self) -> None:
        """
        Where they may be, it must permit that and nothing else: what is moved
        by way of it would come to where more is permitted.
        """
        moving = frozenset({Permission.RENAME, Permission.WRITE})
        rules = Rules([Rule((), moving), Rule(("pub",), moving | READING)])
        assert rules.mayLead(("link",), ("folder",))
        assert not rules.mayLead(("link",), ("pub",))


class TestLetters:
    """
    The fact C{perm} promises what will be done.
    """

    @pytest.mark.parametrize(
        ("path", "letters"),
        [
            (("home",), "acdeflmprw"),
            (("pub",), "elr"),
            (("pub", "in", "box"), "ce"),
            (("secret",), ""),
        ],
    )
    def test_letters(self, path: Path, letters: str) -> None:
        """
        Each letter stands for a permission, RFC 3659 section 7.5.5.
        """
        assert "".join(sorted(RULES.letters(path))) == letters

    def test_way(self) -> None:
        """
        What is on the way may be entered.
        """
        assert CLOSED.letters(("a",)) == "e"

    def test_pinned(self) -> None:
        """
        What a rule names may not be renamed, though it may be removed.
        """
        rules = Rules([Rule((), EVERYTHING), Rule(("a",), EVERYTHING)])
        assert "d" in rules.letters(("a",)) and "f" not in rules.letters(("a",))

    def test_onlyLetters(self) -> None:
        """
        What the storage does not promise is not promised either.
        """
        assert onlyLetters("adfrw", "elrcw") == "rw"
