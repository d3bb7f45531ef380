"""
How an upload begins: which file its bytes go to, where they need not be hidden
until all have come.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from ftpactive.core.errors import BadRestart
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.abandoned import hold
from ftpactive.storage.blocking import Calls, closedOnError
from ftpactive.storage.durable import Durability
from ftpactive.storage.hidden import hiddenName
from ftpactive.storage.inheriting import inherit
from ftpactive.storage.jail import Jail
from ftpactive.storage.known import takesFile
from ftpactive.storage.locks import holdWhileEmpty
from ftpactive.storage.modes import Umask
from ftpactive.storage.opened import Opened
from ftpactive.storage.sinks import (
    FileSink,
    NewSink,
    OverwritingSink,
    ReplacingSink,
)
from ftpactive.storage.sources import regular
from ftpactive.storage.viewpoint import Viewpoint
from ftpactive.storage.walk import Place

# Without O_NONBLOCK, opening a pipe that nobody reads would hang us.
_WRITE = os.O_WRONLY | os.O_NONBLOCK
_MAKE = os.O_CREAT | os.O_EXCL

#: The folder takes no new file; the file itself may still be written to.
_FOLDER_IS_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class Uploads:
    """
    Opens files below a jail's root to receive uploads.
    """

    def __init__(
        self,
        jail: Jail,
        viewpoint: Viewpoint,
        umask: Umask,
        durability: Durability,
        calls: Calls,
    ) -> None:
        self._jail = jail
        self._viewpoint = viewpoint
        self._umask = umask
        self._durability = durability
        self._calls = calls

    def open(self, path: Path, offset: int, mode: WriteMode) -> FileSink:
        """
        Begin an upload: see L{IStorage.openForWriting}.
        """
        if mode is WriteMode.CREATE:
            return self._create(path)
        if mode is WriteMode.REPLACE and not offset:
            # Most are new.
            with suppress(FileExistsError):
                return self._create(path)
        with self._jail.target(path) as place:
            if mode is WriteMode.APPEND:
                return self._append(place)
            if offset:
                return self._continue(place, offset)
            return self._replace(place)

    def openInMemory(self, place: Place, mode: WriteMode) -> FileSink | None:
        """
        Begin an upload that replaces all there is, in a folder for which
        L{isMemory}.

        @return: L{None} if that may take long, or cannot be.
        @raise OSError: no file can be made there.
        """
        try:
            # Most are new.
            return self._make(place, _WRITE)
        except FileExistsError:
            pass
        if mode is WriteMode.CREATE or not takesFile(place.descriptor, place.name):
            return None
        return self._replace(place)

    def _create(self, path: Path) -> NewSink:
        with self._jail.parent(path) as place:
            return self._make(place, _WRITE)

    def _make(self, place: Place, flags: int) -> NewSink:
        return NewSink(
            Opened(self._umask.makeFile(place, flags), place), self._durability, self._calls
        )

    def _openOrMake(self, place: Place, flags: int) -> int | NewSink:
        # Never O_CREAT without O_EXCL: on an existing file it may be refused
        # where the plain open is allowed (Linux: fs.protected_regular).
        with suppress(FileNotFoundError):
            return place.open(flags)
        try:
            return self._make(place, flags)
        except FileExistsError:
            # Somebody else made it in between.
            return place.open(flags)

    def _append(self, place: Place) -> FileSink:
        opened = self._openOrMake(place, _WRITE | os.O_APPEND)
        if isinstance(opened, NewSink):
            return opened
        with closedOnError(opened):
            holdWhileEmpty(opened, regular(opened).st_size)
            end = os.lseek(opened, 0, os.SEEK_END)
        return FileSink(Opened(opened, place), self._durability, self._calls, end)

    def _replace(self, place: Place) -> FileSink:
        # Opening the old file asks the kernel whether it may be written to;
        # a right to its folder alone shall not be enough.
        opened = self._openOrMake(place, _WRITE)
        if isinstance(opened, NewSink):
            return opened
        with closedOnError(opened):
            sink = self._hidden(place, regular(opened))
        if sink is None:
            return OverwritingSink(Opened(opened, place), self._durability, self._calls)
        os.close(opened)
        return sink

    def _hidden(self, place: Place, old: os.stat_result) -> ReplacingSink | None:
        # None when the folder does not allow it.
        if not self._viewpoint.isMovable(old, os.fstat(place.descriptor)):
            return None
        beside = Place(place.descriptor, hiddenName(), isOwned=False)
        try:
            made = beside.open(_WRITE | _MAKE, 0o600)
        except OSError as error:
            if error.errno not in _FOLDER_IS_CLOSED:
                raise
            return None
        hold(made)
        inherit(made, old)
        return ReplacingSink(Opened(made, beside), self._durability, self._calls, place.name)

    def _continue(self, place: Place, offset: int) -> FileSink:
        try:
            descriptor = place.open(_WRITE)
        except FileNotFoundError:
            raise BadRestart() from None
        with closedOnError(descriptor):
            if regular(descriptor).st_size < offset:
                raise BadRestart()
            os.lseek(descriptor, offset, os.SEEK_SET)
        return OverwritingSink(Opened(descriptor, place), self._durability, self._calls, offset)
