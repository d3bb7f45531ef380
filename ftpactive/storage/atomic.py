"""
How an upload begins that is hidden until it is whole.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, nullcontext, suppress

from ftpactive.core.errors import AlreadyExists, BadRestart, FileBusy, PermissionDenied
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.atomicsink import AtomicSink, Base, Goal
from ftpactive.storage.blocking import Calls
from ftpactive.storage.durable import Durability
from ftpactive.storage.hidden import hiddenName
from ftpactive.storage.jail import Jail
from ftpactive.storage.known import SMALL, takesFile
from ftpactive.storage.locks import lock
from ftpactive.storage.modes import Umask
from ftpactive.storage.opened import Opened
from ftpactive.storage.partials import Partials
from ftpactive.storage.sources import regular
from ftpactive.storage.viewpoint import Viewpoint
from ftpactive.storage.walk import Place

# Without O_NONBLOCK, opening a pipe that nobody reads would hang us.
_WRITE = os.O_WRONLY | os.O_NONBLOCK
_COPY = os.O_RDWR | os.O_NONBLOCK

_CANNOT_REPLACE = "This file cannot be replaced: its folder belongs to somebody else"


class AtomicUploads:
    """
    Opens hidden files beside the names that they get when they are whole.
    """

    def __init__(
        self,
        jail: Jail,
        viewpoint: Viewpoint,
        umask: Umask,
        durability: Durability,
        partials: Partials,
        calls: Calls,
    ) -> None:
        self._jail = jail
        self._viewpoint = viewpoint
        self._umask = umask
        self._durability = durability
        self._calls = calls
        self._partials = partials

    def open(self, path: Path, offset: int, mode: WriteMode) -> AtomicSink:
        """
        Begin an upload: see L{IStorage.openForWriting}.
        """
        if mode is WriteMode.CREATE:
            with self._jail.parent(path) as place:
                return self._create(place)
        with self._jail.target(path) as place:
            if mode is not WriteMode.APPEND and not offset:
                return self._replace(place)
            whole = self._whole(place, _COPY)
            with whole or nullcontext():
                if mode is WriteMode.APPEND:
                    return self._append(place, whole)
                return self._continue(place, whole, offset)

    def openInMemory(self, place: Place, mode: WriteMode) -> AtomicSink | None:
        """
        Begin an upload that replaces all there is, in a folder for which
        L{isMemory}.

        @return: L{None} if that may take long.
        """
        if not takesFile(place.descriptor, place.name):
            return None
        return self._create(place) if mode is WriteMode.CREATE else self._replace(place)

    def _whole(self, place: Place, flags: int) -> Opened | None:
        # Opening it asks the kernel whether it may be written to; a right to
        # its folder alone shall not be enough.
        try:
            whole = Opened(place.open(flags), place)
        except FileNotFoundError:
            return None
        with ExitStack() as closing:
            closing.enter_context(whole)
            status = regular(whole.descriptor)
            if not self._viewpoint.isMovable(status, os.fstat(place.descriptor)):
                raise PermissionDenied(_CANNOT_REPLACE)
            closing.pop_all()
        return whole

    def _create(self, place: Place) -> AtomicSink:
        with suppress(FileNotFoundError):
            place.status()
            raise AlreadyExists()
        if self._partials.status(place) is not None:
            # One of the user's own, who may want to go on with it.
            raise AlreadyExists()
        self._partials.find(place)
        return self._make(place, None, mustBeNew=True)

    def _replace(self, place: Place) -> AtomicSink:
        whole = self._whole(place, _WRITE)
        with whole or nullcontext():
            try:
                partial = self._partials.find(place)
            except FileBusy:
                return self._make(place, whole, hiddenName())
            if partial is None:
                return self._make(place, whole)
            return self._goOn(partial, place, 0)

    def _continue(self, place: Place, whole: Opened | None, offset: int) -> AtomicSink:
        partial = self._partials.find(place)
        if partial is not None and _size(partial) >= offset:
            return self._goOn(partial, place, offset)
        if whole is not None and _size(whole) >= offset:
            return self._copy(place, partial, whole, offset, mustStay=False)
        if partial is not None:
            partial.close()
        raise BadRestart()

    def _append(self, place: Place, whole: Opened | None) -> AtomicSink:
        if whole is not None:
            if not (lock(whole.descriptor, fcntl.LOCK_EX) and whole.isNamed):
                raise FileBusy("Somebody else appends to this file")
            partial = self._partials.find(place)
            return self._copy(place, partial, whole, _size(whole), mustStay=True)
        try:
            partial = self._partials.find(place)
        except FileBusy:
            status = self._partials.status(place)
            if status is None or status.st_size:
                # Perhaps the one whose end the client wants to send now.
                raise
            return self._make(place, None, hiddenName())
        if partial is None:
            return self._make(place, None)
        return self._goOn(partial, place, _size(partial))

    def _goOn(self, partial: Opened, place: Place, offset: int) -> AtomicSink:
        os.lseek(partial.descriptor, offset, os.SEEK_SET)
        goal = self._goal(place)
        # With the first byte, all behind it goes.
        calls = self._calls if _size(partial) <= SMALL else self._calls.long
        return AtomicSink(partial, self._durability, calls, goal, offset=offset, isMade=False)

    def _copy(
        self, place: Place, partial: Opened | None, whole: Opened, count: int, *, mustStay: bool
    ) -> AtomicSink:
        with ExitStack() as closing:
            file = closing.enter_context(partial or self._hidden(place, whole))
            # It shares the lock of the one that is closed when we are done here.
            source = Opened(os.dup(whole.descriptor), place)
            closing.pop_all()
        base = Base(source, os.fstat(source.descriptor), count, mustStay)
        return AtomicSink(
            file, self._durability, self._calls, self._goal(place), offset=count, base=base
        )

    def _make(
        self,
        place: Place,
        whole: Opened | None,
        name: bytes = b"",
        *,
        mustBeNew: bool = False,
    ) -> AtomicSink:
        file = self._hidden(place, whole, name)
        return AtomicSink(
            file, self._durability, self._calls, self._goal(place, mustBeNew=mustBeNew)
        )

    def _hidden(self, place: Place, whole: Opened | None, name: bytes = b"") -> Opened:
        beside = self._partials.beside(place)
        if name:
            beside = Place(place.descriptor, name, isOwned=False)
        try:
            made = self._umask.makeFile(beside, _WRITE)
        except FileExistsError:
            raise FileBusy from None
        if whole is not None:
            _restrict(made, os.fstat(whole.descriptor))
        held = self._partials.hold(made, beside)
        if held is None:
            raise FileBusy
        return held

    def _goal(self, place: Place, *, mustBeNew: bool = False) -> Goal:
        partial = self._partials.beside(place).name
        return Goal(place.name, partial, self._partials.keep, mustBeNew)


def _restrict(descriptor: int, old: os.stat_result) -> None:
    # Who may not read the old file may not read the new one while it comes.
    # All else it gets with its name.
    with suppress(OSError):
        mode = os.fstat(descriptor).st_mode & old.st_mode & 0o777
        os.fchmod(descriptor, mode | 0o600)


def _size(opened: Opened) -> int:
    return os.fstat(opened.descriptor).st_size
