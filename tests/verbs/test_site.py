"""
Tests for L{ftpactive.verbs.site}.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpactive.core.account import Quota
from ftpactive.core.settings import Settings
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.site import SUBCOMMANDS
from tests.verbs.limited import Limited


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Conversation]:
    """
    A conversation with a storage on disk, in C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield Conversation(storage)
    storage.close()


def tree(conversation: Conversation) -> dict[str, object]:
    """
    Give what is stored in memory.
    """
    assert isinstance(conversation.storage, MemoryStorage)
    return conversation.storage.tree


class TestTable:
    """
    SITE has a table of its own.
    """

    @pytest.mark.parametrize("line", ["SITE HELP", "site help", "SITE  HELP ", "SITE HELP me"])
    def test_help(self, conversation: Conversation, line: str) -> None:
        """
        Each subcommand with its arguments.
        """
        lines = conversation.hears(line).last().split("\n")
        assert lines[0] == "214-The following SITE commands are understood:"
        assert [each.split()[1] for each in lines[1:-1]] == sorted(SUBCOMMANDS)
        assert " SITE CHMOD mode path" in lines

    @pytest.mark.parametrize("line", ["SITE", "SITE ", "SITE  ", "SITE FOO", "SITE \x1b x"])
    def test_unknown(self, conversation: Conversation, line: str) -> None:
        """
        501, in words that say where to look.
        """
        assert conversation.hears(line).codes() == [501]
        assert "\x1b" not in conversation.last()

    @pytest.mark.parametrize(
        "name", [n for n, s in SUBCOMMANDS.items() if s.argument[:1].isalpha()]
    )
    def test_missingArgument(self, conversation: Conversation, name: str) -> None:
        """
        The reply shows what belongs there.
        """
        assert conversation.hears(f"SITE {name}").last() == (
            f"501 {SUBCOMMANDS[name].syntax}: an argument is missing"
        )

    @pytest.mark.parametrize("name", ["CHMOD", "UTIME", "SYMLINK"])
    def test_missingSecond(self, conversation: Conversation, name: str) -> None:
        """
        Two are wanted.
        """
        assert conversation.hears(f"SITE {name} x", f"SITE {name} x ").codes() == [501, 501]

    def test_strangers(self) -> None:
        """
        It needs a login.
        """
        assert Conversation(login=False).hears("SITE HELP").codes() == [220, 530]


class TestQuota:
    """
    SITE QUOTA; the rest of it is with the storage that has one.
    """

    def test_none(self, conversation: Conversation) -> None:
        """
        Where there is none, it says so.
        """
        assert conversation.hears("SITE QUOTA").last() == "200 There is no quota"

    @pytest.mark.parametrize(("line", "said"), [("SITE QUOTA", "1"), ("SITE QUOTA COUNT", "2")])
    def test_told(self, line: str, said: str) -> None:
        """
        How much is stored, counted again where that is wished.
        """
        told = Conversation(Limited(Quota(files=9))).hears(line).last()
        assert told == f"200 0 bytes, {said} of 9 files used"


