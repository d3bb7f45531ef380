"""
Tests for L{ftpactive.core.command}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.command import Command, parseCommand, printable
from ftpactive.core.reply import encodeLine

#: Every text that a name can be: no NUL, no surrogates but C{os.fsdecode}'s.
NAMES = (
    st.binary(min_size=1)
    .map(lambda data: data.replace(b"\0", b"?"))
    .map(lambda data: data.decode("utf-8", "surrogateescape"))
)


class TestParseCommand:
    """
    L{parseCommand} reads one line of the control connection.
    """

    @pytest.mark.parametrize("line", [b"NOOP", b"NOOP\r", b"noop", b"NoOp ", b"\xffNOOP"])
    def test_verbAlone(self, line: bytes) -> None:
        """
        Case does not matter, nor how the line ends, nor a left over 0xFF.
        """
        assert parseCommand(line) == Command("NOOP", "")

    def test_argumentStandsBehindOneBlank(self) -> None:
        """
        All further blanks belong to the name, at both ends.
        """
        assert parseCommand(b"RETR   a b \r") == Command("RETR", "  a b ")

    @pytest.mark.parametrize(
        ("raw", "argument"),
        [
            (b"\xc3\xa9", "é"),
            (b"\xe9", "\udce9"),
            (b"a\0b", "a\nb"),
            (b"a\r\0b", "a\rb"),
            (b"a\r\0\0b", "a\r\nb"),
            (b"a\r\0\r", "a\r"),
        ],
    )
    def test_names(self, raw: bytes, argument: str) -> None:
        """
        UTF-8, or any other bytes; a NUL is a line feed (RFC 2640 section 3.1
        and what servers make of it).
        """
        assert parseCommand(b"RETR " + raw) == Command("RETR", argument)

    @pytest.mark.parametrize("line", [b"", b"\r", b" ", b" NOOP", b"\xff\xff"])
    def test_nonsenseGivesAVerbThatNobodyKnows(self, line: bytes) -> None:
        """
        It is for the table of verbs to refuse it.
        """
        assert parseCommand(line).verb == ""

    @pytest.mark.parametrize("verb", ["pa\u00df", "li\u017ft", "\u0131dle"])
    def test_capitalsAreAscii(self, verb: str) -> None:
        """
        Other letters whose capitals are those of a verb make none.
        """
        assert not parseCommand(verb.encode() + b" x").verb.isascii()

    @given(NAMES)
    def test_namesTravelBothWays(self, name: str) -> None:
        """
        What a reply or a listing showed can be sent back as an argument.
        """
        assert parseCommand(b"RETR " + encodeLine(name) + b"\r").argument == name


class TestShown:
    """
    L{Command.shown} is what logs and events may hold.
    """

    @pytest.mark.parametrize("verb", ["PASS", "ACCT", "XPAS"])
    def test_secretsAreHidden(self, verb: str) -> None:
        """
        Not even their length is told.
        """
        assert Command(verb, "hunter2").shown() == f"{verb} ****"

    @pytest.mark.parametrize("word", ["PASS", "pass", "aCCt", "XPAS"])
    @pytest.mark.parametrize(
        "before", [b"", b" ", b"\t", b" \t ", b"\0", b"\x04", b"\xc3\xa9", b"\xff"]
    )
    @pytest.mark.parametrize(
        "behind", [b" ", b"  ", b"\t", b"\0", b"\0 ", b"\r\0", b"", b":", b"\xa0"]
    )
    def test_alsoWhereItIsNoCommand(self, word: str, before: bytes, behind: bytes) -> None:
        """
        A person's slip, or a byte too many, makes no password public.
        """
        shown = parseCommand(before + word.encode() + behind + b"Hunter2 x Hunter3").shown()
        assert shown == f"{word.upper()} ****"

    @pytest.mark.parametrize(
        "line",
        ["QUOTE PASS x", "literal pass x", "SITE  PASS x", "HELP PASSx", "QUOTE SITE ACCT x"],
    )
    def test_behindAnotherVerb(self, line: str) -> None:
        """
        What some clients have for it, others send as it stands.
        """
        shown = parseCommand(line.encode()).shown()
        assert shown.endswith(" ****")
        assert "x" not in shown

    @pytest.mark.parametrize("line", ["HELP PASS", "SITE HELP", "HELP PASV", "QUOTE", "SITE QUOTA"])
    def test_otherVerbs(self, line: str) -> None:
        """
        Nothing is hidden that is no secret.
        """
        assert parseCommand(line.encode()).shown() == line

    @pytest.mark.parametrize("line", ["PASV", "PAS S", "RETR PASS", "USER pass word", "ACC"])
    def test_othersAreNoSecrets(self, line: str) -> None:
        """
        What only looks a little like them.
        """
        assert parseCommand(line.encode()).shown() == line

    def test_argument(self) -> None:
        """
        Any other argument is shown.
        """
        assert Command("RETR", "a b").shown() == "RETR a b"

    def test_noArgument(self) -> None:
        """
        A verb alone stands alone.
        """
        assert Command("PASS", "").shown() == "PASS"


class TestPrintable:
    """
    L{printable} makes a text harmless for logs and terminals.
    """

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("plain é", "plain é"),
            ("a\nb", "a\\nb"),
            ("\x1b[31m", "\\x1b[31m"),
            ("\udce9", "\\xe9"),
            ("\u2028", "\\u2028"),
            ("\ud800", "\\ud800"),
        ],
    )
    def test_escapes(self, text: str, shown: str) -> None:
        """
        Letters stay; a byte that is not UTF-8 is shown as that byte.
        """
        assert printable(text) == shown

    def test_isBounded(self) -> None:
        """
        A client cannot fill a log with one line.
        """
        assert printable("a" * 9999) == "a" * 256 + "..."

    @given(st.text())
    def test_isAlwaysPrintable(self, text: str) -> None:
        """
        Whatever it was.
        """
        assert printable(text).isprintable()
