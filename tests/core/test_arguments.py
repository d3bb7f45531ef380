"""
Tests for L{ftpactive.core.arguments}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.arguments import readNumber, splitName, splitNames
from ftpactive.core.errors import BadArgument


class TestReadNumber:
    """
    L{readNumber} reads a number that is not negative.
    """

    @pytest.mark.parametrize(
        ("text", "number"), [("0", 0), (" 42 ", 42), ("007", 7), ("9" * 19, int("9" * 19))]
    )
    def test_numbers(self, text: str, number: int) -> None:
        """
        Digits, and blanks around them.
        """
        assert readNumber("REST", text) == number

    @pytest.mark.parametrize("text", ["", " ", "-1", "+1", "1.0", "0x1", "1 2", "²", "٣", "9" * 20])
    def test_others(self, text: str) -> None:
        """
        Nothing else, though C{int} would take some of it.
        """
        with pytest.raises(BadArgument, match="REST takes a number"):
            readNumber("REST", text)

    def test_octal(self) -> None:
        """
        Permission bits have a base of their own.
        """
        assert readNumber("SITE CHMOD", "755", base=8) == 0o755

    def test_digitBeyondTheBase(self) -> None:
        """
        It is a mistake as any other.
        """
        with pytest.raises(BadArgument):
            readNumber("SITE CHMOD", "789", base=8)


class TestSplitName:
    """
    L{splitName} splits an argument that begins with a name.
    """

    @pytest.mark.parametrize(
        ("argument", "split"),
        [
            ("", ("", "")),
            ("a", ("a", "")),
            ("a b c", ("a", "b c")),
            ("a  b ", ("a", " b ")),
            (" a", ("", "a")),
            ('a"b c', ('a"b', "c")),
            ('"a b" c', ("a b", "c")),
            ('"a b"', ("a b", "")),
            ('"a""b" c', ('a"b', "c")),
            ('"""" ""', ('"', '""')),
            ('"a"  b', ("a", " b")),
            ('"a"b', ("a", "b")),
            ('""', ("", "")),
        ],
    )
    def test_split(self, argument: str, split: tuple[str, str]) -> None:
        """
        At the first blank, or at the quote that stands alone; what follows
        begins behind one blank, since a name may begin with another.
        """
        assert splitName(argument) == split

    @pytest.mark.parametrize("argument", ['"', '"a b', '"a""', '"""'])
    def test_quoteThatIsNotClosed(self, argument: str) -> None:
        """
        Where the name ends cannot be guessed.
        """
        with pytest.raises(BadArgument):
            splitName(argument)


def quoted(name: str) -> str:
    """
    Write a name between quotes.
    """
    return '"' + name.replace('"', '""') + '"'


class TestSplitNames:
    """
    L{splitNames} splits an argument that is all names.
    """

    @pytest.mark.parametrize(
        ("argument", "names"),
        [
            ("", []),
            ("  ", []),
            (" a  b ", ["a", "b"]),
            ('a "b c" d', ["a", "b c", "d"]),
            ('"" a', ["", "a"]),
        ],
    )
    def test_split(self, argument: str, names: list[str]) -> None:
        """
        However many blanks are between them.
        """
        assert splitNames(argument) == names

    @given(st.lists(st.text()))
    def test_quotedNamesComeBack(self, names: list[str]) -> None:
        """
        Any names can be written so, blanks and quotes in them included.
        """
        assert splitNames(" ".join(map(quoted, names))) == names

    @given(st.text())
    def test_neverAnotherError(self, argument: str) -> None:
        """
        Whatever the argument.
        """
        try:
            splitNames(argument)
        except BadArgument:
            assert '"' in argument
