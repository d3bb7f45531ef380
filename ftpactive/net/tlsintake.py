"""
Uploads under TLS: the socket is read in large pieces, which OpenSSL then takes
from memory.
"""

from __future__ import annotations

from contextlib import suppress

from OpenSSL import SSL

from ftpactive.net.pumptls import RECORD, TLSPump

#: What OpenSSL has to say at a time, at most.
_FLIGHT = 64 * 1024

#: What OpenSSL is given at a time: it keeps memory for the largest to the end.
_GIVEN = 128 * 1024

#: What is read at first, and of a client whose records hold nearly nothing:
#: each of them costs as much as a full one.
_FIRST = 64 * 1024
_LEAST = 2 * RECORD


class TLSIntake(TLSPump):
    """
    Shakes hands, then takes records; it cannot send a file.

    On the socket, OpenSSL asks the kernel twice for each record, and whenever
    something was taken the kernel tells the client that there is room again: it
    took a fifth more processor time.  Sending by way of memory does too, so
    that this is for uploads alone.
    """

    # What writes it to the disk costs as much for little as for much.
    piece = 1024 * 1024
    # Of all connections, first for records and then for what they hold, which
    # is written over them.  Before a piece there is room for the record that was
    # not whole before, so that none is overwritten that OpenSSL has not yet.
    buffer = memoryview(bytearray(piece + 2 * RECORD))
    _most = _FIRST
    _owesTurn = False

    def shakeHands(self) -> None:
        """
        See L{TLSPump.shakeHands}.
        """
        try:
            with suppress(BlockingIOError):
                self._give(self._receive(_FIRST))
            try:
                super().shakeHands()
            finally:
                self._flush()
        except OSError as error:
            raise SSL.SysCallError(-1, str(error)) from None

    def gather(self, size: int = 0) -> int:
        """
        See L{TLSPump.gather}.
        """
        # Something may have come with the end of the handshake.
        size = super().gather(size)
        if not size and isinstance(self.fault, SSL.WantReadError):
            self.fault = None
            if self._owesTurn:
                # There is nothing with OpenSSL: what comes wakes us.
                self._owesTurn = False
                raise BlockingIOError
            size = self._gatherNew()
            self._flush()
        return size

    def _gatherNew(self) -> int:
        records = self._receive(self._most)
        size = self._gatherFrom(records[:_GIVEN], 0)
        for begin in range(_GIVEN, len(records), _GIVEN):
            if isinstance(self.fault, SSL.WantReadError):
                self.fault = None
                size = self._gatherFrom(records[begin : begin + _GIVEN], size)
        # Of the last record, all but a byte may have come.
        if 4 * (size + RECORD) >= 3 * len(records):
            self._most = min(2 * self._most, self.piece)
        else:
            self._most = _LEAST
            self._owesTurn = size > 0
        return size

    def _gatherFrom(self, records: memoryview, size: int) -> int:
        self._give(records)
        return super().gather(size)

    def sayEnd(self) -> None:
        """
        See L{TLSPump.sayEnd}.
        """
        super().sayEnd()
        with suppress(OSError):
            self._flush()

    def _receive(self, most: int) -> memoryview:
        """
        Give what has come, nothing at its end.

        @raise BlockingIOError: there is nothing yet.
        """
        place = self.buffer[-self.piece :][:most]
        return place[: self._socket.recv_into(place)]

    def _give(self, records: memoryview) -> None:
        if records:
            self._connection.bio_write(records)
        else:
            self._connection.bio_shutdown()

    def _flush(self) -> None:
        """
        Send what OpenSSL has to say besides: little enough for the kernel to
        take it all from us.

        @raise ConnectionError: it does not, since the client asks for answers,
            such as new keys, and reads none.
        """
        try:
            while True:
                data = self._connection.bio_read(_FLIGHT)
                if self._socket.send(data) < len(data):
                    raise ConnectionError("the client does not read")
        except SSL.WantReadError:
            pass
        except BlockingIOError:
            raise ConnectionError("the client does not read") from None
