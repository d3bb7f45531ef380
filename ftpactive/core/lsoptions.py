"""
The options of C{ls} that clients put before a path: C{LIST -laR pub/*.txt}.

No RFC knows them; every client does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import translate
from typing import Any

from ftpactive.core.facts import Entry


class Order(Enum):
    """
    What a listing is sorted by.
    """

    #: As the storage gives it: by the names' bytes.
    NAME = "name"
    #: The newest first.
    TIME = "time"
    #: The largest first.
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """
    What was asked for.

    @ivar isLong: a line of facts each, or names only.
    @ivar showsSelf: with C{"."} and C{".."}; other names with a dot are never
        hidden.
    @ivar isRecursive: folders within folders as well.
    @ivar isReversed: in the opposite order.
    @ivar listsItself: a folder itself, not what is in it.
    @ivar classifies: a letter behind each name tells what it is.
    """

    isLong: bool
    showsSelf: bool = False
    isRecursive: bool = False
    order: Order = Order.NAME
    isReversed: bool = False
    listsItself: bool = False
    classifies: bool = False

    @property
    def needsSorting(self) -> bool:
        """
        Is the storage's own order not the one that was asked for?
        """
        return self.isReversed or self.order is not Order.NAME

    @property
    def isUsual(self) -> bool:
        """
        Is a folder shown as the storage gives it?
        """
        return not (self.needsSorting or self.showsSelf or self.classifies)

    def sort(self, entries: list[Entry]) -> None:
        """
        Bring entries from the storage's order into the one that was asked
        for; those that are alike stay as they are to each other.
        """
        if self.order is Order.TIME:
            entries.sort(key=lambda entry: -entry[1].modified)
        elif self.order is Order.SIZE:
            entries.sort(key=lambda entry: -entry[1].size)
        if self.isReversed:
            entries.reverse()


#: What each letter sets; any other is a matter of looks that FTP's listings
#: do not have, and is passed over, as clients expect.
_LETTERS: dict[str, dict[str, Any]] = {
    "a": {"showsSelf": True},
    "A": {"showsSelf": False},
    "l": {"isLong": True},
    "1": {"isLong": False},
    "R": {"isRecursive": True},
    "t": {"order": Order.TIME},
    "S": {"order": Order.SIZE},
    "r": {"isReversed": True},
    "d": {"listsItself": True},
    "F": {"classifies": True},
}


def parseOptions(argument: str, *, isLong: bool) -> tuple[ListOptions, str]:
    """
    Take the options off the front of an argument; C{--} ends them, so that a
    name may begin with a dash.

    @param isLong: what the verb shows when nothing else is asked for.
    @return: the options, and the path that is left; it may be empty.
    """
    options = ListOptions(isLong=isLong)
    while argument.startswith("-"):
        word, _, argument = argument.partition(" ")
        if word == "--":
            break
        for letter in word:
            options = replace(options, **_LETTERS.get(letter, {}))
    return options, argument


def hasWildcard(name: str) -> bool:
    """
    Could this name stand for others?
    """
    return any(letter in name for letter in "*?[")


def matcher(pattern: str) -> Callable[[str], bool]:
    """
    Give what tells whether a name matches: C{*}, C{?} and C{[...]}, as in a
    shell; a dot at the beginning must be matched by a dot.
    """
    matches = re.compile(translate(pattern)).match
    showsDots = pattern.startswith(".")
    return lambda name: (showsDots or not name.startswith(".")) and matches(name) is not None
