"""
Reading what OpenSSL has decrypted to where it is wanted, and having OpenSSL read
what came from where it is.

pyOpenSSL has OpenSSL write each record to new memory, and copies it from there:
that took a sixth of the processor time of an upload.  What came it has copied to
memory of OpenSSL's, which is cleared before: a fifteenth.  There is no public way
around either; where pyOpenSSL is not made as we know it, the public way is left.
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

#: Has a connection read some bytes of a buffer: where they begin, and how many
#: there are.  They stay as they are until they are read.  Tells whether it does.
Lend = Callable[[SSL.Connection, int, int], bool]

_private: Any = SSL


def filling(buffer: memoryview) -> Fill:
    """
    Give what reads whole records to a buffer, as long as there are any and room
    for another one.  Why there are no more, pyOpenSSL tells where it is asked.
    """
    try:
        read, why = _private._lib.SSL_read, _private._lib.SSL_get_error
        wants = _private._lib.SSL_ERROR_WANT_READ
        begin = _private._ffi.from_buffer(buffer.obj)
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


def lending(buffer: memoryview) -> Lend:
    """
    Give what lends parts of a buffer.
    """
    try:
        make, use = _private._lib.BIO_new_mem_buf, _private._lib.SSL_set_bio
        setEnd, left = _private._lib.BIO_set_mem_eof_return, _private._lib.BIO_get_mem_data
        begin, place = _private._ffi.from_buffer(buffer.obj), _private._ffi.new("char **")
    except AttributeError:
        return _refuse

    def lend(connection: Any, first: int, size: int) -> bool:
        own, before = getattr(connection, "_ssl", None), getattr(connection, "_into_ssl", None)
        out = getattr(connection, "_from_ssl", None)
        if own is None or before is None or out is None or left(before, place) > 0:
            return False
        memory = make(begin + first, size)
        if not memory:
            return False
        # To have read all is no end.
        setEnd(memory, -1)
        # That frees the one before: pyOpenSSL has no other hold on it.
        use(own, memory, out)
        connection._into_ssl = memory
        return True

    return lend


def _refuse(connection: SSL.Connection, first: int, size: int) -> bool:
    return False
