"""
What a new file takes over from the one that it replaces.
"""

from __future__ import annotations

import os
from contextlib import suppress


def inherit(descriptor: int, old: os.stat_result) -> None:
    """
    Give a new file the owner and the permission bits of the one that it
    replaces, as far as we may.
    """
    # Not the set-uid bits: the contents are new, and nobody has vouched for
    # them.
    with suppress(OSError):
        # It need not be ours: new files may have been given to somebody.
        new = os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, old.st_mode & 0o777)
