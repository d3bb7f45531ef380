"""
L{ILines}: a storage that has lines written tells in them what it lists.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from math import floor
from pathlib import Path

import pytest
from twisted.internet.defer import succeed
from zope.interface.verify import verifyObject

from ftpactive.abilities import ILines
from ftpactive.core.account import Permission, Quota, Rule
from ftpactive.core.errors import NotFound, PermissionDenied
from ftpactive.core.facts import Entry, Row, named
from ftpactive.interfaces import IStorage
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.permitted import PermittedStorage
from ftpactive.storage.quotas import Quotas
from ftpactive.storage.readonly import ReadOnlyStorage
from ftpactive.testing.storage import listAll, run
from tests.storage.trees import makeTree

READING = frozenset({Permission.READ, Permission.LIST})
NOTHING: frozenset[Permission] = frozenset()


WRAPPERS: list[Callable[[LocalStorage], IStorage]] = [
    lambda storage: storage,
    ReadOnlyStorage,
    lambda storage: PermittedStorage(storage, []),
    lambda storage: PermittedStorage(storage, [Rule((), READING)]),
    lambda storage: PermittedStorage(
        storage,
        [Rule((), READING), Rule(("b",), NOTHING), Rule(("folder",), frozenset(Permission))],
    ),
    lambda storage: MountedStorage({(): storage}),
    lambda storage: MountedStorage({(): storage, ("mount",): MemoryStorage()}),
    lambda storage: MountedStorage({(): MemoryStorage(), ("folder",): storage}),
]


def listed(storage: IStorage, path: tuple[str, ...] = ()) -> list[Entry]:
    """
    Give all entries, as lines may tell them: without parts of seconds.
    """
    found = listAll(storage, path)
    return [(name, facts._replace(modified=floor(facts.modified))) for name, facts in found]


def namesOf(storage: IStorage, path: tuple[str, ...] = ()) -> list[str]:
    """
    Give all names of which lines are written.
    """
    names: list[str] = []

    def write(few: Iterable[str]) -> bytes:
        names.extend(few)
        return b"line"

    async def collect() -> None:
        async for _ in ILines(storage).names(path, write):
            pass

    run(collect())
    return names


def linesOf(storage: IStorage, path: tuple[str, ...] = ()) -> list[Entry]:
    """
    Give all entries of which lines are written.
    """
    entries: list[Entry] = []

    def write(rows: Iterable[Row]) -> bytes:
        entries.extend(named(rows))
        return b"line"

    async def collect() -> None:
        async for _ in ILines(storage).lines(path, write):
            pass

    run(collect())
    return [(name, facts._replace(modified=floor(facts.modified))) for name, facts in entries]


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_sameAsListed(tmp_path: Path, wrap: Callable[[LocalStorage], IStorage]) -> None:
    """
    Whatever stands before a folder on disk, lines show no more and no less.
    """
    makeTree(tmp_path, {"a": b"1", "b": b"", "folder": {"c": b""}})
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("nowhere")
    storage = wrap(LocalStorage(tmp_path))
    assert verifyObject(ILines, storage)
    for path in [(), ("folder",)]:
        assert linesOf(storage, path) == listed(storage, path) != []
        assert namesOf(storage, path) == [name for name, _ in listAll(storage, path)]


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_errorComesWithTheFirstStep(
    tmp_path: Path, wrap: Callable[[LocalStorage], IStorage]
) -> None:
    """
    As from C{list}.
    """
    chunks = ILines(wrap(LocalStorage(tmp_path))).lines(("missing",), lambda rows: b"")
    with pytest.raises(NotFound):
        run(anext(chunks))
    chunks = ILines(wrap(LocalStorage(tmp_path))).names(("missing",), lambda names: b"")
    with pytest.raises(NotFound):
        run(anext(chunks))


@pytest.mark.parametrize("parts", [0, 999_999_000, 999_999_900, 999_999_999])
def test_closeToTheNextSecond(tmp_path: Path, parts: int) -> None:
    """
    A time that is told of the file alone as the next second is told so of the
    folder as well.
    """
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", ns=(0, 1_700_000_000_000_000_000 + parts))
    storage = LocalStorage(tmp_path)
    ((_, facts),) = linesOf(storage)
    assert facts.modified == floor(run(storage.stat(("a",))).modified)


def test_underAQuota(tmp_path: Path) -> None:
    """
    A quota has nothing to do with it.
    """
    makeTree(tmp_path, {"root": {"a": b"1"}})
    ledger = Ledger(tmp_path / "quota")
    storage = LocalStorage(tmp_path / "root")
    limited = Quotas(ledger, lambda: succeed(None)).over(storage, "alice", Quota(1000))
    assert linesOf(limited) == listed(storage)
    assert namesOf(limited) == ["a"]
    ledger.close()


def test_whatMayNotBeListed(tmp_path: Path) -> None:
    """
    Lines are no way round a rule.
    """
    storage = PermittedStorage(LocalStorage(tmp_path), [Rule((), frozenset({Permission.READ}))])
    with pytest.raises(PermissionDenied):
        linesOf(storage)
    with pytest.raises(PermissionDenied):
        namesOf(storage)


def test_whereNoneAreWritten() -> None:
    """
    Of a storage that does not do this, nobody promises it.
    """
    assert not ILines.providedBy(PermittedStorage(MemoryStorage(), []))
    assert not ILines.providedBy(ReadOnlyStorage(MemoryStorage()))
    assert not ILines.providedBy(MountedStorage({(): MemoryStorage()}))


def test_namesAreNotLookedUp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who wants names alone does not wait for anything else.
    """
    makeTree(tmp_path, {"a": b"1", "folder": {}})
    storage = PermittedStorage(LocalStorage(tmp_path), [Rule((), READING)])
    monkeypatch.setattr("ftpactive.storage.lookup.Lookup.rows", pytest.fail)
    assert namesOf(storage) == ["a", "folder"]
