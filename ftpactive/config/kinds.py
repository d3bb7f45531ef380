"""
Kinds of values: how what is written becomes what the service uses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ftpactive.config.mistakes import Wrong
from ftpactive.core.command import printable
from ftpactive.core.ebcdic import CODE_PAGES

#: Makes a value of what the file holds, and the folder that relative paths
#: begin at.  Raises C{ValueError} for what it does not take, or L{Wrong}.
Read = Callable[[Any, str], Any]


def _asItIs(text: str) -> Any:
    return text


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of values.

    @ivar takes: what the command line takes, in words that follow C{takes}.
    @ivar read: how it is read.
    @ivar written: the same for the file, where that takes something else.
    @ivar fromText: makes what the file would hold of a text of the command
        line; fails with C{ValueError}.
    @ivar isSecret: must a wrong value not be shown?
    """

    takes: str
    read: Read
    written: str = ""
    fromText: Callable[[str], Any] = _asItIs
    isSecret: bool = False


def asText(value: Any) -> str:
    """
    Take a text and nothing else.

    @raise ValueError: it is something else.
    """
    if not isinstance(value, str):
        raise ValueError
    return value


def _line(value: Any, folder: str) -> str:
    if not asText(value).isprintable():
        raise ValueError
    return str(value)


def _page(value: Any, folder: str) -> str:
    if value not in CODE_PAGES:
        raise ValueError
    return str(value)


def _truth(value: Any, folder: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _number(value: Any, folder: str) -> int:
    # To Python, true is a number.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError
    return value


def _nameOfText(text: str) -> str:
    # Where a shell has put nothing in the name's place, root would stay root.
    if not (name := _line(text, "")):
        raise ValueError
    return name


def _numberOfText(text: str) -> int:
    # int() would also take "_" and digits of other scripts.
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise ValueError
    return int(text)


def asList(value: Any) -> list[Any]:
    """
    Take a list and nothing else.

    @raise ValueError: it is something else.
    """
    if not isinstance(value, list):
        raise ValueError
    return value


def texts(value: Any, folder: str = "") -> tuple[str, ...]:
    """
    Read a list of texts.

    @raise ValueError: it is none.
    """
    return tuple(asText(each) for each in asList(value))


def located(path: str, folder: str) -> str:
    """
    Make a path absolute.

    @param folder: what it begins at when it is not.
    """
    # Nothing at all is no path, and would become the folder itself.
    return os.path.normpath(os.path.join(folder, path)) if path else ""


def _folder(value: Any, folder: str) -> str:
    path = located(asText(value), folder)
    if not os.path.isdir(path):
        raise Wrong(f"{printable(path)} is not a folder")
    return path


def _file(value: Any, folder: str) -> str:
    path = located(asText(value), folder)
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise Wrong(f"{printable(path)} cannot be read: {error.strerror}") from None
    return path


def _optional(read: Read) -> Read:
    return lambda value, folder: "" if value == "" else read(value, folder)


def choice(members: type[Enum]) -> Kind:
    """
    Make the kind of a choice between the values of an enumeration.
    """

    def read(value: Any, folder: str) -> Enum:
        return members(value)

    return Kind(" or ".join(str(each.value) for each in members), read)


def oneOf(values: Mapping[str, Any]) -> Kind:
    """
    Make the kind of a choice between words.

    @param values: what each of them means.
    """

    def read(value: Any, folder: str) -> Any:
        if asText(value) not in values:
            raise ValueError
        return values[value]

    return Kind(" or ".join(values), read)


LINE = Kind("one line of text", _line)
USER = Kind("the name of a user", _line, fromText=_nameOfText)
PAGE = Kind(" or ".join(CODE_PAGES), _page)
TRUTH = Kind("true or false", _truth)
NUMBER = Kind("a number from 0", _number, fromText=_numberOfText)
TEXTS = Kind("a list of texts", texts)
FOLDER = Kind("a folder", _folder)
FILE = Kind("a file", _file)
SOME_FOLDER = Kind("a folder", _optional(_folder))
SOME_FILE = Kind("a file", _optional(_file))
