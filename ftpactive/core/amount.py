"""
Amounts as people read them.
"""

from __future__ import annotations

from ftpactive.core.account import Quota, Usage

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def sizeOf(used: int, most: int | None) -> str:
    """
    Tell how many bytes of how many there are, in the unit that suits the
    larger of both.
    """
    index, scale = 0, 1
    while index + 1 < len(_UNITS) and max(used, most or 0) >= 1024 * scale:
        index, scale = index + 1, 1024 * scale
    told = _number(used / scale)
    if most is not None:
        told += f" of {_number(most / scale)}"
    return f"{told} {_UNITS[index]}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def spoken(usage: Usage, quota: Quota) -> str:
    """
    Tell all of it: C{3.5 of 10 MiB, 12 of 100 files}.
    """
    files = str(usage.files) if quota.files is None else f"{usage.files} of {quota.files}"
    return f"{sizeOf(usage.size, quota.size)}, {files} files"
