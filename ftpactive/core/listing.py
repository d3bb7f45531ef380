"""
Lines of MLSD and MLST, and the times in them; those of LIST and NLST are in
L{ftpactive.core.longlines}.

Times are UTC wherever the server runs.  No name can make a second line: see
L{encodeLines}.  A folder may have very many names, so what many of them share
is worked out once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from math import floor

from ftpactive.core.errors import BadArgument
from ftpactive.core.facts import Common, Facts, Kind, Row, rowOf
from ftpactive.core.reply import encodeLines

_DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()
# To look a member up in its class costs as much as to format a number.
_FILE, _DIRECTORY, _LINK = Kind.FILE, Kind.DIRECTORY, Kind.LINK
#: What C{:02d} gives, at a quarter of its price.
TWO = tuple(f"{number:02d}" for number in range(60))
#: The minutes of a day.
_MINUTES = tuple(hour + minute for hour in TWO[:24] for minute in TWO)

#: The facts that can be told, as FEAT names them and in the order of a line.
FACTS = tuple("type size modify create perm unique UNIX.mode UNIX.owner UNIX.group".split())

#: What may stand in the value of a fact, RFC 3659 section 7.2: a blank would
#: begin the name, and a semicolon the next fact.
_VALUE = re.compile(r"[!-:<-~]+")
_TIME_VAL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]+)?")


def factsLines(rows: Iterable[Row], selected: frozenset[str]) -> bytes:
    """
    Write lines of MLSD; see L{factsText}.
    """
    return encodeLines(_factsTexts(rows, selected))


def factsText(name: str, facts: Facts, selected: frozenset[str]) -> str:
    """
    Write the facts of a name, a blank, and the name, RFC 3659 section 7.2::

        type=file;size=1;modify=20261122110301;perm=r; name

    A fact that is not known is left out, and so is the size of a folder.

    @param selected: which of L{FACTS} are wanted.
    @return: a line without its end, not yet encoded: with one blank before
        it, it is what MLST wants among a reply's C{lines}.
    """
    return _factsTexts([rowOf((name, facts))], selected)[0]


def _factsTexts(rows: Iterable[Row], selected: frozenset[str]) -> list[str]:
    isModify = "modify" in selected
    lines: list[str] = []
    add = lines.append
    # As in L{ftpactive.core.longlines.listLines}.
    lastCommon: object = None
    lastModified: object = None
    for name, common, size, modified, _, number in rows:
        if common is not lastCommon:
            lastCommon, lastModified = common, None
            what, isSize, middle, isUnique, end = _commonFacts(selected, common)
        if modified != lastModified:
            lastModified = modified
            modify = f"modify={timeVal(modified)};" if isModify else ""
            between = f";{modify}{middle}" if isSize else f"{modify}{middle}"
        length = size if isSize else ""
        if number is None or not isUnique:
            unique = ""
        else:
            unique = "%x" % number  # noqa: UP031 - half the price of an f-string
        add(f"{what}{length}{between}{unique}{end}{name}")
    return lines


def timeVal(seconds: float) -> str:
    """
    Write a time in UTC as MDTM and the facts do: C{"20261122110301"}.

    @param seconds: since the epoch; a fraction is left out.

    @see: RFC 3659 section 2.3.
    """
    day, second = divmod(floor(seconds), _DAY)
    minute = second // 60
    return f"{_dayDigits(day)}{_MINUTES[minute]}{TWO[second % 60]}"


def isTimeVal(text: str) -> bool:
    """
    Does it look like a time as L{timeVal} writes it?  There may be no such day.
    """
    return _TIME_VAL.fullmatch(text) is not None


def parseTimeVal(text: str) -> float:
    """
    Read a time as L{timeVal} writes it; it may have a fraction, and its
    second may be 60.

    @return: seconds since the epoch.

    @raise BadArgument: (501) malformed, or no such day or time.

    @see: RFC 3659 section 2.3.
    """
    match = _TIME_VAL.fullmatch(text)
    if match is not None:
        year, month, day, hour, minute, second = map(int, match.groups()[:6])
        with suppress(ValueError):
            # A leap second has no number of its own since the epoch.
            parsed = datetime(year, month, day, hour, minute, second - second // 60)
            days = parsed.toordinal() - _EPOCH
            return days * _DAY + hour * 3600 + minute * 60 + second + float(match[7] or 0)
    raise BadArgument(f"A time is YYYYMMDDHHMMSS, in UTC, not {text!r:.60}")


def word(text: str) -> str:
    """
    Write the name of a user or group so that it is one column of LIST and a
    value of MLSx: directory services know names like C{Domain Users}.
    """
    return "".join(
        character if character.isprintable() and character not in " ;" else "_"
        for character in text
    )


@lru_cache(maxsize=4096)
def _dayDigits(number: int) -> str:
    """
    Write a day, counted from the epoch: C{"20251122"}.
    """
    day = toDate(number)
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def toDate(number: int) -> date:
    """
    Find a day, counted from the epoch.
    """
    # Some file systems keep years of more than four digits, which neither
    # form has room for: such a file must not spoil a whole listing.
    return date.fromordinal(min(max(1, number + _EPOCH), date.max.toordinal()))


def _type(kind: Kind, target: str) -> str:
    """
    Write what it is.  What is neither file nor folder has a name that begins
    with the system's, RFC 3659 section 7.5.1; C{slink} is that of the RFC's
    example, which clients know.
    """
    if kind is _FILE:
        return "type=file;"
    if kind is _LINK and _VALUE.fullmatch(target):
        return f"type=OS.unix=slink:{target};"
    return _TYPES[kind]


_TYPES = {
    Kind.DIRECTORY: "type=dir;",
    Kind.LINK: "type=OS.unix=slink;",
    Kind.OTHER: "type=OS.unix=special;",
}


@lru_cache(maxsize=1024)
def _commonFacts(selected: frozenset[str], common: Common) -> tuple[str, bool, str, bool, str]:
    """
    Write the facts that many names of a folder have in common.

    @return: what stands before the size, is there a size, what stands between
        the time and the number that ends C{unique}, is there such a fact, and
        what stands between that and the name.
    """
    isSize = "size" in selected and common.kind is not _DIRECTORY
    isUnique = "unique" in selected and bool(common.begin)
    what = _type(common.kind, common.target) if "type" in selected else ""
    middle = end = ""
    if "create" in selected and common.created is not None:
        middle = f"create={timeVal(common.created)};"
    if "perm" in selected and common.perm:
        middle += f"perm={common.perm};"
    if isUnique:
        middle, end = f"{middle}unique={common.begin}", ";"
    end += _unixFacts(selected, common.mode, common.owner, common.group)
    return what + "size=" * isSize, isSize, middle, isUnique, f"{end} "


@lru_cache(maxsize=1024)
def _unixFacts(selected: frozenset[str], mode: int, owner: str, group: str) -> str:
    """
    Write the facts that most names of a folder have in common.
    """
    text = f"UNIX.mode={mode:04o};" if "UNIX.mode" in selected else ""
    if "UNIX.owner" in selected and owner:
        text += f"UNIX.owner={word(owner)};"
    if "UNIX.group" in selected and group:
        text += f"UNIX.group={word(group)};"
    return text