class TestModes:
    """
    SITE CHMOD and SITE UMASK.
    """

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("SITE CHMOD 600 a.txt", "0600"),
            ("SITE CHMOD 0600 a.txt", "0600"),
            ("SITE CHMOD 4711 a.txt", "4711"),
            ("site chmod 0 a.txt", "0000"),
        ],
    )
    def test_mode(self, conversation: Conversation, line: str, told: str) -> None:
        """
        In octal.
        """
        conversation.hears(line, "MLST a.txt")
        assert conversation.replies()[0] == f"200 Mode of a.txt changed to {told}"
        assert f"UNIX.mode={told};" in conversation.last()

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("u+x a.txt", 501),
            ("689 a.txt", 501),
            ("10000 a.txt", 501),
            ("-1 a.txt", 501),
            ("600 missing", 550),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        No bits, too many, no file.
        """
        assert conversation.hears(f"SITE CHMOD {argument}").codes() == [code]

    @pytest.mark.parametrize("name", ["a b", " a", "a ", '"a"', '"', "-1", "~", "\n"])
    def test_names(self, name: str) -> None:
        """
        All that stands behind one blank is the name, as clients send it.
        """
        conversation = Conversation({name: b"", "a": b""})
        line = f"SITE CHMOD 600 {name}".replace("\n", "\0")
        conversation.hears(line, "OPTS MLST UNIX.mode;", f"MLST {name}".replace("\n", "\0"))
        assert "UNIX.mode=0600;" in conversation.last()

    def test_umask(self, conversation: Conversation) -> None:
        """
        What new files and folders do not have.
        """
        conversation.hears("SITE UMASK", "SITE UMASK 077", "SITE UMASK ", "MKD new", "MLST new")
        assert conversation.replies()[:3] == [
            "200 UMASK is 022",
            "200 UMASK set to 077 (was 022)",
            "200 UMASK is 077",
        ]
        assert "UNIX.mode=0700;" in conversation.last()

    @pytest.mark.parametrize("argument", ["9", "x", "17777"])
    def test_noUmask(self, conversation: Conversation, argument: str) -> None:
        """
        Anything else changes nothing.
        """
        conversation.hears(f"SITE UMASK {argument}", "SITE UMASK")
        assert conversation.codes() == [501, 200]
        assert conversation.last() == "200 UMASK is 022"


class TestTime:
    """
    SITE UTIME, in both of its forms.
    """

    @pytest.mark.parametrize(
        "argument",
        [
            "20010909014640 a b",
            "a b 20020101000000 20010909014640 20030101000000 UTC",
            "a b 20020101000000 20010909014640 20030101000000 utc",
        ],
    )
    def test_set(self, argument: str) -> None:
        """
        With one time before the path, or three behind it.
        """
        conversation = Conversation({"a b": b""}).hears(f"SITE UTIME {argument}", "MDTM a b")
        assert conversation.replies() == ["200 Time of a b set", "213 20010909014640"]

    @pytest.mark.parametrize(
        "argument", ["200109090146 a", "a 200101010000 200109090146 200101010000 UTC"]
    )
    def test_withoutSeconds(self, argument: str) -> None:
        """
        As Pure-FTPd has it.
        """
        conversation = Conversation({"a": b""}).hears(f"SITE UTIME {argument}", "MDTM a")
        assert conversation.last() == "213 20010909014600"

    def test_nameThatEndsLikeTheOtherForm(self) -> None:
        """
        What stands in the place of a time must look like one.
        """
        conversation = Conversation({"a b c UTC": b""})
        conversation.hears("SITE UTIME 20010909014640 a b c UTC", "MDTM a b c UTC")
        assert conversation.last() == "213 20010909014640"

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("yesterday a.txt", 501),
            ("20010230000000 a.txt", 501),
            ("20010909014640 missing", 550),
            ("a.txt 1 2 3 UTC", 501),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        No time, no such day, no file.
        """
        assert conversation.hears(f"SITE UTIME {argument}").codes() == [code]


class TestLink:
    """
    SITE SYMLINK makes a link.
    """

    @pytest.mark.parametrize(
        "argument", ["a.txt link", "/a.txt /link", '"a.txt" link', '"a.txt" "link"']
    )
    def test_make(self, local: Conversation, tmp_path: Path, argument: str) -> None:
        """
        The target comes first; both may be in quotes.
        """
        (tmp_path / "a.txt").write_bytes(b"hello")
        assert local.hears(f"SITE SYMLINK {argument}").last() == "200 Link /link made"
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "link").read_bytes() == b"hello"

    def test_names(self, local: Conversation, tmp_path: Path) -> None:
        """
        Only a target with blanks needs them.
        """
        assert local.hears('SITE SYMLINK "a b" c d').codes() == [200]
        assert (tmp_path / "c d").readlink() == Path("a b")

    @pytest.mark.parametrize(
        ("argument", "code"),
        [('"a b', 501), ("a", 501), ('"" a', 501), ('a "b" c', 501), ("a x/y", 550), ("a /", 550)],
    )
    def test_mistakes(self, local: Conversation, argument: str, code: int) -> None:
        """
        Names that are not whole, and places where there can be no link.
        """
        assert local.hears(f"SITE SYMLINK {argument}").codes() == [code]

    def test_noWayOut(self, local: Conversation, tmp_path: Path) -> None:
        """
        What it leads to is within the root, however it is written.
        """
        local.hears("SITE SYMLINK ../../../etc/passwd link")
        assert (tmp_path / "link").readlink() == Path("etc/passwd")


class TestFolders:
    """
    SITE MKDIR and SITE RMDIR.
    """

    def test_make(self, conversation: Conversation) -> None:
        """
        With those above it that are missing.
        """
        conversation.hears("SITE MKDIR sub/x/y/z", "CWD sub/x/y/z")
        assert conversation.replies()[0] == "200 /sub/x/y/z made"
        assert conversation.codes() == [200, 250]

    @pytest.mark.parametrize("path", ["sub", "/", "a.txt", "a.txt/x", "a.txt/x/y"])
    def test_cannotMake(self, conversation: Conversation, path: str) -> None:
        """
        What is there already, and what is below a file.
        """
        assert conversation.hears(f"SITE MKDIR {path}").codes() == [550]

    def test_remove(self, conversation: Conversation) -> None:
        """
        With all that is in it.
        """
        conversation.hears("SITE MKDIR sub/x/y", "SITE RMDIR sub")
        assert conversation.last() == "200 /sub and all in it removed"
        assert tree(conversation) == {"a.txt": b"hello", "b.txt": b"0123456789"}

    @pytest.mark.parametrize("path", ["missing", "a.txt", "/", ".."])
    def test_cannotRemove(self, conversation: Conversation, path: str) -> None:
        """
        What is no folder, and the root, in which nothing is touched then.
        """
        assert conversation.hears(f"SITE RMDIR {path}").codes() == [550]
        assert len(tree(conversation)) == 3

    def test_namesAreExact(self) -> None:
        """
        A blank before a name belongs to it: its neighbour stays.
        """
        conversation = Conversation({"x": {"a": b""}}).hears("SITE RMDIR  x", "SITE RMDIR x ")
        assert conversation.codes() == [550, 550]
        assert tree(conversation) == {"x": {"a": b""}}


