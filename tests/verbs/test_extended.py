"""
Tests for L{ftpactive.verbs.extended}.
"""

from __future__ import annotations

import pytest
from zope.interface import classImplementsOnly

from ftpactive.abilities import ITimes
from ftpactive.core.account import EVERYTHING, READING, Rule
from ftpactive.interfaces import IStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.permitted import PermittedStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.storagecalls import run


def tree(conversation: Conversation) -> dict[str, object]:
    """
    Give what is stored.
    """
    assert isinstance(conversation.storage, MemoryStorage)
    return conversation.storage.tree


class TestModifyTime:
    """
    MFMT, draft-somers-ftp-mfxx section 3.
    """

    @pytest.mark.parametrize("path", ["a.txt", "sub", "sub/c.txt", "/a.txt"])
    def test_set(self, conversation: Conversation, path: str) -> None:
        """
        Of files and folders; the reply has the form of the draft.
        """
        conversation.hears(f"MFMT 20010909014640 {path}", f"MLST {path}")
        whole = path if path.startswith("/") else f"/{path}"
        assert conversation.replies()[0] == f"213 Modify=20010909014640; {whole}"
        assert "modify=20010909014640;" in conversation.last()

    def test_nameWithBlanks(self) -> None:
        """
        All that stands behind one blank is the path.
        """
        conversation = Conversation({" a b ": b""}).hears("MFMT 20010909014640  a b ")
        assert conversation.codes() == [213]

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("20010909014640", 501),
            ("20010909014640 ", 501),
            ("2001 a.txt", 501),
            ("20010230000000 a.txt", 501),
            ("20010909014640 missing", 550),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        No path, no time, no such day, no file.
        """
        assert conversation.hears(f"MFMT {argument}").codes() == [code]


class TestModifyFacts:
    """
    MFF, draft-somers-ftp-mfxx section 5.
    """

    @pytest.mark.parametrize(
        ("facts", "told"),
        [
            ("modify=20010909014640", ["modify=20010909014640;"]),
            ("UNIX.mode=0600", ["UNIX.mode=0600;"]),
            ("unix.MODE=600", ["UNIX.mode=0600;"]),
            (
                "Modify=20010909014640;UNIX.mode=0600",
                ["modify=20010909014640;", "UNIX.mode=0600;"],
            ),
        ],
    )
    def test_set(self, conversation: Conversation, facts: str, told: list[str]) -> None:
        """
        One or several; the reply repeats them.
        """
        conversation.hears(f"MFF {facts}; a.txt", "MLST a.txt")
        assert conversation.replies()[0] == f"213 {facts}; /a.txt"
        assert [fact for fact in told if fact in conversation.last()] == told

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("a.txt", 501),
            ("modify=20010909014640 a.txt", 501),
            ("modify=20010909014640; ", 501),
            ("modify=x; a.txt", 501),
            ("UNIX.mode=9; a.txt", 501),
            ("UNIX.mode=; a.txt", 501),
            ("UNIX.mode=77777; a.txt", 501),
            ("size=1; a.txt", 504),
            ("; a.txt", 504),
            ("UNIX.mode=600; missing", 550),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        What is malformed is told from what cannot be set.
        """
        assert conversation.hears(f"MFF {argument}").codes() == [code]

    def test_allOrNothing(self, conversation: Conversation) -> None:
        """
        A wrong fact keeps the right ones from being set.
        """
        conversation.hears("MFF UNIX.mode=600;size=1; a.txt", "MLST a.txt")
        assert "UNIX.mode=0644;" in conversation.last()

    def test_allOrNothingOfAbilities(self) -> None:
        """
        So does one that this storage cannot set.
        """

        class Timed(MemoryStorage):
            pass

        classImplementsOnly(Timed, IStorage, ITimes)
        conversation = Conversation(Timed({"a": b""}))
        conversation.hears("MFF modify=20010909014640;UNIX.mode=600; a", "MDTM a")
        assert conversation.codes() == [502, 213]
        assert conversation.last() != "213 20010909014640"


class TestCombine:
    """
    COMB puts files together.
    """

    def test_combine(self) -> None:
        """
        The parts go behind the whole in order, and are gone then.
        """
        conversation = Conversation({"all": b"0", "p1": b"1", "p2": b"2", "x": b""})
        conversation.hears("COMB all p2 p1")
        assert conversation.last() == "250 2 files are now part of /all"
        assert tree(conversation) == {"all": b"021", "x": b""}

    def test_newFile(self) -> None:
        """
        The whole need not be there before.
        """
        conversation = Conversation({"p 1": b"1", "p2": b"2"}).hears('COMB "al l" "p 1" p2')
        assert conversation.codes() == [250]
        assert tree(conversation) == {"al l": b"12"}

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("a.txt", 501),
            (" ", 501),
            ("a.txt a.txt", 501),
            ("new a.txt /a.txt", 501),
            ('new "a.txt', 501),
            ("new a.txt missing", 550),
            ("new a.txt sub", 550),
            ("sub a.txt b.txt", 550),
            ("/ a.txt", 550),
            ("x/new a.txt", 550),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        Nothing is changed by what cannot be done as a whole.
        """
        assert conversation.hears(f"COMB {argument}").codes() == [code]
        assert tree(conversation) == {
            "a.txt": b"hello",
            "b.txt": b"0123456789",
            "sub": {"c.txt": b"below"},
        }

    def test_sourceThatStays(self) -> None:
        """
        What may not be removed is not put together: done twice, it would be
        there twice.
        """
        files = MemoryStorage({"pub": {}, "ro": {"f": b"1"}})
        rules = [Rule((), EVERYTHING), Rule(("ro",), READING)]
        conversation = Conversation(PermittedStorage(files, rules))
        conversation.hears("COMB /pub/new /ro/f")
        assert conversation.last() == "550 /ro/f may not be removed"
        assert files.tree == {"pub": {}, "ro": {"f": b"1"}}

    def test_noSpace(self) -> None:
        """
        452, and the parts are still there.
        """
        storage = MemoryStorage({"p1": b"12345", "p2": b"67890"}, capacity=12)
        assert Conversation(storage).hears("COMB all p1 p2").codes() == [452]
        assert storage.tree == {"p1": b"12345", "p2": b"67890"}


class TestAvailable:
    """
    AVBL tells how much can still be stored.
    """

    @pytest.mark.parametrize("line", ["AVBL", "AVBL sub", "AVBL /"])
    def test_space(self, line: str) -> None:
        """
        In any folder.
        """
        storage = MemoryStorage({"sub": {"a": b"12345"}}, capacity=12)
        assert Conversation(storage).hears(line).last() == "213 7"

    @pytest.mark.parametrize("path", ["missing", "a.txt"])
    def test_noFolder(self, conversation: Conversation, path: str) -> None:
        """
        And nowhere else.
        """
        assert conversation.hears(f"AVBL {path}").codes() == [550]

    def test_isOnTime(self) -> None:
        """
        What is stored takes from it at once.
        """
        storage = MemoryStorage({}, capacity=12)
        conversation = Conversation(storage)
        conversation.opener.toReceive = b"12345"
        conversation.hears("PORT 192,0,2,7,78,52", "STOR a", "AVBL")
        assert conversation.last() == f"213 {run(storage.available(()))}"
