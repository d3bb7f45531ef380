"""
Going from folder to folder, one name at a time, below a root.

The kernel is never asked to follow a link or C{..}: each step starts at a
descriptor that we hold and opens one name that must be a folder.  Whatever is
swapped while we walk, the walk stays below the root.
"""

from __future__ import annotations

import errno
import os
from types import TracebackType

from ftpactive.core.errors import NotADirectory, PermissionDenied
from ftpactive.storage.hidden import isHidden

#: As many links as Linux follows in one path.
MAX_LINKS = 40

#: How many folders are entered on the way that links tell.  Every C{..} in a
#: link walks again from the root: without a bound, links made on purpose could
#: keep us busy for minutes.
MAX_STEPS = 1_000

#: O_PATH needs no right to read a folder, only to pass through it.
FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

#: What open() says of a link when it must not follow one; which of them
#: depends on the other flags and on the system.
MAYBE_LINK = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})

#: The name of a place that is a folder itself, not a name in it.
HERE = b"."
#: What stands for the folder around one, in a link.
UP = b".."


class Place:
    """
    A name in an open folder, for system calls that take C{dir_fd}.  It is a
    context; leave it, and the folder is closed.

    @ivar descriptor: the folder.
    @ivar name: one name, or L{HERE}.
    """

    __slots__ = ("_isOwned", "descriptor", "name")

    def __init__(self, descriptor: int, name: bytes, *, isOwned: bool) -> None:
        self.descriptor = descriptor
        self.name = name
        self._isOwned = isOwned

    def __enter__(self) -> Place:
        """
        Give the place.
        """
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Close the folder, unless it is the root, which stays open.
        """
        if self._isOwned:
            os.close(self.descriptor)

    def keep(self) -> int:
        """
        Give the folder, to be closed by whoever asks.
        """
        if not self._isOwned:
            return os.dup(self.descriptor)
        self._isOwned = False
        return self.descriptor

    def open(self, flags: int, mode: int = 0o666) -> int:
        """
        Open what has this name; a link is not followed but fails.

        @return: a descriptor.
        """
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(self.name, flags, mode, dir_fd=self.descriptor)

    def status(self) -> os.stat_result:
        """
        Ask for the status of what has this name; of a link itself.
        """
        return os.stat(self.name, dir_fd=self.descriptor, follow_symlinks=False)


class Walk:
    """
    One walk.  Ends with L{place}, or with L{close} when it fails.

    @ivar names: the folders walked into so far, from the root on; none of
        them is a link or C{..}.
    """

    def __init__(self, root: int, prefixes: list[list[bytes]]) -> None:
        """
        @param root: a descriptor of the root, which is not closed.
        @param prefixes: how absolute links may begin: the root's own paths.
        """
        self._root = self._here = root
        self._prefixes = prefixes
        self.names: list[bytes] = []
        self._links = self._steps = 0

    def follow(self, names: list[bytes]) -> None:
        """
        Go into one folder after the other, through links where there are any.

        @raise OSError: one does not exist, or cannot be passed through.
        @raise NotADirectory: (550) one is no folder.
        @raise PermissionDenied: (550) a link leads outside, or there are too
            many of them.
        """
        pending = names[::-1]
        while pending:
            ups = 0
            while pending and pending[-1] == UP:
                ups += 1
                pending.pop()
            if ups:
                self._up(ups)
            else:
                pending.extend(reversed(self._into(pending.pop())))

    def end(self, name: bytes) -> Place:
        """
        Finish with what a name leads to.  As of now it is not a link; it need
        not exist.
        """
        while True:
            if name == UP:
                self._up(1)
                name = HERE
            link = self._link(name)
            if link is None:
                return self.place(name)
            names = self._expand(link) or [HERE]
            self.follow(names[:-1])
            name = names[-1]

    def place(self, name: bytes) -> Place:
        """
        Finish: hand over the folder where the walk stands, and a name in it.
        """
        here, self._here = self._here, self._root
        return Place(here, name, isOwned=here != self._root)

    def close(self) -> None:
        """
        Let go of the folder where the walk stands.
        """
        self._restart()

    def _restart(self) -> None:
        here, self._here = self._here, self._root
        self.names = []
        if here != self._root:
            os.close(here)

    def _step(self, name: bytes) -> None:
        # The path itself is as deep as it is.
        self._steps += bool(self._links)
        if self._steps > MAX_STEPS:
            raise PermissionDenied("Too many links")
        there = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=self._here)
        here, self._here = self._here, there
        self.names.append(name)
        if here != self._root:
            os.close(here)

    def _into(self, name: bytes) -> list[bytes]:
        # Gives the names to go on with when it is a link.
        try:
            self._step(name)
        except OSError as error:
            if error.errno not in MAYBE_LINK:
                raise
            link = self._link(name)
            if link is None:
                raise NotADirectory() from error
            return self._expand(link)
        return []

    def _up(self, count: int) -> None:
        if count > len(self.names):
            raise PermissionDenied()
        # The kernel's ".." would follow a folder that was moved meanwhile.
        names = self.names[:-count]
        self._restart()
        for name in names:
            self._step(name)

    def _link(self, name: bytes) -> bytes | None:
        if name == HERE:
            return None
        try:
            return os.readlink(name, dir_fd=self._here)
        except OSError as error:
            # EINVAL: it is no link.
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise

    def _expand(self, link: bytes) -> list[bytes]:
        self._links += 1
        if self._links > MAX_LINKS:
            raise PermissionDenied("Too many links")
        names = components(link)
        if any(map(isHidden, names)):
            # An upload that is under way is not to be had through a link either.
            raise PermissionDenied()
        if not link.startswith(b"/"):
            return names
        for prefix in self._prefixes:
            if names[: len(prefix)] == prefix:
                self._restart()
                return names[len(prefix) :]
        raise PermissionDenied()


def components(path: bytes) -> list[bytes]:
    """
    Split what a link says into names; C{..} stays.
    """
    return [name for name in path.split(b"/") if name not in (b"", HERE)]
