"""
What matches a pattern: C{*}, C{?} and C{[...]} in any name of a path.
"""

from __future__ import annotations

from contextlib import aclosing

from ftpactive.core.lsoptions import hasWildcard, matcher
from ftpactive.core.path import Path, resolve
from ftpactive.verbs.walking import Batches, Walk, quietly


async def expand(walk: Walk, cwd: Path, asked: str) -> Batches:
    """
    Give all that matches a pattern, one that is a path of patterns.  Each
    name has the path before it that was asked for, so that it can be sent
    back.
    """
    isAbsolute = asked.startswith("/")
    names = _withoutReturns(asked.split("/"))
    last = len(names) - 1
    # What is still to be looked at, the next at the end: a folder, how it is
    # shown, and which name is looked for in it.
    pending = [(() if isAbsolute else cwd, "/" * isAbsolute, 0)]
    while pending:
        folder, shown, at = pending.pop()
        end = _nextWildcard(names, at)
        folder = resolve(folder, "/".join(names[at:end]))
        shown += "".join(f"{name}/" for name in names[at:end])
        folders: list[str] = []
        async with aclosing(quietly(_candidates(walk, folder, names[end]))) as found:
            async for batch in found:
                if end == last:
                    yield [(shown + name, facts) for name, facts in batch]
                else:
                    folders += [name for name, facts in batch if facts.isDirectory]
        pending += [((*folder, name), f"{shown}{name}/", end + 1) for name in reversed(folders)]


def _nextWildcard(names: list[str], at: int) -> int:
    # The last name is looked for in any case.
    while at < len(names) - 1 and not hasWildcard(names[at]):
        at += 1
    return at


def _withoutReturns(names: list[str]) -> list[str]:
    """
    Leave out empty names, and what is left again: C{*/../x} is C{x}.  Looked
    for in each folder, it would be found as often as there are folders, and
    each further C{*/..} would multiply the work.
    """
    kept: list[str] = []
    # Where the first wildcard stands; far away if there is none.
    first = len(names)
    for name in filter(None, names):
        if name == ".." and len(kept) > first:
            while kept.pop() == ".":
                pass
            if len(kept) == first:
                first = len(names)
        else:
            if hasWildcard(name):
                first = min(first, len(kept))
            kept.append(name)
    return kept or ["."]


async def _candidates(walk: Walk, folder: Path, name: str) -> Batches:
    if not hasWildcard(name):
        yield [(name, await walk.stat(resolve(folder, name)))]
        return
    isMatch = matcher(name)
    async with aclosing(walk.list(folder)) as batches:
        async for batch in batches:
            # It may be the name of a folder as it stands, wildcards and all.
            if hits := [entry for entry in batch if isMatch(entry[0]) or entry[0] == name]:
                yield hits
