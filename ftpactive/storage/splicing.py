"""
From a pipe to a file, in the kernel.
"""

from __future__ import annotations

import errno
import os


def spliced(pipe: int, file: int, count: int) -> int:
    """
    Move what a pipe holds to where a file stands.

    @return: how many bytes are left, all of which is to be read and written:
        the kernel moves nothing to a file that is appended to, nor to some
        file systems.
    @raise OSError: the file cannot be written to, as for C{os.write}.
    """
    while count:
        try:
            count -= os.splice(pipe, file, count, flags=os.SPLICE_F_NONBLOCK)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            break
    return count
