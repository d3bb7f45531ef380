"""
Uploads that are not whole yet, as the user sees them who began them.

Such a file is beside the name that it is to get, and it is found by that name
and its user.  It is never listed, and nobody reaches it by its own name.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from typing import Any

from ftpactive.core.errors import FileBusy, FileUnavailable, NotFound
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.storage.abandoned import removeOldOf
from ftpactive.storage.blocking import closedOnError
from ftpactive.storage.hidden import partialName
from ftpactive.storage.jail import Jail
from ftpactive.storage.listing import OpenFolder
from ftpactive.storage.locks import lock
from ftpactive.storage.opened import Opened
from ftpactive.storage.ownership import Ownership
from ftpactive.storage.sight import Sight
from ftpactive.storage.walk import Place

_READ = os.O_RDONLY | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_NONBLOCK

#: How often a file is looked for that somebody else takes away meanwhile.
_TRIES = 10

#: What its user may do with it, RFC 3659 section 7.5.5: append, delete, write.
_PERM = "adw"


class Partials:
    """
    The unfinished uploads of one user.
    """

    def __init__(
        self, jail: Jail, sight: Sight, policy: UploadPolicy, owner: Ownership | None
    ) -> None:
        """
        @param owner: whose files they are; without it, this process'.
        """
        self._jail = jail
        self._sight = sight
        self._policy = policy
        self._owner = owner

    def beside(self, place: Place) -> Place:
        """
        Give the place of what came so far for a name; it is good for as long
        as that of the name.
        """
        return Place(place.descriptor, partialName(self._policy.who, place.name), isOwned=False)

    def status(self, place: Place) -> os.stat_result | None:
        """
        Ask for the status of what came so far for a name, if anything did.
        """
        with suppress(FileNotFoundError):
            status = self.beside(place).status()
            # With a second name, it is whole: the server died when it had given
            # it its own.  Everything else was put there by somebody who may
            # write to the folder as well, and hopes that we go on with it.
            isOurs = self._owner is not None and status.st_uid == self._owner.uid
            isOurs = isOurs or status.st_uid == os.geteuid()
            if isOurs and stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                return status
        return None

    @property
    def keep(self) -> float:
        """
        Tell for how many seconds they are kept.
        """
        return self._policy.keep

    def removeOld(self, folder: OpenFolder[Any, Any]) -> None:
        """
        Remove those that were kept for long enough from a folder whose names
        were just read.
        """
        if folder.hidden:
            removeOldOf(folder.descriptor, folder.hidden, self.keep)

    def facts(self, path: Path) -> Facts:
        """
        Tell the facts of what came so far.

        @raise NotFound: (550) nothing did.
        """
        with self._jail.target(path) as place:
            status = self._existing(place)
            facts = self._sight.factsAt(self.beside(place), path, status, isMovable=True)
            return facts._replace(perm=_PERM)

    def refuse(self, place: Place) -> None:
        """
        Say why a name is not a file yet, if an upload was begun.

        @raise FileBusy: (450) it is under way.
        @raise FileUnavailable: (550) it was cut.
        """
        status = self.status(place)
        if status is None:
            return
        descriptor = self.beside(place).open(_READ)
        try:
            if not lock(descriptor, fcntl.LOCK_SH):
                raise FileBusy("The upload of this file is under way")
        finally:
            os.close(descriptor)
        size = status.st_size
        raise FileUnavailable(
            f"The upload of this file was cut: REST {size} and STOR go on with it"
        )

    def refuseReading(self, path: Path) -> None:
        """
        As L{refuse}, of a path.
        """
        with self._jail.target(path) as place:
            self.refuse(place)

    def remove(self, place: Place) -> None:
        """
        Remove what came so far for a name.

        @raise NotFound: (550) nothing did.
        """
        self._existing(place)
        os.unlink(self.beside(place).name, dir_fd=place.descriptor)

    def find(self, place: Place) -> Opened | None:
        """
        Open what came so far for a name, to go on with it.  Nobody else can do
        so as long as it is open.

        @return: L{None} when there is nothing to go on with; then the name
            beside is free.
        @raise FileBusy: (450) the upload is under way.
        """
        for _ in range(_TRIES):
            beside = self.beside(place)
            if self.status(place) is None:
                with suppress(FileNotFoundError):
                    os.unlink(beside.name, dir_fd=beside.descriptor)
                return None
            with suppress(FileNotFoundError):
                found = self.hold(beside.open(_WRITE), beside)
                if found is not None:
                    return found
        raise FileBusy

    def hold(self, descriptor: int, beside: Place) -> Opened | None:
        """
        Lock a file that was just opened.

        @return: L{None} when it has lost its name in between.
        @raise FileBusy: (450) somebody else holds it.
        """
        with closedOnError(descriptor):
            if not lock(descriptor, fcntl.LOCK_EX):
                raise FileBusy("Another upload of this file is under way")
        opened = Opened(descriptor, beside)
        if opened.isNamed:
            return opened
        opened.close()
        return None

    def _existing(self, place: Place) -> os.stat_result:
        status = self.status(place)
        if status is None:
            raise NotFound
        return status
