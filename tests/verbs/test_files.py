"""
Tests for L{ftpactive.verbs.files}.
"""

from __future__ import annotations

import pytest

from ftpactive.core.errors import BadName
from ftpactive.core.facts import Facts, Kind
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation

#: Names as they travel: UTF-8, Latin-1, a line feed, a carriage return, an
#: 0xFF (doubled for Telnet), blanks at both ends, quotes, what ls takes for
#: an option.
NAMES = [b"\xe2\x82\xac", b"caf\xe9", b"a\0b", b"a\r\0b", b"a\xff\xffb"] + [
    b"  blank ",
    b'a "b" c',
    b"-al",
    b"~",
    b"*",
    b"...",
]


class TestFolders:
    """
    CWD, CDUP and PWD, RFC 959 section 4.1.1.
    """

    @pytest.mark.parametrize("verb", ["CWD", "XCWD"])
    def test_change(self, conversation: Conversation, verb: str) -> None:
        """
        The reply tells where that is.
        """
        assert conversation.hears(f"{verb} sub").last() == "250 Current directory is /sub"

    @pytest.mark.parametrize("verb", ["CDUP", "XCUP"])
    def test_up(self, conversation: Conversation, verb: str) -> None:
        """
        In the root it leads to the root.
        """
        conversation.hears("CWD sub", verb, verb)
        assert conversation.replies()[1:] == ["250 Current directory is /"] * 2

    @pytest.mark.parametrize(("path", "code"), [("missing", 550), ("a.txt", 550), ("/sub/..", 250)])
    def test_onlyWhatIsThere(self, conversation: Conversation, path: str, code: int) -> None:
        """
        Nobody stands in what is no folder.
        """
        assert conversation.hears(f"CWD {path}").codes() == [code]

    def test_failureStaysWhereItIs(self, conversation: Conversation) -> None:
        """
        The folder before is still the current one.
        """
        conversation.hears("CWD sub", "CWD missing", "PWD")
        assert conversation.last() == '257 "/sub" is the current directory'

    @pytest.mark.parametrize("verb", ["PWD", "XPWD"])
    def test_print(self, conversation: Conversation, verb: str) -> None:
        """
        In quotes.
        """
        assert conversation.hears(verb).last() == '257 "/" is the current directory'

    def test_quotesAreDoubled(self, conversation: Conversation) -> None:
        """
        RFC 959 appendix II; Twisted's own server left them as they were.
        """
        conversation.hears('MKD a"b', 'CWD a"b', "PWD")
        assert conversation.last() == '257 "/a""b" is the current directory'


class TestMaking:
    """
    MKD, RMD and DELE, RFC 959 section 4.1.3.
    """

    @pytest.mark.parametrize("verb", ["MKD", "XMKD"])
    def test_makeTellsTheWholePath(self, conversation: Conversation, verb: str) -> None:
        """
        From the root, whatever was asked for (RFC 959 appendix II); Twisted's
        own server gave the argument back.
        """
        conversation.hears("CWD sub", f'{verb} new "one"')
        assert conversation.last() == '257 "/sub/new ""one""" created'

    @pytest.mark.parametrize("path", ["sub", "a.txt", "missing/new", "/"])
    def test_makeFails(self, conversation: Conversation, path: str) -> None:
        """
        One folder and no more: Twisted's own server made all above it, too.
        """
        assert conversation.hears(f"MKD {path}").codes() == [550]

    @pytest.mark.parametrize("verb", ["RMD", "XRMD"])
    def test_remove(self, conversation: Conversation, verb: str) -> None:
        """
        An empty folder goes.
        """
        conversation.hears("MKD new", f"{verb} new", "CWD new")
        assert conversation.codes() == [257, 250, 550]

    @pytest.mark.parametrize("path", ["sub", "a.txt", "missing", "/"])
    def test_removeFails(self, conversation: Conversation, path: str) -> None:
        """
        No files, and nothing with something in it.
        """
        assert conversation.hears(f"RMD {path}").codes() == [550]

    def test_delete(self, conversation: Conversation) -> None:
        """
        A file goes.
        """
        assert conversation.hears("DELE a.txt", "DELE a.txt").codes() == [250, 550]

    def test_deleteIsForFiles(self, conversation: Conversation) -> None:
        """
        A folder has its own command.
        """
        assert conversation.hears("DELE sub").last() == "550 Is a directory"


