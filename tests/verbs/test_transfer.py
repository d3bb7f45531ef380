"""
Tests for L{ftpactive.verbs.transfer}.
"""

from __future__ import annotations

import os
import pathlib
import re
import zlib
from collections.abc import Callable, Iterable

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.codec import Chain, Marker, Piece, Step, onlyBytes
from ftpactive.core.errors import AlreadyExists, CannotOpenData, NoSpace, TransferAborted
from ftpactive.core.events import Transferred
from ftpactive.core.modes import BLOCK
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import CLIENT, Conversation

LoggedErrors = Callable[..., list[Failure]]

PORT = "PORT 192,0,2,7,78,52"


@implementer(ISource, ISink)
class Watched:
    """
    A file that notes how it is let go of.

    @ivar ends: the calls that ended it.
    @ivar fault: what C{read}, C{write} and C{commit} raise, if anything.
    """

    size = None

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.fault: dict[str, Exception] = {}

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def read(self, count: int) -> bytes:
        """
        Give nothing.
        """
        self._fail("read")
        return b""

    async def write(self, data: bytes) -> None:
        """
        Take it.
        """
        self._fail("write")

    def close(self) -> None:
        """
        A source ends.
        """
        self.ends.append("close")

    async def commit(self) -> None:
        """
        A sink ends well.
        """
        self.ends.append("commit")
        self._fail("commit")

    async def discard(self, reason: BaseException) -> None:
        """
        A sink does not.
        """
        self.ends.append(f"discard {type(reason).__name__}")

    def _fail(self, name: str) -> None:
        if name in self.fault:
            raise self.fault[name]


class WatchedStorage(MemoryStorage):
    """
    A storage whose one file is watched.

    @ivar opening: what opening it waits for.
    @ivar opened: how uploads were begun.
    """

    def __init__(self) -> None:
        super().__init__({"a": b""})
        self.file = Watched()
        self.opening: Deferred[None] | None = None
        self.opened: list[tuple[Path, int, WriteMode]] = []

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Give the file.
        """
        await self._open()
        return self.file

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Give the file.
        """
        await self._open()
        self.opened.append((path, offset, mode))
        return self.file

    async def _open(self) -> None:
        if self.opening is not None:
            await self.opening


@pytest.fixture
def watched() -> WatchedStorage:
    """
    A storage whose one file is watched.
    """
    return WatchedStorage()


