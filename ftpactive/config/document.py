"""
A configuration file as it was written.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ftpactive.config.lines import Place, linesOf
from ftpactive.config.mistakes import Mistake
from ftpactive.core.command import printable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Larger than any configuration: what is given by mistake, such as a log.
_LARGEST = 16 * 1024**2

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


@dataclass(frozen=True)
class Document:
    """
    What is in a file, and where.

    @ivar name: the file, for messages.
    @ivar folder: what its relative paths begin at.
    @ivar data: its tables.
    @ivar lines: the line of each place.
    """

    name: str = ""
    folder: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)

    def mistake(self, place: Place, words: str) -> Mistake:
        """
        Make the one line that tells what is wrong.

        @param words: they follow the name of the place.
        """
        known = next((place[:n] for n in range(len(place), 0, -1) if place[:n] in self.lines), ())
        line = f":{self.lines[known]}" if known else ""
        name = f"{dotted(place)} " if place else ""
        return Mistake(f"{printable(self.name)}{line}: {name}{words}")


def dotted(place: Place) -> str:
    """
    Write a place as a key of TOML: C{users."a.b".root}.  Elements of an array
    have its name.
    """
    names = [each for each in place if isinstance(each, str)]
    return ".".join(n if _BARE.fullmatch(n) else f'"{printable(n)}"' for n in names)


def shown(value: object) -> str:
    """
    Write a value as its author would know it again, in one short line.
    """
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value[:3])) + (", ...]" if value[3:] else "]")
    return json.dumps(value, default=str).strip('"')


def parseDocument(text: str, name: str, folder: str = "") -> Document:
    """
    Read the text of a file.

    @raise Mistake: it is not TOML.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _notTOML(text, name, str(error)) from None
    except RecursionError:
        raise Mistake(f"{printable(name)}: too deeply nested to be a configuration") from None
    return Document(name, folder, data, linesOf(text))


def _notTOML(text: str, name: str, said: str) -> Mistake:
    found = _WHERE.fullmatch(said)
    words, line, column = found.groups() if found else (said, None, None)
    if line is None:
        last = text.split("\n")
        line, column = len(last), len(last[-1]) + 1
    return Mistake(f"{printable(name)}:{line}:{column}: this is not TOML: {printable(words)}")


def readDocument(path: str) -> Document:
    """
    Read a file.

    @raise Mistake: it cannot be read, or is not TOML.
    """
    path = os.path.abspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise Mistake(f"{printable(path)} cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise Mistake(f"{printable(path)} is too large to be a configuration")
    # Some editors write this mark before the first letter, and show nothing of it.
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Mistake(f"{printable(path)}:{line}: this is not UTF-8") from None
    return parseDocument(text, path, os.path.dirname(path))
