"""
Reading what the kernel has in its memory.
"""

from __future__ import annotations

import errno
import os

#: Linux: give what is in memory, and do not wait for the rest.
_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)

#: What is read at a time.
PIECE = 256 * 1024

#: What a disk is asked for ahead, where somebody reads from one end to the other.
_AHEAD = 4 * 1024 * 1024

#: Files come into memory in such parts, at least: one byte tells for all of it.
_PART = 64 * 1024

_HERE = -1

# Only the reactor's thread reads what is in memory, and it copies what it got
# before somebody else can come.
_buffer = memoryview(bytearray(PIECE))
_byte = [memoryview(bytearray(1))]


def readKnown(descriptor: int, count: int, *, isKeeping: bool = False) -> bytes | None:
    """
    Read what comes next, if it is in memory; the descriptor then stands behind
    it.

    @param isKeeping: is it on a file system that L{keepsWhatItKnows
        <ftpactive.storage.known.keepsWhatItKnows>}?  Of these, one that cannot
        be asked is nothing but memory: tmpfs.
    @return: at most C{count} bytes, C{b""} at the end; L{None} if it is not in
        memory, or nobody can tell.
    """
    if not _NO_WAIT:
        return None
    try:
        size = os.preadv(descriptor, [_buffer[:count]], _HERE, _NO_WAIT)
    except OSError as error:
        if isKeeping and error.errno == errno.EOPNOTSUPP:
            return os.read(descriptor, count)
        # EAGAIN; or a file system that cannot tell; or what a read says again.
        return None
    return bytes(_buffer[:size])


def readAhead(descriptor: int, count: int) -> bytes:
    """
    Read what comes next, and have the disk bring what comes behind it.
    """
    adviseAhead(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR))
    return os.read(descriptor, count)


def isKnown(descriptor: int, offset: int, count: int, *, isKeeping: bool = False) -> bool:
    """
    Is a part of a file in memory?  Only samples are taken: under pressure, a
    page between them may just have gone.

    @param count: bytes, one at least; the file does not end before.
    @param isKeeping: as for L{readKnown}.
    """
    if not _NO_WAIT:
        return False
    last = offset + count - 1
    try:
        for place in (*range(offset, last, _PART), last):
            if not os.preadv(descriptor, _byte, place, _NO_WAIT):
                # It has become shorter: there is nothing to wait for.
                return True
    except OSError as error:
        return isKeeping and error.errno == errno.EOPNOTSUPP
    return True


def bringIn(descriptor: int, offset: int, count: int) -> None:
    """
    Wait until a part of a file is in memory, and have the disk bring what comes
    behind it.
    """
    adviseAhead(descriptor, offset)
    end = offset + count
    scratch = [bytearray(min(count, PIECE))]
    while offset < end and (size := os.preadv(descriptor, scratch, offset)):
        offset += size


def adviseAhead(descriptor: int, offset: int) -> None:
    """
    Have the disk bring what will be read next.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, _AHEAD, os.POSIX_FADV_WILLNEED)
