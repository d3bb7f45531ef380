"""
Tests for L{ftpactive.core.block}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.block import BlockDecoder, BlockEncoder
from ftpactive.core.codec import Chain, Marker, Piece
from ftpactive.core.errors import TransferAborted
from tests.core.streams import CUTS, cut, joined, pieces, through

END = b"\x40\0\0"

#: Data and markers, as a sender may put them in blocks.
PIECES = st.lists(
    st.binary(min_size=1, max_size=30)
    | st.text("0123456789az", min_size=1, max_size=20).map(Marker),
    max_size=20,
)


def block(data: bytes, descriptor: int = 0) -> bytes:
    """
    Write one block.
    """
    return bytes((descriptor,)) + len(data).to_bytes(2, "big") + data


def blocks(content: list[Piece]) -> bytes:
    """
    Write a whole stream.
    """
    return b"".join(
        block(each.text.encode(), 16) if isinstance(each, Marker) else block(each)
        for each in content
    ) + block(b"", 64)


def decoded(*chunks: bytes) -> list[Piece]:
    """
    Read a whole stream.
    """
    return pieces(Chain(BlockDecoder()), chunks)


class TestBlockEncoder:
    """
    L{BlockEncoder} puts headers before what is sent, RFC 959 section 3.4.2.
    """

    def test_blockAndEnd(self) -> None:
        """
        A count for each chunk, and an empty block that ends the file.
        """
        assert through(BlockEncoder, b"abc") == b"\0\0\3abc" + END

    def test_emptyFile(self) -> None:
        """
        It ends at once.
        """
        assert through(BlockEncoder) == END

    def test_longChunk(self) -> None:
        """
        The count has two bytes: more than they can tell takes more blocks.
        """
        sent = through(BlockEncoder, b"x" * 0x1FFFF)
        full = b"\0\xff\xff" + b"x" * 0xFFFF
        assert sent == full + full + b"\0\0\1x" + END

    def test_marker(self) -> None:
        """
        It has a block of its own.
        """
        assert b"".join(BlockEncoder().feed(Marker("1048576"))) == b"\x10\0\x071048576"


class TestBlockDecoder:
    """
    L{BlockDecoder} takes the headers away.
    """

    def test_dataAndMarkers(self) -> None:
        """
        Each where it was.
        """
        stream = block(b"ab") + block(b"m1", 16) + block(b"c") + END
        assert decoded(stream) == [b"ab", Marker("m1"), b"c"]

    @pytest.mark.parametrize(
        "stream",
        [
            END,
            block(b"") + END,
            block(b"", 128) + END,
            block(b"", 64 | 128),
        ],
    )
    def test_nothing(self, stream: bytes) -> None:
        """
        Empty blocks and ends of records hold nothing.
        """
        assert decoded(stream) == []

    def test_lastBlockMayHoldData(self) -> None:
        """
        C{EOF} is said of a block, not between blocks.
        """
        assert decoded(block(b"ab") + block(b"c", 64)) == [b"abc"]

    def test_knowsTheEnd(self) -> None:
        """
        It has come with the last byte of the last block, not before.
        """
        decoder, seen = BlockDecoder(), []
        for byte in block(b"ab", 64):
            list(decoder.feed(bytes((byte,))))
            seen.append(decoder.isComplete)
        assert seen == [False] * 4 + [True]

    @pytest.mark.parametrize(
        "chunks",
        [
            [block(b"ab", 32) + END],
            [END + b"x"],
            [END, b"x"],
            [block(b"", 16) + END],
            [block(b"a b", 16) + END],
            [block(b"a\nb", 16) + END],
            [block(b"\xff", 16) + END],
            [block(b"m" * 65, 16) + END],
            [block(b"a", 1) + END],
            [b"plain text"],
        ],
    )
    def test_damaged(self, chunks: list[bytes]) -> None:
        """
        What the client calls suspect, what is behind the end, a marker that is
        none or that no reply could hold, and what is no header: 426.
        """
        with pytest.raises(TransferAborted):
            decoded(*chunks)

    def test_longestMarker(self) -> None:
        """
        Up to there it is repeated.
        """
        assert decoded(block(b"m" * 64, 16) + END) == [Marker("m" * 64)]

    @given(PIECES, st.integers(min_value=0))
    def test_cutShort(self, content: list[Piece], size: int) -> None:
        """
        A connection that is closed before the last block was cut, wherever.
        """
        stream = blocks(content)
        with pytest.raises(TransferAborted):
            decoded(stream[: size % len(stream)])

    @given(PIECES, CUTS)
    def test_chunksDoNotMatter(self, content: list[Piece], sizes: list[int]) -> None:
        """
        However the network cuts the stream.
        """
        assert decoded(*cut(blocks(content), sizes)) == joined(content)

    @given(st.lists(st.binary(max_size=30)))
    def test_neverAnotherError(self, chunks: list[bytes]) -> None:
        """
        Whatever is sent.
        """
        try:
            decoded(*chunks)
        except TransferAborted as error:
            assert error.code == 426


@given(st.lists(st.binary()), CUTS)
def test_comesBack(chunks: list[bytes], sizes: list[int]) -> None:
    """
    What is sent in blocks is what was in the file.
    """
    stream = through(BlockEncoder, *chunks)
    assert through(BlockDecoder, *cut(stream, sizes)) == b"".join(chunks)