class TestRename:
    """
    RNFR and RNTO, RFC 959 section 4.1.3.
    """

    def test_rename(self, conversation: Conversation) -> None:
        """
        The new name may be in another folder.
        """
        conversation.hears("RNFR a.txt", "RNTO sub/new", "DELE a.txt", "DELE sub/new")
        assert conversation.codes() == [350, 250, 550, 250]
        assert conversation.replies()[1] == "250 Renamed to /sub/new"

    def test_missing(self, conversation: Conversation) -> None:
        """
        It is RNFR that says so; Twisted's own server did not look.
        """
        assert conversation.hears("RNFR missing", "RNTO new").codes() == [550, 503]

    def test_alone(self, conversation: Conversation) -> None:
        """
        RNTO has nothing to rename.
        """
        assert conversation.hears("RNTO new").codes() == [503]

    def test_once(self, conversation: Conversation) -> None:
        """
        One RNFR is for one RNTO, even if that fails.
        """
        assert conversation.hears("RNFR a.txt", "RNTO x/y", "RNTO new").codes() == [350, 550, 503]

    @pytest.mark.parametrize("between", ["NOOP", "PWD", "STAT", "FEAT", "TYPE I"])
    def test_harmlessBetween(self, conversation: Conversation, between: str) -> None:
        """
        Some clients keep a session alive that way; Twisted's own server
        refused everything but RNTO.
        """
        conversation.hears("RNFR a.txt", between, "RNTO new")
        assert conversation.codes()[::2] == [350, 250]

    @pytest.mark.parametrize("between", ["CWD sub", "DELE b.txt", "ABOR", "REST 0"])
    def test_otherBetween(self, conversation: Conversation, between: str) -> None:
        """
        RNTO must follow at once; the command between is done.
        """
        conversation.hears("RNFR a.txt", between, "RNTO new")
        assert conversation.codes()[0] == 350
        assert 200 <= conversation.codes()[1] < 400
        assert conversation.codes()[2] == 503


class TestFacts:
    """
    SIZE and MDTM, RFC 3659 sections 3 and 4.
    """

    def test_size(self, conversation: Conversation) -> None:
        """
        What RETR would send in TYPE I.
        """
        assert conversation.hears("TYPE I", "SIZE a.txt").last() == "213 5"

    def test_sizeInAscii(self) -> None:
        """
        What RETR would send, here too; Twisted's own server gave the size of
        the file.
        """
        assert Conversation({"a": b"1\n2\n"}).hears("SIZE a").last() == "213 6"

    def test_sizeInAsciiOfALargeFile(self) -> None:
        """
        It would have to be read for that.
        """
        conversation = Conversation({"a": b"1\n2\n"}, settings=Settings(asciiSizeLimit=3))
        conversation.hears("SIZE a", "TYPE I", "SIZE a")
        assert conversation.codes() == [550, 200, 213]

    def test_time(self) -> None:
        """
        In UTC.
        """

        class Dated(MemoryStorage):
            async def stat(self, path: Path) -> Facts:
                return Facts(Kind.FILE, 0, 1e9)

        assert Conversation(Dated()).hears("MDTM a").last() == "213 20010909014640"

    def test_setTime(self, conversation: Conversation) -> None:
        """
        Older clients set it with MDTM.
        """
        conversation.hears("MDTM 20010909014640 a.txt", "MDTM a.txt")
        assert conversation.replies() == [
            "213 Modify=20010909014640; a.txt",
            "213 20010909014640",
        ]

    def test_nameLikeATime(self) -> None:
        """
        A file of that very name goes first.
        """
        conversation = Conversation({"20010909014640 a": b"", "a": b""})
        conversation.hears("MDTM 20010909014640 a", "MDTM 20010909014640 b")
        assert conversation.codes() == [213, 550]
        assert "Modify" not in conversation.replies()[0]

    @pytest.mark.parametrize("verb", ["SIZE", "MDTM"])
    @pytest.mark.parametrize("path", ["sub", "missing", "/"])
    def test_onlyFiles(self, conversation: Conversation, verb: str, path: str) -> None:
        """
        A folder has neither; Twisted's own server answered for folders.
        """
        assert conversation.hears("TYPE I", f"{verb} {path}").codes() == [200, 550]


