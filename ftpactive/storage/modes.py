"""
Permission bits of files on disk: those that new ones get, and changing them.
And whose new ones are.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from ftpactive.core.errors import PermissionDenied
from ftpactive.storage.blocking import closedOnError
from ftpactive.storage.ownership import Ownership
from ftpactive.storage.walk import Place

_FILE, _FOLDER = 0o666, 0o777
_RIGHTS = 0o777
_SET_ID = stat.S_ISUID | stat.S_ISGID

#: Holds a thing without opening it: a device would do something, and what may
#: not be read may still have its bits changed.
_HOLD = getattr(os, "O_PATH", 0)
_OPEN = os.O_RDONLY | os.O_NONBLOCK
_DESCRIPTORS = "/proc/self/fd"


class _Bits(NamedTuple):
    """
    Of something new.

    @ivar asked: what the kernel is asked for.
    @ivar wanted: what it is to have.
    @ivar isStricter: does the kernel's mask take bits that ours leaves?
    """

    asked: int
    wanted: int
    isStricter: bool


class Umask:
    """
    The bits that new files and folders of one storage do not have.

    The process has a mask of its own, for all threads and storages; it is
    never changed.  As long as nobody chooses another one here, the kernel
    applies it, with all that it knows about access lists.
    """

    def __init__(self, bits: int | None = None, owner: Ownership | None = None) -> None:
        """
        @param bits: the mask; L{None} for that of the process.
        @param owner: whose files and folders are; without it, the process'.
        """
        self._chosen = None if bits is None else bits & _RIGHTS
        self._owner = owner

    @cached_property
    def _kernels(self) -> int:
        # Asked when something is made, not at each login: many only read.
        return processUmask()

    @property
    def bits(self) -> int:
        """
        Give the mask, 0-0o777.
        """
        return self._kernels if self._chosen is None else self._chosen

    @bits.setter
    def bits(self, bits: int) -> None:
        self._chosen = bits & _RIGHTS
        self.__dict__.pop("_file", None)

    @cached_property
    def _file(self) -> _Bits:
        # Reckoned once, for all files.
        return self._bitsOf(_FILE)

    def makeFile(self, place: Place, flags: int) -> int:
        """
        Make a file.

        @param flags: how it is opened; it must not exist.
        @return: a descriptor.
        """
        descriptor = place.open(flags | os.O_CREAT | os.O_EXCL, self._file.asked)
        self._dressFile(descriptor)
        return descriptor

    def _dressFile(self, descriptor: int) -> None:
        if self._file.isStricter:
            with closedOnError(descriptor), suppress(OSError):
                os.fchmod(descriptor, self._file.wanted)
        if self._owner is not None:
            self._owner.give(descriptor)

    def makeFolder(self, place: Place) -> None:
        """
        Make a folder.
        """
        bits = self._bitsOf(_FOLDER)
        os.mkdir(place.name, bits.asked, dir_fd=place.descriptor)
        if bits.isStricter or self._owner is not None:
            # The folder is there and can be used, whatever becomes of this.
            with suppress(OSError), _held(place, os.O_DIRECTORY) as folder:
                self._dress(folder, bits)

    def _dress(self, folder: _held, bits: _Bits) -> None:
        if bits.isStricter:
            folder.change(folder.mode & ~_RIGHTS | bits.wanted)
        # Should somebody have put another folder in its place, it is not ours
        # to give.
        if self._owner is not None and folder.owner == os.geteuid():
            folder.give(self._owner)

    def _bitsOf(self, full: int) -> _Bits:
        bits, kernels = self.bits, self._kernels
        wanted = full & ~bits
        return _Bits(full if bits == kernels else wanted, wanted, bool(wanted & kernels))


class _held:
    """
    A context that holds what a place names, so that what is asked and what is
    changed are the same thing; a link is not followed.

    @ivar kind: as C{stat.S_IFMT} gives it.
    @ivar mode: its bits.
    @ivar owner: its owner's number.
    """

    def __init__(self, place: Place, flags: int = 0) -> None:
        # Without /proc, as after chroot, only what is open can be changed.
        self._isOpen = not (_HOLD and os.path.isdir(_DESCRIPTORS))
        self._descriptor = place.open(flags | (_OPEN if self._isOpen else _HOLD))
        with closedOnError(self._descriptor):
            status = os.fstat(self._descriptor)
        self.kind, self.mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
        self.owner = status.st_uid

    def __enter__(self) -> _held:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)

    def change(self, mode: int) -> None:
        """
        Set its bits.
        """
        if self._isOpen:
            os.fchmod(self._descriptor, mode)
        else:
            # This name leads to the very thing that is held, whatever happens
            # to all its other names.
            os.chmod(f"{_DESCRIPTORS}/{self._descriptor}", mode)

    def give(self, owner: Ownership) -> None:
        """
        Give it to somebody.
        """
        owner.give(self._descriptor if self._isOpen else f"{_DESCRIPTORS}/{self._descriptor}")


def changeMode(place: Place, mode: int) -> None:
    """
    Set the permission bits of what a place names.

    @param place: as found by L{Jail.target}: not a link.
    @param mode: 0-0o7777.

    @raise PermissionDenied: (550) it has become a link meanwhile; or a plain
        file would run as its owner, who is us and not who uploaded it.
    """
    with _held(place) as found:
        if found.kind == stat.S_IFLNK:
            raise PermissionDenied()
        if mode & _SET_ID and found.kind != stat.S_IFDIR:
            raise PermissionDenied("Files here must not be set-uid or set-gid")
        found.change(mode)


def processUmask() -> int:
    """
    Tell the mask of this process.
    """
    # Asking the kernel for it means setting it; files that other threads make
    # at that moment would get the wrong bits.  Linux can also be asked so:
    with suppress(OSError), open("/proc/self/status", encoding="utf-8", errors="replace") as status:
        for line in status:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
