"""
When a file was made: what C{stat} does not tell, and C{statx} does.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable
from typing import Any

# From <linux/stat.h> and <fcntl.h>; the numbers are those of every architecture.
_AT_SYMLINK_NOFOLLOW = 0x100
_STATX_BTIME = 0x800
_SIZE = 256
_MASK_AT, _BTIME_AT = 0, 80

_readMask = struct.Struct("=I").unpack_from
#: Seconds, and nanoseconds.
_readTime = struct.Struct("=qI").unpack_from


def _statx() -> Callable[..., int] | None:
    # None in a C library without it: before glibc 2.28, or not on Linux.
    try:
        function: Any = ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return None
    number, text, address = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
    function.argtypes = [number, text, number, ctypes.c_uint, address]
    function.restype = number
    found: Callable[..., int] = function
    return found


_ask = _statx()


def birthTime(folder: int, name: bytes, status: os.stat_result) -> float | None:
    """
    Tell when a file was made; of a link, when the link was.

    @param folder: a descriptor of the folder that it is in.
    @param status: what C{stat} says of it: on some systems that is enough.
    @return: seconds since the epoch; L{None} where the kernel or the file
        system does not tell.
    """
    if _ask is None:
        seconds: float | None = getattr(status, "st_birthtime", None)
        return seconds
    answer = ctypes.create_string_buffer(_SIZE)
    if _ask(folder, name, _AT_SYMLINK_NOFOLLOW, _STATX_BTIME, answer) != 0:
        return None
    (mask,) = _readMask(answer, _MASK_AT)
    if not mask & _STATX_BTIME:
        return None
    whole, nanoseconds = _readTime(answer, _BTIME_AT)
    return float(whole) + float(nanoseconds) / 1e9
