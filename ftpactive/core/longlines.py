"""
Lines of LIST and NLST.

Times are UTC and months English wherever the server runs.  No name can make
a second line: see L{encodeLines}.  A folder may have very many names, so what
many of them share is worked out once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import floor

from ftpactive.core.facts import Kind, Row
from ftpactive.core.listing import TWO, toDate, word
from ftpactive.core.reply import encodeLines

#: ls tells the time of day of what is at most this old, else the year: seconds.
_RECENT = 180 * 86400
#: The minutes of a day.
_CLOCK = tuple(f"{hour}:{minute}" for hour in TWO[:24] for minute in TWO)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# To look a member up in its class costs as much as to format a number.
_LINK = Kind.LINK


def listLines(rows: Iterable[Row], now: float) -> bytes:
    """
    Write lines of LIST, as C{ls -l} does and clients read them::

        -rw-r--r--   1 owner    group        1234 Nov 22 11:03 name

    @param now: seconds since the epoch; a date within the 180 days before it
        is written with its time of day, any other with its year, since the
        reader has to guess what is left out.
    """
    lines: list[str] = []
    add = lines.append
    # Neighbours are much alike: what they share is not worked out again.
    lastCommon: object = None
    lastModified: object = None
    lastLinks = 0
    head = time = arrow = ""
    for name, common, size, modified, links, _ in rows:
        if common is not lastCommon or links != lastLinks:
            lastCommon, lastLinks = common, links
            head = _head(common.kind, common.mode, links, common.owner, common.group)
            isLink = common.target and common.kind is _LINK
            arrow = f" -> {common.target}" if isLink else ""
        if modified != lastModified:
            lastModified = modified
            time = _listTime(floor(modified) // 60, 0 <= now - modified <= _RECENT)
        # Half the price of a format with a width.
        add(f"{head}{str(size).rjust(8)}{time}{name}{arrow}")
    return encodeLines(lines)


@lru_cache(maxsize=4096)
def _listTime(minute: int, isRecent: bool) -> str:
    """
    Write a time for LIST, with a blank on either side.

    @param minute: counted from the epoch.
    """
    day, minute = divmod(minute, 1440)
    words = _dayWords(day)
    return f" {words[:6]} {_CLOCK[minute]} " if isRecent else f" {words} "


def nameLines(names: Sequence[str]) -> bytes:
    """
    Write lines of NLST.
    """
    return encodeLines(names)


_LETTERS = {Kind.FILE: "-", Kind.DIRECTORY: "d", Kind.LINK: "l", Kind.OTHER: "?"}


@lru_cache(maxsize=1024)
def _head(kind: Kind, mode: int, links: int, owner: str, group: str) -> str:
    """
    Write what stands before the size in a line of LIST, up to the blank.
    """
    letter = _LETTERS[kind]
    permissions = "".join(
        [
            _permission(mode >> 6, mode & 0o4000, "s"),
            _permission(mode >> 3, mode & 0o2000, "s"),
            _permission(mode, mode & 0o1000, "t"),
        ]
    )
    return f"{letter}{permissions} {links:3d} {word(owner) or '?':8} {word(group) or '?':8} "


def _permission(bits: int, special: int, letter: str) -> str:
    """
    Write three bits of a mode; a special bit takes the place of C{x}, as a
    capital where C{x} is not set.
    """
    last = "x" if bits & 1 else "-"
    if special:
        last = letter if bits & 1 else letter.upper()
    return ("r" if bits & 4 else "-") + ("w" if bits & 2 else "-") + last


@lru_cache(maxsize=4096)
def _dayWords(number: int) -> str:
    """
    Write a day, counted from the epoch, for LIST: C{"Nov 22  2025"}.
    """
    day = toDate(number)
    return f"{_MONTHS[day.month - 1]} {day.day:2d}  {day.year:04d}"