class TestRetrieve:
    """
    RETR, RFC 959 section 4.1.3.
    """

    @pytest.mark.parametrize("arranged", [PORT, "PASV", "EPSV", "EPRT |1|192.0.2.7|20020|"])
    def test_download(self, conversation: Conversation, arranged: str) -> None:
        """
        Whoever connects.
        """
        conversation.hears(arranged, "RETR a.txt")
        assert conversation.codes()[1:] == [150, 226]
        assert conversation.downloaded == b"hello"

    def test_sizeIsTold(self, conversation: Conversation) -> None:
        """
        Clients show from it how much is still to come.
        """
        conversation.hears("TYPE I", PORT, "RETR a.txt")
        assert conversation.replies()[-2:] == [
            "150 Opening BINARY mode data connection for /a.txt (5 bytes)",
            "226 Transfer complete",
        ]

    def test_sizeIsThatOfTheWholeFile(self, conversation: Conversation) -> None:
        """
        Also where only its end is sent.
        """
        conversation.hears("TYPE I", PORT, "REST 3", "RETR a.txt")
        assert conversation.replies()[-2].endswith("/a.txt (5 bytes)")

    def test_sizeIsNotToldInAscii(self, conversation: Conversation) -> None:
        """
        It is not known before the end.
        """
        conversation.hears(PORT, "RETR a.txt")
        assert conversation.replies()[1] == "150 Opening ASCII mode data connection for /a.txt"

    def test_sizeThatIsNotKnown(self, watched: WatchedStorage) -> None:
        """
        Not every storage knows it.
        """
        conversation = Conversation(watched).hears("TYPE I", PORT, "RETR a")
        assert conversation.replies()[2] == "150 Opening BINARY mode data connection for /a"

    def test_ascii(self) -> None:
        """
        Lines end with CR LF on the wire, wherever chunks are cut; in Twisted's
        own server TYPE A failed and left the client waiting.
        """
        conversation = Conversation({"a": b"1234\n6789\r\nb\n"})
        conversation.hears(PORT, "RETR a")
        assert conversation.downloaded == b"1234\r\n6789\r\nb\r\n"

    def test_binary(self) -> None:
        """
        TYPE I changes nothing.
        """
        conversation = Conversation({"a": b"1\n\r\n\r\0\xff"})
        conversation.hears("TYPE I", PORT, "RETR a")
        assert conversation.downloaded == b"1\n\r\n\r\0\xff"

    @pytest.mark.parametrize(
        ("line", "data"), [("RANG 2 4", b"234"), ("RANG 0 99", b"0123456789"), ("RANG 9 9", b"9")]
    )
    def test_range(self, conversation: Conversation, line: str, data: bytes) -> None:
        """
        Only what RANG chose is sent.
        """
        conversation.hears("TYPE I", PORT, line, "RETR b.txt")
        assert conversation.codes() == [200, 200, 350, 150, 226]
        assert conversation.downloaded == data

    @pytest.mark.parametrize(
        ("line", "size"), [("REST 4", 10), ("RANG 2 4", 3), ("RANG 4 99", 6), ("RANG 0 4", 5)]
    )
    def test_announcedSize(self, conversation: Conversation, line: str, size: int) -> None:
        """
        After REST 150 tells that of the whole file, after RANG that of the part.
        """
        conversation.hears("TYPE I", PORT, line, "RETR b.txt")
        assert conversation.replies()[3].endswith(f"/b.txt ({size} bytes)")

    @pytest.mark.parametrize("before", ["REST 4", "RANG 4 5"])
    @pytest.mark.parametrize("line", ["RETR b.txt", "STOR b.txt"])
    def test_typeAfterOffset(self, conversation: Conversation, before: str, line: str) -> None:
        """
        An offset counts the bytes of TYPE I, and TYPE A would make others of them.
        """
        conversation.hears(PORT, "TYPE I", before, "TYPE A", line)
        assert conversation.codes() == [200, 200, 350, 200, 554]

    def test_rangeOfUnknownSize(self, watched: WatchedStorage) -> None:
        """
        Where the file ends, the transfer does.
        """
        conversation = Conversation(watched).hears("TYPE I", PORT, "RANG 2 4", "RETR a")
        assert conversation.codes()[-1] == 226
        assert watched.file.ends == ["close"]

    def test_becomesShorter(self, tmp_path: pathlib.Path) -> None:
        """
        A file that is cut while it is sent is not told to be complete.
        """
        (tmp_path / "a").write_bytes(b"0123456789")
        conversation = Conversation(LocalStorage(tmp_path))
        conversation.opener.opensLate = True
        conversation.hears("TYPE I", PORT, "RETR a")
        os.truncate(tmp_path / "a", 5)
        conversation.opener.connect()
        assert conversation.codes()[-1] == 451
        assert "shorter" in conversation.last()

    @pytest.mark.parametrize("path", ["missing", "sub", "/"])
    def test_notAFile(self, conversation: Conversation, path: str) -> None:
        """
        550 before anything is connected.
        """
        assert conversation.hears(PORT, f"RETR {path}").codes() == [200, 550]
        assert conversation.opener.channels == []

    def test_cannotConnect(self, conversation: Conversation) -> None:
        """
        425 with the reason, in the place of 150.
        """
        conversation.opener.failure = CannotOpenData("Connection refused")
        conversation.hears(PORT, "RETR a.txt")
        assert conversation.replies()[1:] == ["425 Connection refused"]

    def test_nobodyConnects(self, conversation: Conversation) -> None:
        """
        A passive client may wait for 150 before it connects, so that 425 comes
        after it; Twisted's own server said something that nobody had asked.
        """
        conversation.hears("PASV")
        conversation.opener.failure = CannotOpenData("You did not connect")
        conversation.hears("RETR a.txt", "NOOP")
        assert conversation.codes() == [227, 150, 425, 200]

    def test_passiveClientMayConnectLate(self, conversation: Conversation) -> None:
        """
        It gets 150 while it still thinks about it.
        """
        conversation.opener.opensLate = True
        conversation.hears("PASV", "RETR a.txt")
        before = conversation.codes()
        conversation.opener.connect()
        assert (before, conversation.codes()) == ([227, 150], [227, 150, 226])

    def test_activeClientHears150AfterTheConnection(self, conversation: Conversation) -> None:
        """
        Until then it may still be 425.
        """
        conversation.opener.opensLate = True
        conversation.hears(PORT, "RETR a.txt")
        before = conversation.codes()
        conversation.opener.connect()
        assert (before, conversation.codes()) == ([200], [200, 150, 226])

    def test_fileIsClosed(self, watched: WatchedStorage) -> None:
        """
        Once, at the end.
        """
        Conversation(watched).hears(PORT, "RETR a")
        assert watched.file.ends == ["close"]

    def test_fileIsClosedWithoutAConnection(self, watched: WatchedStorage) -> None:
        """
        Also if nothing came of it.
        """
        conversation = Conversation(watched)
        conversation.opener.failure = CannotOpenData()
        conversation.hears(PORT, "RETR a")
        assert watched.file.ends == ["close"]

    def test_faultOfTheFile(self, watched: WatchedStorage, loggedErrors: LoggedErrors) -> None:
        """
        The transfer ends with 451, and the session goes on.
        """
        watched.file.fault["read"] = ZeroDivisionError()
        conversation = Conversation(watched).hears(PORT, "RETR a", "NOOP")
        assert len(loggedErrors(ZeroDivisionError)) == 1
        assert conversation.codes() == [200, 150, 451, 200]
        assert watched.file.ends == ["close"]