@pytest.mark.parametrize("name", NAMES)
class TestNames:
    """
    Names travel byte for byte (RFC 2640 section 3.1); Twisted's own server
    read Latin-1 and wrote UTF-8.
    """

    def test_made(self, conversation: Conversation, name: bytes) -> None:
        """
        The reply to MKD names what was made, as PWD does.
        """
        conversation.hears(b"MKD " + name, b"CWD " + name, b"PWD")
        quoted = b'257 "/' + name.replace(b'"', b'""') + b'" '
        lines = conversation.said.split(b"\r\n")
        assert lines[0] == quoted + b"created"
        assert lines[1] == b"250 Current directory is /" + name
        assert lines[2] == quoted + b"is the current directory"

    def test_listed(self, conversation: Conversation, name: bytes) -> None:
        """
        What NLST shows is what was stored.
        """
        conversation.opener.toReceive = b"data"
        conversation.hears("MKD new", "CWD new", "PORT 192,0,2,7,78,52", b"STOR " + name, "NLST")
        # A data connection is not Telnet: 0xFF is not doubled there.
        assert conversation.downloaded == name.replace(b"\xff\xff", b"\xff") + b"\r\n"

    def test_found(self, conversation: Conversation, name: bytes) -> None:
        """
        What was stored can be renamed, fetched and deleted.
        """
        conversation.hears(
            b"RNFR a.txt", b"RNTO " + name, b"PASV", b"RETR " + name, b"DELE " + name
        )
        assert conversation.codes() == [350, 250, 227, 150, 226, 250]


class TestSetTime:
    """
    MDTM with a time sets it, as older clients do.
    """

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("20010909014640 a.txt", 213),
            ("20010909014640.5 sub/c.txt", 213),
            ("20010909014640 sub", 213),
            ("20010909014640 missing", 550),
            ("20010909014640", 550),
            ("20010909014640 ", 550),
            ("20010230000000 a.txt", 501),
            ("2001 a.txt", 550),
        ],
    )
    def test_argument(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        A time and a path; anything else is a name.
        """
        assert conversation.hears(f"MDTM {argument}").codes() == [code]

    def test_nameThatIsTooLongWithItsTime(self) -> None:
        """
        The time is not part of it.
        """

        class Short(MemoryStorage):
            async def stat(self, path: Path) -> Facts:
                if len(path[-1]) > 9:
                    raise BadName
                return await super().stat(path)

        conversation = Conversation(Short({"123456789": b""}))
        conversation.hears("MDTM 20010909014640 123456789", "MDTM 1234567890")
        assert conversation.replies()[0] == "213 Modify=20010909014640; 123456789"
        assert conversation.codes()[1] in (550, 553)


class TestConvertedSize:
    """
    SIZE tells what RETR would send, RFC 3659 section 4.
    """

    @pytest.mark.parametrize(
        ("contents", "size"), [(b"", 0), (b"a", 1), (b"\n", 2), (b"\r\n", 2), (b"a\nb\r\n", 6)]
    )
    def test_ascii(self, contents: bytes, size: int) -> None:
        """
        An LF that has its CR gets no other.
        """
        conversation = Conversation({"a": contents}).hears("SIZE a", "PASV", "RETR a")
        assert conversation.replies()[0] == f"213 {size}"
        assert len(conversation.downloaded) == size

    def test_manyChunks(self) -> None:
        """
        However a line end is cut between two of them.
        """
        contents = b"x" * (256 * 1024 - 1) + b"\r\n" * 256 * 1024
        assert Conversation({"a": contents}).hears("SIZE a").last() == f"213 {len(contents)}"

    def test_ebcdic(self) -> None:
        """
        There every byte stays one.
        """
        assert Conversation({"a": b"1\n2\n"}).hears("TYPE E", "SIZE a").last() == "213 4"


class TestBroken:
    """
    What must follow at once is broken by whatever comes between, understood or
    not.
    """

    @pytest.mark.parametrize("between", ["FOO", "", " RNTO x", "MAIL", "AUTH KERBEROS_V4", "RNTO"])
    def test_rename(self, conversation: Conversation, between: str) -> None:
        """
        RNTO after something else has nothing to rename.
        """
        assert conversation.hears("RNFR a.txt", between, "RNTO new").codes()[2] == 503

    @pytest.mark.parametrize("between", ["FOO", "MAIL", ""])
    def test_restart(self, conversation: Conversation, between: str) -> None:
        """
        RETR after something else begins at the beginning.
        """
        conversation.hears("TYPE I", "PASV", "REST 4", between, "RETR b.txt")
        assert conversation.downloaded == b"0123456789"
