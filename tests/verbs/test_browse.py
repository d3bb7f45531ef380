"""
Tests for L{ftpactive.verbs.browse}: what LIST and NLST show.
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from itertools import combinations
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from ftpactive.core.errors import NotFound
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.path import Path as Names
from ftpactive.interfaces import IStorage
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.readonly import ReadOnlyStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs import browse

PORT = "PORT 192,0,2,7,78,52"

TREE = {
    ".hidden": b"",
    "a.txt": b"hello",
    "b.txt": b"0123456789",
    "sub": {"c.txt": b"below", "deep": {"d.txt": b""}},
    "zoo": {"[x]": b"", "c.txt": b""},
}


@pytest.fixture
def conversation() -> Conversation:
    """
    A conversation with a tree.
    """
    return Conversation(TREE)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Conversation]:
    """
    A conversation with a storage on disk, in C{tmp_path}.
    """
    storage = LocalStorage(tmp_path)
    yield Conversation(storage)
    storage.close()


def listed(conversation: Conversation, line: str) -> list[str]:
    """
    Give the lines of a listing.
    """
    conversation.hears(PORT, line)
    assert conversation.codes()[-1] == 226, conversation.last()
    return conversation.downloaded.decode("utf-8", "surrogateescape").split("\r\n")[:-1]


def names(conversation: Conversation, line: str) -> list[str]:
    """
    Give the last word of each line.
    """
    return [line.split()[-1] for line in listed(conversation, line) if line]


class TestOptions:
    """
    The flags of C{ls}, in any combination.
    """

    ALL = [".hidden", "a.txt", "b.txt", "sub", "zoo"]

    @pytest.mark.parametrize(
        ("flags", "shown"),
        [
            ("-l", ALL),
            ("-A", ALL),
            ("-a", [".", "..", *ALL]),
            ("-aA", ALL),
            ("-r", ALL[::-1]),
            ("-S", ["b.txt", "a.txt", ".hidden", "sub", "zoo"]),
            ("-Sr", ["zoo", "sub", ".hidden", "a.txt", "b.txt"]),
            ("-F", [".hidden", "a.txt", "b.txt", "sub/", "zoo/"]),
            ("-d", ["."]),
            ("-dF", ["./"]),
            ("-ar", [".", "..", *ALL[::-1]]),
        ],
    )
    @pytest.mark.parametrize("verb", ["LIST", "NLST"])
    def test_flags(
        self, conversation: Conversation, verb: str, flags: str, shown: list[str]
    ) -> None:
        """
        LIST and NLST show the same names.
        """
        assert names(conversation, f"{verb} {flags}") == shown

    def test_time(self) -> None:
        """
        C{-t}: the newest first.
        """
        conversation = Conversation({"a": b"", "b": b"", "c": b""})
        conversation.hears("MFMT 20200101000000 a", "MFMT 20220101000000 b")
        conversation.hears("MFMT 20210101000000 c")
        assert names(conversation, "NLST -t") == ["b", "c", "a"]
        assert names(conversation, "NLST -tr") == ["a", "c", "b"]

    @pytest.mark.parametrize(("line", "isLong"), [("NLST -l", True), ("LIST -1", False)])
    def test_form(self, conversation: Conversation, line: str, isLong: bool) -> None:
        """
        C{-l} and C{-1} make one of the other.
        """
        assert (len(listed(conversation, line)[0].split()) > 1) is isLong

    def test_classes(self, local: Conversation, tmp_path: Path) -> None:
        """
        C{-F}: a letter for folders, programs and links that lead nowhere.
        """
        (tmp_path / "file").write_bytes(b"")
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("gone")
        (tmp_path / "run").write_bytes(b"")
        (tmp_path / "run").chmod(0o755)
        os.mkfifo(tmp_path / "pipe")
        shown = listed(local, "NLST -F")
        assert shown == ["file", "folder/", "link@", "pipe", "run*"]

    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ("LIST -d sub", "sub"),
            ("NLST -d sub", "sub"),
            ("NLST -d /sub", "/sub"),
            ("LIST -d /", "/"),
            ("LIST -d a.txt", "a.txt"),
            ("NLST -d sub/c.txt", "sub/c.txt"),
            ("LIST -dR sub", "sub"),
        ],
    )
    def test_itself(self, conversation: Conversation, line: str, shown: str) -> None:
        """
        C{-d}: a folder, not what is in it.
        """
        assert names(conversation, line) == [shown]

    def test_everyCombination(self) -> None:
        """
        None of them fails.
        """
        conversation = Conversation({"a": b"1", "sub": {"c": b"2"}})
        for size in range(11):
            for flags in combinations("aAl1RtSrdF", size):
                line = f"LIST -{''.join(flags)}"
                assert listed(conversation, line), line
                assert listed(conversation, f"{line} sub"), line
                conversation.transport.clear()

    def test_doubleDash(self) -> None:
        """
        Behind it a name may begin with a dash.
        """
        conversation = Conversation({"-l": {"x": b""}})
        assert names(conversation, "NLST -- -l") == ["-l/x"]
        assert names(conversation, "NLST -l -- -l")[0] == "x"


class TestRecursive:
    """
    C{-R} shows folders within folders.
    """

    def test_tree(self, conversation: Conversation) -> None:
        """
        Each folder under its heading, with a blank line between.
        """
        assert listed(conversation, "NLST -R") == [
            ".:",
            *TestOptions.ALL,
            "",
            "./sub:",
            "c.txt",
            "deep",
            "",
            "./sub/deep:",
            "d.txt",
            "",
            "./zoo:",
            "[x]",
            "c.txt",
        ]

    @pytest.mark.parametrize(
        ("path", "headings"),
        [
            ("sub", ["sub:", "sub/deep:"]),
            ("sub/", ["sub:", "sub/deep:"]),
            ("/sub", ["/sub:", "/sub/deep:"]),
            ("/", ["/:", "/sub:", "/sub/deep:", "/zoo:"]),
            ("//", ["/:", "/sub:", "/sub/deep:", "/zoo:"]),
            ("sub/deep", ["sub/deep:"]),
        ],
    )
    def test_headings(self, conversation: Conversation, path: str, headings: list[str]) -> None:
        """
        They begin with what was asked for.
        """
        conversation.hears("MKD x", "RMD x")
        shown = listed(conversation, f"LIST -R {path}")
        assert [line for line in shown if line.endswith(":")] == headings

    def test_withFlags(self, conversation: Conversation) -> None:
        """
        They hold for every folder; those of C{-a} are not gone into.
        """
        assert listed(conversation, "NLST -Rar sub") == [
            "sub:", ".", "..", "deep", "c.txt", "", "sub/deep:", ".", "..", "d.txt",
        ]  # fmt: skip

    def test_file(self, conversation: Conversation) -> None:
        """
        There is nothing below a file.
        """
        assert listed(conversation, "NLST -R a.txt") == ["a.txt"]

    @pytest.mark.parametrize("target", [".", "..", "../a", "../../a/b"])
    def test_loop(self, local: Conversation, tmp_path: Path, target: str) -> None:
        """
        A link that leads to a folder above is shown and not gone into.
        """
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "loop").symlink_to(target)
        shown = listed(local, "NLST -R")
        assert shown == [".:", "a", "", "./a:", "b", "", "./a/b:", "loop"]

    def test_twoWays(self, local: Conversation, tmp_path: Path) -> None:
        """
        Nor is one to a folder beside, which is shown where it is.
        """
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "x").write_bytes(b"")
        (tmp_path / "b").symlink_to("a")
        assert listed(local, "NLST -R") == [".:", "a", "b", "", "./a:", "x"]

    def test_deep(self) -> None:
        """
        A storage that cannot tell its folders apart is not followed for ever.
        """

        class Endless(MemoryStorage):
            async def stat(self, path: Names) -> Facts:
                return Facts(Kind.DIRECTORY, 0, 0)

            async def list(self, path: Names) -> AsyncIterator[list[Entry]]:
                yield [("x", Facts(Kind.DIRECTORY, 0, 0))]

        conversation = Conversation(Endless()).hears(PORT, "NLST -R")
        assert conversation.codes() == [200, 150, 451]
        headings = [line for line in conversation.downloaded.splitlines() if line.endswith(b":")]
        assert 50 < len(headings) < 100

    def test_linksToEachOther(self, local: Conversation, tmp_path: Path) -> None:
        """
        Folders that lead to each other would be shown in each other without
        end; what was asked for is gone into in any case.
        """
        for one, other in ("ab", "ba"):
            (tmp_path / one).mkdir()
            (tmp_path / one / other).symlink_to(f"../{other}")
        assert listed(local, "NLST -R") == [".:", "a", "b", "", "./a:", "b", "", "./b:", "a"]
        assert listed(local, "NLST -R a/b") == ["a/b:", "a"]

    def test_wide(self, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Nor is one with ever more folders; that it was cut is said.
        """
        monkeypatch.setattr(browse, "TREE", 2)
        conversation.hears(PORT, "NLST -R")
        assert conversation.last() == "451 More than 2 folders to look into: ask for fewer"

    def test_folderThatVanishes(self) -> None:
        """
        It was there a moment ago; the others are shown all the same.
        """

        class Vanishing(MemoryStorage):
            async def list(self, path: Names) -> AsyncIterator[list[Entry]]:
                if path == ("sub",):
                    raise NotFound
                async for batch in super().list(path):
                    yield batch

        shown = listed(Conversation(Vanishing({"sub": {}, "zoo": {"x": b""}})), "NLST -R")
        assert shown == [".:", "sub", "zoo", "", "./sub:", "", "./zoo:", "x"]


