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
    # Of all connections, first for records and then for what they hold.  Behind
    # a piece there is room for the record that was not whole before.
    buffer = memoryview(bytearray(piece + 2 * RECORD))

    def shakeHands(self) -> None:
        """
        See L{TLSPump.shakeHands}.
        """
        try:
            with suppress(BlockingIOError):
                self._fill()
            try:
                super().shakeHands()
            finally:
                self._flush()
        except OSError as error:
            raise SSL.SysCallError(-1, str(error)) from None

    def gather(self) -> int:
        """
        See L{TLSPump.gather}.
        """
        # Something may have come with the end of the handshake.
        size = super().gather()
        if not size and isinstance(self.fault, SSL.WantReadError):
            self.fault = None
            self._fill()
            size = super().gather()
            self._flush()
        return size

    def sayEnd(self) -> None:
        """
        See L{TLSPump.sayEnd}.
        """
        super().sayEnd()
        with suppress(OSError):
            self._flush()

    def _fill(self) -> None:
        """
        Give OpenSSL what has come, or its end.

        @raise BlockingIOError: there is nothing yet.
        """
        count = self._socket.recv_into(self.buffer[: self.piece])
        if count:
            self._connection.bio_write(self.buffer[:count])
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
