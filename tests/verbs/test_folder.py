"""
Tests for L{ftpactive.verbs.folder}.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from zope.interface.verify import verifyObject

from ftpactive.core.errors import LocalError
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.path import Path
from ftpactive.interfaces import ISource
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.storagecalls import run
from ftpactive.verbs.folder import Lines

PORT = "PORT 192,0,2,7,78,52"
FILE = Facts(Kind.FILE, 5, 1e9)


async def inChunks(*chunks: bytes) -> AsyncIterator[bytes]:
    """
    Give lines a few at a time.
    """
    for chunk in chunks:
        yield chunk


class Linked(MemoryStorage):
    """
    A storage with a link that leads nowhere beside a file.
    """

    async def list(self, path: Path) -> AsyncIterator[list[Entry]]:
        """
        Give both.
        """
        yield [("a", FILE), ("broken", Facts(Kind.LINK, 4, 1e9, target="gone"))]


class TestLines:
    """
    L{Lines} is a listing as a source.
    """

    @pytest.mark.parametrize("chunks", [(b"a", b"", b"bc"), (b"", b"a", b"bc", b"")])
    def test_fewLines(self, chunks: tuple[bytes, ...]) -> None:
        """
        They are sent at once.  A chunk without a line is not the end.
        """
        lines = run(Lines(inChunks(*chunks)).prepare())
        assert [run(lines.read(1)) for _ in range(3)] == [b"abc", b"", b""]

    def test_largePieces(self) -> None:
        """
        Many lines are sent in pieces that are worth a call of the kernel, and
        are not held longer than that.
        """
        chunks = [bytes([each]) * 16_384 for each in range(10)]
        lines = run(Lines(inChunks(*chunks)).prepare())
        pieces = [run(lines.read(1)) for _ in range(4)]
        assert [len(each) for each in pieces] == [65_536, 65_536, 32_768, 0]
        assert b"".join(pieces) == b"".join(chunks)

    def test_errorAfterLines(self) -> None:
        """
        What was there before an error is sent before it is told.
        """

        async def cut() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"
            raise LocalError("too deep")

        lines = run(Lines(cut()).prepare())
        assert run(lines.read(1)) == b"ab"
        with pytest.raises(LocalError, match="too deep"):
            run(lines.read(1))

    def test_errorAtOnce(self) -> None:
        """
        A folder that cannot be listed is known before anything is sent.
        """

        async def cut() -> AsyncIterator[bytes]:
            raise LocalError("no such thing")
            yield b""

        with pytest.raises(LocalError, match="no such thing"):
            run(Lines(cut()).prepare())

    def test_provides(self) -> None:
        """
        It can do what a file that is sent can.
        """
        lines = Lines(inChunks())
        assert verifyObject(ISource, lines, tentative=True)
        lines.close()

    def test_noDescriptor(self) -> None:
        """
        Lines are made as they are sent.
        """
        lines: Any = Lines(inChunks())
        assert lines.fileno() is None


class TestList:
    """
    LIST, RFC 959 section 4.1.3.
    """

    def names(self, conversation: Conversation) -> list[bytes]:
        """
        Give the names of the last listing.
        """
        return [line.split()[-1] for line in conversation.downloaded.splitlines()]

    def test_currentFolder(self, conversation: Conversation) -> None:
        """
        Without an argument.
        """
        conversation.hears(PORT, "LIST")
        assert conversation.codes() == [200, 150, 226]
        assert self.names(conversation) == [b"a.txt", b"b.txt", b"sub"]
        assert conversation.downloaded.startswith(b"-rw-r--r--   1 ftp      ftp             5 ")

    def test_otherFolder(self, conversation: Conversation) -> None:
        """
        Or any other.
        """
        conversation.hears(PORT, "LIST /sub")
        assert self.names(conversation) == [b"c.txt"]

    @pytest.mark.parametrize("options", ["-l", "-A", "-lh", "-l -n", "-Z", "-"])
    def test_optionsOfLooks(self, conversation: Conversation, options: str) -> None:
        """
        What FTP's listings do not have is passed over; Twisted's own server
        knew four spellings of two options and took the rest for names.
        """
        conversation.hears(PORT, f"LIST {options}")
        assert self.names(conversation) == [b"a.txt", b"b.txt", b"sub"]

    def test_optionsBeforeAFolder(self, conversation: Conversation) -> None:
        """
        What stands behind them counts.
        """
        conversation.hears(PORT, "LIST -a sub")
        assert self.names(conversation) == [b".", b"..", b"c.txt"]

    def test_file(self, conversation: Conversation) -> None:
        """
        It is one line with the file's name; Twisted's own server showed its
        path.
        """
        conversation.hears(PORT, "LIST sub/c.txt")
        assert self.names(conversation) == [b"c.txt"]

    def test_emptyFolder(self, conversation: Conversation) -> None:
        """
        No lines, and no failure.
        """
        conversation.hears("MKD new", PORT, "LIST new")
        assert conversation.codes() == [257, 200, 150, 226]
        assert conversation.downloaded == b""

    def test_linkThatLeadsNowhere(self) -> None:
        """
        It is shown as what it is; with Twisted's own server the whole listing
        failed.
        """
        conversation = Conversation(Linked()).hears(PORT, "LIST")
        assert self.names(conversation) == [b"a", b"gone"]

    @pytest.mark.parametrize("verb", ["LIST", "NLST", "MLSD"])
    def test_missing(self, conversation: Conversation, verb: str) -> None:
        """
        550 and no data connection; Twisted's own server said 226.
        """
        conversation.hears(PORT, f"{verb} missing")
        assert conversation.codes() == [200, 550]
        assert conversation.opener.channels == []

    @pytest.mark.parametrize("verb", ["LIST", "NLST", "MLSD"])
    def test_failureOnTheWay(self, verb: str) -> None:
        """
        Half a listing is not called complete.
        """

        class Half(MemoryStorage):
            async def list(self, path: Path) -> AsyncIterator[list[Entry]]:
                yield [("a", FILE)]
                raise LocalError

        assert Conversation(Half()).hears(PORT, verb).codes() == [200, 150, 451]

    @pytest.mark.parametrize("verb", ["LIST", "NLST", "MLSD"])
    def test_abort(self, conversation: Conversation, verb: str) -> None:
        """
        A listing is a transfer like any other.
        """
        assert conversation.during(verb).hears("ABOR").codes() == [150, 426, 226]


class TestNames:
    """
    NLST, RFC 959 section 4.1.3.
    """

    def listed(self, conversation: Conversation, line: str) -> list[bytes]:
        """
        Give the lines of a listing.
        """
        conversation.hears(PORT, line)
        assert conversation.codes()[-1] == 226
        return conversation.downloaded.split(b"\r\n")[:-1]

    @pytest.mark.parametrize("line", ["NLST", "NLST .", "NLST /", "NLST -A", "NLST sub/.."])
    def test_currentFolder(self, conversation: Conversation, line: str) -> None:
        """
        Bare names, also without an argument, which Twisted's own server took
        for a mistake.
        """
        assert self.listed(conversation, line) == [b"a.txt", b"b.txt", b"sub"]

    @pytest.mark.parametrize(
        ("argument", "name"),
        [
            ("sub", b"sub/c.txt"),
            ("sub/", b"sub/c.txt"),
            ("/sub", b"/sub/c.txt"),
            ("-A sub", b"sub/c.txt"),
            ("sub/c.txt", b"sub/c.txt"),
            ("a.txt", b"a.txt"),
            ("/a.txt", b"/a.txt"),
        ],
    )
    def test_namesCanBeUsed(self, conversation: Conversation, argument: str, name: bytes) -> None:
        """
        Each line is a path that RETR understands, RFC 1123 section 4.1.3.
        """
        assert self.listed(conversation, f"NLST {argument}") == [name]
        assert conversation.hears(b"RETR " + name).codes()[-1] == 226

    def test_root(self, conversation: Conversation) -> None:
        """
        From another folder it has one slash.
        """
        conversation.hears("CWD sub")
        assert self.listed(conversation, "NLST /") == [b"/a.txt", b"/b.txt", b"/sub"]

    def test_above(self, conversation: Conversation) -> None:
        """
        The way up is part of the names.
        """
        conversation.hears("CWD sub")
        assert self.listed(conversation, "NLST ..")[0] == b"../a.txt"

    def test_lineFeedInAName(self) -> None:
        """
        It does not make two names of one.
        """
        assert self.listed(Conversation({"a\nb": b""}), "NLST") == [b"a\0b"]


class TestMachine:
    """
    MLSD and MLST, RFC 3659 section 7.
    """

    def test_folder(self, conversation: Conversation) -> None:
        """
        A line for each, with its facts.
        """
        conversation.hears(PORT, "MLSD sub")
        assert conversation.codes() == [200, 150, 226]
        line = conversation.downloaded
        assert line.startswith(b"type=file;size=5;modify=")
        assert line.endswith(b" c.txt\r\n")

    @pytest.mark.parametrize("line", ["MLSD", "MLSD /"])
    def test_currentFolder(self, conversation: Conversation, line: str) -> None:
        """
        Without an argument.
        """
        conversation.hears(PORT, line)
        assert len(conversation.downloaded.splitlines()) == 3

    def test_file(self, conversation: Conversation) -> None:
        """
        MLSD is for folders: 501, RFC 3659 section 7.2.1.
        """
        conversation.hears(PORT, "MLSD a.txt")
        assert conversation.last() == "501 MLSD lists folders only: use MLST"

    def test_optionsAreNames(self, conversation: Conversation) -> None:
        """
        MLSD never had options.
        """
        conversation.hears("MKD -a", PORT, "MLSD -a")
        assert conversation.codes() == [257, 200, 150, 226]

    def test_one(self, conversation: Conversation) -> None:
        """
        MLST tells of one, on the control connection, with its whole path.
        """
        conversation.hears("CWD sub", "MLST c.txt")
        first, line, last = conversation.last().split("\n")
        assert (first, last) == ("250-Listing /sub/c.txt", "250 End")
        assert line.startswith(" type=file;size=5;")
        assert line.endswith("; /sub/c.txt")

    @pytest.mark.parametrize(("line", "path"), [("MLST", "/sub"), ("MLST /", "/")])
    def test_oneFolder(self, conversation: Conversation, line: str, path: str) -> None:
        """
        Folders as well, the current one by default.
        """
        conversation.hears("CWD sub", line)
        assert "\n type=dir;" in conversation.last()
        assert f" {path}\n" in conversation.last()

    def test_missing(self, conversation: Conversation) -> None:
        """
        Nothing is told of what is not there.
        """
        assert conversation.hears("MLST missing").codes() == [550]
