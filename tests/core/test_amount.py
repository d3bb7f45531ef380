"""
Tests for L{ftpactive.core.amount}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.account import Quota, Usage
from ftpactive.core.amount import sizeOf, spoken


@pytest.mark.parametrize(
    ("used", "most", "told"),
    [
        (0, None, "0 bytes"),
        (5, 100, "5 of 100 bytes"),
        (1024, None, "1 KiB"),
        (10 * 2**20, 10 * 2**20, "10 of 10 MiB"),
        (2**20 + 2**19, 2**30, "0 of 1 GiB"),
        (3 * 2**40, 2**40, "3 of 1 TiB"),
        (2**60, None, "1048576 TiB"),
    ],
)
def test_size(used: int, most: int | None, told: str) -> None:
    """
    In the unit of the larger number, with one digit behind the point.
    """
    assert sizeOf(used, most) == told


def test_all() -> None:
    """
    Bytes and files, each with its limit if there is one.
    """
    assert spoken(Usage(512, 3), Quota(files=10)) == "512 bytes, 3 of 10 files"
    assert spoken(Usage(512, 3), Quota(size=1024)) == "0.5 of 1 KiB, 3 files"
