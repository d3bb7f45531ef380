"""
Files of a Twisted L{IFTPShell} being sent and received: between who pushes and
who pulls, with little kept in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.errors import BadRestart, FTPError, LocalError
from ftpactive.interfaces import ISink, ISource
from ftpactive.storage.shellerrors import asked

#: A producer that pushes is paused when more bytes than this wait to be read.
LIMIT = 65536


class _Flow(Enum):
    #: The file may write to us at any time.
    FLOWING = "flowing"
    #: It writes when it is resumed.  A pull producer never leaves this state.
    PAUSED = "paused"
    #: It has written everything, or failed.
    ENDED = "ended"
    #: Nobody wants more of it.
    CLOSED = "closed"


@implementer(ISource, IConsumer)
class ShellSource:
    """
    Takes what an C{IReadFile} writes, and gives it to who reads.
    """

    def __init__(self, file: Any, size: int | None) -> None:
        """
        @param file: the C{IReadFile}.  It is begun at once: only a file that
            is being sent can be told to stop, which is what closes it.
        """
        self.size = size
        self._waiting = bytearray()
        self._flow = _Flow.FLOWING
        self._producer: Any = None
        self._isPull = False
        self._failure: Failure | None = None
        self._reader: Deferred[None] | None = None
        Deferred.fromCoroutine(asked(file.send, self)).addBoth(self._ended)

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def read(self, count: int) -> bytes:
        """
        Give the next bytes, waiting for them if need be.
        """
        while not self._waiting and self._flow in (_Flow.FLOWING, _Flow.PAUSED):
            reader: Deferred[None] = Deferred()
            self._reader = reader
            self._resume()
            await reader
        if not self._waiting and self._failure is not None:
            self._failure.raiseException()
        data = bytes(self._waiting[:count])
        del self._waiting[:count]
        return data

    async def skip(self, count: int) -> None:
        """
        Leave out bytes.

        @raise BadRestart: (554) there are not so many.
        """
        while count:
            skipped = len(await self.read(min(count, LIMIT)))
            if not skipped:
                raise BadRestart()
            count -= skipped

    def close(self) -> None:
        """
        Stop the file, if it has not ended by itself.
        """
        if self._flow is not _Flow.ENDED:
            self._flow = _Flow.CLOSED
            if self._producer is not None:
                self._producer.stopProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        The file says who writes to us.
        """
        if self._flow is _Flow.CLOSED:
            producer.stopProducing()
            return
        self._producer = producer
        self._isPull = not streaming
        if self._isPull:
            self._flow = _Flow.PAUSED
            if self._reader is not None:
                self._resume()

    def unregisterProducer(self) -> None:
        """
        The file writes no more, or does so unasked.
        """
        self._producer = None
        if self._flow is _Flow.PAUSED:
            self._flow = _Flow.FLOWING

    def write(self, data: bytes) -> None:
        """
        The file writes.
        """
        if self._flow is _Flow.CLOSED:
            return
        self._waiting += data
        isTooMuch = len(self._waiting) > LIMIT and self._producer is not None
        if isTooMuch and self._flow is _Flow.FLOWING:
            self._flow = _Flow.PAUSED
            self._producer.pauseProducing()
        self._tell()

    def _resume(self) -> None:
        if self._flow is _Flow.PAUSED:
            if not self._isPull:
                self._flow = _Flow.FLOWING
            self._producer.resumeProducing()

    def _ended(self, result: object) -> None:
        # Stopping a file makes it fail; nobody wants to hear of that.
        if self._flow is not _Flow.CLOSED:
            self._flow = _Flow.ENDED
            self._failure = result if isinstance(result, Failure) else None
        self._tell()

    def _tell(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.callback(None)


@implementer(ISink, IPushProducer)
class ShellSink:
    """
    Gives what is written to the consumer of an C{IWriteFile}, no faster than
    that wants it.
    """

    def __init__(
        self, file: Any, consumer: Any, undo: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """
        @param file: the C{IWriteFile}.
        @param consumer: what its C{receive} gave.
        @param undo: removes the file, if it was made for the upload.
        """
        self._file = file
        self._consumer = consumer
        self._undo = undo
        self._isStopped = False
        self._pause: Deferred[None] | None = None
        consumer.registerProducer(self, True)

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def write(self, data: bytes) -> None:
        """
        Write as soon as the consumer is ready.

        @raise LocalError: (451) the consumer wants no more.
        """
        while self._pause is not None:
            await self._pause
        if self._isStopped:
            raise LocalError("The storage takes no more of this file")
        if data:
            self._undo = None
            await asked(self._consumer.write, data)

    async def commit(self) -> None:
        """
        End the file, and wait until the shell is done with it.
        """
        try:
            await asked(self._consumer.unregisterProducer)
        finally:
            await asked(self._file.close)

    async def discard(self, reason: BaseException) -> None:
        """
        End the file: a shell cannot be told that it is not whole, only to
        remove it when nothing came.  That this fails would only hide the
        reason.
        """
        with suppress(FTPError):
            await self.commit()
            if self._undo is not None:
                await self._undo()

    def pauseProducing(self) -> None:
        """
        The consumer has enough for now.
        """
        if self._pause is None:
            self._pause = Deferred()

    def resumeProducing(self) -> None:
        """
        The consumer is ready again.
        """
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.callback(None)

    def stopProducing(self) -> None:
        """
        The consumer wants no more.
        """
        self._isStopped = True
        self.resumeProducing()
