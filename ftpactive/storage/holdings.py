"""
What names on disk hold: also those that are links, and what is hidden beside
them.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from ftpactive.core.account import Held, Usage
from ftpactive.core.errors import NotADirectory
from ftpactive.core.path import Path
from ftpactive.storage.hidden import isHidden
from ftpactive.storage.jail import Jail, decodeName
from ftpactive.storage.partials import Partials
from ftpactive.storage.walk import HERE

_FOLDER = os.O_RDONLY | os.O_DIRECTORY


class Holdings:
    """
    Looks below a jail's root for what counts: see
    L{ftpactive.abilities.IHoldings}.
    """

    def __init__(self, jail: Jail, partials: Partials | None) -> None:
        """
        @param partials: where the user's uploads wait that are not whole yet,
            if they do so.
        """
        self._jail = jail
        self._partials = partials

    def realPath(self, path: Path, isFollowed: bool) -> Path:
        """
        Give the path without links of what has a path.
        """
        place, folder = (self._jail.destination if isFollowed else self._jail.location)(path)
        with place:
            names = folder if place.name == HERE else [*folder, place.name]
        return tuple(map(decodeName, names))

    def held(self, path: Path) -> Held:
        """
        Tell what there is at a name.
        """
        try:
            with self._jail.parent(path) as place:
                seen = Usage()
                with suppress(FileNotFoundError):
                    seen = _usage(place.status())
                status = None if self._partials is None else self._partials.status(place)
                return Held(seen, Usage() if status is None else _usage(status))
        except (FileNotFoundError, NotADirectory):
            # A folder on the way has gone.
            return Held()

    def hiddenIn(self, path: Path) -> Usage:
        """
        Tell what is hidden in a folder.
        """
        usage = Usage()
        folder = self._jail.open(path, _FOLDER)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if isHidden(os.fsencode(entry.name)):
                        with suppress(FileNotFoundError):
                            usage += _usage(entry.stat(follow_symlinks=False))
        finally:
            os.close(folder)
        return usage


def _usage(status: os.stat_result) -> Usage:
    return Usage(status.st_size if stat.S_ISREG(status.st_mode) else 0, 1)
