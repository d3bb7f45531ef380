"""
What a listing shows: a folder, a tree, one file, or all that match a pattern.

Everything is a stream of batches, so that a folder of any size is sent while
it is read; only a listing that must be sorted is held as a whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ftpactive.core.errors import FileUnavailable, NotFound
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.listing import listLine, nameLine
from ftpactive.core.lsoptions import ListOptions, hasWildcard, matcher
from ftpactive.core.path import Path, resolve
from ftpactive.interfaces import IStorage

Batches = AsyncIterator[list[Entry]]
Chunks = AsyncIterator[bytes]
Render = Callable[[list[Entry]], bytes]

#: How deep a tree is followed; a link could make it endless.
_DEEPEST = 64

#: What C{-F} puts behind a name.
_CLASSES = {Kind.DIRECTORY: "/", Kind.LINK: "@"}


def browse(storage: IStorage, cwd: Path, asked: str, options: ListOptions, now: float) -> Chunks:
    """
    Give the lines of C{LIST} and C{NLST}.

    @param asked: a path or a pattern, as the client wrote it.
    @param now: seconds since the epoch: recent times are shown otherwise.

    @raise NotFound: (550, at the first step) there is nothing of that name,
        and nothing matches.
    """
    return _Browser(storage, options, now).chunks(cwd, asked)


class _Browser:
    def __init__(self, storage: IStorage, options: ListOptions, now: float) -> None:
        self._storage = storage
        self._options = options
        self._now = now

    async def chunks(self, cwd: Path, asked: str) -> Chunks:
        path = resolve(cwd, asked)
        try:
            facts = await self._storage.stat(path)
        except NotFound:
            if not hasWildcard(asked):
                raise
            lines = self._matches(cwd, asked)
        else:
            lines = self._one(cwd, path, asked, facts)
        async for chunk in lines:
            yield chunk

    async def _matches(self, cwd: Path, asked: str) -> Chunks:
        folder = () if asked.startswith("/") else cwd
        names = tuple(name for name in asked.split("/") if name)
        found = expand(self._storage, folder, "/" if asked.startswith("/") else "", names)
        isAny = False
        async for batch in self._ordered(found):
            isAny = True
            yield self._render(batch)
        if not isAny:
            raise NotFound("Nothing matches")

    async def _one(self, cwd: Path, path: Path, asked: str, facts: Facts) -> Chunks:
        if not facts.isDirectory or self._options.listsItself:
            # LIST shows a file's name, NLST what can be sent back.
            isName = self._options.isLong and not facts.isDirectory
            yield self._render([(path[-1] if isName else asked or ".", facts)])
        elif self._options.isRecursive:
            async for chunk in self._tree(path, asked.rstrip("/") or ".", (facts.unique,)):
                yield chunk
        else:
            # NLST gives names that can be sent back as they are, RFC 1123
            # section 4.1.3; LIST shows those in the folder.
            isElsewhere = not self._options.isLong and path != cwd
            shown = asked.rstrip("/") + "/" if isElsewhere else ""
            async for batch in self._folder(path):
                yield self._render([(shown + name, each) for name, each in batch])

    async def _tree(self, path: Path, shown: str, above: tuple[str, ...]) -> Chunks:
        yield nameLine(f"{shown}:")
        folders: list[tuple[str, str]] = []
        async for batch in self._folder(path):
            yield self._render(batch)
            folders += [(name, facts.unique) for name, facts in batch if facts.isDirectory]
        for name, unique in folders:
            # A link to a folder above would lead round for ever.
            if name in (".", "..") or (unique and unique in above) or len(above) > _DEEPEST:
                continue
            yield b"\r\n"
            async for chunk in self._tree((*path, name), f"{shown}/{name}", (*above, unique)):
                yield chunk

    async def _folder(self, path: Path) -> Batches:
        if self._options.showsSelf:
            here = await self._storage.stat(path)
            yield [(".", here), ("..", await self._storage.stat(path[:-1]))]
        async for batch in self._ordered(self._storage.list(path)):
            yield batch

    async def _ordered(self, batches: Batches) -> Batches:
        if self._options.needsSorting:
            entries = [entry async for batch in batches for entry in batch]
            entries.sort(key=self._options.key, reverse=self._options.isReversed)
            if entries:
                yield entries
            return
        async for batch in batches:
            yield batch

    def _render(self, entries: list[Entry]) -> bytes:
        options = self._options
        if options.classifies:
            entries = [(name + _class(facts), facts) for name, facts in entries]
        if options.isLong:
            return b"".join([listLine(name, facts, self._now) for name, facts in entries])
        return b"".join([nameLine(name) for name, _ in entries])


def _class(facts: Facts) -> str:
    isProgram = facts.kind is Kind.FILE and facts.mode & 0o111
    return "*" if isProgram else _CLASSES.get(facts.kind, "")


async def expand(storage: IStorage, folder: Path, shown: str, names: tuple[str, ...]) -> Batches:
    """
    Give all that matches a pattern, one that is a path of patterns.

    @param shown: what to put before the names: the path so far.
    """
    name, further = names[0], names[1:]
    if not hasWildcard(name) and further:
        path = resolve(folder, name)
        async for batch in _quietly(expand(storage, path, f"{shown}{name}/", further)):
            yield batch
        return
    async for batch in _candidates(storage, folder, name):
        if not further:
            yield [(shown + found, facts) for found, facts in batch]
            continue
        for found, facts in batch:
            if facts.isDirectory:
                deeper = expand(storage, (*folder, found), f"{shown}{found}/", further)
                async for each in _quietly(deeper):
                    yield each


async def _candidates(storage: IStorage, folder: Path, name: str) -> Batches:
    if not hasWildcard(name):
        path = resolve(folder, name)
        yield [(name, await storage.stat(path))]
        return
    isMatch = matcher(name)
    async for batch in storage.list(folder):
        if hits := [entry for entry in batch if isMatch(entry[0])]:
            yield hits


async def _quietly(batches: Batches) -> Batches:
    """
    Pass over what cannot be looked into: a pattern shows what there is.
    """
    try:
        async for batch in batches:
            yield batch
    except FileUnavailable:
        return
