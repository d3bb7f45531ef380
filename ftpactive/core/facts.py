"""
What is known of one file or folder, whatever storage it lives in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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

_new = tuple.__new__


class Common(NamedTuple):
    """
    Of the facts of one name, those that it has in common with many others in
    its folder.

    @ivar begin: how C{unique} begins; all of it where there is no number.
    """

    kind: Kind
    mode: int
    owner: str
    group: str
    perm: str
    begin: str
    created: float | None = None
    target: str = ""
    isLink: bool = False


#: An L{Entry} in another form, which is made and taken apart in no time: the
#: name, what it has in common with others, C{size}, C{modified}, C{links}, and the
#: number that C{unique} ends with, if it does.  What names have in common is the
#: same object for many that follow each other.
Row = tuple[str, Common, int, float, int, int | None]


def named(rows: Iterable[Row]) -> list[Entry]:
    """
    Give entries for rows.
    """
    return [(row[0], _facts(row)) for row in rows]


def _facts(row: Row) -> Facts:
    _, common, size, modified, links, number = row
    kind, mode, owner, group, perm, begin, created, target, isLink = common
    unique = begin if number is None else begin + "%x" % number  # noqa: UP031 - half the price
    # A class of named fields has its own way, which takes twice as long.
    return _new(
        Facts,
        (kind, size, modified, mode, owner, group, links, unique, created, target, perm, isLink),
    )


def rowOf(entry: Entry) -> Row:
    """
    Give the row for an entry.
    """
    name, facts = entry
    kind, size, modified, mode, owner, group, links, unique, created, target, perm, isLink = facts
    common = Common(kind, mode, owner, group, perm, unique, created, target, isLink)
    return name, common, size, modified, links, None


def changed(rows: Iterable[Row], change: Callable[[Common], Common]) -> Iterator[Row]:
    """
    Give rows with something else in common.
    """
    last: Common | None = None
    for name, common, size, modified, links, number in rows:
        if common is not last:
            last, now = common, change(common)
        yield name, now, size, modified, links, number
