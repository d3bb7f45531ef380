"""
Tests for L{ftpactive.core.ebcdic}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.ebcdic import CODE_PAGES, DEFAULT_PAGE, decoder, encoder
from tests.core.streams import through

EVERY_BYTE = bytes(range(256))


def toEbcdic(data: bytes, page: str = DEFAULT_PAGE) -> bytes:
    """
    Translate a file.
    """
    return through(lambda: encoder(page), data)


def fromEbcdic(data: bytes, page: str = DEFAULT_PAGE) -> bytes:
    """
    Translate what was sent.
    """
    return through(lambda: decoder(page), data)


class TestTables:
    """
    Each code page is a table, RFC 959 section 3.1.1.2.
    """

    @pytest.mark.parametrize("page", CODE_PAGES)
    def test_nothingIsLost(self, page: str) -> None:
        """
        Every byte has a code of its own, both ways.
        """
        assert sorted(toEbcdic(EVERY_BYTE, page)) == list(EVERY_BYTE)
        assert fromEbcdic(toEbcdic(EVERY_BYTE, page), page) == EVERY_BYTE
        assert toEbcdic(fromEbcdic(EVERY_BYTE, page), page) == EVERY_BYTE

    @pytest.mark.parametrize("page", CODE_PAGES)
    def test_letters(self, page: str) -> None:
        """
        Letters, digits and the blank are where EBCDIC has them.
        """
        assert toEbcdic(b"AIJRSZaz09 ", page) == b"\xc1\xc9\xd1\xd9\xe2\xe9\x81\xa9\xf0\xf9\x40"

    @pytest.mark.parametrize("page", CODE_PAGES)
    def test_lineEnds(self, page: str) -> None:
        """
        A line ends with NL there and with LF here; CR is CR.
        """
        assert toEbcdic(b"\n\r\x85", page) == b"\x15\x0d\x25"

    @pytest.mark.parametrize(
        ("page", "brackets"),
        [("cp037", b"\xba\xbb\xb0"), ("cp1047", b"\xad\xbd\x5f"), ("cp500", b"\x4a\x5a\x5f")],
    )
    def test_whereTheyDiffer(self, page: str, brackets: bytes) -> None:
        """
        Brackets and the circumflex, of all things.
        """
        assert toEbcdic(b"[]^", page) == brackets

    @pytest.mark.parametrize("page", sorted(set(CODE_PAGES) - {"cp1047"}))
    def test_isPythons(self, page: str) -> None:
        """
        But for the ends of lines, Python's own tables say the same of all that
        Latin-1 and the page have in common; of 1047 it has none.
        """
        for code in set(EVERY_BYTE) - {0x15, 0x25}:
            character = bytes((code,)).decode(page)
            if ord(character) < 256:
                assert fromEbcdic(bytes((code,)), page) == character.encode("latin-1")

    def test_euro(self) -> None:
        """
        It takes the place of the sign that its page leaves out.
        """
        assert fromEbcdic(b"\x9f", "cp1140") == b"\xa4"


@given(st.sampled_from(CODE_PAGES), st.lists(st.binary()))
def test_chunksDoNotMatter(page: str, chunks: list[bytes]) -> None:
    """
    Byte for byte, nothing is kept back.
    """
    assert through(lambda: encoder(page), *chunks) == toEbcdic(b"".join(chunks), page)
    assert through(lambda: decoder(page), *chunks) == fromEbcdic(b"".join(chunks), page)
