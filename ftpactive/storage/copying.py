"""
Copying the beginning of a file, which an upload goes on from.
"""

from __future__ import annotations

import errno
import os

from ftpactive.core.errors import FileBusy
from ftpactive.storage.blocking import Run

#: What is copied at a time: others who copy get their turn in between.
_PIECE = 64 * 1024 * 1024

#: What is read at a time where the kernel does not copy by itself.
_READ = 1024 * 1024

_CANNOT = frozenset({errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP})


async def copyBeginning(source: int, target: int, count: int, run: Run) -> None:
    """
    Copy the first bytes of a file.  File systems that can share them do.

    @param source: a descriptor to read from.
    @param target: a descriptor of an empty file; it stands behind what was
        copied in the end.
    @param run: runs what takes its time.
    @raise FileBusy: (450) the source became shorter meanwhile.
    """
    done = 0
    while done < count:
        copied = await run(_copySome, source, target, done, min(count - done, _PIECE))
        if not copied:
            raise FileBusy("Somebody else made the file shorter meanwhile")
        done += copied
    os.lseek(target, count, os.SEEK_SET)


def _copySome(source: int, target: int, offset: int, count: int) -> int:
    try:
        return os.copy_file_range(source, target, count, offset, offset)
    except AttributeError:
        # Only Linux and FreeBSD have it.
        pass
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    return os.pwrite(target, os.pread(source, min(count, _READ), offset), offset)
