"""
Tests for L{ftpactive.verbs.checksums}.
"""

from __future__ import annotations

import hashlib
import pathlib
import zlib
from typing import cast

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.errors import BadName
from ftpactive.core.events import Answered
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.interfaces import ISource, IStorage
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.storage.memoryfiles import MemorySource
from ftpactive.testing.conversation import Conversation
from tests.net.pending import pending

#: What is summed before others get their turn.
CHUNK = 256 * 1024

DIGITS = b"0123456789"
HELLO = {
    "CRC32": f"{zlib.crc32(b'hello'):08x}",
    "MD5": hashlib.md5(b"hello").hexdigest(),
    "SHA-1": hashlib.sha1(b"hello").hexdigest(),
    "SHA-256": hashlib.sha256(b"hello").hexdigest(),
    "SHA-512": hashlib.sha512(b"hello").hexdigest(),
}


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_fileOnDisk(tmp_path: pathlib.Path, size: int) -> None:
    """
    A storage that sums by itself gives the same.
    """
    (tmp_path / "a").write_bytes(b"x" * size)
    conversation = Conversation(cast(IStorage, LocalStorage(tmp_path)))
    conversation.hears("HASH a")
    conversation.clock.pump([0] * 10)
    assert f" {sha256(b'x' * size)} /a" in conversation.replies()[-1]


@pytest.mark.parametrize(("first", "last"), [(0, 2), (3, 2_000_000), (2_999_999, 2_999_999)])
def test_partOfAFileOnDisk(tmp_path: pathlib.Path, first: int, last: int) -> None:
    """
    And no more than it is asked for.
    """
    contents = bytes(range(250)) * 12_000
    (tmp_path / "a").write_bytes(contents)
    conversation = Conversation(cast(IStorage, LocalStorage(tmp_path)))
    conversation.hears("TYPE I", f"RANG {first} {last}", "HASH a")
    conversation.clock.pump([0] * 10)
    assert f" {sha256(contents[first : last + 1])} /a" in conversation.replies()[-1]


def sha256(data: bytes) -> str:
    """
    Give the checksum that HASH has unless asked for another.
    """
    return hashlib.sha256(data).hexdigest()


