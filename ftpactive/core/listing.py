"""
Lines of LIST, NLST, MLSD and MLST.

Times are UTC and months English wherever the server runs.  No name can make
a second line: see L{encodeLines}.  A folder may have very many names, so what
many of them share is worked out once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from math import floor

from ftpactive.core.errors import BadArgument
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.reply import encodeLines

_DAY = 86400
#: ls tells the time of day of what is at most this old, else the year.
_RECENT = 180 * _DAY
_EPOCH = date(1970, 1, 1).toordinal()
# To look a member up in its class costs as much as to format a number.
_FILE, _DIRECTORY, _LINK = Kind.FILE, Kind.DIRECTORY, Kind.LINK
#: What C{:02d} gives, at a quarter of its price.
_TWO = tuple(f"{number:02d}" for number in range(60))
#: The minutes of a day, as MLSD and as LIST writes them.
_MINUTES = tuple(hour + minute for hour in _TWO[:24] for minute in _TWO)
_CLOCK = tuple(f"{hour}:{minute}" for hour in _TWO[:24] for minute in _TWO)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: The facts that can be told, as FEAT names them and in the order of a line.
FACTS = tuple("type size modify create perm unique UNIX.mode UNIX.owner UNIX.group".split())

#: What may stand in the value of a fact, RFC 3659 section 7.2: a blank would
#: begin the name, and a semicolon the next fact.
_VALUE = re.compile(r"[!-:<-~]+")
_TIME_VAL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]+)?")


def listLines(entries: Iterable[Entry], now: float) -> bytes:
    """
    Write lines of LIST, as C{ls -l} does and clients read them::

        -rw-r--r--   1 owner    group        1234 Nov 22 11:03 name

    @param now: seconds since the epoch; a date within the 180 days before it
        is written with its time of day, any other with its year, since the
        reader has to guess what is left out.
    """
    lines: list[str] = []
    add = lines.append
    for name, (kind, size, modified, mode, owner, group, links, _, _, target, _, _) in entries:
        head = _head(kind, mode, links, owner, group)
        day, second = divmod(floor(modified), _DAY)
        if 0 <= now - modified <= _RECENT:
            line = f"{head} {size:8d} {_dayWords(day)[:6]} {_CLOCK[second // 60]} {name}"
        else:
            line = f"{head} {size:8d} {_dayWords(day)} {name}"
        add(f"{line} -> {target}" if target and kind is _LINK else line)
    return encodeLines(lines)


def nameLines(names: Sequence[str]) -> bytes:
    """
    Write lines of NLST.
    """
    return encodeLines(names)


def factsLines(entries: Iterable[Entry], selected: frozenset[str]) -> bytes:
    """
    Write lines of MLSD; see L{factsText}.
    """
    return encodeLines([factsText(name, facts, selected) for name, facts in entries])


def factsText(name: str, facts: Facts, selected: frozenset[str]) -> str:
    """
    Write the facts of a name, a blank, and the name, RFC 3659 section 7.2::

        type=file;size=1;modify=20261122110301;perm=r; name

    A fact that is not known is left out, and so is the size of a folder.

    @param selected: which of L{FACTS} are wanted.
    @return: a line without its end, not yet encoded: with one blank before
        it, it is what MLST wants among a reply's C{lines}.
    """
    kind, size, modified, mode, owner, group, _, unique, created, target, perm, _ = facts
    isType, isSize, isModify, isCreate, isPerm, isUnique = _choices(selected)
    what = _type(kind, target) if isType else ""
    if isModify:
        day, second = divmod(floor(modified), _DAY)
        minute = second // 60
        modify = f"modify={_dayDigits(day)}{_MINUTES[minute]}{_TWO[second - minute * 60]};"
    else:
        modify = ""
    return (
        f"{what}{f'size={size};' if isSize and kind is not _DIRECTORY else ''}{modify}"
        f"{f'create={timeVal(created)};' if isCreate and created is not None else ''}"
        f"{f'perm={perm};' if perm and isPerm else ''}"
        f"{f'unique={unique};' if unique and isUnique else ''}"
        f"{_unixFacts(selected, mode, owner, group)} {name}"
    )


@lru_cache(maxsize=16)
def _choices(selected: frozenset[str]) -> tuple[bool, ...]:
    """
    Tell which of the facts that differ from name to name are wanted.
    """
    return tuple(fact in selected for fact in FACTS[:6])


def timeVal(seconds: float) -> str:
    """
    Write a time in UTC as MDTM and the facts do: C{"20261122110301"}.

    @param seconds: since the epoch; a fraction is left out.

    @see: RFC 3659 section 2.3.
    """
    day, second = divmod(floor(seconds), _DAY)
    minute = second // 60
    return f"{_dayDigits(day)}{_MINUTES[minute]}{_TWO[second % 60]}"


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


_LETTERS = {Kind.FILE: "-", Kind.DIRECTORY: "d", Kind.LINK: "l", Kind.OTHER: "?"}


@lru_cache(maxsize=1024)
def _head(kind: Kind, mode: int, links: int, owner: str, group: str) -> str:
    """
    Write what stands before the size in a line of LIST.
    """
    letter = _LETTERS[kind]
    permissions = "".join(
        [
            _permission(mode >> 6, mode & 0o4000, "s"),
            _permission(mode >> 3, mode & 0o2000, "s"),
            _permission(mode, mode & 0o1000, "t"),
        ]
    )
    return f"{letter}{permissions} {links:3d} {_word(owner) or '?':8} {_word(group) or '?':8}"


def _permission(bits: int, special: int, letter: str) -> str:
    """
    Write three bits of a mode; a special bit takes the place of C{x}, as a
    capital where C{x} is not set.
    """
    last = "x" if bits & 1 else "-"
    if special:
        last = letter if bits & 1 else letter.upper()
    return ("r" if bits & 4 else "-") + ("w" if bits & 2 else "-") + last


def _word(text: str) -> str:
    """
    Write the name of a user or group so that it is one column of LIST and a
    value of MLSx: directory services know names like C{Domain Users}.
    """
    return "".join(
        character if character.isprintable() and character not in " ;" else "_"
        for character in text
    )


@lru_cache(maxsize=4096)
def _dayWords(number: int) -> str:
    """
    Write a day, counted from the epoch, for LIST: C{"Nov 22  2025"}.
    """
    day = _toDate(number)
    return f"{_MONTHS[day.month - 1]} {day.day:2d}  {day.year:04d}"


@lru_cache(maxsize=4096)
def _dayDigits(number: int) -> str:
    """
    Write a day, counted from the epoch: C{"20251122"}.
    """
    day = _toDate(number)
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _toDate(number: int) -> date:
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
def _unixFacts(selected: frozenset[str], mode: int, owner: str, group: str) -> str:
    """
    Write the facts that most names of a folder have in common.
    """
    text = f"UNIX.mode={mode:04o};" if "UNIX.mode" in selected else ""
    if "UNIX.owner" in selected and owner:
        text += f"UNIX.owner={_word(owner)};"
    if "UNIX.group" in selected and group:
        text += f"UNIX.group={_word(group)};"
    return text
