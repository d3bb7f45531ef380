"""
Arguments of more than one word.
"""

from __future__ import annotations

from ftpactive.core.command import printable
from ftpactive.core.errors import BadArgument

#: Longer numbers than any file offset are not numbers we want to compute.
_DIGITS = 19


def readNumber(name: str, text: str, base: int = 10) -> int:
    """
    Read a number that is not negative.

    @param name: the command, for the words of the error.
    @param base: 10, or 8 for permission bits.
    @raise BadArgument: (501) not digits, or absurdly many.
    """
    text = text.strip()
    # isdigit() alone would let other scripts' digits through to int().
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        try:
            return int(text, base)
        except ValueError:
            pass
    raise BadArgument(f"{name} takes a number, not {printable(text[:40])!r}")


def splitName(argument: str) -> tuple[str, str]:
    """
    Split an argument that begins with a name: up to the next space, or
    between quotes, in which a quote is doubled.

    @return: the name, and all that follows it and one space.
    @raise BadArgument: (501) the last quote is missing.
    """
    if not argument.startswith('"'):
        name, _, rest = argument.partition(" ")
        return name, rest
    name, begin = "", 1
    while True:
        end = argument.find('"', begin)
        if end < 0:
            raise BadArgument("A quote is missing at the end of the name")
        name += argument[begin:end]
        if argument[end + 1 : end + 2] != '"':
            return name, argument[end + 1 :].removeprefix(" ")
        name += '"'
        begin = end + 2


def splitNames(argument: str) -> list[str]:
    """
    Split an argument that is all names; see L{splitName}.
    """
    names = []
    rest = argument.strip(" ")
    while rest:
        name, rest = splitName(rest)
        rest = rest.lstrip(" ")
        names.append(name)
    return names
