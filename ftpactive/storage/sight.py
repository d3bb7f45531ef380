"""
Facts of names on disk, with links that stay inside followed.
"""

from __future__ import annotations

import os
import stat

from ftpactive.core.errors import FTPError
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.storage.birth import birthTime
from ftpactive.storage.jail import Jail, decodeName
from ftpactive.storage.known import closedStatus
from ftpactive.storage.viewpoint import Viewpoint
from ftpactive.storage.walk import Place

#: Holds a thing to ask for its status, and does not open it.
_HOLD = getattr(os, "O_PATH", 0) | os.O_NOFOLLOW


class Sight:
    """
    Looks at names below a jail's root.

    @ivar tellsCreated: do facts hold C{created}?  It costs a system call each.
    """

    def __init__(self, jail: Jail, viewpoint: Viewpoint) -> None:
        self.viewpoint = viewpoint
        self.tellsCreated = False
        self._jail = jail

    def facts(self, path: Path) -> Facts:
        """
        Tell the facts of a path: see L{IStorage.stat}.

        @raise OSError: there is nothing of that name.
        """
        with self._jail.parent(path) as place:
            status = place.status()
            folder = os.fstat(place.descriptor)
            isMovable = bool(path) and self.viewpoint.isMovable(status, folder)
            return self.factsAt(place, path, status, isMovable)

    def knownFacts(self, path: Path) -> Facts | None:
        """
        Tell the facts of a path, if they are known without waiting for a disk.

        @return: L{None} if they are not, if it is a link, or if there is
            nothing of that name: ask L{facts}.
        """
        if self.tellsCreated:
            return None
        paths = (path, path[:-1]) if path else (path,)
        known = [closedStatus(self._jail.openKnown(each, _HOLD)) for each in paths]
        status, folder = known[0], known[-1]
        if status is None or folder is None or stat.S_ISLNK(status.st_mode):
            return None
        isMovable = bool(path) and self.viewpoint.isMovable(status, folder)
        return self.viewpoint.facts(status, isMovable)

    def factsAt(self, place: Place, path: Path, status: os.stat_result, isMovable: bool) -> Facts:
        """
        Tell the facts of a path that was found: of what a link leads to, and
        of the link itself when that is outside, or nothing, or more links.

        @param place: where the path is.
        @param status: the place's.
        @param isMovable: see L{Viewpoint.isMovable}.
        """
        if not stat.S_ISLNK(status.st_mode):
            return self._itself(place, status, isMovable)
        try:
            with self._jail.target(path) as target:
                status = target.status()
                if not stat.S_ISLNK(status.st_mode):
                    return self._itself(target, status, isMovable)._replace(isLink=True)
            words = ""
        except FTPError:
            # It leads outside; what is there is nobody's business.
            words = ""
        except OSError:
            # Whatever is wrong with the target, the link is there.
            words = _relative(os.readlink(place.name, dir_fd=place.descriptor))
        return self._itself(place, place.status(), isMovable, words)._replace(isLink=True)

    def _itself(
        self, place: Place, status: os.stat_result, isMovable: bool, target: str = ""
    ) -> Facts:
        created = None
        if self.tellsCreated:
            created = birthTime(place.descriptor, place.name, status)
        return self.viewpoint.facts(status, isMovable, created=created, target=target)


def _relative(link: bytes) -> str:
    # An absolute one would tell where on this machine the root is.
    return "" if link.startswith(b"/") else decodeName(link)
