"""
Where storages are mounted, and how mount points look in a listing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path


class MountPoints:
    """
    Paths of which one is C{()}.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._deepestFirst = sorted(paths, key=len, reverse=True)

    def __contains__(self, path: Path) -> bool:
        """
        Is it a mount point?
        """
        return path in self._deepestFirst

    def of(self, path: Path) -> Path:
        """
        Give the mount point that a path is at, or below.
        """
        return next(each for each in self._deepestFirst if path[: len(each)] == each)

    def stays(self, path: Path) -> bool:
        """
        Is it a mount point, or on the way to one?  Then nothing can be made
        there, and it can neither be removed nor renamed.
        """
        return any(each[: len(path)] == path for each in self._deepestFirst)

    def namesIn(self, folder: Path) -> set[str]:
        """
        Give the names in a folder that are mount points, or lead to some.
        """
        return {
            each[len(folder)]
            for each in self._deepestFirst
            if len(each) > len(folder) and each[: len(folder)] == folder
        }


class Merge:
    """
    Entries that go among others which come in batches, in the order of names'
    bytes, and take the place of those with the same names.
    """

    def __init__(self, ours: Iterable[tuple[str, Facts | None]]) -> None:
        """
        @param ours: those without facts are left out, and so is what has their
            names.
        """
        # From the last to the first, since they are taken from the end.
        self._left = sorted(ours, key=lambda entry: _bytes(entry[0]), reverse=True)
        self._names = {name for name, _ in self._left}

    def into(self, batch: list[Entry]) -> Iterator[Entry]:
        """
        Give a batch with those of ours that belong before its names.
        """
        for name, facts in batch:
            yield from self._before(_bytes(name))
            if name not in self._names:
                yield name, facts

    def _before(self, name: bytes) -> Iterator[Entry]:
        while self._left and _bytes(self._left[-1][0]) <= name:
            yield from self._next()

    def rest(self) -> Iterator[Entry]:
        """
        Give those of ours that come behind all others.
        """
        while self._left:
            yield from self._next()

    def _next(self) -> Iterator[Entry]:
        name, facts = self._left.pop()
        if facts is not None:
            yield name, facts


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
