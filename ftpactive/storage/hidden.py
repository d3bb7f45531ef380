"""
The names of files that are not yet what they shall be: an upload that takes
the place of an existing file is beside it under such a name until it is whole.
"""

from __future__ import annotations

import re
import secrets

_END = b".upload"
_FORM = re.compile(rb"\.[0-9a-f]{16}\.upload")


def hiddenName() -> bytes:
    """
    Give a name that no file has.
    """
    return b".%s%s" % (secrets.token_hex(8).encode("ascii"), _END)


def isHidden(name: bytes) -> bool:
    """
    Is it such a name?  A file that has it is nobody's: the upload runs still,
    or the server died during it.
    """
    # The first look costs next to nothing, and settles it for nearly all names.
    return name.endswith(_END) and _FORM.fullmatch(name) is not None
