"""
What a listing shows: a folder, a tree, one file, or all that match a pattern.

Everything is a stream of batches, so that a folder of any size is sent while
it is read; only a listing that must be sorted is held as a whole.  Where much
may be read before there is something to send, everybody else gets their turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from ftpactive.core.errors import LocalError, NotFound
from ftpactive.core.facts import Entry, Facts, Kind, rowOf
from ftpactive.core.longlines import listLines, nameLines
from ftpactive.core.lsoptions import ListOptions, hasWildcard
from ftpactive.core.path import Path, resolve
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.patterns import expand
from ftpactive.verbs.walking import DEEPEST, PATTERN, TREE, Batches, Walk, quietly

Chunks = AsyncGenerator[bytes, None]

#: How many lines are made at a time of a listing that had to be sorted.
_BATCH = 256

#: What C{-F} puts behind a name.
_CLASSES = {Kind.DIRECTORY: "/", Kind.LINK: "@"}


def browse(c: Conversation, asked: str, options: ListOptions, *, most: int | None = None) -> Chunks:
    """
    Give the lines of C{LIST} and C{NLST}.  Close it with C{aclosing} where it
    may be left early.

    @param asked: a path or a pattern, as the client wrote it.
    @param most: how many names and folders there may be, L{None} for any
        number.

    @raise NotFound: (550, at the first step) there is nothing of that name,
        and nothing matches.
    @raise LocalError: (451, at any step) there is more than can be listed.
    """
    return _Browser(c, options, most).chunks(asked)


class _Browser:
    def __init__(self, c: Conversation, options: ListOptions, most: int | None) -> None:
        self._c = c
        self._storage = c.storage
        self._options = options
        self._now = c.now()
        self._most = most
        self._count = 0

    async def chunks(self, asked: str) -> Chunks:
        path = resolve(self._c.session.cwd, asked)
        try:
            facts = await self._storage.stat(path)
        except NotFound:
            if not hasWildcard(asked):
                raise
            lines = self._matches(asked)
        else:
            lines = self._one(path, asked, facts)
        async with aclosing(lines):
            async for chunk in lines:
                yield chunk

    async def _matches(self, asked: str) -> Chunks:
        found = expand(Walk(self._c, PATTERN), self._c.session.cwd, asked)
        isAny = False
        async with aclosing(self._ordered(found)) as ordered:
            async for batch in ordered:
                isAny = True
                yield self._render(batch)
        if not isAny:
            raise NotFound("Nothing matches")

    async def _one(self, path: Path, asked: str, facts: Facts) -> Chunks:
        if not facts.isDirectory or self._options.listsItself:
            # LIST shows a file's name, NLST what can be sent back.
            isName = self._options.isLong and not facts.isDirectory
            yield self._render([(path[-1] if isName else asked or ".", facts)])
            return
        if self._options.isRecursive:
            lines = self._tree(path, asked.rstrip("/") if asked else ".")
        else:
            lines = self._names(path, asked)
        async with aclosing(lines):
            async for chunk in lines:
                yield chunk

    async def _names(self, path: Path, asked: str) -> Chunks:
        # NLST gives names that can be sent back as they are, RFC 1123 section
        # 4.1.3; LIST shows those in the folder.
        isElsewhere = not self._options.isLong and path != self._c.session.cwd
        shown = asked.rstrip("/") + "/" if isElsewhere else ""
        walk = Walk(self._c, 1)
        if self._most is not None or not self._options.isUsual:
            lines = self._written(self._folder(walk, path), shown)
        elif self._options.isLong:
            lines = walk.lines(path, partial(listLines, now=self._now))
        else:
            lines = walk.names(path, lambda few: nameLines([shown + name for name in few]))
        async with aclosing(lines):
            async for chunk in lines:
                yield chunk

    async def _written(self, batches: Batches, shown: str) -> Chunks:
        async with aclosing(batches):
            async for batch in batches:
                yield self._render([(shown + name, each) for name, each in batch])

    async def _tree(self, top: Path, shown: str) -> Chunks:
        walk = Walk(self._c, TREE)
        isCut = False
        # The next folder is at the end.
        pending = [(top, shown)]
        while pending:
            path, shown = pending.pop()
            if len(path) - len(top) > DEEPEST:
                isCut = True
                continue
            self._notice(1)
            yield (b"\r\n" if path != top else b"") + nameLines([f"{shown or '/'}:"])
            batches = self._folder(walk, path)
            folders: list[str] = []
            async with aclosing(batches if path == top else quietly(batches)) as found:
                async for batch in found:
                    yield self._render(batch)
                    folders += _below(batch)
            pending += [((*path, name), f"{shown}/{name}") for name in reversed(folders)]
        if isCut:
            raise LocalError(f"Folders more than {DEEPEST} levels deep are left out")

    async def _folder(self, walk: Walk, path: Path) -> Batches:
        if self._options.showsSelf:
            here = await self._storage.stat(path)
            yield [(".", here), ("..", await self._storage.stat(path[:-1]))]
        async with aclosing(self._ordered(walk.list(path))) as batches:
            async for batch in batches:
                yield batch

    async def _ordered(self, batches: Batches) -> Batches:
        entries: list[Entry] = []
        async with aclosing(batches):
            async for batch in batches:
                self._notice(len(batch))
                if self._options.needsSorting:
                    entries += batch
                else:
                    yield batch
        self._options.sort(entries)
        for begin in range(0, len(entries), _BATCH):
            yield entries[begin : begin + _BATCH]
            await self._c.breathe()

    def _notice(self, count: int) -> None:
        # Before anything is made of them: that is where the time goes.
        self._count += count
        if self._most is not None and self._count > self._most:
            raise LocalError("Too much to list on the control connection: use LIST")

    def _render(self, entries: list[Entry]) -> bytes:
        options = self._options
        if options.classifies:
            entries = [(name + _class(facts), facts) for name, facts in entries]
        if options.isLong:
            return listLines(map(rowOf, entries), self._now)
        return nameLines([name for name, _ in entries])


def _class(facts: Facts) -> str:
    isProgram = facts.kind is Kind.FILE and facts.mode & 0o111
    return "*" if isProgram else _CLASSES.get(facts.kind, "")


def _below(batch: list[Entry]) -> list[str]:
    """
    Give the folders to go into: not by links, or two that lead to each other
    would be shown in each other, and those again.
    """
    return [
        name
        for name, facts in batch
        if facts.isDirectory and not facts.isLink and name not in (".", "..")
    ]
