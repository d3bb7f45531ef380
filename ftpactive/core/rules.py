"""
What a user may do where: the rules of an account, read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

from ftpactive.core.account import EVERYTHING, Permission, Rule
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.path import Path

NOTHING: frozenset[Permission] = frozenset()

#: Permissions to the letters of the fact C{perm} that they allow, RFC 3659
#: section 7.5.5.  Files and folders have different letters.
_LETTERS = {
    Permission.LIST: "l",
    Permission.READ: "r",
    Permission.WRITE: "cw",
    Permission.APPEND: "a",
    Permission.DELETE: "p",
    Permission.FOLDER: "m",
    Permission.DROP: "c",
}


class Rules:
    """
    Rules that can be asked about any path.  What no rule speaks of is
    forbidden; where there are none at all, everything is permitted.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._permissions = {rule.path: rule.permissions for rule in rules} or {(): EVERYTHING}
        self._lengths = sorted({len(path) for path in self._permissions}, reverse=True)
        self._anywhere = NOTHING.union(*self._permissions.values())
        #: Where something is permitted, and the way to there.
        self._ways = {
            path[:length]
            for path, permissions in self._permissions.items()
            if permissions
            for length in range(len(path) + 1)
        }

    def at(self, path: Path) -> frozenset[Permission]:
        """
        Give what is permitted at a path.
        """
        # Of a path that is shorter, each beginning of that length is all of it.
        for length in self._lengths:
            permitted = self._permissions.get(path[:length])
            if permitted is not None:
                return permitted
        return NOTHING

    @cached_property
    def permitEverything(self) -> bool:
        """
        May everything be done everywhere?
        """
        everywhere = (self.at(()), *self._permissions.values())
        return all(permissions >= EVERYTHING for permissions in everywhere)

    def demand(self, path: Path, permission: Permission) -> None:
        """
        Make sure of what is permitted at a path.

        @raise PermissionDenied: (550) it is not.
        """
        if permission not in self.at(path):
            raise PermissionDenied()

    def demandInFolder(self, path: Path, permission: Permission) -> None:
        """
        Make sure of what is permitted both at a path and in its folder.

        @raise PermissionDenied: (550) it is not.
        """
        if permission not in self.inFolderOf(path):
            raise PermissionDenied()

    def inFolderOf(self, path: Path) -> frozenset[Permission]:
        """
        Give what is permitted both at a path and in its folder: to remove a
        name, or to change it, is to change the folder that it is in.
        """
        return self.at(path) & self.at(path[:-1])

    def isWay(self, path: Path) -> bool:
        """
        Does a path lead to where a rule permits something, or is it there?
        A user must be able to go there, whatever else is forbidden.
        """
        return path in self._ways

    def isKnown(self, path: Path) -> bool:
        """
        May a user know of a path that it is there, when the folder around it
        may be listed?
        """
        return bool(self.at(path)) or self.isWay(path)

    def permitAnywhere(self, permission: Permission) -> bool:
        """
        Is there a place where this may be done?
        """
        return permission in self._anywhere

    def below(self, path: Path) -> list[frozenset[Permission]]:
        """
        Give what other rules permit below a path.
        """
        return [
            permissions
            for other, permissions in self._permissions.items()
            if len(other) > len(path) and other[: len(path)] == path
        ]

    def isPinned(self, path: Path) -> bool:
        """
        Do rules name a path, or something below it?  Were it moved, they would
        speak of something else.
        """
        return bool(path in self._permissions or self.below(path))

    def special(self, folder: Path) -> frozenset[str]:
        """
        Give the names in a folder for which other rules may hold than for all
        the others in it.
        """
        return frozenset(
            path[len(folder)]
            for path in self._permissions
            if len(path) > len(folder) and path[: len(folder)] == folder
        )

    def mayLead(self, path: Path, real: Path) -> bool:
        """
        May a link be followed?  Only where everything that is permitted by
        way of it is permitted at what it leads to, and below that, so that no
        rule is got round.  Where things may be renamed, nothing else may be
        permitted there: what is moved by way of it would come to where other
        rules hold, and nobody would see.

        @param path: where one came from.
        @param real: what it leads to.
        """
        here, there = self.at(path), (self.at(real), *self.below(real))
        if Permission.RENAME in here:
            return all(here == each for each in there)
        return all(here <= each for each in there)

    def letters(self, path: Path) -> str:
        """
        Give the letters that the fact C{perm} of a path may have.
        """
        letters = _letters(self.at(path), self.inFolderOf(path), self.isPinned(path))
        return letters + "e" * self.isKnown(path)


# Each login asks for those of its account.
@lru_cache(maxsize=256)
def rulesOf(rules: tuple[Rule, ...]) -> Rules:
    """
    Give rules that can be asked about any path.
    """
    return Rules(rules)


@lru_cache(maxsize=256)
def _letters(here: frozenset[Permission], inFolder: frozenset[Permission], isPinned: bool) -> str:
    letters = "".join(text for permission, text in _LETTERS.items() if permission in here)
    if Permission.DELETE in inFolder:
        letters += "d"
    if Permission.RENAME in inFolder and not isPinned:
        letters += "f"
    return letters


@lru_cache(maxsize=1024)
def onlyLetters(perm: str, allowed: str) -> str:
    """
    Give what is left of a fact C{perm}.
    """
    return "".join(letter for letter in perm if letter in allowed)
