"""
What the system says of many names in a folder, asked for many at a time.

A listing spends most of its time here: to make an C{os.stat_result} of each
answer, to take it apart and to drop it takes half as long as the kernel does.
So the kernel writes its answers side by side, and they are read all at once.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

# From <linux/stat.h> and <fcntl.h>; the numbers are those of every architecture.
_AT_FDCWD, _AT_SYMLINK_NOFOLLOW, _AT_NO_AUTOMOUNT = -100, 0x100, 0x800
_STATX_BASIC_STATS = 0x7FF
#: As C{lstat} asks: it mounts nothing.
_HOW = _AT_SYMLINK_NOFOLLOW | _AT_NO_AUTOMOUNT

#: One answer: C{st_nlink}; owners and mode; C{st_ino}, C{st_size}; C{st_mtime},
#: its seconds and nanoseconds; the device.
_FORM, _FIELDS = "16xI12sQQ64xqI12x8s112x", 7
_write = struct.Struct(f"={_FORM}").pack
_SIZE = struct.calcsize(f"={_FORM}")

#: C{st_uid}, C{st_gid} and C{st_mode}.
_OWNERS = struct.Struct("=IIH2x")
#: C{major} and C{minor} of C{st_dev}.
_DEVICE = struct.Struct("=II")

#: Nanoseconds behind which a time is told as the next second, where it is kept as
#: one number (MDTM): then the folder shall not say something else.
_NEARLY = 999_999_000

#: Owners and mode, and the device, in the system's own form: most files have
#: them in common with others.
Kin = tuple[bytes, bytes]


class Statuses(NamedTuple):
    """
    What is said of names, one after the other, in a column each.

    @ivar owners: the first half of each L{Kin}.
    @ivar devices: the other half.
    @ivar modified: seconds since the epoch.
    """

    owners: Sequence[bytes]
    devices: Sequence[bytes]
    sizes: Sequence[int]
    modified: Sequence[float]
    links: Sequence[int]
    inodes: Sequence[int]


def statusOf(kin: Kin) -> os.stat_result:
    """
    Give a status with nothing but mode, owners and device.
    """
    uid, gid, mode = _OWNERS.unpack(kin[0])
    device = os.makedev(*_DEVICE.unpack(kin[1]))
    return os.stat_result((mode, 0, device, 1, uid, gid, 0, 0, 0, 0))


class Asking:
    """
    Asks about names in a folder; of a link, about the link itself.
    """

    def __init__(self, folder: int, most: int, *, isExact: bool) -> None:
        """
        @param folder: a descriptor.
        @param most: how many names it is asked about at a time.
        @param isExact: are parts of seconds wanted?
        """
        self._folder = folder
        self._isExact = isExact
        self._answers = ctypes.create_string_buffer(most * _SIZE)
        self._places = [ctypes.byref(self._answers, at * _SIZE) for at in range(most)]
        self._read = _reading(most)

    def ask(self, names: Sequence[bytes]) -> Statuses | None:
        """
        Ask about names.

        @return: L{None} if there is none of one of them.
        """
        ways, wanted = repeat(_HOW), repeat(_STATX_BASIC_STATS)
        if any(map(_ask, repeat(self._folder), names, ways, wanted, self._places)):
            return None
        fields = self._read(self._answers)
        end = len(names) * _FIELDS
        links, owners, inodes, sizes, seconds, parts, devices = (
            fields[at:end:_FIELDS] for at in range(_FIELDS)
        )
        modified: Sequence[float] = seconds
        if self._isExact or max(parts) > _NEARLY:
            # As C{os.stat} reckons it.
            modified = [whole + 1e-9 * part for whole, part in zip(seconds, parts, strict=True)]
        return Statuses(owners, devices, sizes, modified, links, inodes)


@lru_cache(maxsize=64)
def _reading(count: int) -> Callable[[Any], tuple[Any, ...]]:
    return struct.Struct("=" + _FORM * count).unpack


def _lstat(folder: int, name: bytes, how: int, wanted: int, place: Any) -> int:
    """
    Do as C{statx} does, where there is none.
    """
    try:
        status = os.lstat(name, dir_fd=folder)
    except OSError:
        return -1
    owners = _OWNERS.pack(status.st_uid, status.st_gid, status.st_mode)
    device = _DEVICE.pack(os.major(status.st_dev), os.minor(status.st_dev))
    time = divmod(status.st_mtime_ns, 1_000_000_000)
    answer = _write(status.st_nlink, owners, status.st_ino, status.st_size, *time, device)
    ctypes.memmove(place, answer, _SIZE)
    return 0


def _statx() -> Callable[..., int]:
    # None in a C library without it: before glibc 2.28, or not on Linux.  Without
    # declared types it is called faster.
    try:
        function: Callable[..., int] = ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return _lstat
    # Where it is not allowed, it fails whatever it is asked.
    answer = ctypes.create_string_buffer(_SIZE)
    isAllowed = function(_AT_FDCWD, b"/", _HOW, _STATX_BASIC_STATS, answer) == 0
    return function if isAllowed else _lstat


_ask = _statx()
