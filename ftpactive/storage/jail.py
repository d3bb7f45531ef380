"""
A folder that paths are looked up in, with no way out of it.
"""

from __future__ import annotations

import os
import threading
import weakref
from functools import lru_cache

from ftpactive.core.errors import BadName, PermissionDenied
from ftpactive.core.path import Path
from ftpactive.storage.hidden import isHidden
from ftpactive.storage.known import (
    isMemory,
    keepsWhatItKnows,
    openKnown,
    openKnownRoot,
)
from ftpactive.storage.walk import FOLDER, HERE, MAYBE_LINK, UP, Place, Walk, components


class Jail:
    """
    A folder that paths are looked up in and never leave.

    A link is followed as long as it stays below the root.  The root is opened
    once, at the first use; as after C{chroot}, it stays the same folder when
    somebody renames it.  Any thread may use it.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._path = _absolute(os.fsencode(root))
        self._prefixes: list[list[bytes]] = []
        self._descriptor = -1
        self._keepsWhatItKnows = False
        self._isMemory = False
        self._identity: tuple[int, int] | None = None
        self._opening = threading.Lock()
        self._closing: weakref.finalize[[int], Jail] | None = None

    @property
    def disk(self) -> int | None:
        """
        Give the number of the device that the root is on; L{None} as long as it
        has not been opened.
        """
        return None if self._identity is None else self._identity[0]

    @property
    def isMemory(self) -> bool:
        """
        Is the root, as far as that is known yet, on nothing but memory?
        """
        return self._isMemory

    @property
    def isCurrent(self) -> bool:
        """
        Is the root still the folder that its path leads to?
        """
        try:
            return self.isAt(os.stat(self._path))
        except OSError:
            return False

    def isAt(self, folder: os.stat_result) -> bool:
        """
        Is the root a folder that was looked at?  As long as it has not been
        opened, it may be any.
        """
        return self._descriptor < 0 or self._identity == (folder.st_dev, folder.st_ino)

    def close(self) -> None:
        """
        Close the root.  No call may be under way; the next one opens it anew.
        """
        self._descriptor = -1
        if self._closing is not None:
            self._closing()

    def parent(self, path: Path) -> Place:
        """
        Find the folder of a path, through links on the way to it.  What the
        last name stands for is not looked at.  For the root itself, the place
        is L{HERE} in it.

        @raise OSError: a name on the way does not exist, or cannot be passed.
        @raise NotADirectory: (550) a name on the way is no folder.
        @raise PermissionDenied: (550) a link on the way leads outside, or
            there are too many of them.
        @raise BadName: (553) no file can have that name.
        """
        root = self._root()
        if len(path) < 2:
            return Place(root, encodeName(path[0]) if path else HERE, isOwned=False)
        names = [encodeName(name) for name in path]
        walk = Walk(root, self._prefixes)
        try:
            walk.follow(names[:-1])
            return walk.place(names[-1])
        finally:
            walk.close()

    def location(self, path: Path) -> tuple[Place, list[bytes]]:
        """
        As L{parent}; and tell by which names the folder is reached from the
        root without passing a link.
        """
        walk = Walk(self._root(), self._prefixes)
        try:
            walk.follow([encodeName(name) for name in path[:-1]])
            names = walk.names
            return walk.place(encodeName(path[-1]) if path else HERE), names
        finally:
            walk.close()

    def target(self, path: Path) -> Place:
        """
        Find what a path leads to in the end: as L{parent}, and the last name
        is followed too for as long as it is a link.  The name that is found
        is not a link as of now; it need not exist.
        """
        return self.destination(path)[0]

    def destination(self, path: Path) -> tuple[Place, list[bytes]]:
        """
        As L{target}; and tell by which names its folder is reached from the
        root without passing a link.
        """
        root = self._root()
        names = [encodeName(name) for name in path] or [HERE]
        walk = Walk(root, self._prefixes)
        try:
            walk.follow(names[:-1])
            place = walk.end(names[-1])
            return place, walk.names
        finally:
            walk.close()

    def open(self, path: Path, flags: int) -> int:
        """
        Open what a path leads to.  That the last name is a link is found out
        by trying, which costs the usual case nothing.

        @return: a descriptor.
        """
        with self.parent(path) as place:
            try:
                return place.open(flags)
            except OSError as error:
                if error.errno not in MAYBE_LINK:
                    raise
        with self.target(path) as place:
            return place.open(flags)

    def openKnown(self, path: Path, flags: int) -> int:
        """
        Open what a path leads to without a link, if that is known not to wait
        for a disk; a link itself is opened for C{O_PATH} with C{O_NOFOLLOW}.

        @return: a descriptor; or -1, which tells nothing about the path.
        @raise BadName: (553) no file can have that name.
        """
        known = _encoded(path)
        if self._descriptor < 0 and not self._openKnownRoot():
            return -1
        return openKnown(self._descriptor, known, flags) if self._keepsWhatItKnows else -1

    def inMemory(self, path: Path) -> Place | None:
        """
        As L{parent}, if there is nothing but memory, and no link on the way.

        @return: L{None}, which tells nothing about the path; else whatever is
            asked of the place, no disk is waited for.
        """
        if self._descriptor < 0:
            self._openKnownRoot()
        if not (path and self._isMemory):
            return None
        name = encodeName(path[-1])
        if len(path) == 1:
            return Place(self._descriptor, name, isOwned=False)
        folder = openKnown(self._descriptor, _encoded(path[:-1]), FOLDER)
        return Place(folder, name, isOwned=True) if folder >= 0 else None

    def _openKnownRoot(self) -> bool:
        # Who opens it already, in a thread, may have to wait for it.
        if self._opening.acquire(blocking=False):
            try:
                descriptor = openKnownRoot(self._path)
                if descriptor >= 0:
                    names = components(self._path)
                    self._opened(descriptor, [names, names])
            finally:
                self._opening.release()
        return self._descriptor >= 0

    def _root(self) -> int:
        if self._descriptor < 0:
            with self._opening:
                if self._descriptor < 0:
                    # A link may write the root as configured, or as it really is.
                    paths = [os.path.realpath(self._path), self._path]
                    self._opened(os.open(self._path, FOLDER), [*map(components, paths)])
        return self._descriptor

    def _opened(self, descriptor: int, prefixes: list[list[bytes]]) -> None:
        # Also when nobody calls close(): an avatar may just be dropped.
        self._closing = weakref.finalize(self, os.close, descriptor)
        self._closing.atexit = False
        self._prefixes = prefixes
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self._keepsWhatItKnows = keepsWhatItKnows(descriptor)
        self._isMemory = isMemory(descriptor)
        # Last: who sees it asks for nothing else.
        self._descriptor = descriptor


def _absolute(path: bytes) -> bytes:
    # To make one that is plain already absolute takes longer than all else here.
    isPlain = path[:1] == b"/" and b"//" not in path and b"/." not in path and path[-1:] != b"/"
    return path if isPlain else os.path.abspath(path)


@lru_cache(maxsize=1024)
def _encoded(path: Path) -> bytes:
    return b"/".join(map(encodeName, path)) or HERE


def encodeName(name: str) -> bytes:
    """
    Give the bytes of a name on disk: UTF-8 whatever the locale, or the very
    bytes that its surrogates stand for.

    @raise BadName: (553) no file can have that name.
    @raise PermissionDenied: (550) uploads have such names that are not whole.
    """
    if not name or "/" in name or "\0" in name:
        raise BadName()
    try:
        encoded = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadName() from None
    if name[0] == ".":
        _checkDotted(encoded)
    return encoded


def _checkDotted(name: bytes) -> None:
    # All that are not for clients begin with a dot, and few others do.
    if name in (HERE, UP):
        raise BadName()
    if isHidden(name):
        raise PermissionDenied("Names like this are kept for uploads that are under way")


def decodeName(name: bytes) -> str:
    """
    The other way round from L{encodeName}.
    """
    return name.decode("utf-8", "surrogateescape")


def linkText(folder: list[bytes], target: Path) -> bytes:
    """
    Give the text of a link: the way from its folder to its target, which
    stays right wherever their root is moved.

    @param folder: the names from the root to the link's folder, as from
        L{Jail.location}.  Were one of them a link, C{..} would lead from where
        that leads to.
    @param target: seen from the root.

    @raise BadName: (553) no file can have a name of it.
    """
    names = [encodeName(name) for name in target]
    shared = 0
    for here, there in zip(folder, names, strict=False):
        if here != there:
            break
        shared += 1
    return b"/".join([b".."] * (len(folder) - shared) + names[shared:]) or HERE
