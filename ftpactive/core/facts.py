"""
What is known of one file or folder, whatever storage it lives in.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """
    What a name stands for.
    """

    FILE = "file"
    DIRECTORY = "dir"
    #: A symbolic link that leads nowhere we may go: dangling, or out of the
    #: user's root.  Other links are told as what they lead to.
    LINK = "link"
    #: A device, a socket, a pipe.
    OTHER = "other"


class Facts(NamedTuple):
    """
    The facts of one name.  A tuple, since a listing makes thousands of them,
    and nothing that cannot change is made faster.

    @ivar size: bytes.
    @ivar modified: seconds since the epoch, UTC.
    @ivar mode: the permission bits, 0-0o7777.
    @ivar owner: a user's name, or its number as text.
    @ivar group: likewise.
    @ivar links: the number of hard links.
    @ivar unique: the same text for the same file, whatever its name;
        empty when the storage cannot tell.  RFC 3659 section 7.5.2.
    @ivar created: seconds since the epoch, or L{None} when not known.
    @ivar target: where a link leads, as it is written in the link.
    @ivar perm: what this user may do with it, in the letters of RFC 3659
        section 7.5.5.
    @ivar isLink: is the name a link?  All else is told of what it leads to,
        unless it is a C{Kind.LINK}.
    """

    kind: Kind
    size: int
    modified: float
    mode: int = 0o644
    owner: str = "ftp"
    group: str = "ftp"
    links: int = 1
    unique: str = ""
    created: float | None = None
    target: str = ""
    perm: str = ""
    isLink: bool = False

    @property
    def isDirectory(self) -> bool:
        """
        Is it a folder?
        """
        return self.kind is Kind.DIRECTORY


#: One line of a folder: a name and its facts.
Entry = tuple[str, Facts]
