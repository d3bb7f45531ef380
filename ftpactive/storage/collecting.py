"""
Collecting what comes of an upload, so that a thread is asked once for many pieces.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from ftpactive.storage.blocking import Calls
from ftpactive.storage.threads import DiskThreads

#: So much is stored at a time; as much again may be collected meanwhile.
PIECE = 256 * 1024

#: Seconds after which even less is stored: nobody should have to send more to
#: get what was sent to the disk.  A small upload is whole before.
PATIENCE = 0.2

#: Stores pieces, one behind the other.
Store = Callable[[list[bytes]], None]


class Collected:
    """
    What came, and is not stored yet.
    """

    def __init__(self, calls: Calls, threads: DiskThreads, store: Store) -> None:
        """
        @param store: is called in a thread, and never twice at the same time.
        """
        self._calls = calls
        self._threads = threads
        self._store = store
        self._pieces: list[bytes] = []
        self._size = 0
        self._isStoring = self._isEnding = False
        self._error: BaseException | None = None
        self._timer: IDelayedCall | None = None
        self._waiting: Deferred[None] | None = None

    async def add(self, data: bytes) -> None:
        """
        Take the next bytes; wait, if there is much already.

        @raise FTPError: what came before cannot be stored.
        """
        self._raise()
        isOurs = isinstance(data, bytes)
        if isOurs or len(data) < PIECE:
            # A buffer is its owner's again when we are done.
            self._put(data if isOurs else bytes(data))
            while self._isStoring and self._size >= PIECE:
                await self._progress()
        else:
            self._put(data)
            while self._isStoring or self._size >= PIECE:
                await self._progress()
        self._raise()

    def _put(self, data: bytes) -> None:
        if data:
            self._pieces.append(data)
            self._size += len(data)
            self._goOn()

    async def rest(self) -> list[bytes]:
        """
        Give what is still to be stored, now that all of the other is.

        @raise FTPError: it is not.
        """
        self._isEnding = True
        self._stopTimer()
        while self._isStoring:
            await self._progress()
        self._raise()
        return self._take()

    def _goOn(self) -> None:
        if self._isStoring or self._isEnding or not self._pieces:
            return
        if self._size >= PIECE:
            self._begin()
        elif self._timer is None:
            self._timer = self._threads.later(PATIENCE, self._begin)

    def _begin(self) -> None:
        self._stopTimer()
        self._isStoring = True
        storing = Deferred.fromCoroutine(self._calls(self._store, self._take()))
        storing.addErrback(self._fail)
        storing.addCallback(self._stored)

    def _stored(self, result: object) -> None:
        self._isStoring = False
        self._goOn()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _fail(self, failure: Failure) -> None:
        self._error = failure.value
        self._take()

    def _take(self) -> list[bytes]:
        pieces, self._pieces, self._size = self._pieces, [], 0
        return pieces

    def _stopTimer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _progress(self) -> Deferred[None]:
        self._waiting = Deferred()
        return self._waiting

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
