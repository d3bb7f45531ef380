"""
Tests for L{ftpactive.verbs.ability}, and that whatever needs an ability says so
where there is none.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from zope.interface import classImplementsOnly

from ftpactive.abilities import ILinks, ITimes
from ftpactive.core.errors import NotImplementedHere
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IStorage
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.ability import ability, can
from ftpactive.verbs.conversation import Conversation as VerbsConversation


class Plain(MemoryStorage):
    """
    A storage that says of itself that it can do nothing special.
    """


classImplementsOnly(Plain, IStorage)


@pytest.fixture
def plain() -> Conversation:
    """
    A conversation with such a storage.
    """
    return Conversation(Plain({"a": b""}))


def verbsOwn(played: Conversation) -> VerbsConversation:
    """
    Give what verbs see of a conversation.
    """
    return played.protocol._conversation


class TestAbility:
    """
    L{can} and L{ability} ask the storage of who is logged in.
    """

    def test_can(self, conversation: Conversation) -> None:
        """
        A storage in memory has times and no links.
        """
        c = verbsOwn(conversation)
        assert (can(c, ITimes), can(c, ILinks)) == (True, False)

    def test_stranger(self) -> None:
        """
        Who is not in has none at all.
        """
        assert not can(verbsOwn(Conversation(login=False)), ITimes)

    def test_ability(self, conversation: Conversation) -> None:
        """
        It is the storage.
        """
        assert ability(verbsOwn(conversation), ITimes) is conversation.storage

    def test_without(self, plain: Conversation) -> None:
        """
        502: it is not done here.
        """
        with pytest.raises(NotImplementedHere):
            ability(verbsOwn(plain), ITimes)


class TestFeatures:
    """
    FEAT shows what the storage can do, and nothing else.
    """

    def features(self, conversation: Conversation) -> set[str]:
        """
        Give the first words of the lines.
        """
        return {line.split()[0] for line in conversation.hears("FEAT").last().split("\n")[1:-1]}

    def test_all(self, conversation: Conversation) -> None:
        """
        Of a storage in memory.
        """
        assert {"MFMT", "MFF", "AVBL"} <= self.features(conversation)
        assert "\n MFF modify;UNIX.mode;\n" in conversation.last()

    def test_none(self, plain: Conversation) -> None:
        """
        Of one that can do nothing special.
        """
        assert not {"MFMT", "MFF", "AVBL"} & self.features(plain)

    def test_stranger(self) -> None:
        """
        Before the login nobody knows.
        """
        assert not {"MFMT", "MFF", "AVBL"} & self.features(Conversation(login=False))

    def test_onlyTimes(self) -> None:
        """
        What can be set of MFF's facts is named.
        """

        class Timed(Plain):
            pass

        classImplementsOnly(Timed, IStorage, ITimes)
        assert "\n MFF modify;\n" in Conversation(Timed()).hears("FEAT").last()


@pytest.mark.parametrize(
    "line",
    [
        "MFMT 20010909014640 a",
        "MFF modify=20010909014640; a",
        "MFF UNIX.mode=0600; a",
        "MDTM 20010909014640 a",
        "AVBL",
        "SITE CHMOD 600 a",
        "SITE UMASK",
        "SITE UMASK 022",
        "SITE UTIME 20010909014640 a",
        "SITE SYMLINK a b",
    ],
)
def test_without(plain: Conversation, line: str) -> None:
    """
    Whatever needs an ability that is not there is not implemented.
    """
    assert plain.hears(line).last() == "502 The storage of this user cannot do that"


def test_birthTimesAreLookedUpWhenAskedFor(tmp_path: Path) -> None:
    """
    They cost: the storage is told when MLSx shall tell them, also when OPTS
    came before the login, and when not any more.
    """
    storage = LocalStorage(tmp_path)
    conversation = Conversation(storage, settings=Settings(), login=False)
    conversation.hears("OPTS MLST create;", "USER alice", "PASS secret", "MLST")
    seen = [storage.tellsCreated]
    conversation.hears("OPTS MLST size;", "PORT 192,0,2,7,78,52", "MLSD")
    assert [*seen, storage.tellsCreated] == [True, False]
    storage.close()
