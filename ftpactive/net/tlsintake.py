"""
Uploads under TLS: the socket is read in large pieces, which OpenSSL then takes
from memory.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

from ftpactive.net.pumptls import TLSPump
from ftpactive.net.tlsreading import RECORD, Fill, Lend, filling, lending

#: What OpenSSL is given at a time: it keeps memory for the largest to the end.  So much
#: is read of a client whose records hold nearly nothing before that shows: of new keys
#: alone for a fifth of a second at most, where a whole piece took four.
_GIVEN = 128 * 1024

#: What is read at first, and of a client whose records hold nearly nothing:
#: each of them costs as much as a full one.
_FIRST = 64 * 1024
_LEAST = 2 * RECORD


class TLSIntake(TLSPump):
    """
    Shakes hands, then takes records.

    On the socket, OpenSSL asks the kernel twice for each record, and whenever
    something was taken the kernel tells the client that there is room again: it
    took a fifth more processor time.

    @cvar fill: reads whole records to the buffer.
    @cvar lend: has OpenSSL read what is in the buffer.
    """

    # What writes it to the disk costs as much for little as for much.
    piece = 1024 * 1024
    # Of all connections, first for records and then for what they hold, which
    # is written over them.  Before a piece there is room for the record that was
    # not whole before, so that none is overwritten that OpenSSL has not yet.
    buffer = memoryview(bytearray(piece + 2 * RECORD))
    fill: Fill = staticmethod(filling(buffer))
    lend: Lend = staticmethod(lending(buffer))
    _most = _FIRST
    _isFirst = True
    _owesTurn = False
    # What came of such a client, and is read in other turns.
    _kept = b""
    _fault: SSL.Error | None = None

    def take(self) -> bytes | memoryview:
        """
        See L{SocketPump.take}.
        """
        size = self._gather() if self._fault is None else 0
        if size:
            return self.buffer[:size]
        if self._fault is None:
            raise BlockingIOError
        return self._ended(self._fault)

    def tellsAgain(self) -> bool:
        """
        See L{Pump.tellsAgain}: OpenSSL holds nothing but, perhaps, why it ends.
        """
        if self._fault is None and self._kept:
            # The socket knows nothing of it.
            self.watch(reading=False, writing=False)
            clock: Any = self.reactor
            clock.callLater(0, self._again)
            return True
        return self._fault is None and super().tellsAgain()

    def _again(self) -> None:
        if not self._isOver:
            self.owner.wake()

    def _gather(self) -> int:
        if self._isFirst:
            # Something may have come with the end of the handshake.
            self._isFirst = False
            size = self._decrypt(0)
            if size or self._fault is not None:
                return size
        if self._owesTurn:
            # There is nothing with OpenSSL: what comes wakes us.
            self._owesTurn = False
            return 0
        size = self._gatherNew()
        try:
            self.answer()
        except OSError:
            # Who has said all, and left, need not hear it.
            self._fault = self._fault or SSL.Error()
        return size

    def _gatherNew(self) -> int:
        records = self._keptBefore() if self._kept else self.receive(self._most)
        size = begin = 0
        isWorth = True
        # Nothing is given as well: it is the end.
        for begin in range(0, len(records) or 1, _GIVEN):
            part, before = records[begin : begin + _GIVEN], size
            size = self._decryptPart(part, begin, size)
            # Of the last record, all but a byte may have come.
            isWorth = 4 * (size - before + RECORD) >= 3 * len(part)
            if not isWorth or self._fault is not None:
                break
        if isWorth:
            self._most = min(2 * self._most, self.piece)
        else:
            self._kept = bytes(records[begin + _GIVEN :]) + self._kept
            self._most = _LEAST
            self._owesTurn = size > 0
        return size

    def _keptBefore(self) -> memoryview:
        few, self._kept = self._kept[:_LEAST], self._kept[_LEAST:]
        place = self.buffer[-self.piece :][: len(few)]
        place[:] = few
        return place

    def _decryptPart(self, part: memoryview, begin: int, size: int) -> int:
        place = len(self.buffer) - self.piece + begin
        if not (part and self.lend(self._connection, place, len(part))):
            self.offer(part)
        return self._decrypt(size)

    def _decrypt(self, size: int) -> int:
        # It stands behind so many bytes in the buffer.  If there is a fault,
        # what came before is taken first.
        try:
            size, isAll = self.fill(self._connection, size)
            while not isAll and size + RECORD <= len(self.buffer):
                size += self._connection.recv_into(self.buffer[size:], RECORD)
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            # Where it was made would hold on to us.
            self._fault = error.with_traceback(None)
        return size

    def _ended(self, fault: SSL.Error) -> bytes:
        if isinstance(fault, SSL.ZeroReturnError):
            return b""
        if not (isinstance(fault, SSL.SysCallError) and fault.args[0] == -1):
            raise ConnectionError("TLS broke")
        if self.cutShort is not None:
            self.cutShort()
            raise BlockingIOError
        return b""
