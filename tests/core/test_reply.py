"""
Tests for L{ftpactive.core.reply}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.reply import Reply, decodeLine, encodeLine, encodeLines

#: Every text that a name can be: no surrogates but those of C{os.fsdecode}.
TEXTS = st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))


class TestReply:
    """
    L{Reply} is a code and what it says, RFC 959 section 4.2.
    """

    @pytest.mark.parametrize(("code", "isFinal"), [(150, False), (200, True), (550, True)])
    def test_isFinal(self, code: int, isFinal: bool) -> None:
        """
        Only 1xx promises another reply.
        """
        assert Reply(code, "").isFinal is isFinal

    def test_oneLine(self) -> None:
        """
        The code, a blank, the text.
        """
        assert Reply(200, "Okay").encode() == b"200 Okay\r\n"

    def test_manyLines(self) -> None:
        """
        A hyphen after the first code says that lines follow.
        """
        encoded = Reply(211, "Features:", (" MDTM", " SIZE")).encode()
        assert encoded == b"211-Features:\r\n MDTM\r\n SIZE\r\n211 End\r\n"

    def test_lastLineHasItsOwnText(self) -> None:
        """
        It need not be "End".
        """
        assert Reply(214, "a", ("b",), "c").encode().endswith(b"214 c\r\n")

    def test_noLineBetweenLooksLikeTheLast(self) -> None:
        """
        A name in a listing may be "213 End".
        """
        assert Reply(213, "Status:", ("213 End",)).encode().split(b"\r\n")[1] == b" 213 End"

    def test_noNameEndsALine(self) -> None:
        """
        A file's name cannot forge a reply of its own.
        """
        encoded = Reply(550, "a\r\n230 Logged in").encode()
        assert encoded == b"550 a\r\0\x00230 Logged in\r\n"

    def test_255IsDoubled(self) -> None:
        """
        A single one would begin a Telnet command, RFC 854.
        """
        assert Reply(257, '"/\udcff"').encode() == b'257 "/\xff\xff"\r\n'

    @given(TEXTS, st.lists(TEXTS, max_size=3).map(tuple), TEXTS)
    def test_asManyLinesAsMeant(self, text: str, lines: tuple[str, ...], last: str) -> None:
        """
        Whatever is said, a client finds the end where it is.
        """
        found = Reply(226, text, lines, last).encode().split(b"\r\n")
        assert found.pop() == b""
        assert len(found) == (len(lines) + 2 if lines else 1)
        ends = [number for number, line in enumerate(found) if line.startswith(b"226 ")]
        assert ends == [len(found) - 1]


class TestEncodeLine:
    """
    L{encodeLine} gives the bytes of a name.
    """

    @pytest.mark.parametrize(
        ("text", "encoded"),
        [
            ("a", b"a"),
            ("é", b"\xc3\xa9"),
            ("\udce9", b"\xe9"),
            ("a\nb", b"a\0b"),
            ("a\rb", b"a\r\0b"),
            ("\r\n", b"\r\0\0"),
            ("\t\x1b", b"\t\x1b"),
        ],
    )
    def test_bytes(self, text: str, encoded: bytes) -> None:
        """
        UTF-8, or what the name is on disk; only line ends change.
        """
        assert encodeLine(text) == encoded

    @given(TEXTS)
    def test_neverALineFeed(self, text: str) -> None:
        """
        Clients that end lines at a bare LF are not fooled either.
        """
        assert b"\n" not in encodeLine(text)


class TestDecodeLine:
    """
    L{decodeLine} is the other way round from L{encodeLine}.
    """

    @given(st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
    def test_comesBack(self, text: str) -> None:
        """
        Whatever can be a name, which is all but NUL.
        """
        name = text.replace("\0", "?")
        assert decodeLine(encodeLine(name)) == name


class TestEncodeLines:
    """
    L{encodeLines} is L{encodeLine} of many.
    """

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            ["a", "b"],
            ["\udcff", "ä"],
            # No line ends but by us, whatever a name holds.
            ["a\nb", "c"],
            ["a\rb", "c"],
            ["a\r\nb", "c"],
            # A surrogate that stands for no byte.
            ["\ud800", "c"],
        ],
    )
    def test_each(self, lines: list[str]) -> None:
        """
        In one go or one by one, the bytes are the same.
        """
        each = [encodeLine(line) + b"\r\n" for line in lines]
        assert encodeLines(lines) == b"".join(each)
