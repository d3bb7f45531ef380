"""
The names of files that are not yet what they shall be: an upload that is to
take a name in the end is beside it under such a name until it is whole.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_END = b".upload"
_FORM = re.compile(rb"\.(?:[0-9a-f]{16}|[0-9a-f]{40})\.upload")


def hiddenName() -> bytes:
    """
    Give a name that no file has.
    """
    return b".%s%s" % (secrets.token_hex(8).encode("ascii"), _END)


def partialName(who: str, name: bytes) -> bytes:
    """
    Give the name under which a user's upload waits to be whole.  It has the
    same length whatever the name, which may be as long as names can be.
    """
    # No name holds a slash: where the one ends and the other begins is clear.
    owner = who.encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(b"%s/%s" % (name, owner)).hexdigest()[:40]
    return b".%s%s" % (digest.encode("ascii"), _END)


def isHidden(name: bytes) -> bool:
    """
    Is it such a name?  A file that has it is nobody's to see: the upload runs
    still, or was cut, or the server died during it.
    """
    # The first look costs next to nothing, and settles it for nearly all names.
    return name.endswith(_END) and _FORM.fullmatch(name) is not None


def mayHide(text: bytes) -> bool:
    """
    May such a name be anywhere in a text?
    """
    return _END in text
