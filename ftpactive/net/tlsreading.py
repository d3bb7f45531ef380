"""
Reading what OpenSSL has decrypted to where it is wanted.

pyOpenSSL has OpenSSL write each record to new memory, and copies it from there:
that took a sixth of the processor time of an upload.  There is no public way
around it; where pyOpenSSL is not made as we know it, the public way is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL import SSL

#: The bytes of a record, and all that OpenSSL gives at a time.
RECORD = 16 * 1024

#: Reads for a connection behind so many bytes.  Gives how many there are then,
#: and whether it is known that there will be more only when more has come.
Fill = Callable[[SSL.Connection, int], tuple[int, bool]]


def filling(buffer: memoryview) -> Fill:
    """
    Give what reads whole records to a buffer, as long as there are any and room
    for another one.  Why there are no more, pyOpenSSL tells where it is asked.
    """
    private: Any = SSL
    try:
        read, why = private._lib.SSL_read, private._lib.SSL_get_error
        wants = private._lib.SSL_ERROR_WANT_READ
        begin = private._ffi.from_buffer(buffer)
    except AttributeError:
        return _nothing
    last = len(buffer) - RECORD

    def fill(connection: SSL.Connection, size: int) -> tuple[int, bool]:
        own = getattr(connection, "_ssl", None)
        if own is None:
            return size, False
        while size <= last:
            count = read(own, begin + size, RECORD)
            if count <= 0:
                return size, why(own, count) == wants
            size += count
        return size, False

    return fill


def _nothing(connection: SSL.Connection, size: int) -> tuple[int, bool]:
    return size, False
