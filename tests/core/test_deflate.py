"""
Tests for L{ftpactive.core.deflate}.
"""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.deflate import LEVELS, Deflater, Inflater
from ftpactive.core.errors import TransferAborted
from tests.core.streams import CUTS, cut, through

#: The most that one step of inflating gives.
PIECE = 256 * 1024


def inflated(*chunks: bytes) -> bytes:
    """
    Read a whole stream.
    """
    return through(Inflater, *chunks)


class TestDeflater:
    """
    L{Deflater} compresses what is sent.
    """

    @pytest.mark.parametrize("level", LEVELS)
    def test_isZlib(self, level: int) -> None:
        """
        With its header and its checksum, whatever the level.
        """
        assert zlib.decompress(through(lambda: Deflater(level), b"ab", b"c" * 999)) == (
            b"ab" + b"c" * 999
        )

    def test_emptyFile(self) -> None:
        """
        It is a stream as well.
        """
        assert zlib.decompress(through(Deflater)) == b""

    def test_levelMatters(self) -> None:
        """
        Level 0 compresses nothing.
        """
        assert len(through(lambda: Deflater(0), b"a" * 999)) > 999
        assert len(through(lambda: Deflater(9), b"a" * 999)) < 999


class TestInflater:
    """
    L{Inflater} expands what was received.
    """

    def test_bomb(self) -> None:
        """
        A few bytes that stand for very many come in pieces of bounded size.
        """
        bomb = zlib.compress(b"\0" * 20_000_000, 9)
        sizes = [len(piece) for piece in Inflater().feed(bomb)]
        assert len(bomb) < 20_000
        assert max(sizes) <= PIECE
        assert sum(sizes) == 20_000_000

    def test_bombByteByByte(self) -> None:
        """
        No byte of it can stand for more, either.
        """
        bomb, step = zlib.compress(b"\0" * 3_000_000, 9), Inflater()
        sizes = [len(piece) for at in range(len(bomb)) for piece in step.feed(bomb[at : at + 1])]
        assert max(sizes) <= PIECE
        assert sum(sizes) == 3_000_000
        assert step.finish() == ()

    def test_nothingIsExpandedBeforeItIsWanted(self) -> None:
        """
        A slow disk is waited for between two pieces.
        """
        found = iter(Inflater().feed(zlib.compress(b"\0" * 20_000_000, 9)))
        assert len(next(found)) <= PIECE

    @pytest.mark.parametrize(
        "stream",
        [
            b"plain text",
            zlib.compress(b"abc")[:-1] + b"\0",
            zlib.compress(b"abc") + b"x",
            zlib.compress(b"abc") * 2,
            b"\x78\xbb\0\0\0\1",
        ],
    )
    def test_damaged(self, stream: bytes) -> None:
        """
        What is no stream, a wrong checksum, what is behind the end, and a
        dictionary that nobody has: 426.
        """
        with pytest.raises(TransferAborted):
            inflated(stream)

    def test_behindTheEnd(self) -> None:
        """
        Also in a chunk of its own.
        """
        with pytest.raises(TransferAborted):
            inflated(zlib.compress(b"abc"), b"x")

    @given(st.binary(), st.integers(min_value=0))
    def test_cutShort(self, data: bytes, size: int) -> None:
        """
        A stream that has not ended was cut, however cleanly the connection was
        closed.
        """
        stream = zlib.compress(data)
        with pytest.raises(TransferAborted):
            inflated(stream[: size % len(stream)])

    @given(st.lists(st.binary(max_size=30)))
    def test_neverAnotherError(self, chunks: list[bytes]) -> None:
        """
        Whatever is sent.
        """
        try:
            inflated(b"\x78\x9c", *chunks)
        except TransferAborted as error:
            assert error.code == 426

    @given(st.lists(st.binary() | st.binary(max_size=9).map(lambda data: data * 999)), CUTS)
    def test_chunksDoNotMatter(self, parts: list[bytes], sizes: list[int]) -> None:
        """
        However the network cuts the stream.
        """
        data = b"".join(parts)
        assert inflated(*cut(zlib.compress(data), sizes)) == data


@given(st.lists(st.binary()), st.sampled_from(LEVELS), CUTS)
def test_comesBack(chunks: list[bytes], level: int, sizes: list[int]) -> None:
    """
    What is sent compressed is what was in the file.
    """
    stream = through(lambda: Deflater(level), *chunks)
    assert inflated(*cut(stream, sizes)) == b"".join(chunks)