class TestStore:
    """
    STOR and APPE, RFC 959 section 4.1.3.
    """

    def send(self, conversation: Conversation, data: bytes, *lines: str) -> Conversation:
        """
        Upload.
        """
        conversation.opener.toReceive = data
        return conversation.hears("TYPE I", PORT, *lines)

    def contents(self, conversation: Conversation, path: str) -> bytes:
        """
        Give what is stored.
        """
        conversation.opener.cut = None
        conversation.hears("PASV", f"RETR {path}")
        assert conversation.codes()[-1] == 226
        return conversation.downloaded

    @pytest.mark.parametrize("path", ["new", "a.txt", "/sub/c.txt"])
    def test_upload(self, conversation: Conversation, path: str) -> None:
        """
        A new file, or the whole of an old one.
        """
        self.send(conversation, b"other things", f"STOR {path}")
        assert conversation.codes()[2:] == [150, 226]
        assert self.contents(conversation, path) == b"other things"

    def test_ascii(self, conversation: Conversation) -> None:
        """
        Lines end with LF on disk, wherever chunks are cut; Twisted's own
        server stored nothing.
        """
        conversation.opener.toReceive = b"1234\r\n6789\r\nb\r"
        conversation.hears(PORT, "STOR new", "TYPE I")
        assert self.contents(conversation, "new") == b"1234\n6789\nb\r"

    def test_append(self, conversation: Conversation) -> None:
        """
        APPE goes behind the last byte.
        """
        self.send(conversation, b", world", "APPE a.txt")
        assert self.contents(conversation, "a.txt") == b"hello, world"

    def test_appendMakesANewFile(self, conversation: Conversation) -> None:
        """
        Where there is none.
        """
        self.send(conversation, b"first", "APPE new")
        assert self.contents(conversation, "new") == b"first"

    def test_appendAfterRestart(self, conversation: Conversation) -> None:
        """
        Two offsets cannot both be meant.
        """
        self.send(conversation, b"x", "REST 3", "APPE a.txt", "APPE a.txt")
        assert conversation.codes()[2:] == [350, 501, 150, 226]

    def test_range(self, conversation: Conversation) -> None:
        """
        An upload into the middle of a file has no end there.
        """
        self.send(conversation, b"x", "RANG 2 4", "STOR b.txt")
        assert conversation.codes()[2:] == [350, 501]

    def test_marker(self, conversation: Conversation) -> None:
        """
        In MODE B the client's markers are answered with offsets that REST
        takes, RFC 959 section 3.5.
        """
        data = b"\0\0\3abc" + b"\x10\0\2m1" + b"\x40\0\2de"
        self.send(conversation, data, "MODE B", "REST 4", "STOR b.txt")
        assert conversation.replies()[-3:] == [
            "150 Opening BINARY mode data connection for /b.txt",
            "110 MARK m1 = 7",
            "226 Transfer complete",
        ]
        conversation.hears("MODE S")
        assert self.contents(conversation, "b.txt") == b"0123abcde"

    @pytest.mark.parametrize("verb", ["STOR", "APPE"])
    @pytest.mark.parametrize(("path", "code"), [("sub", 550), ("/", 550), ("missing/new", 550)])
    def test_notAFile(self, conversation: Conversation, verb: str, path: str, code: int) -> None:
        """
        Nothing is connected for what cannot be stored.
        """
        self.send(conversation, b"x", f"{verb} {path}")
        assert conversation.codes()[2:] == [code]
        assert conversation.opener.channels == []

    def test_cutUpload(self, conversation: Conversation) -> None:
        """
        An upload that did not end cleanly is 426 and leaves the old file as it
        was; Twisted's own server had truncated it, and said 226.
        """
        conversation.opener.cut = TransferAborted()
        self.send(conversation, b"half", "STOR a.txt")
        assert conversation.codes()[2:] == [150, 426]
        assert self.contents(conversation, "a.txt") == b"hello"

    @pytest.mark.parametrize(
        ("verb", "opened"),
        [("STOR", (("a",), 4, WriteMode.REPLACE)), ("APPE", (("a",), 0, WriteMode.APPEND))],
    )
    def test_wholeUpload(
        self, watched: WatchedStorage, verb: str, opened: tuple[Path, int, WriteMode]
    ) -> None:
        """
        The storage is told once that the file is whole.
        """
        self.send(Conversation(watched), b"x", "REST 4" if verb == "STOR" else "NOOP", f"{verb} a")
        assert watched.opened == [opened]
        assert watched.file.ends == ["commit"]

    @pytest.mark.parametrize("line", ["STOR a", "APPE a", "STOU a"])
    def test_cutUploadIsDiscarded(self, watched: WatchedStorage, line: str) -> None:
        """
        The storage is told once that it is not, and never that it is.
        """
        conversation = Conversation(watched)
        conversation.opener.cut = TransferAborted()
        self.send(conversation, b"x", line)
        assert watched.file.ends == ["discard TransferAborted"]

    def test_uploadWithoutAConnection(self, watched: WatchedStorage) -> None:
        """
        Nothing came, so that nothing is committed.
        """
        conversation = Conversation(watched)
        conversation.opener.failure = CannotOpenData()
        assert self.send(conversation, b"x", "STOR a").codes()[2:] == [425]
        assert watched.file.ends == ["discard CannotOpenData"]

    def test_diskIsFull(self) -> None:
        """
        452, once; Twisted's own server called it 426 and stumbled over what
        still arrived.
        """
        conversation = Conversation(MemoryStorage({"a": b"old"}, capacity=8))
        self.send(conversation, b"0123456789", "STOR a", "NOOP")
        assert conversation.replies()[-2:] == [f"452 {NoSpace.text}", "200 NOOP command successful"]
        assert self.contents(conversation, "a") == b"old"

    def test_diskIsFullAtTheEnd(self, watched: WatchedStorage) -> None:
        """
        A file that cannot be completed is not called complete.
        """
        watched.file.fault["commit"] = NoSpace()
        conversation = self.send(Conversation(watched), b"x", "STOR a")
        assert conversation.codes()[2:] == [150, 452]
        assert watched.file.ends == ["commit"]

    def test_faultOfTheFile(self, watched: WatchedStorage, loggedErrors: LoggedErrors) -> None:
        """
        What nobody foresaw is 451, and no reason to keep half a file.
        """
        watched.file.fault["write"] = ZeroDivisionError()
        conversation = self.send(Conversation(watched), b"x", "STOR a")
        assert len(loggedErrors(ZeroDivisionError)) == 1
        assert conversation.codes()[2:] == [150, 451]
        assert watched.file.ends == ["discard ZeroDivisionError"]


