"""
L{ReadOnlyStorage}: a storage that nobody can change.
"""

from dataclasses import replace

import pytest
from zope.interface import implementer

from ftpactive.abilities import (
    IBirthTimes,
    ILines,
    ILinks,
    IModes,
    IPreferences,
    IQuota,
    ISpace,
    ITimes,
)
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.settings import Settings
from ftpactive.core.writemode import WriteMode
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.readonly import ReadOnlyStorage
from ftpactive.storage.shell import ShellStorage
from ftpactive.testing.storage import (
    BirthTimesContract,
    ReadingContract,
    SpaceContract,
    listAll,
    run,
)
from tests.storage.trees import makeTree

TREE = {"file": b"1", "folder": {}}

CHANGES = {
    "replace": lambda storage: storage.openForWriting(("file",), 0, WriteMode.REPLACE),
    "continue": lambda storage: storage.openForWriting(("file",), 1, WriteMode.REPLACE),
    "append": lambda storage: storage.openForWriting(("file",), 0, WriteMode.APPEND),
    "create": lambda storage: storage.openForWriting(("new",), 0, WriteMode.CREATE),
    "makeDirectory": lambda storage: storage.makeDirectory(("new",)),
    "remove": lambda storage: storage.remove(("file",)),
    "removeDirectory": lambda storage: storage.removeDirectory(("folder",)),
    "rename": lambda storage: storage.rename(("file",), ("new",)),
}


class TestReadOnlyStorage(ReadingContract):
    """
    It passes the part of the contract that reads.
    """

    @pytest.fixture
    def makeStorage(self):
        """
        What it shows is in memory.
        """
        return lambda files: ReadOnlyStorage(MemoryStorage(files))


class TestReadOnlyLocalStorage(ReadingContract, BirthTimesContract, SpaceContract):
    """
    It can do what the other can do without changing anything.
    """

    @pytest.fixture
    def makeStorage(self, tmp_path):
        """
        What it shows is on disk.
        """

        def make(files):
            makeTree(tmp_path, files)
            return ReadOnlyStorage(LocalStorage(tmp_path))

        return make


@implementer(IPreferences)
class Preferring(MemoryStorage):
    """
    A storage whose user has settings of their own.
    """

    def settings(self, usual):
        """
        See L{IPreferences.settings}.
        """
        return replace(usual, idleTimeout=usual.idleTimeout + 1)


@implementer(IQuota)
class Counting(MemoryStorage):
    """
    A storage whose user may store so much and no more.
    """


class TestAbilities:
    """
    What a storage cannot do, or must not, is not promised.
    """

    ALL = (IBirthTimes, ILines, ILinks, IModes, IPreferences, IQuota, ISpace, ITimes)

    @pytest.mark.parametrize(
        ("storage", "abilities"),
        [
            (LocalStorage("missing"), [IBirthTimes, ILines, ISpace]),
            (MemoryStorage(), [ISpace]),
            (Preferring(), [IPreferences, ISpace]),
            (Counting(), [IQuota, ISpace]),
            (ShellStorage(None), []),
        ],
        ids=lambda each: type(each).__name__,
    )
    def test_abilities(self, storage, abilities):
        """
        Each storage behind it is asked.
        """
        shown = ReadOnlyStorage(storage)
        assert [each for each in self.ALL if each.providedBy(shown)] == abilities

    def test_preferences(self):
        """
        Who may only read has settings of their own all the same: they may be
        there to keep them from something.
        """
        shown = ReadOnlyStorage(Preferring())
        assert shown.settings(Settings(idleTimeout=7)) == Settings(idleTimeout=8)

    def test_oneDoesNotSpeakForAnother(self):
        """
        Abilities are those of an object, not of the class.
        """
        ReadOnlyStorage(MemoryStorage())
        assert not ISpace.providedBy(ReadOnlyStorage(ShellStorage(None)))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changesAreRefused(change):
    """
    Whatever would change something is answered 550 with a reason, and
    changes nothing.
    """
    storage = MemoryStorage({"file": b"1", "folder": {}})
    with pytest.raises(PermissionDenied, match="read-only"):
        run(change(ReadOnlyStorage(storage)))
    assert storage.tree == TREE


def test_close():
    """
    With the session it lets go of what the other one holds.
    """
    storage = MemoryStorage({})
    closed = []
    storage.close = lambda: closed.append(True)
    ReadOnlyStorage(storage).close()
    assert closed == [True]


def test_permPromisesNothingElse():
    """
    Of the fact C{perm}, only reading is left.
    """
    storage = ReadOnlyStorage(MemoryStorage(dict(TREE)))
    assert [facts.perm for _, facts in listAll(storage)] == ["r", "el"]
    assert run(storage.stat(())).perm == "el"
