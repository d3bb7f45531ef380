"""
Where each key of a TOML text stands: what C{tomllib} does not tell.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: From the top of a document to a value: names of keys, indices in arrays.
Place = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_STRING = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}(?!")|\'\'\'.*?'{3,5}(?!')|"(?:[^"\\]|\\.)*"|'[^']*\'''', re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}\n#]*")


def linesOf(text: str) -> dict[Place, int]:
    """
    Find the line of each key, table and element of an array.

    @param text: TOML that C{tomllib} has read, so that nothing in it is wrong.
    @return: places and their lines, from 1 on.
    """
    return _Scan(text.replace("\r\n", "\n")).lines


class _Scan:
    """
    One walk through a text.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        #: Arrays of tables, and how many tables each has so far.
        self._arrays: dict[Place, int] = {}
        self._document()

    def _document(self) -> None:
        table: Place = ()
        self._take(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._take(_BLANK)

    def _header(self) -> Place:
        start = self._at
        isArray = self._text.startswith("[[", start)
        self._at += 2 if isArray else 1
        *parents, last = self._names()
        self._at += 2 if isArray else 1
        place: Place = ()
        for name in parents:
            place = (*place, name)
            self._mark(place, start)
            # Below an array of tables, its last one is meant.
            if place in self._arrays:
                place = (*place, self._arrays[place] - 1)
        place = (*place, last)
        self._mark(place, start)
        if isArray:
            count = self._arrays.get(place, 0)
            self._arrays[place] = count + 1
            place = (*place, count)
            self._mark(place, start)
        return place

    def _pair(self, table: Place) -> None:
        start = self._at
        place = table
        for name in self._names():
            place = (*place, name)
            self._mark(place, start)
        self._at += 1
        self._value(place)

    def _names(self) -> list[str]:
        """
        Read a key with its dots, up to C{=} or C{]}.
        """
        names: list[str] = []
        while True:
            self._take(_SPACE)
            names += tomllib.loads(f"{self._take(_KEY)}=0")
            self._take(_SPACE)
            if self._text[self._at] != ".":
                return names
            self._at += 1

    def _value(self, place: Place) -> None:
        self._take(_SPACE)
        first = self._text[self._at]
        if first == "[":
            self._inside("]", place)
        elif first == "{":
            self._inside("}", place)
        elif not self._take(_STRING):
            self._take(_PLAIN)

    def _inside(self, end: str, place: Place) -> None:
        """
        Read an array or an inline table.
        """
        self._at += 1
        index = 0
        while True:
            self._take(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1
            elif self._text[self._at] == end:
                self._at += 1
                return
            elif end == "}":
                self._pair(place)
            else:
                self._mark((*place, index), self._at)
                self._value((*place, index))
                index += 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _mark(self, place: Place, at: int) -> None:
        # A table may be opened again below; it stands where it was first.
        self.lines.setdefault(place, bisect_right(self._ends, at - 1) + 1)