class TestStoreUnique:
    """
    STOU, RFC 959 section 4.1.3 and RFC 1123 section 4.1.2.9.
    """

    def name(self, conversation: Conversation, line: str) -> str:
        """
        Upload, and give the name that the server chose.
        """
        conversation.opener.toReceive = b"new"
        conversation.hears(PORT, line)
        opening, closing = conversation.replies()[-2:]
        name = opening.removeprefix("150 FILE: ")
        assert closing == f"226 Transfer complete (unique name {name})"
        return name

    def test_freeName(self, conversation: Conversation) -> None:
        """
        A name that nobody has is as good as any.
        """
        assert self.name(conversation, "STOU new") == "new"

    def test_takenName(self, conversation: Conversation) -> None:
        """
        Otherwise something is put behind it, and the old file stays.
        """
        name = self.name(conversation, "STOU a.txt")
        assert re.fullmatch(r"a\.txt\.[0-9a-f]{8}", name)
        conversation.hears("RETR a.txt")
        assert conversation.downloaded == b"hello"

    def test_noName(self, conversation: Conversation) -> None:
        """
        The server thinks of one, in the current folder.
        """
        name = self.name(conversation.hears("CWD sub"), "STOU")
        assert conversation.hears(f"RETR /sub/{name}").codes()[-1] == 226

    def test_rootIsNoName(self, conversation: Conversation) -> None:
        """
        Nor is the root, seen from somewhere else.
        """
        name = self.name(conversation.hears("CWD sub"), "STOU /")
        assert conversation.hears(f"RETR /{name}").codes()[-1] == 226

    def test_isUnique(self, conversation: Conversation) -> None:
        """
        Each time another.
        """
        assert len({self.name(conversation, "STOU") for _ in range(20)}) == 20

    def test_nothingIsFree(self) -> None:
        """
        A storage where every name is taken is not asked for ever.
        """

        class Taken(MemoryStorage):
            async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
                raise AlreadyExists

        conversation = Conversation(Taken()).hears(PORT, "STOU a")
        assert conversation.last() == "553 No free name found"


