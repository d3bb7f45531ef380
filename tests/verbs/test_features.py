"""
Every line of FEAT is true: for each there is a sequence of commands that shows
it, over a folder on disk.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation

PORT = "PORT 192,0,2,7,78,52"
DATA = b"hello\nworld\n"
MODIFIED = datetime(2026, 11, 22, 11, 3, 1, tzinfo=timezone.utc).timestamp()

Show = Callable[[Conversation, Path], None]


def tree(root: Path) -> None:
    """
    Make what the sequences work on.
    """
    (root / "sub").mkdir()
    (root / "sub" / "below.txt").write_bytes(b"below")
    (root / "a.txt").write_bytes(DATA)
    (root / "caf\u00e9 au lait").write_bytes(b"")
    os.utime(root / "a.txt", (MODIFIED, MODIFIED))


def answers(conversation: Conversation, *lines: str) -> list[str]:
    """
    Give the replies to some commands.
    """
    conversation.transport.clear()
    conversation.hears(*lines)
    for _ in range(5):
        conversation.clock.advance(0)
    return conversation.replies()


def showSpace(c: Conversation, root: Path) -> None:
    """
    As much as the disk has, or nearly.
    """
    (reply,) = answers(c, "AVBL sub")
    assert reply.startswith("213 ") and int(reply[4:]) > 0


def showClient(c: Conversation, root: Path) -> None:
    """
    What the client says of itself is in STAT.
    """
    noted, status = answers(c, "CLNT tester 1.0", "STAT")
    assert noted.startswith("200 ") and "tester 1.0" in status


def showPrograms(c: Conversation, root: Path) -> None:
    """
    Both sides say what they are.
    """
    (reply,) = answers(c, "CSID Name=tester; Version=1.0;")
    assert reply.startswith("200 Name=ftpactive; Version=")


def showCombining(c: Conversation, root: Path) -> None:
    """
    Parts become one.
    """
    (reply,) = answers(c, "COMB a.txt sub/below.txt")
    assert reply.startswith("250 ")
    assert (root / "a.txt").read_bytes() == DATA + b"below"
    assert not (root / "sub" / "below.txt").exists()


def showExtendedPort(c: Conversation, root: Path) -> None:
    """
    A download to where it says.
    """
    replies = answers(c, "TYPE I", "EPRT |1|192.0.2.7|20020|", "RETR a.txt")
    assert [reply[:3] for reply in replies] == ["200", "200", "150", "226"]
    assert c.downloaded == DATA
    assert str(c.opener.planned[-1]) == "192.0.2.7:20020"


def showExtendedPassive(c: Conversation, root: Path) -> None:
    """
    A download from where it tells, and nothing else after C{ALL}.
    """
    passive, _, done, _, refused = answers(c, "EPSV", "RETR a.txt", "EPSV ALL", PORT)
    assert passive == "229 Entering Extended Passive Mode (|||20020|)"
    assert (done[:3], refused[:3]) == ("226", "501")


def showHash(c: Conversation, root: Path) -> None:
    """
    Every algorithm that the line names, over the whole and a part.
    """
    for name, make in (
        ("SHA-256", hashlib.sha256),
        ("SHA-512", hashlib.sha512),
        ("SHA-1", hashlib.sha1),
        ("MD5", hashlib.md5),
    ):
        chosen, reply = answers(c, f"OPTS HASH {name}", "HASH a.txt")
        assert (chosen, reply[:4]) == (f"200 {name}", "213 ")
        assert reply[4:] == f"{name} 0-{len(DATA) - 1} {make(DATA).hexdigest()} /a.txt"
    _, _, _, part = answers(c, "OPTS HASH CRC32", "TYPE I", "RANG 0 4", "HASH a.txt")
    assert part == f"213 CRC32 0-4 {zlib.crc32(DATA[:5]):08x} /a.txt"
    marked = answers(c, "FEAT")[0]
    assert "\n HASH CRC32*;MD5;SHA-1;SHA-256;SHA-512\n" in marked


def showHost(c: Conversation, root: Path) -> None:
    """
    Before USER, and not behind it.
    """
    replies = answers(c, "REIN", "HOST ftp.example.com", "USER alice", "HOST ftp.example.com")
    assert [reply[:3] for reply in replies] == ["220", "220", "331", "503"]


def showLanguage(c: Conversation, root: Path) -> None:
    """
    That of the line, its dialects, and no other.
    """
    replies = answers(c, "LANG EN", "LANG en-GB", "LANG fr")
    assert [reply[:3] for reply in replies] == ["200", "200", "504"]


def showModified(c: Conversation, root: Path) -> None:
    """
    To the second, in UTC.
    """
    assert answers(c, "MDTM a.txt") == ["213 20261122110301"]


def showFacts(c: Conversation, root: Path) -> None:
    """
    Both facts that the line names, at once.
    """
    (reply,) = answers(c, "MFF modify=20200102030405;UNIX.mode=0640; a.txt")
    assert reply == "213 modify=20200102030405;UNIX.mode=0640; /a.txt"
    status = (root / "a.txt").stat()
    assert datetime.fromtimestamp(status.st_mtime, timezone.utc).year == 2020
    assert status.st_mode & 0o7777 == 0o640


def showSettingTime(c: Conversation, root: Path) -> None:
    """
    What was set is on disk.
    """
    (reply,) = answers(c, "MFMT 20200102030405 a.txt")
    assert reply == "213 Modify=20200102030405; /a.txt"
    assert (root / "a.txt").stat().st_mtime == 1577934245


def showMachineListings(c: Conversation, root: Path) -> None:
    """
    Each fact of the line can be chosen, in MLST and in MLSD.
    """
    (feature,) = [line for line in answers(c, "FEAT")[0].split("\n") if "MLST" in line]
    facts = [fact.rstrip("*") for fact in feature.removeprefix(" MLST ").split(";")[:-1]]
    for fact in facts:
        chosen, reply = answers(c, f"OPTS MLST {fact};", "MLST a.txt")
        assert chosen == f"200 MLST OPTS {fact};"
        # Not every disk knows when a file was made.
        assert f"\n {fact}=" in reply or fact == "create"
    answers(c, "OPTS MLST type;size;", PORT, "MLSD")
    assert c.downloaded.split(b"\r\n")[0] == b"type=file;size=12; a.txt"


def showDeflate(c: Conversation, root: Path) -> None:
    """
    There and back again.
    """
    answers(c, "TYPE I", "MODE Z", "OPTS MODE Z LEVEL 9", PORT, "RETR a.txt")
    assert zlib.decompress(c.downloaded) == DATA
    c.opener.toReceive = zlib.compress(b"new")
    assert answers(c, "STOR new")[-1].startswith("226 ")
    assert (root / "new").read_bytes() == b"new"


def showRange(c: Conversation, root: Path) -> None:
    """
    From the first byte to the last.
    """
    answers(c, "TYPE I", PORT, "RANG 2 4", "RETR a.txt")
    assert c.downloaded == DATA[2:5]


def showRestart(c: Conversation, root: Path) -> None:
    """
    Down and up.
    """
    answers(c, "TYPE I", PORT, "REST 6", "RETR a.txt")
    assert c.downloaded == DATA[6:]
    c.opener.toReceive = b"WORLD"
    answers(c, "REST 6", "STOR a.txt")
    assert (root / "a.txt").read_bytes() == b"hello\nWORLD"


def showSize(c: Conversation, root: Path) -> None:
    """
    What would be sent: in TYPE A, each line has a byte more.
    """
    assert answers(c, "TYPE I", "SIZE a.txt", "TYPE A", "SIZE a.txt")[1::2] == ["213 12", "213 14"]


def showPaths(c: Conversation, root: Path) -> None:
    """
    RFC 3659 section 6: a slash is the root and parts names, two dots lead up.
    """
    replies = answers(c, "CWD /sub", "SIZE below.txt", "SIZE ../sub/below.txt", "CWD ..", "PWD")
    assert [reply[:3] for reply in replies] == ["250", "213", "213", "250", "257"]
    assert replies[-1].startswith('257 "/" ')


def showUnicode(c: Conversation, root: Path) -> None:
    """
    A name goes out and comes back in as UTF-8.
    """
    answers(c, "OPTS UTF8 ON", PORT, "NLST")
    name = "caf\u00e9 au lait"
    assert name.encode() in c.downloaded.split(b"\r\n")
    assert answers(c, f"MDTM {name}")[0].startswith("213 ")


def showSum(verb: str, digest: str) -> Show:
    """
    Make what shows an old checksum: the whole, and a part.
    """

    def show(c: Conversation, root: Path) -> None:
        whole, part = answers(c, f"{verb} a.txt", f'{verb} "sub/below.txt" 0 5')
        assert whole == f"250 {digest.upper()}"
        assert part.startswith("250 ") and part != whole

    return show


#: The first word of a line of FEAT, and what shows that it is true.
SHOWN: dict[str, Show] = {
    "AVBL": showSpace,
    "CLNT": showClient,
    "COMB": showCombining,
    "CSID": showPrograms,
    "EPRT": showExtendedPort,
    "EPSV": showExtendedPassive,
    "HASH": showHash,
    "HOST": showHost,
    "LANG": showLanguage,
    "MDTM": showModified,
    "MFF": showFacts,
    "MFMT": showSettingTime,
    "MLST": showMachineListings,
    "MODE": showDeflate,
    "RANG": showRange,
    "REST": showRestart,
    "SIZE": showSize,
    "TVFS": showPaths,
    "UTF8": showUnicode,
    "XCRC": showSum("XCRC", f"{zlib.crc32(DATA):08x}"),
    "XMD5": showSum("XMD5", hashlib.md5(DATA).hexdigest()),
    "XSHA": showSum("XSHA", hashlib.sha1(DATA).hexdigest()),
    "XSHA1": showSum("XSHA1", hashlib.sha1(DATA).hexdigest()),
    "XSHA256": showSum("XSHA256", hashlib.sha256(DATA).hexdigest()),
    "XSHA512": showSum("XSHA512", hashlib.sha512(DATA).hexdigest()),
}


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Conversation]:
    """
    A session over a folder on disk.
    """
    tree(tmp_path)
    storage = LocalStorage(tmp_path)
    yield Conversation(storage)
    storage.close()


@pytest.mark.parametrize("name", SHOWN)
def test_isTrue(local: Conversation, tmp_path: Path, name: str) -> None:
    """
    What FEAT promises can be done.
    """
    SHOWN[name](local, tmp_path)


def test_allAreShown(local: Conversation) -> None:
    """
    There is a sequence for every line, and no line is missing.
    """
    (reply,) = answers(local, "FEAT")
    assert sorted(line.split()[0] for line in reply.split("\n")[1:-1]) == sorted(SHOWN)