class TestPatterns:
    """
    C{*}, C{?} and C{[...]} in LIST, NLST and STAT.
    """

    @pytest.mark.parametrize(
        ("pattern", "shown"),
        [
            ("*.txt", ["a.txt", "b.txt"]),
            ("?.txt", ["a.txt", "b.txt"]),
            ("[b-z]*", ["b.txt", "sub", "zoo"]),
            ("[!a]*", ["b.txt", "sub", "zoo"]),
            ("*", ["a.txt", "b.txt", "sub", "zoo"]),
            (".*", [".hidden"]),
            ("/*.txt", ["/a.txt", "/b.txt"]),
            ("sub/*", ["sub/c.txt", "sub/deep"]),
            ("/sub/*", ["/sub/c.txt", "/sub/deep"]),
            ("*/c.txt", ["sub/c.txt", "zoo/c.txt"]),
            ("*/*/d*", ["sub/deep/d.txt"]),
            ("s*/deep/*", ["sub/deep/d.txt"]),
            ("sub/../*.txt", ["sub/../a.txt", "sub/../b.txt"]),
            ("*/.", ["sub/.", "zoo/."]),
            ("./a*", ["./a.txt"]),
            ("*/../*.txt", ["a.txt", "b.txt"]),
            ("*/./../*.txt", ["a.txt", "b.txt"]),
            ("*/*/../c*", ["sub/c.txt", "zoo/c.txt"]),
            ("zoo/[[]x]", ["zoo/[x]"]),
            ("*o", ["zoo"]),
            ("*o/", ["zoo"]),
            ("*/../*.txt", ["a.txt", "b.txt"]),
            ("*/./../a*", ["a.txt"]),
            ("*/../s*/../../zoo/../*/c*", ["../zoo/../sub/c.txt", "../zoo/../zoo/c.txt"]),
            ("*/..", TestOptions.ALL),
            ("*/sub/..", ["a.txt", "b.txt", "sub", "zoo"]),
        ],
    )
    def test_patterns(self, conversation: Conversation, pattern: str, shown: list[str]) -> None:
        """
        In names and in folders, as a shell expands them.
        """
        assert listed(conversation, f"NLST {pattern}") == shown

    @pytest.mark.parametrize("pattern", ["*.gz", "x*", "sub/*.gz", "missing/*", "a.txt/*", "*/x/*"])
    @pytest.mark.parametrize("verb", ["LIST", "NLST", "STAT"])
    def test_nothing(self, conversation: Conversation, verb: str, pattern: str) -> None:
        """
        550, before a data connection is opened.
        """
        conversation.hears(PORT, f"{verb} {pattern}")
        assert conversation.codes() == [200, 550]

    def test_long(self, conversation: Conversation) -> None:
        """
        LIST shows a line for each, with the path that was asked for.
        """
        assert names(conversation, "LIST sub/*") == ["sub/c.txt", "sub/deep"]
        assert listed(conversation, "LIST *.txt")[0].startswith("-rw-r--r--")

    def test_withOptions(self, conversation: Conversation) -> None:
        """
        Those that sort and mark hold for all that match.
        """
        assert listed(conversation, "NLST -rF *") == ["zoo/", "sub/", "b.txt", "a.txt"]

    def test_status(self, conversation: Conversation) -> None:
        """
        STAT shows the same on the control connection.
        """
        lines = conversation.hears("STAT *.txt").last().split("\n")[1:-1]
        assert [line.split()[-1] for line in lines] == ["a.txt", "b.txt"]

    def test_elsewhere(self, conversation: Conversation) -> None:
        """
        A pattern begins where the client stands, unless with a slash.
        """
        conversation.hears("CWD sub")
        assert listed(conversation, "NLST *") == ["c.txt", "deep"]
        assert listed(conversation, "NLST ../*.txt") == ["../a.txt", "../b.txt"]
        assert listed(conversation, "NLST /*.txt") == ["/a.txt", "/b.txt"]

    @pytest.mark.parametrize("name", ["*", "?", "[x]", "a*b", "[", "*.txt"])
    def test_nameThatIsAPattern(self, name: str) -> None:
        """
        What is there as it is written goes first.
        """
        conversation = Conversation({name: b"", "x": b"", "axb": b""})
        assert listed(conversation, f"NLST {name}") == [name]

    @pytest.mark.parametrize("name", ["[x]", "a?"])
    def test_folderThatIsAPattern(self, name: str) -> None:
        """
        Also of a folder in which something else is to match.
        """
        conversation = Conversation({name: {"c.txt": b""}})
        assert listed(conversation, f"NLST {name}/*.txt") == [f"{name}/c.txt"]

    def test_manyNames(self, conversation: Conversation) -> None:
        """
        A pattern may have more of them than our stack is deep.
        """
        assert listed(conversation, f"NLST {'sub/../' * 1000}a*") == ["sub/../" * 1000 + "a.txt"]
        assert conversation.hears(f"STAT {'*/' * 2000}*").codes()[-1] == 550
        assert conversation.hears(f"STAT {'a/' * 2000}*").codes()[-1] == 550

    def test_upAndDown(self, local: Conversation, tmp_path: Path) -> None:
        """
        Ways back multiply nothing.
        """
        for name in "abc":
            (tmp_path / name).mkdir()
        local.hears(f"STAT {'*/../' * 11}zz*")
        assert local.last() == "550 Nothing matches"

    @pytest.mark.parametrize("pattern", ["*/*", "*/x"])
    def test_tooManyFolders(
        self, conversation: Conversation, monkeypatch: pytest.MonkeyPatch, pattern: str
    ) -> None:
        """
        A pattern looks into so many and no more: links can make any number.
        """
        monkeypatch.setattr(browse, "PATTERN", 2)
        conversation.hears(f"STAT {pattern}")
        assert conversation.last() == "451 More than 2 folders to look into: ask for fewer"

    def test_notAFolder(self, conversation: Conversation) -> None:
        """
        What matches and cannot be looked into is passed over.
        """
        assert listed(conversation, "NLST */c*") == ["sub/c.txt", "zoo/c.txt"]

    @given(st.text("ab*?[]!-./\\ ", max_size=20))
    def test_anyPattern(self, pattern: str) -> None:
        """
        Whatever is asked for, there is a listing or there is not.
        """
        conversation = Conversation({"a": {"b": b"", "[": {"*": b""}}, "b": b""})
        assert conversation.hears(PORT, f"LIST {pattern}").codes()[-1] in (226, 550)


