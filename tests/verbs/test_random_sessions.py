"""
What holds for any session, whichever commands are sent with whatever
arguments, over a storage in memory and one on disk.

That no reply is outside its row of the table is seen to by L{Conversation}
itself, and that nothing is logged as an error by C{conftest.py}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.errors import CannotOpenData, FTPError, TransferAborted
from ftpactive.core.settings import Settings
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.options import OPTIONS
from ftpactive.verbs.site import SUBCOMMANDS
from ftpactive.verbs.table import NOT_IMPLEMENTED, TABLE

PORT = "PORT 192,0,2,7,78,52"

PATHS = ("a.txt", "sub", "sub/c.txt", "new", "sub/new", "/", "..", ".", "missing/x", "link", "*")
TIMES = ("20261122110301", "19700101000000.5", "20260230000000", "99991231235959")

#: Arguments that mean something to the verb; those of the others are paths.
PLAUSIBLE: dict[str, tuple[str, ...]] = {
    "TYPE": ("A", "A N", "A T", "A C", "I", "L 8", "L 7", "E", "E N"),
    "MODE": ("S", "B", "Z", "C"),
    "STRU": ("F", "R", "P"),
    "PORT": ("192,0,2,7,78,52", "192,0,2,99,78,52", "192,0,2,7,0,20", "192,0,2,7,0,0"),
    "EPRT": ("|1|192.0.2.7|20020|", "|2|::1|20020|", "|3|x|1|"),
    "LPRT": ("4,4,192,0,2,7,2,78,52", "6,16," + "0," * 16 + "2,78,52", "9,1,1,2,1,1"),
    "EPSV": ("", "1", "2", "3", "ALL"),
    "REST": ("0", "1", "4", "99"),
    "RANG": ("0 2", "1 0", "3 2", "2 99"),
    "ALLO": ("100", "100 R 10"),
    "LIST": ("", "-la", "-R", "-ltr sub", "*.txt", "-d"),
    "NLST": ("", "-1 sub", "s*/*", "-F"),
    "STAT": ("", "-l", "-R sub", "a.txt"),
    "USER": ("alice", "bob"),
    "PASS": ("secret", "guess", ""),
    "HOST": ("example.com", "[::1]", "-"),
    "LANG": ("", "EN", "fr"),
    "HELP": ("", "RETR", "FOO"),
    "COMB": ("new a.txt", "a.txt sub/c.txt", '"new" "a.txt" sub/c.txt', "new"),
    "MFF": ("modify=20261122110301; a.txt", "UNIX.mode=0644; a.txt", "size=1; a.txt"),
    "MFMT": tuple(f"{time} a.txt" for time in TIMES),
    "MDTM": ("a.txt", *(f"{time} a.txt" for time in TIMES)),
    "OPTS": tuple(f"{name} {rest}" for name in OPTIONS for rest in ("", "ON", "type;create;"))
    + ("HASH CRC32", "MODE Z LEVEL 9", "MODE Z LEVEL 99"),
    "SITE": ("HELP", "CHMOD 600 a.txt", "CHMOD 9 a.txt", "UMASK 027", "UTIME 20261122110301 a.txt")
    + ("SYMLINK / link", "SYMLINK missing sub/link", "MKDIR new/x/y", "RMDIR sub", "RMDIR /")
    + ("CPFR sub", "CPFR a.txt", "CPFR link", "CPTO new", "CPTO sub/x", "IDLE 60", "IDLE 1")
    + tuple(SUBCOMMANDS),
} | {
    name: (*PATHS, "a.txt 1 4", '"a.txt" 0', "a.txt 4 1", '"a.txt', "a.txt 0 99999")
    for name in TABLE
    if name.startswith(("XC", "XM", "XS")) and "begin" in TABLE[name].argument
}

#: Arguments that are likely to mean nothing.
SILLY = st.sampled_from(
    ("", " ", "  ", "9" * 30, "-", "--", ";", '"', "\udcff", "a\rb", "a\nb", "\x1b[0m", "é", "٣")
    + ("/".join("a" * 90), "a" * 300, "../../..", "[", "[!", "%s", "{}")
) | st.binary(max_size=20).map(lambda data: data.decode("utf-8", "surrogateescape"))


def lineOf(name: str, argument: str) -> bytes:
    """
    Write a command.  One line is one command: what would end it is written as
    in names, and 0xFF as in Telnet.
    """
    text = " ".join(filter(None, (name, argument))).encode("utf-8", "surrogateescape")
    return text.replace(b"\r", b"\r\0").replace(b"\n", b"\0").replace(b"\xff", b"\xff\xff")


def linesOf(name: str) -> st.SearchStrategy[bytes]:
    """
    Give commands of one verb, most of them with arguments that it may have.
    """
    row = TABLE.get(name)
    usual = PATHS if row is not None and row.argument else ("",)
    arguments = st.sampled_from(PLAUSIBLE.get(name, usual))
    return st.one_of(arguments, arguments, SILLY).map(lambda argument: lineOf(name, argument))


#: QUIT ends the session, and is left to tests of its own.
VERBS = sorted(TABLE.keys() - {"QUIT"} | NOT_IMPLEMENTED) + ["FOO", "", "noop", "pAsV"]
LINES = st.sampled_from(VERBS).flatmap(linesOf)

#: As LINES, with more of what other commands need before them.
SCRIPTS = st.lists(
    LINES | st.sampled_from((PORT.encode(), b"PASV", b"TYPE I", b"RETR a.txt", b"PASS secret")),
    max_size=25,
)
BRIEF = st.lists(LINES, max_size=10)
TRANSFERS = st.sampled_from(
    ("RETR a.txt", "RETR missing", "STOR new", "STOR a.txt", "STOR missing/x", "APPE a.txt", "STOU")
    + ("LIST", "LIST -R", "NLST *", "MLSD", "MLSD a.txt")
)
#: Uploads: any bytes, blocks that end, and a stream of deflate.
UPLOADS = st.binary(max_size=40) | st.sampled_from(
    (b"a\r\nb\r", b"\x00\x00\x01a\x40\x00\x00", b"\x10\x00\x011\x40\x00\x01b")
    + (b"\x78\x9c\x4b\x04\x00\x00\x62\x00\x62",)
)
CUTS: st.SearchStrategy[FTPError | None] = st.sampled_from((None, None, TransferAborted("Cut")))
SIZES = st.lists(st.integers(min_value=1, max_value=30), max_size=40)


#: No number of failed logins ends the session, or holds it up.
SETTINGS = Settings(loginFailures=1000, loginDelay=0)


@contextmanager
def inMemory() -> Iterator[Conversation]:
    """
    A conversation over a storage in memory.
    """
    tree = {"a.txt": b"hello", "sub": {"c.txt": b"below"}}
    yield Conversation(tree, settings=SETTINGS)


@contextmanager
def onDisk() -> Iterator[Conversation]:
    """
    The same over a folder on disk, out of which nothing ever gets.
    """
    with TemporaryDirectory() as name:
        around, root = Path(name), Path(name, "root")
        (root / "sub").mkdir(parents=True)
        (root / "a.txt").write_bytes(b"hello")
        (root / "sub" / "c.txt").write_bytes(b"below")
        (around / "outside").write_bytes(b"")
        storage = LocalStorage(root)
        try:
            yield Conversation(storage, settings=SETTINGS)
        finally:
            storage.close()
        assert sorted(path.name for path in around.iterdir()) == ["outside", "root"]
        assert (around / "outside").read_bytes() == b""


Place = Callable[[], AbstractContextManager[Conversation]]
#: Drawn, since pytest-twisted cannot wrap one test of hypothesis twice.
PLACES: st.SearchStrategy[Place] = st.sampled_from((inMemory, onDisk))


def settle(conversation: Conversation) -> Conversation:
    """
    Let long work go on to its end: it takes a turn after each step.
    """
    clock = conversation.clock
    while any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()):
        clock.advance(0)
    return conversation


def finalCodes(conversation: Conversation) -> list[int]:
    """
    Give the codes of the final replies.
    """
    return [code for code in settle(conversation).codes() if code >= 200]


@given(PLACES, SCRIPTS, UPLOADS, CUTS, st.booleans())
def test_oneFinalReplyForEachCommand(
    place: Place, script: list[bytes], upload: bytes, cut: FTPError | None, opens: bool
) -> None:
    """
    Whatever is sent, whether or not data connections can be opened, each
    command gets as many 1xx as there are and then one final reply.
    """
    with place() as conversation:
        conversation.opener.failure = None if opens else CannotOpenData()
        conversation.opener.toReceive, conversation.opener.cut = upload, cut
        for line in script:
            conversation.transport.clear()
            codes = settle(conversation.hears(line)).codes()
            assert [code < 200 for code in codes] == [True] * (len(codes) - 1) + [False]
            assert conversation.said.endswith(b"\r\n")
            assert "Internal fault" not in conversation.last()


@given(PLACES, TRANSFERS, UPLOADS, CUTS, st.tuples(BRIEF, BRIEF), st.booleans())
def test_oneFinalReplyAroundATransfer(
    place: Place,
    transfer: str,
    upload: bytes,
    cut: FTPError | None,
    around: tuple[list[bytes], list[bytes]],
    aborted: bool,
) -> None:
    """
    The same holds while a transfer runs, and whatever ends it.
    """
    during, behind = around
    with place() as conversation:
        conversation.opener.toReceive, conversation.opener.cut = upload, cut
        conversation.during(transfer)
        conversation.hears(*during, *[b"ABOR"] * aborted, *behind)
        for channel in conversation.opener.channels:
            channel.release()
        assert len(finalCodes(conversation)) == 1 + len(during) + aborted + len(behind)


@given(PLACES, SCRIPTS, BRIEF)
def test_quitIsTheLast(place: Place, script: list[bytes], behind: list[bytes]) -> None:
    """
    What was sent before it is answered, what was sent behind it is not.
    """
    with place() as conversation:
        conversation.hears(*script, b"QUIT", *behind)
        codes = finalCodes(conversation)
        assert (len(codes), codes[-1]) == (len(script) + 1, 221)


@given(SCRIPTS, SIZES)
def test_repliesAreTheSameForAnyCut(script: list[bytes], sizes: list[int]) -> None:
    """
    Sent one by one or in pieces of any size.  (ABOR alone acts when it
    arrives, on what was sent before it.)
    """
    script = [line for line in script if not line.startswith(b"ABOR")]
    stream = b"".join(line + b"\r\n" for line in script)
    with inMemory() as whole, inMemory() as pieces:
        whole.hears(*script)
        for size in sizes:
            pieces.hearsBytes(stream[:size])
            stream = stream[size:]
        pieces.hearsBytes(stream)
        assert settle(pieces).codes() == settle(whole).codes()


@given(PLACES, SCRIPTS)
def test_oneLogoutForEachLogin(place: Place, script: list[bytes]) -> None:
    """
    However the session goes and wherever it ends.
    """
    with place() as conversation:
        conversation.hears(*script)
        logins = 1 + conversation.codes().count(230)
        conversation.leaves()
        settle(conversation)
        assert conversation.authenticator.logouts == logins
