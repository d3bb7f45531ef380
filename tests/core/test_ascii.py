"""
Tests for L{ftpactive.core.ascii}.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.ascii import AsciiDecoder, AsciiEncoder
from ftpactive.core.codec import Step

#: Chunks in which line ends are cut in every way.
CHUNKS = st.lists(st.lists(st.sampled_from([b"\r", b"\n", b"a"])).map(b"".join))


def fed(step: Step, chunk: bytes) -> bytes:
    """
    Convert a chunk.
    """
    return b"".join(step.feed(chunk))  # type: ignore[arg-type]


def through(step: Step, *chunks: bytes) -> bytes:
    """
    Convert all of some chunks.
    """
    converted = b"".join([fed(step, chunk) for chunk in chunks])
    return converted + b"".join(step.finish())  # type: ignore[arg-type]


class TestAsciiEncoder:
    """
    L{AsciiEncoder} makes CR LF of LF.
    """

    @pytest.mark.parametrize(
        ("disk", "wire"),
        [
            (b"", b""),
            (b"a", b"a"),
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"\n\n", b"\r\n\r\n"),
            (b"a\r\nb", b"a\r\nb"),
            (b"a\rb", b"a\rb"),
            (b"\r\r\n\n\r", b"\r\r\n\r\n\r"),
            (b"\xff\x00\n", b"\xff\x00\r\n"),
        ],
    )
    def test_lineEnds(self, disk: bytes, wire: bytes) -> None:
        """
        An LF that has its CR keeps it and gets no other.
        """
        assert through(AsciiEncoder(), disk) == wire

    def test_lineEndCutInTwo(self) -> None:
        """
        The encoder remembers the CR that has left already.
        """
        assert through(AsciiEncoder(), b"a\r", b"", b"\nb\r", b"c") == b"a\r\nb\rc"

    def test_nothingIsKeptBack(self) -> None:
        """
        Every byte leaves with its chunk.
        """
        assert fed(AsciiEncoder(), b"a\r") == b"a\r"

    @given(st.binary() | st.lists(st.sampled_from([b"\r", b"\n", b"a"])).map(b"".join))
    def test_everyLineFeedHasItsReturn(self, disk: bytes) -> None:
        """
        That is all that changes.
        """
        assert through(AsciiEncoder(), disk) == re.sub(rb"(?<!\r)\n", b"\r\n", disk)


class TestAsciiDecoder:
    """
    L{AsciiDecoder} makes LF of CR LF.
    """

    @pytest.mark.parametrize(
        ("wire", "disk"),
        [
            (b"", b""),
            (b"a\r\nb\r\n", b"a\nb\n"),
            (b"a\nb", b"a\nb"),
            (b"a\rb", b"a\rb"),
            (b"a\r", b"a\r"),
            (b"\r\r\n\r", b"\r\n\r"),
        ],
    )
    def test_lineEnds(self, wire: bytes, disk: bytes) -> None:
        """
        A CR or LF that stands alone is kept.
        """
        assert through(AsciiDecoder(), wire) == disk

    def test_returnAtTheEndWaits(self) -> None:
        """
        Only the next chunk tells what it is.
        """
        decoder = AsciiDecoder()
        assert [fed(decoder, b"a\r"), fed(decoder, b""), fed(decoder, b"\nb")] == [
            b"a",
            b"",
            b"\nb",
        ]

    def test_returnAfterReturn(self) -> None:
        """
        One that waited leaves when another takes its place.
        """
        decoder = AsciiDecoder()
        assert [fed(decoder, b"\r"), fed(decoder, b"\r")] == [b"", b"\r"]
        assert decoder.finish() == (b"\r",)


@given(st.sampled_from([AsciiEncoder, AsciiDecoder]), CHUNKS)
def test_chunksDoNotMatter(step: Callable[[], Step], chunks: list[bytes]) -> None:
    """
    However a text is cut, it comes out the same.
    """
    assert through(step(), *chunks) == through(step(), b"".join(chunks))


@given(st.binary().map(lambda data: data.replace(b"\r", b"")))
def test_textComesBack(text: bytes) -> None:
    """
    What is downloaded and uploaded again is the same file.
    """
    assert through(AsciiDecoder(), through(AsciiEncoder(), text)) == text