class TestAbort:
    """
    ABOR, RFC 959 section 4.1.3; Twisted's own server had none, and read no
    command during a transfer.
    """

    def test_nothingInProgress(self, conversation: Conversation) -> None:
        """
        It succeeds all the same.
        """
        assert conversation.hears("ABOR").codes() == [226]

    @pytest.mark.parametrize("arranged", [PORT, "PASV"])
    def test_dropsThePlan(self, conversation: Conversation, arranged: str) -> None:
        """
        Without a transfer the data connection is closed, RFC 959.
        """
        conversation.hears(arranged, "ABOR")
        assert conversation.codes()[1:] == [226]
        assert conversation.opener.abandoned == 1
        # Nothing is arranged any more but the default.
        conversation.hears("RETR a.txt")
        assert conversation.opener.planned[1:] == [CLIENT]

    def test_duringATransfer(self, conversation: Conversation) -> None:
        """
        426 for the transfer, 226 for ABOR, and then what follows.
        """
        conversation.during("RETR a.txt").hears("ABOR", "NOOP")
        assert conversation.codes() == [150, 426, 226, 200]
        assert conversation.downloaded == b""

    def test_withTelnetAroundIt(self, conversation: Conversation) -> None:
        """
        Most clients send IAC IP and IAC DM before it.
        """
        conversation.during("RETR a.txt").hears(b"\xff\xf4\xff\xf2ABOR")
        assert conversation.codes() == [150, 426, 226]

    def test_upload(self, watched: WatchedStorage) -> None:
        """
        An upload that is cut is not committed.
        """
        conversation = Conversation(watched).during("STOR a").hears("ABOR")
        assert conversation.codes() == [150, 426, 226]
        assert watched.file.ends == ["discard TransferAborted"]

    def test_commandsBeforeIt(self, conversation: Conversation) -> None:
        """
        They are answered before it, in order.
        """
        conversation.during("RETR a.txt").hearsBytes(b"NOOP\r\nPWD\r\nABOR\r\nNOOP\r\n")
        assert conversation.codes() == [150, 426, 200, 257, 226, 200]

    def test_transfersBeforeIt(self, conversation: Conversation) -> None:
        """
        A transfer that waits for its turn is cut as well.
        """
        conversation.during("RETR a.txt").hears("RETR b.txt", "ABOR")
        assert conversation.codes() == [150, 426, 426, 226]

    def test_transfersBehindIt(self, conversation: Conversation) -> None:
        """
        One that comes later is not.
        """
        conversation.during("RETR a.txt").hears("ABOR", PORT, "RETR b.txt")
        assert conversation.codes() == [150, 426, 226, 200, 150, 226]
        assert conversation.downloaded == b"0123456789"

    @pytest.mark.parametrize(("arranged", "codes"), [(PORT, []), ("PASV", [150])])
    def test_whileItOpens(
        self, conversation: Conversation, arranged: str, codes: list[int]
    ) -> None:
        """
        The client need not wait for a connection that it does not want.
        """
        conversation.opener.opensLate = True
        conversation.hears(arranged, "RETR a.txt", "ABOR", "NOOP")
        assert conversation.codes()[1:] == [*codes, 426, 226, 200]

    def test_inTheSameWrite(self, conversation: Conversation) -> None:
        """
        A transfer whose ABOR is there already is not begun.
        """
        conversation.hearsBytes(PORT.encode() + b"\r\nRETR a.txt\r\nABOR\r\n")
        assert conversation.codes() == [200, 426, 226]
        assert conversation.opener.channels == []

    def test_whileTheFileIsOpened(self, watched: WatchedStorage) -> None:
        """
        Nor one whose file took its time.
        """
        opening = watched.opening = Deferred()
        conversation = Conversation(watched).hears(PORT, "STOR a", "ABOR")
        opening.callback(None)
        assert conversation.codes() == [200, 426, 226]
        assert watched.file.ends == ["discard TransferAborted"]

    def test_afterTheTransfer(self, conversation: Conversation) -> None:
        """
        It was too late: the transfer is complete.
        """
        conversation.during("RETR a.txt").release().hears("ABOR")
        assert conversation.codes() == [150, 226, 226]
        assert conversation.downloaded == b"hello"

    def test_twice(self, conversation: Conversation) -> None:
        """
        Two of them get two replies.
        """
        conversation.during("RETR a.txt").hears("ABOR", "ABOR", "NOOP")
        assert conversation.codes() == [150, 426, 226, 226, 200]

    def test_malformed(self, conversation: Conversation) -> None:
        """
        With an argument it is a mistake, yet what it wants is clear.
        """
        conversation.during("RETR a.txt").hears("ABOR now")
        assert conversation.codes() == [150, 426, 501]


