"""
Moving bytes by the socket itself: C{sendfile}, C{send} and C{recv}, at once
where the kernel takes or has them, else when the reactor says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ftpactive.net.counts import arrived
from ftpactive.net.gathering import OFTEN, Gathering
from ftpactive.net.watched import Watched

#: Bytes after which everybody else has a turn.  A multiple of 64 KiB would be a
#: few bytes more than the kernel's largest packets hold, and end in a tiny one.
SHARE = 240 * 1024

#: What has come, or how much.
Come = TypeVar("Come")

#: What is read of the client at a time where it is dropped.
_DROPPED = 64 * 1024


class SocketPump(Watched):
    """
    Drives the socket of a transport that is paused, so that the reactor watches
    either of them and never both: they have one descriptor.  The transport
    stays the owner, and closes it.
    """

    sendsFiles = True
    piece = 256 * 1024
    # Of all connections: it is only filled and emptied in one go.  Memory of
    # that size, asked for anew, the kernel has to clear each time.
    buffer = memoryview(bytearray(piece))
    _rest = memoryview(b"")
    _file = -1
    _left = 0
    _waits = 0
    _gathering: Gathering | None = None

    # What a transfer asks.

    def write(self, data: bytes) -> None:
        """
        See L{Pump.write}.
        """
        self._rest = memoryview(data)
        self._push(self._pushBytes)

    def sendFile(self, descriptor: int, count: int) -> None:
        """
        See L{Pump.sendFile}.
        """
        self._file, self._left = descriptor, count
        self._push(self._pushFile)

    def read(self) -> bytes | None:
        """
        See L{Pump.read}.
        """
        data = self.come(self.take)
        return None if data is None else bytes(data)

    def pour(self, sink: Any) -> int | None:
        """
        See L{Pump.pour}.
        """
        data = self.come(self.take)
        if data:
            sink.writeNow(data)
        return None if data is None else len(data)

    def come(self, receive: Callable[..., Come], *place: object) -> Come | None:
        """
        Take in what has come.

        @param receive: does so, or raises C{OSError} as L{take}; gives nothing at the end.
        @param place: what it is called with.
        @return: L{None} when there is nothing yet, and when the connection is gone.
        """
        if self._isOver:
            return None
        try:
            come = receive(*place)
        except BlockingIOError:
            self._waits += 1
            if self._waits % OFTEN == 0 and not self._isOver:
                self._gathering = self._gathering or Gathering(self.reactor, self._socket)
                self._gathering.hurry()
            self.tellsAgain()
            return None
        except OSError:
            self._break()
            return None
        self.hasAll = not come
        return come

    def tellsAgain(self) -> bool:
        """
        See L{Pump.tellsAgain}.
        """
        self.watch(reading=True, writing=False)
        return True

    def finish(self) -> None:
        """
        See L{Pump.finish}.
        """
        if not self._isOver and arrived(self._socket):
            # To close a socket that has not been read empty cuts off what is on
            # its way to the client.
            self._drop(SHARE)
        self.shut()

    def close(self) -> None:
        """
        See L{Pump.close}.
        """
        self.shut()

    def abort(self) -> None:
        """
        See L{Pump.abort}.
        """
        self._stop()
        self.owner.transport.abortConnection()

    def isDraining(self) -> bool:
        """
        See L{Pump.isDraining}.
        """
        before = self._held
        self._note()
        return self._held < before

    # What stands between the bytes and the socket.

    def take(self) -> bytes | memoryview:
        """
        Give what has come, nothing at its end; it holds until the next time.

        @raise BlockingIOError: there is nothing yet.
        @raise OSError: the connection is broken.
        """
        return self.buffer[: self._socket.recv_into(self.buffer)]

    # How it moves.

    def _push(self, step: Callable[[], bool]) -> None:
        """
        Do something until it is done.

        @param step: does some of it, and tells whether that was all.
        """
        self._step = step
        self.isBlocked = self._isOver or not step()
        if self.isBlocked:
            self.watch(reading=not self.hasAll, writing=True)
            self._note()

    def _pushBytes(self) -> bool:
        try:
            self._rest = self._rest[self._socket.send(self._rest) :]
        except BlockingIOError:
            return False
        except OSError:
            self._break()
            return False
        self.owner.moved(0)
        return not self._rest

    def _pushFile(self) -> bool:
        raise NotImplementedError

    def _drop(self, most: int) -> None:
        """
        Read what nobody wants, in a download.
        """
        try:
            while most > 0 and not self.hasAll:
                data = self._socket.recv(_DROPPED)
                # It may listen still, though it says no more.
                self.hasAll = not data
                most -= len(data)
        except BlockingIOError:
            pass
        except OSError:
            self._break()

    def doRead(self) -> None:
        """
        Something has come.
        """
        if self._isOver:
            return
        if self.isSending:
            self._drop(SHARE)
            isWanted = not self.hasAll
        else:
            isWanted = self.owner.wake()
        if not isWanted:
            self.watch(reading=False, writing=self._isWriting)

    def _stop(self) -> None:
        super()._stop()
        if self._gathering is not None:
            self._gathering.end()
