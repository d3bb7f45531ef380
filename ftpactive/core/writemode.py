"""
How an upload meets what is already there.
"""

from __future__ import annotations

from enum import Enum


class WriteMode(Enum):
    """
    What becomes of a file of the same name.
    """

    #: STOR: it is replaced, from the restart offset on.
    REPLACE = "replace"
    #: APPE: the upload goes behind its last byte.
    APPEND = "append"
    #: STOU: it must not exist.
    CREATE = "create"