class TestLeaving:
    """
    The client goes away in the middle of a transfer; Twisted's own server sent
    the rest of it all the same.
    """

    def ends(self, conversation: Conversation) -> list[tuple[str, str]]:
        """
        Give the verb and the error of transfers that were told.
        """
        events = conversation.events
        return [(event.verb, event.error) for event in events if isinstance(event, Transferred)]

    def test_download(self, conversation: Conversation) -> None:
        """
        The data connection is cut, and the login ends once.
        """
        conversation.during("RETR a.txt").leaves()
        assert self.ends(conversation) == [("RETR", TransferAborted.text)]
        assert conversation.downloaded == b""
        assert conversation.authenticator.logouts == 1

    def test_upload(self, watched: WatchedStorage) -> None:
        """
        It is discarded.
        """
        Conversation(watched).during("STOR a").leaves()
        assert watched.file.ends == ["discard TransferAborted"]

    @pytest.mark.parametrize("arranged", [PORT, "PASV"])
    def test_whileItOpens(self, conversation: Conversation, arranged: str) -> None:
        """
        Nobody waits for the connection any more.
        """
        conversation.opener.opensLate = True
        conversation.hears(arranged, "RETR a.txt").leaves()
        assert self.ends(conversation) == [("RETR", TransferAborted.text)]
        assert conversation.opener.channels == []

    @pytest.mark.parametrize(("line", "end"), [("RETR a", "close"), ("STOR a", "discard")])
    def test_whileTheFileIsOpened(self, watched: WatchedStorage, line: str, end: str) -> None:
        """
        The file that is open at last is let go of at once.
        """
        opening = watched.opening = Deferred()
        conversation = Conversation(watched).hears(PORT, line)
        conversation.leaves()
        opening.callback(None)
        assert [each.split()[0] for each in watched.file.ends] == [end]
        assert conversation.opener.channels == []

    def test_commandsThatWaitAreDropped(self, conversation: Conversation) -> None:
        """
        Nothing is done for whom nobody can tell of it.
        """
        conversation.during("RETR a.txt").hears("DELE a.txt").leaves()
        assert conversation.codes() == [150]
        assert "a.txt" in conversation.storage.tree  # type: ignore[attr-defined]


def pieces(steps: Iterable[Step], stream: bytes) -> list[Piece]:
    """
    Read a stream as a client does.
    """
    chain = Chain(*steps)
    return [*chain.feed(stream), *chain.finish()]


class Blocks:
    """
    A client that sends in MODE B.
    """

    END = b"\x40\0\0"

    @staticmethod
    def data(data: bytes) -> bytes:
        """
        A block of data.
        """
        return b"\0" + len(data).to_bytes(2, "big") + data

    @staticmethod
    def marker(text: bytes) -> bytes:
        """
        A restart marker.
        """
        return b"\x10" + len(text).to_bytes(2, "big") + text


