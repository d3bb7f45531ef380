"""
What a Twisted L{IFTPShell} tells about a file, as L{Facts}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.python.filepath import Permissions

from ftpactive.core.facts import Facts, Kind

#: What a shell is asked for, in this order.
KEYS = ("size", "directory", "permissions", "hardlinks", "modified", "owner", "group")

#: A shell does not tell what the user may do.  These may be tried; appending
#: may not.
_FOLDER, _FILE = "cdeflmp", "dfrw"


def readFacts(values: Sequence[Any], *, isRoot: bool = False) -> Facts:
    """
    Read what a shell answered to L{KEYS}.
    """
    size, isDirectory, permissions, links, modified, owner, group = values
    perm = _FOLDER if isDirectory else _FILE
    return Facts(
        Kind.DIRECTORY if isDirectory else Kind.FILE,
        int(size),
        float(modified),
        _bits(permissions),
        _text(owner),
        _text(group),
        int(links),
        perm=perm.replace("d", "").replace("f", "") if isRoot else perm,
    )


def nameOf(name: str | bytes) -> str:
    """
    Give a name as text; shells may give bytes.
    """
    return _text(name)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _bits(permissions: Permissions | int) -> int:
    # The interface says a number; Twisted's own shell gives an object.
    if isinstance(permissions, int):
        return permissions & 0o7777
    bits = "".join("0" if letter == "-" else "1" for letter in permissions.shorthand())
    return int(bits, 2)
