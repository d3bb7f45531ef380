"""
What is in the files, so that a transfer can be checked: cheaply, but in every
piece that arrives.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from benchmarks.values import Amounts, Fault

#: Files are this again and again.  Its length is a prime, so that a piece that is
#: left out or doubled shows, however round its size.
BLOCK = random.Random(1).randbytes(1_000_003)

#: So much of a piece is compared, at its beginning and at its end.
SAMPLE = 64

_ENDLESS = BLOCK + BLOCK[:SAMPLE]

#: The names of the files that works use.
BIG, MEDIUM, SMALL, MANY, UPLOADS = "big", "medium", "small", "many", "in"

#: Bytes of the small file.
SMALL_SIZE = 10 * 1024


def compare(piece: memoryview, offset: int) -> None:
    """
    See that a piece is what a file has there.

    @raise Fault: it is not.
    """
    for begin in (0, max(0, len(piece) - SAMPLE)):
        found = piece[begin : begin + SAMPLE]
        place = (offset + begin) % len(BLOCK)
        if found != _ENDLESS[place : place + len(found)]:
            raise Fault(f"wrong contents at byte {offset + begin}")


def write(path: Path, size: int) -> None:
    """
    Write a file.
    """
    with open(path, "wb") as file:
        for _ in range(size // len(BLOCK)):
            file.write(BLOCK)
        file.write(BLOCK[: size % len(BLOCK)])


def warm(root: Path, size: int) -> None:
    """
    Use twice as much memory as a file takes, and give it back.  A virtual machine
    may have to ask its host for memory that nobody used for a second, which
    costs whoever stores the next file several times as much as all its work; and
    with no more than the file takes, the kernel may choose what nobody used.
    """
    path = root / "warm"
    write(path, 2 * size)
    path.unlink()


def verify(path: Path, size: int, pieces: int = 16) -> None:
    """
    See that an upload is there: its size, and samples of it.

    @raise Fault: it is not.
    """
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        raise Fault(f"{path.name} was stored, but it is not there") from None
    if found != size:
        raise Fault(f"{path.name} was stored with {found} bytes, not with {size}")
    with open(path, "rb") as file:
        for offset in range(0, size, max(1, size // pieces)):
            file.seek(offset)
            compare(memoryview(file.read(SAMPLE)), offset)


def furnish(root: Path, amounts: Amounts) -> None:
    """
    Make the folder that every server serves.
    """
    root.mkdir(mode=0o755)
    write(root / BIG, amounts.big)
    write(root / MEDIUM, amounts.medium)
    write(root / SMALL, SMALL_SIZE)
    (root / MANY).mkdir()
    for number in range(amounts.folder):
        (root / MANY / f"file-{number:05}.txt").write_bytes(b"x" * (number % 100))
    (root / UPLOADS).mkdir()
    # Some servers write as root, others as nobody.
    os.chmod(root / UPLOADS, 0o777)
