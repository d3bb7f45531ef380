"""
The end of TLS on a connection that goes on in the clear: CCC and REIN.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

#: The first byte of every record of TLS: from change_cipher_spec to data.
_TYPES = range(20, 24)

#: What stands before the length in a record, and the length.
_HEADER = 5


class TLSEnding(Protocol):
    """
    Reads what comes in TLS still, up to the client's own end of it
    (close_notify), and drops it; what follows is for the protocol above.

    It reads record by record: OpenSSL would keep what stands behind the last.
    """

    def __init__(self, connection: SSL.Connection, raw: Any, above: Any) -> None:
        """
        @param raw: the socket's transport.
        @param above: the protocol that goes on.
        """
        self._connection = connection
        self._raw = raw
        self._above = above
        self._rest = b""

    def dataReceived(self, data: bytes) -> None:
        """
        Look for the end.
        """
        self._rest += data
        # Some clients end TLS without a word: what they say next is a letter.
        while self._rest and self._rest[0] in _TYPES:
            size = _HEADER + int.from_bytes(self._rest[3:5], "big")
            if len(self._rest) < max(size, _HEADER):
                return
            record, self._rest = self._rest[:size], self._rest[size:]
            if self._isLast(record):
                break
        if self._rest or self._hasEnd:
            self._raw.protocol = self._above
            if self._rest:
                self._above.dataReceived(self._rest)

    _hasEnd = False

    def _isLast(self, record: bytes) -> bool:
        self._connection.bio_write(record)
        try:
            while True:
                self._connection.recv(len(record))
        except SSL.WantReadError:
            return False
        except SSL.Error:
            # The end, or what is no TLS any more.
            self._hasEnd = True
            return True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The client left instead.
        """
        self._above.connectionLost(reason)
