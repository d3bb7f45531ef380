"""
C{make bench} sees a transfer that is not whole.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.contents import BLOCK, compare, verify, write
from benchmarks.values import Fault

SIZE = 3_000_000


def test_pieceOfTheFileIsGood() -> None:
    """
    A piece may begin anywhere, and go over the end of the block.
    """
    piece = (BLOCK + BLOCK)[1_000_000:1_000_100]
    compare(memoryview(piece), 1_000_000)
    compare(memoryview(piece), 1_000_000 + len(BLOCK))


@pytest.mark.parametrize("offset", [0, 4096, 1 << 20, SIZE])
def test_pieceFromElsewhereIsAFault(offset: int) -> None:
    """
    A piece that was left out or came twice shows in the next one.
    """
    with pytest.raises(Fault, match=f"wrong contents at byte {offset}"):
        compare(memoryview(BLOCK[77:500]), offset)


def test_wrongEndOfAPieceIsAFault() -> None:
    """
    The end is compared as well as the beginning.
    """
    with pytest.raises(Fault, match="at byte 936"):
        compare(memoryview(BLOCK[:999] + b"?"), 0)


def test_writtenFileIsVerified(tmp_path: Path) -> None:
    """
    What the benchmark writes is what it compares with.
    """
    write(tmp_path / "file", SIZE)
    verify(tmp_path / "file", SIZE)


def test_shortUploadIsAFault(tmp_path: Path) -> None:
    """
    Every byte must have been stored.
    """
    write(tmp_path / "file", SIZE - 1)
    with pytest.raises(Fault, match="2999999 bytes, not with 3000000"):
        verify(tmp_path / "file", SIZE)


def test_uploadThatIsNotThereIsAFault(tmp_path: Path) -> None:
    """
    A reply alone stores nothing.
    """
    with pytest.raises(Fault, match="not there"):
        verify(tmp_path / "file", SIZE)


def test_uploadWithAHoleIsAFault(tmp_path: Path) -> None:
    """
    The size alone is not enough.
    """
    path = tmp_path / "file"
    write(path, SIZE)
    with open(path, "r+b") as file:
        file.seek(SIZE // 2)
        file.write(bytes(SIZE // 2))
    with pytest.raises(Fault, match="wrong contents"):
        verify(path, SIZE)