class TestBounds:
    """
    A command looks into a bounded number of folders.
    """

    def test_tooMany(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A pattern that would look into more is 451.
        """
        monkeypatch.setattr("ftpactive.verbs.browse.PATTERN", 3)
        conversation = Conversation({"a": {"x": b""}, "b": {}})
        assert listed(conversation, "NLST */x") == ["a/x"]
        conversation.hears("MKD c", "NLST */x")
        assert conversation.codes()[-1] == 451

    def test_storageThatGivesNoGenerator(self) -> None:
        """
        Any iterator will do; there is nothing to close then.
        """

        class Once:
            def __init__(self, batches: list[list[Entry]]) -> None:
                self._batches = batches

            def __aiter__(self) -> Once:
                return self

            async def __anext__(self) -> list[Entry]:
                if not self._batches:
                    raise StopAsyncIteration
                return self._batches.pop()

        class Listing(MemoryStorage):
            def list(self, path: Names) -> Once:
                return Once([[("a", Facts(Kind.FILE, 0, 0))]])

        assert listed(Conversation(Listing()), "NLST") == ["a"]


class TestMoments:
    """
    What changes while it is listed.
    """

    def test_danglingLink(self, local: Conversation, tmp_path: Path) -> None:
        """
        It spoils nothing, whatever is asked for.
        """
        (tmp_path / "a").write_bytes(b"")
        (tmp_path / "link").symlink_to("gone")
        for line in ("NLST", "NLST -R", "NLST -t", "NLST *", "NLST l*"):
            assert "link" in listed(local, line)
        assert listed(local, "LIST link")[0].endswith(" link -> gone")

    def test_nameThatVanishes(self, local: Conversation, tmp_path: Path) -> None:
        """
        It is left out, and the rest is there.
        """
        count = 5000
        for number in range(count):
            (tmp_path / f"{number:04}").touch()
        local.during("LIST")
        (tmp_path / "4998").unlink()
        local.release()
        assert local.codes() == [150, 226]
        shown = local.downloaded.decode().split("\r\n")[:-1]
        assert len(shown) == count - 1
        assert "4998" not in shown

    def test_cutListing(self, local: Conversation, tmp_path: Path) -> None:
        """
        It leaves no folder open.
        """
        for number in range(1000):
            (tmp_path / f"{number:04}").write_bytes(b"")
        local.hears("MLST")
        before = os.listdir("/proc/self/fd")
        for line in ("LIST", "MLSD", "LIST -R", "LIST *"):
            local.during(line).hears("ABOR")
            assert os.listdir("/proc/self/fd") == before
        local.hears("STAT -R")
        assert os.listdir("/proc/self/fd") == before

    @pytest.mark.parametrize("isReadOnly", [True, False])
    def test_listingThatIsLeft(self, tmp_path: Path, isReadOnly: bool) -> None:
        """
        Nor does one that ABOR cuts between two batches of names, wherever it is
        just then; nor the work on a tree.
        """
        for number in range(600):
            (tmp_path / f"{number:04}").write_bytes(b"")
        disk = LocalStorage(tmp_path)
        storage = cast(IStorage, ReadOnlyStorage(disk) if isReadOnly else disk)
        gc.disable()
        try:
            Conversation(storage).hears("MLST")
            before = os.listdir("/proc/self/fd")
            for line in (
                "LIST", "LIST -t", "LIST -R", "LIST *", "LIST ./*", "MLSD", "STAT *",
                "SITE RMDIR /", "SITE CPFR .\r\nSITE CPTO /new/x",
            ):  # fmt: skip
                conversation = Conversation(storage)
                conversation.hears(PORT)
                conversation.protocol.dataReceived(f"{line}\r\nABOR\r\n".encode())
                conversation.clock.advance(0)
                assert conversation.codes()[-1] == 226
                assert os.listdir("/proc/self/fd") == before, line
        finally:
            gc.enable()
            disk.close()


class TestTurns:
    """
    Where much must be read before anything can be sent.
    """

    @pytest.mark.parametrize("line", ["LIST -t", "LIST x*", "LIST */x*", "STAT x*"])
    def test_others(self, line: str) -> None:
        """
        Everybody else is heard meanwhile; an ABOR ends it.
        """
        conversation = Conversation({str(number): {"a": b""} for number in range(20)})
        turns: list[Deferred[None]] = []

        def turn() -> Deferred[None]:
            turns.append(Deferred())
            return turns[-1]

        conversation.protocol._conversation.turn = turn
        conversation.hears(PORT, line, "ABOR")
        assert (len(turns), conversation.codes()) == (1, [200])
        turns[0].callback(None)
        assert conversation.codes()[1:] == [451 if line.startswith("STAT") else 426, 226]