class TestModes:
    """
    Transfers in MODE B and Z.
    """

    def stored(self, conversation: Conversation, name: str) -> bytes | None:
        """
        Give the contents of a file, if it is there.
        """
        contents = conversation.storage.tree.get(name)  # type: ignore[attr-defined]
        return None if contents is None else bytes(contents)

    def send(self, conversation: Conversation, data: bytes, *lines: str) -> list[int]:
        """
        Upload, and give the codes from the transfer on.
        """
        conversation.transport.clear()
        conversation.opener.toReceive = data
        return conversation.hears("TYPE I", PORT, *lines).codes()[2:]

    @pytest.mark.parametrize(
        ("mode", "data"),
        [
            ("B", Blocks.data(b"new") + Blocks.END),
            ("B", Blocks.data(b"n") + Blocks.data(b"") + b"\x40\0\2ew"),
            ("Z", zlib.compress(b"new")),
        ],
    )
    @pytest.mark.parametrize("line", ["STOR a.txt", "STOR x", "APPE x", "STOU x"])
    def test_upload(self, conversation: Conversation, mode: str, data: bytes, line: str) -> None:
        """
        What was in the stream is in the file.
        """
        assert self.send(conversation, data, f"MODE {mode}", line) == [200, 150, 226]
        assert self.stored(conversation, line.split()[1]) == b"new"

    @pytest.mark.parametrize(
        ("mode", "data"),
        [
            ("B", b""),
            ("B", Blocks.data(b"new")),
            ("B", Blocks.data(b"new")[:-1]),
            ("B", b"\x20\0\3new" + Blocks.END),
            ("B", Blocks.data(b"n") + Blocks.END + b"x"),
            ("B", Blocks.marker(b"a b") + Blocks.END),
            ("Z", b""),
            ("Z", b"plain text"),
            ("Z", zlib.compress(b"new")[:-1]),
            ("Z", zlib.compress(b"new") + b"x"),
            ("Z", zlib.compress(b"new")[:-1] + b"\0"),
        ],
    )
    def test_badUpload(self, conversation: Conversation, mode: str, data: bytes) -> None:
        """
        What is damaged, cut or has something behind it is 426, however cleanly
        the connection was closed; the old file stays.
        """
        assert self.send(conversation, data, f"MODE {mode}", "STOR a.txt") == [200, 150, 426]
        assert self.stored(conversation, "a.txt") == b"hello"

    def test_blocksTellTheirEnd(self, conversation: Conversation) -> None:
        """
        In MODE B the upload is whole with its last block: what becomes of the
        connection does not matter.
        """
        conversation.opener.cut = TransferAborted()
        assert (
            self.send(conversation, Blocks.data(b"n") + Blocks.END, "MODE B", "STOR x")[-1] == 226
        )
        assert self.stored(conversation, "x") == b"n"

    def test_deflateDoesNot(self, conversation: Conversation) -> None:
        """
        In MODE Z something may come behind it.
        """
        conversation.opener.cut = TransferAborted()
        assert self.send(conversation, zlib.compress(b"n"), "MODE Z", "STOR a.txt")[-1] == 426

    @pytest.mark.parametrize("kind", ["A", "E", "I"])
    @pytest.mark.parametrize("mode", ["S", "B", "Z"])
    def test_thereAndBack(self, kind: str, mode: str) -> None:
        """
        What was downloaded can be uploaded again, in every type and mode.
        """
        text = b"line\nand line\n\n"
        conversation = Conversation({"a": text})
        conversation.hears(f"TYPE {kind}", f"MODE {mode}", PORT, "RETR a")
        conversation.opener.toReceive = conversation.downloaded
        conversation.hears("STOR b")
        assert self.stored(conversation, "b") == text

    @pytest.mark.parametrize("mode", ["B", "Z"])
    @pytest.mark.parametrize("line", ["LIST", "NLST", "MLSD"])
    def test_listing(self, conversation: Conversation, mode: str, line: str) -> None:
        """
        Listings as well: a client reads them with the same codec.
        """
        conversation.hears("TYPE I", PORT, line)
        plain = conversation.downloaded
        conversation.hears(f"MODE {mode}", line)
        conversation.opener.toReceive = conversation.downloaded
        conversation.hears("STOR listing")
        assert self.stored(conversation, "listing") == plain

    def test_size(self, conversation: Conversation) -> None:
        """
        What is told of a transfer counts bytes of the file.
        """
        self.send(conversation, zlib.compress(b"x" * 999), "MODE Z", "STOR x")
        (told,) = [event for event in conversation.events if isinstance(event, Transferred)]
        assert told.size == 999


