"""
Tests for L{ftpactive.core.lsoptions}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.facts import Facts, Kind
from ftpactive.core.lsoptions import ListOptions, Order, hasWildcard, matcher, parseOptions

LONG = ListOptions(isLong=True)
SHORT = ListOptions(isLong=False)


class TestParseOptions:
    """
    L{parseOptions} takes the options off the front of an argument.
    """

    @pytest.mark.parametrize(
        ("argument", "options"),
        [
            ("", LONG),
            ("-", LONG),
            ("-l", LONG),
            ("-1", SHORT),
            ("-1l", LONG),
            ("-a", ListOptions(isLong=True, showsSelf=True)),
            ("-aA", LONG),
            ("-R", ListOptions(isLong=True, isRecursive=True)),
            ("-t", ListOptions(isLong=True, order=Order.TIME)),
            ("-tS", ListOptions(isLong=True, order=Order.SIZE)),
            ("-r", ListOptions(isLong=True, isReversed=True)),
            ("-d", ListOptions(isLong=True, listsItself=True)),
            ("-F", ListOptions(isLong=True, classifies=True)),
            ("-hnZ", LONG),
            ("-l -r -l", ListOptions(isLong=True, isReversed=True)),
            (
                "-1aRtrdF",
                ListOptions(
                    isLong=False,
                    showsSelf=True,
                    isRecursive=True,
                    order=Order.TIME,
                    isReversed=True,
                    listsItself=True,
                    classifies=True,
                ),
            ),
        ],
    )
    def test_letters(self, argument: str, options: ListOptions) -> None:
        """
        In any combination; the last of two that exclude each other counts, and
        what nobody knows is passed over.
        """
        assert parseOptions(argument, isLong=True) == (options, "")

    def test_whatTheVerbShows(self) -> None:
        """
        Without any, it is up to the verb.
        """
        assert parseOptions("", isLong=False) == (SHORT, "")

    @pytest.mark.parametrize(
        ("argument", "path"),
        [
            ("a", "a"),
            ("-l a b ", "a b "),
            ("-l -a", ""),
            ("-l  a", " a"),
            ("-- -a", "-a"),
            ("-l -- -- -a", "-- -a"),
            ("--", ""),
            ("-- ", ""),
            ("a -l", "a -l"),
            (" -l", " -l"),
        ],
    )
    def test_path(self, argument: str, path: str) -> None:
        """
        All that stands behind them, as it is; two dashes end them.
        """
        assert parseOptions(argument, isLong=True)[1] == path

    @given(st.text())
    def test_anyArgument(self, argument: str) -> None:
        """
        There is none that fails.
        """
        assert argument.endswith(parseOptions(argument, isLong=True)[1])


class TestSort:
    """
    L{ListOptions.sort} brings entries into the order that was asked for.
    """

    def names(self, options: ListOptions) -> str:
        """
        Sort four files that come in the order of their names.
        """
        entries = [
            ("a", Facts(Kind.FILE, 1, 20)),
            ("b", Facts(Kind.FILE, 3, 10)),
            ("c", Facts(Kind.FILE, 1, 30)),
            ("d", Facts(Kind.FILE, 2, 20)),
        ]
        options.sort(entries)
        return "".join(name for name, _ in entries)

    @pytest.mark.parametrize(
        ("order", "forward", "backward"),
        [
            (Order.NAME, "abcd", "dcba"),
            (Order.TIME, "cadb", "bdac"),
            (Order.SIZE, "bdac", "cadb"),
        ],
    )
    def test_orders(self, order: Order, forward: str, backward: str) -> None:
        """
        The newest and the largest first; those alike by name; and all of it
        the other way round.
        """
        assert self.names(ListOptions(isLong=True, order=order)) == forward
        assert self.names(ListOptions(isLong=True, order=order, isReversed=True)) == backward

    @pytest.mark.parametrize(
        ("options", "needs"),
        [
            (LONG, False),
            (ListOptions(isLong=True, isReversed=True), True),
            (ListOptions(isLong=True, order=Order.SIZE), True),
        ],
    )
    def test_needsSorting(self, options: ListOptions, needs: bool) -> None:
        """
        The storage's own order costs nothing.
        """
        assert options.needsSorting is needs


class TestMatcher:
    """
    L{matcher} tells whether a name matches a pattern.
    """

    @pytest.mark.parametrize(
        ("pattern", "name", "isMatch"),
        [
            ("*", "a.txt", True),
            ("*", ".hidden", False),
            (".*", ".hidden", True),
            ("*.txt", "a.txt", True),
            ("*.txt", "a.txt.gz", False),
            ("?", "a", True),
            ("?", "ab", False),
            ("?", ".", False),
            ("[abc]", "b", True),
            ("[!abc]", "b", False),
            ("[a-c]x", "cx", True),
            ("[c-a]", "b", False),
            ("[]", "[]", True),
            ("[", "[", True),
            ("[*]", "*", True),
            ("[*]", "a", False),
            ("A*", "a", False),
            ("a*b", "a\nb", True),
            ("(a|b)+", "a", False),
            ("\\", "\\", True),
        ],
    )
    def test_patterns(self, pattern: str, name: str, isMatch: bool) -> None:
        """
        As in a shell; what means something in regular expressions only does
        not.
        """
        assert matcher(pattern)(name) is isMatch

    def test_isQuick(self) -> None:
        """
        No pattern can keep us busy with one name.
        """
        assert not matcher("*a" * 50 + "b")("a" * 250)

    @given(st.text("ab*?[]!-.\\\n\udcff", max_size=30), st.text(max_size=10))
    def test_anyPattern(self, pattern: str, name: str) -> None:
        """
        There is none that fails.
        """
        assert matcher(pattern)(name) in (True, False)

    @pytest.mark.parametrize(
        ("name", "has"), [("a*", True), ("?", True), ("[", True), ("]", False)]
    )
    def test_hasWildcard(self, name: str, has: bool) -> None:
        """
        Other names stand for themselves.
        """
        assert hasWildcard(name) is has
