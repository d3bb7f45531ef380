"""
Tests for L{ftpactive.verbs.transfer}.
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpactive.core.errors import AlreadyExists, CannotOpenData, NoSpace, TransferAborted
from ftpactive.core.events import Transferred
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from tests.verbs.watched import WatchedStorage

LoggedErrors = Callable[..., list[Failure]]

PORT = "PORT 192,0,2,7,78,52"


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
