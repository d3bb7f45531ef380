"""
Hidden files of uploads that have no server any more: it died, or was killed.
"""

from __future__ import annotations

import fcntl
import os
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
