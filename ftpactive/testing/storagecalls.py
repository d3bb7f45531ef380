"""
Calling an L{IStorage} from a test, without a reactor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpactive.core.facts import Entry
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISource, IStorage

T = TypeVar("T")

#: Nested like the tree: names to L{bytes} for files, to dicts for folders.
Files = dict[str, Any]

#: Gives a storage that holds these files and nothing else.
MakeStorage = Callable[[Files], IStorage]

#: Names that a client may well use, and that careless code breaks on.
AWKWARD_NAMES = [
    "with space",
    " leading",
    "trailing ",
    "-rf",
    "*",
    "~",
    "\\",
    "...",
    "line\nfeed",
    "carriage\rreturn",
    "tab\t",
    "quote\"'",
    "umlaut \u00e4",
    "decomposed a\u0308",
    "\u65e5\u672c\u8a9e",
    "\U0001f600",
    "not UTF-8 \udcff\udcfe",
    "x" * 200,
]


def run(awaitable: Awaitable[T]) -> T:
    """
    Give what a coroutine or Deferred results in.

    @raise AssertionError: it is not done.
    """

    async def wait() -> T:
        return await awaitable

    results: list[Any] = []
    Deferred.fromCoroutine(wait()).addBoth(results.append)
    assert results, "it waits for something, and there is no reactor to wait with"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    result: T = results[0]
    return result


def listAll(storage: IStorage, path: Path = ()) -> list[Entry]:
    """
    Give all entries of a folder.
    """

    async def collect() -> list[Entry]:
        return [entry async for batch in storage.list(path) for entry in batch]

    return run(collect())


def namesIn(storage: IStorage, path: Path = ()) -> list[str]:
    """
    Give the names in a folder.
    """
    return [name for name, _ in listAll(storage, path)]


def readFrom(source: ISource, count: int = 65536) -> bytes:
    """
    Read a source to its end, C{count} bytes at a time.
    """
    data = b""
    while chunk := run(source.read(count)):
        assert len(chunk) <= count
        data += chunk
    return data


def contentsOf(storage: IStorage, path: Path, offset: int = 0) -> bytes:
    """
    Give what is in a file, from an offset on.
    """
    source = run(storage.openForReading(path, offset))
    try:
        return readFrom(source)
    finally:
        source.close()


def upload(
    storage: IStorage,
    path: Path,
    data: bytes,
    *,
    offset: int = 0,
    mode: WriteMode = WriteMode.REPLACE,
) -> None:
    """
    Write a file, and end well.
    """
    sink = run(storage.openForWriting(path, offset, mode))
    run(sink.write(data))
    run(sink.commit())


def cutUpload(
    storage: IStorage,
    path: Path,
    data: bytes,
    *,
    offset: int = 0,
    mode: WriteMode = WriteMode.REPLACE,
) -> None:
    """
    Write to a file, and end as when the connection breaks.
    """
    sink = run(storage.openForWriting(path, offset, mode))
    run(sink.write(data))
    run(sink.discard(ConnectionError("cut")))
