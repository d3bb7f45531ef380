"""
Tests for transfers in other modes than streams, and their restart markers:
L{ftpactive.verbs.transfer}.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

import pytest
from twisted.python.failure import Failure

from ftpactive.core.codec import Chain, Marker, Piece, Step, onlyBytes
from ftpactive.core.errors import TransferAborted
from ftpactive.core.events import Transferred
from ftpactive.core.modes import BLOCK
from ftpactive.testing.conversation import Conversation
from tests.verbs.watched import WatchedStorage

LoggedErrors = Callable[..., list[Failure]]

PORT = "PORT 192,0,2,7,78,52"


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


def pieces(steps: Iterable[Step], stream: bytes) -> list[Piece]:
    """
    Read a stream as a client does.
    """
    chain = Chain(*steps)
    return [*chain.feed(stream), *chain.finish()]


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
