"""
Hidden files of uploads that nobody receives any more: they were cut, or the
server died during them.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable
from contextlib import suppress

from ftpactive.storage.hidden import isHidden
from ftpactive.storage.walk import Place

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_FILE = os.O_RDONLY | os.O_NONBLOCK


def hold(descriptor: int) -> None:
    """
    Show every process that an upload to a hidden file is under way, for as
    long as the file is open.
    """
    # Where there are no locks, hidden files are never taken for abandoned.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def removeAbandoned(place: Place) -> bool:
    """
    Remove the files that nobody holds from a folder in which nothing else is.

    @return: is the folder empty now?  If not, nothing was removed that is
        somebody's.
    @raise OSError: it cannot be read, or a file cannot be removed.
    """
    folder = place.open(_FOLDER)
    try:
        names = []
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(os.fsencode(entry.name))
                if not isHidden(names[-1]):
                    return False
        return all(_remove(Place(folder, name, isOwned=False)) for name in names)
    finally:
        os.close(folder)


def removeOld(folder: int, keep: float) -> None:
    """
    Remove the hidden files from a folder that nobody holds, and nobody wrote to
    for a while.  That it cannot be done does not matter.

    @param folder: a descriptor, good for passing through at least.
    @param keep: how long that is, seconds.
    """
    with suppress(OSError):
        readable = os.open(b".", _FOLDER | os.O_CLOEXEC, dir_fd=folder)
        try:
            with os.scandir(readable) as entries:
                names = [os.fsencode(entry.name) for entry in entries]
            removeOldOf(readable, filter(isHidden, names), keep)
        finally:
            os.close(readable)


def removeOldOf(folder: int, names: Iterable[bytes], keep: float) -> None:
    """
    As L{removeOld}, of names of hidden files that were read already.
    """
    end = time.time() - keep
    for file in (Place(folder, name, isOwned=False) for name in names):
        with suppress(OSError):
            if file.status().st_mtime < end:
                _remove(file)


def _remove(file: Place) -> bool:
    descriptor = file.open(_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        os.unlink(file.name, dir_fd=file.descriptor)
        return True
    finally:
        os.close(descriptor)