class TestCopy:
    """
    SITE CPFR and SITE CPTO.
    """

    def test_file(self, conversation: Conversation) -> None:
        """
        The copy is a file of its own.
        """
        conversation.hears("SITE CPFR a.txt", "SITE CPTO sub/copy")
        assert conversation.replies() == [
            "350 It exists, send SITE CPTO with the name of the copy",
            "250 Copied to /sub/copy",
        ]
        assert tree(conversation)["sub"] == {"c.txt": b"below", "copy": b"hello"}

    def test_replaces(self, conversation: Conversation) -> None:
        """
        A file that is in its way, as an upload would.
        """
        conversation.hears("SITE CPFR a.txt", "SITE CPTO b.txt")
        assert tree(conversation)["b.txt"] == b"hello"

    def test_folder(self, conversation: Conversation) -> None:
        """
        With all that is in it.
        """
        conversation.hears("MKD sub/x", "SITE CPFR sub", "SITE CPTO copy")
        assert conversation.codes() == [257, 350, 250]
        assert tree(conversation)["copy"] == {"c.txt": b"below", "x": {}}

    def test_intoAFolderThatIsThere(self, conversation: Conversation) -> None:
        """
        What is in both is replaced, the rest stays.
        """
        conversation.hears("SITE MKDIR new/y", "SITE CPFR sub", "SITE CPTO new")
        assert tree(conversation)["new"] == {"y": {}, "c.txt": b"below"}

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("sub", "sub", 501),
            ("sub", "sub/x", 501),
            ("/", "copy", 501),
            ("a.txt", "a.txt", 501),
            ("a.txt", "sub", 550),
            ("a.txt", "/", 550),
            ("sub", "a.txt", 550),
            ("a.txt", "missing/x", 550),
        ],
    )
    def test_cannot(self, conversation: Conversation, old: str, new: str, code: int) -> None:
        """
        Into itself, and onto what is something else.
        """
        assert conversation.hears(f"SITE CPFR {old}", f"SITE CPTO {new}").codes() == [350, code]

    def test_missing(self, conversation: Conversation) -> None:
        """
        It is CPFR that says so.
        """
        assert conversation.hears("SITE CPFR missing", "SITE CPTO x").codes() == [550, 503]

    @pytest.mark.parametrize("between", ["CWD sub", "FOO", "MAIL", "SITE HELP", "RNFR a.txt"])
    def test_mustFollow(self, conversation: Conversation, between: str) -> None:
        """
        Anything between, understood or not, makes it forgotten.
        """
        assert conversation.hears("SITE CPFR a.txt", between, "SITE CPTO x").codes()[-1] == 503

    def test_harmlessBetween(self, conversation: Conversation) -> None:
        """
        But for what keeps a session alive.
        """
        assert conversation.hears("SITE CPFR a.txt", "NOOP", "SITE CPTO x").codes()[-1] == 250

    def test_isNoRename(self, conversation: Conversation) -> None:
        """
        Nor the other way round.
        """
        conversation.hears("SITE CPFR a.txt", "RNTO x", "RNFR a.txt", "SITE CPTO x")
        assert conversation.codes() == [350, 503, 350, 503]


class TestIdle:
    """
    SITE IDLE chooses how long a session may say nothing.
    """

    def test_tell(self) -> None:
        """
        The operator's choice, until the client has one.
        """
        conversation = Conversation(settings=Settings(idleTimeout=600.5))
        conversation.hears("SITE IDLE", "SITE IDLE 60", "SITE IDLE ")
        assert conversation.replies() == [
            "200 The idle timeout is 600.5 seconds",
            "200 The idle timeout is 60 seconds",
            "200 The idle timeout is 60 seconds",
        ]

    def test_holds(self, conversation: Conversation) -> None:
        """
        From the next reply on.
        """
        conversation.hears("SITE IDLE 600").clock.advance(599)
        assert conversation.codes() == [200]
        conversation.clock.advance(2)
        assert conversation.codes() == [200, 421]
        conversation.leaves()

    @pytest.mark.parametrize(("seconds", "code"), [("30", 200), ("7200", 200)])
    def test_ends(self, conversation: Conversation, seconds: str, code: int) -> None:
        """
        Both ends of what is allowed.
        """
        assert conversation.hears(f"SITE IDLE {seconds}").codes() == [code]

    @pytest.mark.parametrize("seconds", ["29", "7201", "x", "-1", "1.5"])
    def test_mistakes(self, conversation: Conversation, seconds: str) -> None:
        """
        Neither for ever nor for a moment.
        """
        assert conversation.hears(f"SITE IDLE {seconds}").codes() == [501]
