"""
Making sure that what was written outlives a loss of power.
"""

from __future__ import annotations

import errno
import os

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

#: File systems over a network say so of folders: there is nothing to be done.
_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP})

#: Where there is no fdatasync, fsync does more than is needed.
_syncData = getattr(os, "fdatasync", os.fsync)


class Durability:
    """
    Puts files and names on the disk, if that is wanted.

    @ivar isWanted: is it?
    """

    def __init__(self, isWanted: bool = False) -> None:
        self.isWanted = isWanted

    def data(self, descriptor: int) -> None:
        """
        Put what a file holds on the disk, and how long it is.

        @raise OSError: that failed; what the disk has is not known.
        """
        if self.isWanted:
            _syncData(descriptor)

    def names(self, folder: int) -> None:
        """
        Put the names in a folder on the disk.

        @param folder: a descriptor, good for passing through at least.
        """
        if self.isWanted:
            _syncNames(folder)


def _syncNames(folder: int) -> None:
    try:
        readable = os.open(b".", _FOLDER, dir_fd=folder)
    except PermissionError:
        # A folder that may not be read, as of a drop box, cannot be asked for
        # by itself.
        os.sync()
        return
    try:
        os.fsync(readable)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(readable)
