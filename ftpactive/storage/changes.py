"""
Changing what names there are in a tree on disk.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from ftpactive.core.errors import AlreadyExists, IsADirectory, PermissionDenied
from ftpactive.core.path import Path
from ftpactive.storage.abandoned import removeAbandoned
from ftpactive.storage.durable import Durability
from ftpactive.storage.jail import Jail, linkText
from ftpactive.storage.modes import Umask
from ftpactive.storage.partials import Partials

#: What rmdir() says of a folder in which something is, on one system or another.
_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})


class Changes:
    """
    Makes, removes and renames below a jail's root.  Of those that uploads
    build upon, the names are on the disk afterwards, if that is wanted.
    """

    def __init__(
        self, jail: Jail, umask: Umask, durability: Durability, partials: Partials | None
    ) -> None:
        """
        @param partials: where the user's uploads wait that are not whole yet,
            if they do so.
        """
        self._jail = jail
        self._umask = umask
        self._durability = durability
        self._partials = partials

    def makeFolder(self, path: Path) -> None:
        """
        See L{IStorage.makeDirectory}.
        """
        if not path:
            raise AlreadyExists()
        with self._jail.parent(path) as place:
            self._umask.makeFolder(place)
            self._durability.names(place.descriptor)

    def remove(self, path: Path) -> None:
        """
        See L{IStorage.remove}.  An upload that was cut can be removed as if it
        had its name.
        """
        if not path:
            raise IsADirectory()
        with self._jail.parent(path) as place:
            try:
                os.unlink(place.name, dir_fd=place.descriptor)
            except FileNotFoundError:
                if self._partials is None:
                    raise
                self._partials.remove(place)

    def removeFolder(self, path: Path) -> None:
        """
        See L{IStorage.removeDirectory}.
        """
        if not path:
            raise PermissionDenied()
        with self._jail.parent(path) as place:
            try:
                os.rmdir(place.name, dir_fd=place.descriptor)
            except OSError as error:
                if error.errno not in _NOT_EMPTY or not removeAbandoned(place):
                    raise
                os.rmdir(place.name, dir_fd=place.descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """
        See L{IStorage.rename}.
        """
        if not old or not new:
            raise PermissionDenied()
        with self._jail.parent(old) as source, self._jail.parent(new) as goal:
            try:
                moved = source.status()
            except FileNotFoundError:
                if self._partials is not None:
                    self._partials.refuse(source)
                raise
            with suppress(FileNotFoundError):
                _mayReplace(moved, goal.status())
            os.rename(
                source.name, goal.name, src_dir_fd=source.descriptor, dst_dir_fd=goal.descriptor
            )
            self._durability.names(goal.descriptor)
            if source.descriptor != goal.descriptor:
                self._durability.names(source.descriptor)

    def link(self, path: Path, target: Path) -> None:
        """
        See L{ftpactive.abilities.ILinks.makeLink}.
        """
        if not path:
            raise AlreadyExists()
        place, folder = self._jail.location(path)
        with place:
            os.symlink(linkText(folder, target), place.name, dir_fd=place.descriptor)


def _mayReplace(moved: os.stat_result, inTheWay: os.stat_result) -> None:
    # The kernel would let a folder replace an empty one.
    areFolders = stat.S_ISDIR(moved.st_mode) or stat.S_ISDIR(inTheWay.st_mode)
    if areFolders and not os.path.samestat(moved, inTheWay):
        raise AlreadyExists()
