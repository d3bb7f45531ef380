"""
Locks of files that are uploaded to.
"""

from __future__ import annotations

import fcntl


def holdWhileEmpty(descriptor: int, size: int) -> None:
    """
    Keep an empty file from being removed by a L{NewSink} to which nothing
    came, because somebody else is about to append to it.

    @param size: its size.
    """
    if size == 0:
        lock(descriptor, fcntl.LOCK_SH)


def lock(descriptor: int, kind: int) -> bool:
    """
    Lock an open file, if nobody else holds it.

    @param kind: C{fcntl.LOCK_EX} or C{LOCK_SH}.
    """
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems have no locks; then there is only luck.
        pass
    return True
