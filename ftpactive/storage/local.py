"""
A directory tree of this machine.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator
from contextlib import suppress

from zope.interface import implementer

from ftpactive.abilities import IBirthTimes, ILinks, IModes, ISpace, ITimes
from ftpactive.core.errors import AlreadyExists, IsADirectory, PermissionDenied
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.abandoned import removeAbandoned
from ftpactive.storage.blocking import inline
from ftpactive.storage.jail import Jail, linkText
from ftpactive.storage.listing import OpenFolder
from ftpactive.storage.modes import Umask, changeMode
from ftpactive.storage.sight import Sight
from ftpactive.storage.sources import openSource
from ftpactive.storage.uploads import Uploads
from ftpactive.storage.viewpoint import Viewpoint
from ftpactive.storage.walk import FOLDER

Batches = AsyncIterator[list[Entry]]

#: What rmdir() says of a folder in which something is, on one system or another.
_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})


@implementer(IStorage, IModes, ITimes, IBirthTimes, ILinks, ISpace)
class LocalStorage:
    """
    A folder and what is below it, with no way out.

    Symbolic links work as long as they lead to something inside.  What this
    process may do is up to the operating system; only plain files are sent
    and received.

    Every method runs on the calling thread, and waits for the disk.
    """

    def __init__(self, root: str | os.PathLike[str] | Jail) -> None:
        """
        @param root: the folder.  That it does not exist shows at the first
            use, as L{NotFound}.  Storages that share a L{Jail} share its
            descriptor.
        """
        self._ownsJail = not isinstance(root, Jail)
        self._jail = root if isinstance(root, Jail) else Jail(root)
        viewpoint = Viewpoint()
        self._sight = Sight(self._jail, viewpoint)
        self._umask = Umask()
        self._uploads = Uploads(self._jail, viewpoint, self._umask)

    def close(self) -> None:
        """
        Let go of the root.  Files that are open stay open.
        """
        if self._ownsJail:
            self._jail.close()

    @property
    def umask(self) -> int:
        """
        Give the bits that new files and folders do not have: those of this
        process, as long as no others are chosen.
        """
        return self._umask.bits

    @umask.setter
    def umask(self, bits: int) -> None:
        self._umask.bits = bits

    @property
    def tellsCreated(self) -> bool:
        """
        Do facts hold C{created}?  Where the system does not know, it is
        L{None} all the same.
        """
        return self._sight.tellsCreated

    @tellsCreated.setter
    def tellsCreated(self, isWanted: bool) -> None:
        self._sight.tellsCreated = isWanted

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        return await inline(self._sight.facts, path)

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        folder = await inline(OpenFolder, self._jail, self._sight, path)
        try:
            batches = folder.batches()
            while (names := await inline(next, batches, None)) is not None:
                parts = folder.entries(names)
                while (entries := await inline(next, parts, None)) is not None:
                    if entries or not names:
                        yield entries
        finally:
            folder.close()

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        return await inline(openSource, self._jail, path, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.

        An existing file that is replaced from its start keeps its contents
        until C{commit}, its permission bits, and its owner if we may set it:
        the upload goes to a hidden file beside it, which L{list} leaves out.
        Where its folder takes no new file, it is emptied when the first byte
        comes, and a cut upload has destroyed it.
        """
        return await inline(self._uploads.open, path, offset, mode)

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        await inline(self._makeDirectory, path)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        await inline(self._remove, path)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.  What a server left in it that died during
        uploads does not count.
        """
        await inline(self._removeDirectory, path)

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.
        """
        await inline(self._rename, old, new)

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits; of what a link leads to, as long as that is
        inside.

        @raise PermissionDenied: (550) a plain file would get the set-uid or
            set-gid bit.
        """
        await inline(self._setMode, path, mode)

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change; likewise.
        """
        await inline(self._setModified, path, seconds)

    async def makeLink(self, path: Path, target: Path) -> None:
        """
        Make a link.  What it says is the way from its own folder.
        """
        await inline(self._makeLink, path, target)

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written to a folder.
        """
        return await inline(self._available, path)

    def _makeDirectory(self, path: Path) -> None:
        if not path:
            raise AlreadyExists()
        with self._jail.parent(path) as place:
            self._umask.makeFolder(place)

    def _remove(self, path: Path) -> None:
        if not path:
            raise IsADirectory()
        with self._jail.parent(path) as place:
            os.unlink(place.name, dir_fd=place.descriptor)

    def _removeDirectory(self, path: Path) -> None:
        if not path:
            raise PermissionDenied()
        with self._jail.parent(path) as place:
            try:
                os.rmdir(place.name, dir_fd=place.descriptor)
            except OSError as error:
                if error.errno not in _NOT_EMPTY or not removeAbandoned(place):
                    raise
                os.rmdir(place.name, dir_fd=place.descriptor)

    def _rename(self, old: Path, new: Path) -> None:
        if not old or not new:
            raise PermissionDenied()
        with self._jail.parent(old) as source, self._jail.parent(new) as goal:
            moved = source.status()
            with suppress(FileNotFoundError):
                _mayReplace(moved, goal.status())
            os.rename(
                source.name, goal.name, src_dir_fd=source.descriptor, dst_dir_fd=goal.descriptor
            )

    def _setMode(self, path: Path, mode: int) -> None:
        with self._jail.target(path) as place:
            changeMode(place, mode)

    def _setModified(self, path: Path, seconds: float) -> None:
        with self._jail.target(path) as place:
            # Should it become a link meanwhile, the link itself is changed.
            times = (place.status().st_atime_ns, round(seconds * 1_000_000_000))
            os.utime(place.name, ns=times, dir_fd=place.descriptor, follow_symlinks=False)

    def _makeLink(self, path: Path, target: Path) -> None:
        if not path:
            raise AlreadyExists()
        place, folder = self._jail.location(path)
        with place:
            os.symlink(linkText(folder, target), place.name, dir_fd=place.descriptor)

    def _available(self, path: Path) -> int:
        descriptor = self._jail.open(path, FOLDER)
        try:
            system = os.fstatvfs(descriptor)
        finally:
            os.close(descriptor)
        return system.f_bavail * system.f_frsize


def _mayReplace(moved: os.stat_result, inTheWay: os.stat_result) -> None:
    # The kernel would let a folder replace an empty one.
    areFolders = stat.S_ISDIR(moved.st_mode) or stat.S_ISDIR(inTheWay.st_mode)
    if areFolders and not os.path.samestat(moved, inTheWay):
        raise AlreadyExists()
