"""
Opening what the kernel has in its memory: what is known not to wait for a disk
needs no thread.

Linux opens a path for us only if that takes nothing but memory, since 5.12; and
it goes there in one step, from the root, through no link and to no other file
system.  Whenever it does not, for whatever reason, there is L{Jail.parent}.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

# From <linux/openat2.h>.
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH, _CACHED = 0x01, 0x02, 0x04, 0x08, 0x20

#: How a path below a root is resolved: never out of it, never through a link.
_BELOW = _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS | _NO_XDEV | _CACHED

#: The same where there is nothing but memory: with _CACHED, the kernel says the
#: same of no file and of a mount.
_IN_MEMORY = _BELOW & ~_CACHED

#: How the path of a root itself is.
_ANYWHERE = _NO_SYMLINKS | _CACHED

#: Since 5.1, new calls have the same number on every architecture.
_OPENAT2 = 437

_how = struct.Struct("=QQQ")
_SIZE = ctypes.c_size_t(_how.size)

_TMPFS = 0x01021994

#: Bytes that memory has back in no time.
SMALL = 16 * 1024 * 1024

#: The file systems that keep what they know: ext2 to ext4, XFS, btrfs, F2FS,
#: tmpfs.  Others ask somebody else, a program or a server, when a file is opened
#: whose name is known well; or may be made of such ones.
_KEEPING = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, _TMPFS})

_STATFS_SIZE = 256

_CLOEXEC = os.O_CLOEXEC

_PATH = getattr(os, "O_PATH", 0)
_FOLDER = _PATH | os.O_DIRECTORY | _CLOEXEC
_NAMED = _PATH | os.O_NOFOLLOW | _CLOEXEC
_ROOT = 0


def _library() -> Any:
    # The type of a file system comes first in its facts, in four bytes or
    # eight: on such machines, these begin alike.
    if sys.platform != "linux" or sys.byteorder != "little":
        return None
    return ctypes.CDLL(None, use_errno=True)


def _unknown(*arguments: object) -> int:
    # Other systems have no such calls.
    return -1


def _openat2() -> Callable[[int, bytes, bytes, object], int]:
    # To name the types of the arguments would cost as much as the call: bytes,
    # and numbers as short as these, are handed over as they are.
    return _unknown if _system is None else partial(_system.syscall, ctypes.c_long(_OPENAT2))


def _fstatfs() -> Callable[[int, Any], int]:
    if _system is None:
        return _unknown
    facts: Any = _system.fstatfs
    facts.argtypes = [ctypes.c_int, ctypes.c_void_p]
    return facts  # type: ignore[no-any-return]


_system = _library()
_open, _tell = _openat2(), _fstatfs()


def openKnown(root: int, path: bytes, flags: int) -> int:
    """
    Open what is below a root, if that is known not to take long.

    @param root: a descriptor for which L{keepsWhatItKnows}.
    @param path: from the root on; no name in it is C{..}.
    @return: a descriptor, or -1: whether it exists is not known then.
    """
    return _open(root, path, _howTo(flags), _SIZE)


@lru_cache(maxsize=64)
def _howTo(flags: int) -> bytes:
    return _how.pack(flags | _CLOEXEC, 0, _BELOW)


def openKnownRoot(path: bytes) -> int:
    """
    Open a folder, if that is known not to take long, and no link leads to it.

    @param path: absolute.
    @return: a descriptor for passing through, for which L{keepsWhatItKnows};
        or -1.
    """
    descriptor = _open(_ROOT, path, _how.pack(_FOLDER, 0, _ANYWHERE), _SIZE)
    if descriptor >= 0 and not keepsWhatItKnows(descriptor):
        os.close(descriptor)
        return -1
    return descriptor


def knownFolder(path: bytes) -> os.stat_result | None:
    """
    Look at a folder, if that is known not to take long, and no link leads to it.

    @param path: absolute.
    @return: L{None} tells nothing about it.
    """
    return closedStatus(openKnownRoot(path))


def closedStatus(descriptor: int) -> os.stat_result | None:
    """
    Give the status of what was opened here, and close it.

    @param descriptor: below 0 where it was not.
    """
    if descriptor < 0:
        return None
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def keepsWhatItKnows(descriptor: int) -> bool:
    """
    Is a file on a file system that has to ask nobody about what is in the
    kernel's memory?
    """
    return _fileSystem(descriptor) in _KEEPING


def isMemory(descriptor: int) -> bool:
    """
    Is a file on a file system that is nothing but memory: tmpfs?
    """
    return _fileSystem(descriptor) == _TMPFS


def takesFile(folder: int, name: bytes) -> bool:
    """
    May a file be made in a folder, or replaced, without waiting for a disk?
    Whatever is mounted at the name is not asked, for it may not answer.

    @param folder: one for which L{isMemory}.
    """
    descriptor = _open(folder, name, _how.pack(_NAMED, 0, _IN_MEMORY), _SIZE)
    if descriptor < 0:
        return ctypes.get_errno() == errno.ENOENT
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_size <= SMALL


def _fileSystem(descriptor: int) -> int:
    answer = ctypes.create_string_buffer(_STATFS_SIZE)
    if _tell(descriptor, answer) != 0:
        return 0
    return int.from_bytes(answer.raw[:4], "little")
