"""
Tests for L{ftpactive.verbs.options}.
"""

from __future__ import annotations

import zlib

import pytest

from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.options import OPTIONS

PORT = "PORT 192,0,2,7,78,52"


class TestOptions:
    """
    OPTS, RFC 2389 section 4.
    """

    @pytest.mark.parametrize(
        "line", ["OPTS", "OPTS  ", "OPTS RETR x", "OPTS FOO", "OPTS ", "OPTS UTF8x ON"]
    )
    def test_unknown(self, conversation: Conversation, line: str) -> None:
        """
        501 for a verb without options.
        """
        assert conversation.hears(line).codes() == [501]

    def test_nameIsHarmless(self, conversation: Conversation) -> None:
        """
        What is repeated cannot harm a terminal.
        """
        assert conversation.hears("OPTS \x1bFOO x").last() == "501 \\x1bFOO has no options here"

    @pytest.mark.parametrize("name", sorted(OPTIONS))
    def test_beforeTheLogin(self, name: str) -> None:
        """
        Clients choose first and log in then.
        """
        assert Conversation(login=False).hears(f"OPTS {name}").codes()[-1] in (200, 501)

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("OPTS UTF8", 200),
            ("OPTS UTF8 ON", 200),
            ("opts utf-8 on", 200),
            ("OPTS  UTF8  ON ", 200),
            ("OPTS UTF8 OFF", 501),
            ("OPTS UTF8 maybe", 501),
        ],
    )
    def test_utf8(self, conversation: Conversation, line: str, code: int) -> None:
        """
        Names are UTF-8, and there is no way to have them otherwise.
        """
        assert conversation.hears(line).codes() == [code]


class TestFacts:
    """
    OPTS MLST, RFC 3659 section 7.9.
    """

    @pytest.mark.parametrize(
        ("argument", "chosen"),
        [
            ("type;size;", " type;size;"),
            ("SIZE;Type", " type;size;"),
            ("unix.mode;foo;", " UNIX.mode;"),
            ("foo;", ""),
            ("", ""),
            ("create;perm;unique;", " create;perm;unique;"),
        ],
    )
    def test_choose(self, conversation: Conversation, argument: str, chosen: str) -> None:
        """
        The reply names those that are known; an empty one is a choice, too.
        """
        assert conversation.hears(f"OPTS MLST {argument}").last() == f"200 MLST OPTS{chosen}"

    def test_areTold(self, conversation: Conversation) -> None:
        """
        By MLST and MLSD, and nothing but them.
        """
        conversation.hears("OPTS MLST size;", PORT, "MLSD sub", "MLST a.txt")
        assert conversation.downloaded == b"size=5; c.txt\r\n"
        assert conversation.last() == "250-Listing /a.txt\n size=5; /a.txt\n250 End"

    def test_none(self, conversation: Conversation) -> None:
        """
        Then a name stands behind its blank alone.
        """
        conversation.hears("OPTS MLST", PORT, "MLSD sub")
        assert conversation.downloaded == b" c.txt\r\n"


class TestHash:
    """
    OPTS HASH, draft-bryan-ftp-hash.
    """

    def test_tell(self, conversation: Conversation) -> None:
        """
        Without an argument it tells the algorithm in use.
        """
        assert conversation.hears("OPTS HASH").last() == "200 SHA-256"

    def test_choose(self, conversation: Conversation) -> None:
        """
        FEAT marks it then.
        """
        conversation.hears("OPTS HASH sha-512", "OPTS HASH", "FEAT")
        assert conversation.replies()[:2] == ["200 SHA-512", "200 SHA-512"]
        assert "\n HASH CRC32;MD5;SHA-1;SHA-256;SHA-512*\n" in conversation.last()

    def test_unknown(self, conversation: Conversation) -> None:
        """
        The reply names those that are known, and nothing has changed.
        """
        conversation.hears("OPTS HASH WHIRLPOOL", "OPTS HASH")
        assert conversation.replies() == [
            "501 HASH knows CRC32, MD5, SHA-1, SHA-256, SHA-512",
            "200 SHA-256",
        ]


class TestDeflate:
    """
    OPTS MODE Z, draft-preston-ftpext-deflate.
    """

    @pytest.mark.parametrize("level", range(10))
    def test_level(self, level: int) -> None:
        """
        How hard the next download is compressed.
        """
        conversation = Conversation({"a": b"x" * 999})
        conversation.hears(f"OPTS MODE Z LEVEL {level}", "TYPE I", "MODE Z", PORT, "RETR a")
        assert conversation.replies()[0] == f"200 MODE Z LEVEL set to {level}"
        assert zlib.decompress(conversation.downloaded) == b"x" * 999
        assert (len(conversation.downloaded) < 999) is (level > 0)

    @pytest.mark.parametrize(
        "argument",
        ["", "Z", "Z LEVEL", "Z LEVEL 10", "Z LEVEL -1", "Z LEVEL x", "B LEVEL 1", "Z LEVEL 1 2"],
    )
    def test_mistakes(self, conversation: Conversation, argument: str) -> None:
        """
        501 for what is no level.
        """
        assert conversation.hears(f"OPTS MODE {argument}").codes() == [501]