class TestMarkers:
    """
    Restart markers in MODE B, RFC 959 sections 3.4.2 and 3.5.
    """

    CONTENTS = bytes(range(256)) * 10_000

    def marks(self, conversation: Conversation) -> list[str]:
        """
        Give the 110 replies.
        """
        return [reply for reply in conversation.replies() if reply.startswith("110 ")]

    def test_cutUpload(self, conversation: Conversation) -> None:
        """
        The client goes on with the REST that 110 told, from where its marker
        stands.
        """
        conversation.opener.toReceive = (
            Blocks.data(b"abc") + Blocks.marker(b"c1") + Blocks.data(b"de")
        )
        conversation.hears("TYPE I", "MODE B", PORT, "STOR new")
        assert conversation.codes()[3:] == [150, 110, 426]
        assert self.marks(conversation) == ["110 MARK c1 = 3"]
        conversation.opener.toReceive = Blocks.data(b"def") + Blocks.END
        conversation.hears("REST 3", "STOR new", "MODE S", "RETR new")
        assert conversation.downloaded == b"abcdef"

    def test_cutDownload(self) -> None:
        """
        A marker of ours is what REST takes.
        """
        conversation = Conversation({"a": self.CONTENTS})
        conversation.hears("TYPE I", "MODE B", PORT, "RETR a")
        sent = pieces(BLOCK.decoders(), conversation.downloaded)
        at = next(index for index, piece in enumerate(sent) if isinstance(piece, Marker))
        marker = sent[at]
        assert isinstance(marker, Marker)
        got = b"".join(onlyBytes(sent[:at]))
        conversation.hears(f"REST {marker.text}", "RETR a")
        rest = b"".join(onlyBytes(pieces(BLOCK.decoders(), conversation.downloaded)))
        assert got + rest == self.CONTENTS

    def test_markersAfterARestart(self) -> None:
        """
        They count from the beginning of the file.
        """
        conversation = Conversation({"a": self.CONTENTS})
        conversation.hears("TYPE I", "MODE B", PORT, "REST 1000", "RETR a")
        sent = pieces(BLOCK.decoders(), conversation.downloaded)
        found = [piece.text for piece in sent if isinstance(piece, Marker)]
        assert found == [str(1000 + 1024 * 1024), str(1000 + 2 * 1024 * 1024)]

    def test_append(self, conversation: Conversation) -> None:
        """
        So do those of APPE.
        """
        stream = Blocks.data(b"abc") + Blocks.marker(b"m") + Blocks.END
        conversation.opener.toReceive = stream
        conversation.hears("TYPE I", "MODE B", PORT, "APPE a.txt", "APPE new")
        assert self.marks(conversation) == ["110 MARK m = 8", "110 MARK m = 3"]

    def test_ascii(self, conversation: Conversation) -> None:
        """
        Bytes of the file are counted, whatever came.
        """
        conversation.opener.toReceive = (
            Blocks.data(b"a\r\nb\r\n") + Blocks.marker(b"m") + Blocks.END
        )
        conversation.hears("MODE B", PORT, "STOR new")
        assert self.marks(conversation) == ["110 MARK m = 4"]

    def test_tooMany(self, watched: WatchedStorage) -> None:
        """
        More replies than data would fill the memory for a client that does not
        read them.
        """
        conversation = Conversation(watched)
        conversation.opener.toReceive = Blocks.marker(b"m") * 2000 + Blocks.END
        conversation.hears("TYPE I", "MODE B", PORT, "STOR a")
        assert len(self.marks(conversation)) == 1000
        assert conversation.codes()[-1] == 426
        assert watched.file.ends == ["discard TransferAborted"]

    def test_manyWithData(self, watched: WatchedStorage) -> None:
        """
        A large file may have as many as it takes.
        """
        conversation = Conversation(watched)
        part = Blocks.data(b"x" * 0xFFFF) + Blocks.marker(b"m") * 15
        conversation.opener.toReceive = part * 80 + Blocks.END
        conversation.hears("TYPE I", "MODE B", PORT, "STOR a")
        assert len(self.marks(conversation)) == 1200
        assert conversation.codes()[-1] == 226


class TestOffsets:
    """
    What REST and RANG mean to uploads.
    """

    @pytest.mark.parametrize("before", ["REST 3", "RANG 2 4", "RANG 0 4"])
    @pytest.mark.parametrize("line", ["APPE a.txt", "STOU a.txt", "STOU"])
    def test_refused(self, conversation: Conversation, before: str, line: str) -> None:
        """
        Nothing, where the place of the first byte is given already.
        """
        assert conversation.hears("TYPE I", PORT, before, line).codes() == [200, 200, 350, 501]

    @pytest.mark.parametrize("before", ["REST 0", "RANG 1 0"])
    @pytest.mark.parametrize("line", ["APPE a.txt", "STOU a.txt", "STOR a.txt"])
    def test_nothing(self, conversation: Conversation, before: str, line: str) -> None:
        """
        To take an offset back is no offset.
        """
        assert conversation.hears("TYPE I", PORT, before, line).codes()[-1] == 226


class TestCompletion:
    """
    A transfer is told when it is known how it ended.
    """

    def told(self, conversation: Conversation) -> list[str]:
        """
        Give the errors of transfers that were told.
        """
        return [event.error for event in conversation.events if isinstance(event, Transferred)]

    def test_commitThatFails(self, watched: WatchedStorage) -> None:
        """
        An upload that could not be completed is told as failed.
        """
        watched.file.fault["commit"] = NoSpace()
        conversation = Conversation(watched).hears(PORT, "STOR a")
        assert self.told(conversation) == [NoSpace.text]
        assert watched.file.ends == ["commit"]

    def test_commitThatTakesItsTime(self, watched: WatchedStorage) -> None:
        """
        Until then nothing is told, an ABOR comes too late, and STAT shows the
        transfer still.
        """
        committing: Deferred[None] = Deferred()

        async def commit() -> None:
            await committing

        watched.file.commit = commit  # type: ignore[method-assign]
        conversation = Conversation(watched).hears(PORT, "STOR a", "STAT", "ABOR")
        assert conversation.codes() == [200, 150, 211]
        assert "\n STOR /a: 0 bytes so far" in conversation.last()
        assert self.told(conversation) == []
        committing.callback(None)
        assert conversation.codes() == [200, 150, 211, 226, 226]
        assert self.told(conversation) == [""]
