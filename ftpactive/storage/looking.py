"""
Looking at the folders of users who log in, and making those that are missing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from time import monotonic

from ftpactive.storage.known import knownFolder
from ftpactive.storage.ownership import Ownership

#: Seconds for which a look holds: a crowd that logs in costs one.
_HOLDS = 1.0

#: How many folders are remembered.
_MOST = 1000


class NoFolder(Exception):
    """
    There is no folder for a user; the text says why.
    """


class Looks:
    """
    What was seen of folders a moment ago.  That one is not there is never
    remembered.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._seen: dict[str, tuple[float, os.stat_result]] = {}

    def known(self, folder: str) -> os.stat_result | None:
        """
        Tell what is known of a folder without waiting for a disk; L{None} tells
        nothing about it.
        """
        seen = self._seen.get(folder)
        if seen is not None and self._now() < seen[0]:
            return seen[1]
        status = knownFolder(os.path.abspath(os.fsencode(folder)))
        return None if status is None else self.seen(folder, status)

    def seen(self, folder: str, status: os.stat_result) -> os.stat_result:
        """
        Remember what was seen of a folder just now.
        """
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[folder] = (self._now() + _HOLDS, status)
        return status


def look(
    folders: Sequence[str], own: Sequence[str], owner: Ownership | None
) -> list[os.stat_result]:
    """
    Look at folders, which may take a while.

    @param own: those of a user's own, which are made at the first login; the
        folder that one is in must be there.
    @param owner: whose those are; without it, this process'.
    @raise NoFolder: one of them is not there.
    """
    for folder in own:
        _make(folder, owner)
    return [_folder(each) for each in folders]


def _folder(folder: str) -> os.stat_result:
    try:
        status = os.stat(folder)
    except OSError:
        status = None
    if status is None or not stat.S_ISDIR(status.st_mode):
        raise NoFolder(f"{folder} is not a folder")
    return status


def _make(folder: str, owner: Ownership | None) -> None:
    if os.path.isdir(folder):
        return
    try:
        os.mkdir(folder, 0o750)
    except OSError as error:
        raise NoFolder(f"{folder}: {error.strerror}") from error
    if owner is not None:
        owner.give(folder)