class Sized(MemoryStorage):
    """
    A storage whose sources claim a size.

    @ivar size: that size.
    """

    size: int | None = None

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file.
        """
        source = await super().openForReading(path, offset)
        assert isinstance(source, MemorySource)
        source.size = self.size
        return source


class TestHash:
    """
    HASH and RANG, draft-bryan-ftp-hash and draft-bryan-ftp-range.
    """

    def test_usual(self, conversation: Conversation) -> None:
        """
        SHA-256 of the whole file.
        """
        conversation.hears("HASH a.txt")
        assert conversation.last() == f"213 SHA-256 0-4 {HELLO['SHA-256']} /a.txt"

    @pytest.mark.parametrize("algorithm", HELLO)
    def test_algorithms(self, conversation: Conversation, algorithm: str) -> None:
        """
        The session may choose another.
        """
        conversation.hears(f"OPTS HASH {algorithm.lower()}", "HASH a.txt")
        assert conversation.last() == f"213 {algorithm} 0-4 {HELLO[algorithm]} /a.txt"

    def test_emptyFile(self) -> None:
        """
        It has a checksum as well.
        """
        assert (
            Conversation({"a": b""}).hears("HASH a").last() == f"213 SHA-256 0-0 {sha256(b'')} /a"
        )

    @pytest.mark.parametrize(
        ("line", "part"), [("RANG 2 4", b"234"), ("RANG 9 9", b"9"), ("RANG 0 9", DIGITS)]
    )
    def test_range(self, conversation: Conversation, line: str, part: bytes) -> None:
        """
        Only what RANG chose is summed, both ends included.
        """
        conversation.hears("TYPE I", line, "HASH b.txt")
        _, first, last = line.split()
        assert conversation.last() == f"213 SHA-256 {first}-{last} {sha256(part)} /b.txt"

    def test_afterRestart(self, conversation: Conversation) -> None:
        """
        REST leaves out the beginning.
        """
        conversation.hears("TYPE I", "REST 7", "HASH b.txt")
        assert conversation.last() == f"213 SHA-256 7-9 {sha256(b'789')} /b.txt"

    @pytest.mark.parametrize(("line", "code"), [("RANG 2 10", 501), ("RANG 11 12", 554)])
    def test_rangeBeyondTheEnd(self, conversation: Conversation, line: str, code: int) -> None:
        """
        There is no checksum of what is not there.
        """
        assert conversation.hears("TYPE I", line, "HASH b.txt").codes() == [200, 350, code]

    @pytest.mark.parametrize(("path", "code"), [("missing", 550), ("sub", 550), ("/", 550)])
    def test_noFile(self, conversation: Conversation, path: str, code: int) -> None:
        """
        Nor of folders.
        """
        assert conversation.hears(f"HASH {path}").codes() == [code]

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("RANG 1 0", 350),
            ("RANG 0 0", 350),
            ("RANG 2 1", 501),
            ("RANG 2", 501),
            ("RANG 1 2 3", 501),
            ("RANG a b", 501),
            ("RANG -1 2", 501),
        ],
    )
    def test_argument(self, conversation: Conversation, line: str, code: int) -> None:
        """
        Two numbers in order, or C{1 0}.
        """
        assert conversation.hears("TYPE I", line).codes() == [200, code]

    def test_wholeFileAgain(self, conversation: Conversation) -> None:
        """
        C{1 0} takes back what RANG, or REST, had said.
        """
        conversation.hears("TYPE I", "RANG 2 4", "RANG 1 0", "HASH b.txt")
        assert conversation.last() == f"213 SHA-256 0-9 {sha256(DIGITS)} /b.txt"

    def test_notInAscii(self, conversation: Conversation) -> None:
        """
        504: bytes of the file are not counted there.
        """
        assert conversation.hears("RANG 0 1").codes() == [504]

    def test_isForOneCommand(self, conversation: Conversation) -> None:
        """
        Afterwards it is the whole file.
        """
        conversation.hears("TYPE I", "RANG 2 4", "HASH b.txt", "HASH b.txt")
        assert conversation.last() == f"213 SHA-256 0-9 {sha256(DIGITS)} /b.txt"

    @pytest.mark.parametrize("size", [None, 10])
    def test_sizeThatIsNotKnown(self, size: int | None) -> None:
        """
        A storage need not tell it: the file ends where it ends.
        """
        storage = Sized({"b": DIGITS})
        storage.size = size
        conversation = Conversation(storage).hears("HASH b", "TYPE I", "RANG 2 4", "HASH b")
        assert conversation.replies()[0] == f"213 SHA-256 0-9 {sha256(DIGITS)} /b"
        assert conversation.last() == f"213 SHA-256 2-4 {sha256(b'234')} /b"

    def test_fileThatBecomesShorter(self) -> None:
        """
        What was promised and is not there has no checksum.
        """
        storage = Sized({"b": DIGITS})
        storage.size = 11
        assert Conversation(storage).hears("HASH b").codes() == [501]


class TestTurns:
    """
    A file of any size keeps the session and all others alive.
    """

    @pytest.fixture
    def large(self) -> Conversation:
        """
        A conversation with a file of three chunks and a bit.
        """
        return Conversation({"a": b"x" * (3 * CHUNK + 1)})

    def test_others(self, large: Conversation) -> None:
        """
        After each chunk everybody else is heard.
        """
        turns: list[Deferred[None]] = []

        def turn() -> Deferred[None]:
            turns.append(Deferred())
            return turns[-1]

        large.protocol._conversation.turn = turn
        large.hears("HASH a")
        for expected in (1, 2, 3):
            assert (len(turns), large.codes()) == (expected, [])
            turns[-1].callback(None)
        assert large.codes() == [213]

    def test_leaving(self, large: Conversation) -> None:
        """
        A client that has left is not worked for any longer.
        """
        large.protocol.dataReceived(b"HASH a\r\n")
        large.leaves()
        large.clock.advance(0)
        (answered,) = [event for event in large.events if isinstance(event, Answered)]
        assert (answered.code, answered.text) == (451, "The session has ended")
        assert not pending(large.clock)

    def test_abort(self, large: Conversation) -> None:
        """
        Nor is one that does not want to know any more.
        """
        large.protocol.dataReceived(b"HASH a\r\nABOR\r\nNOOP\r\n")
        large.clock.advance(0)
        assert large.replies() == [
            "451 Aborted",
            "226 ABOR command successful, no transfer in progress",
            "200 NOOP command successful",
        ]


class TestOldStyle:
    """
    XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512.
    """

    @pytest.mark.parametrize(
        ("verb", "algorithm"),
        [
            ("XCRC", "CRC32"),
            ("XMD5", "MD5"),
            ("XSHA", "SHA-1"),
            ("XSHA1", "SHA-1"),
            ("XSHA256", "SHA-256"),
            ("XSHA512", "SHA-512"),
        ],
    )
    def test_algorithms(self, conversation: Conversation, verb: str, algorithm: str) -> None:
        """
        One verb for each.
        """
        assert conversation.hears(f"{verb} a.txt").last() == f"250 {HELLO[algorithm].upper()}"

    @pytest.mark.parametrize(
        ("argument", "part"),
        [
            ("b.txt", DIGITS),
            ("b.txt 3", b"3456789"),
            ("b.txt 3 5", b"34"),
            ("b.txt 3  5", b"34"),
            ("b.txt 0 10", DIGITS),
            ("b.txt 10", b""),
            ("b.txt 4 4", b""),
            ('"b.txt"', DIGITS),
            ('"b.txt" 3 5', b"34"),
            ('"b.txt", 3, 5', b"34"),
        ],
    )
    def test_range(self, conversation: Conversation, argument: str, part: bytes) -> None:
        """
        From the one byte to that before the other.
        """
        conversation.hears(f"XSHA256 {argument}")
        assert conversation.last() == f"250 {sha256(part).upper()}"

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("b.txt 3 11", 501),
            ("b.txt 11", 554),
            ("b.txt 5 3", 501),
            ("b.txt x", 501),
            ("b.txt 1 2 3", 501),
            ('"b.txt', 501),
            ("missing", 550),
            ("missing 1 2", 550),
            ("sub", 550),
            ("sub 1", 550),
            (" 1", 550),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        What is no range of the file, and what is no file.
        """
        assert conversation.hears(f"XCRC {argument}").codes() == [code]

    @pytest.mark.parametrize(
        ("argument", "part"),
        [
            ("take 2", DIGITS),
            ("take 2 4", b"456789"),
            ("take 2 4 6", b"45"),
            ('"take 2" 4 6', b"45"),
            ("a  b", DIGITS),
            ("a  b 4 6", b"45"),
            ('"quoted"', DIGITS),
            ('"quoted" 4 6', b"45"),
            ('"""quoted""" 4 6', b"45"),
            ("-1", DIGITS),
        ],
    )
    def test_names(self, argument: str, part: bytes) -> None:
        """
        A name with spaces and digits that is there needs no quotes, nor does
        one that has quotes itself.
        """
        names = ("take 2", "a  b", '"quoted"', "-1")
        conversation = Conversation(dict.fromkeys(names, DIGITS))
        conversation.hears(f"XSHA256 {argument}")
        assert conversation.last() == f"250 {sha256(part).upper()}"

    def test_longestNameCounts(self) -> None:
        """
        Of two that are there.
        """
        conversation = Conversation({"take": b"other", "take 2": DIGITS})
        conversation.hears("XSHA256 take 2", "XSHA256 take 3")
        assert conversation.replies() == [
            f"250 {sha256(DIGITS).upper()}",
            f"250 {sha256(b'er').upper()}",
        ]

    def test_nameThatIsTooLongWithItsNumbers(self) -> None:
        """
        The numbers are not part of it.
        """

        class Short(MemoryStorage):
            async def stat(self, path: Path) -> Facts:
                if len(path[-1]) > 3:
                    raise BadName
                return await super().stat(path)

        conversation = Conversation(Short({"abc": DIGITS})).hears("XSHA256 abc 2 4")
        assert conversation.last() == f"250 {sha256(b'23').upper()}"
