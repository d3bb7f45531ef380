"""
Path traversal: names that shall lead out of the root, in every encoding that
somebody once forgot, with every command that takes a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.site import SUBCOMMANDS
from ftpactive.verbs.vocabulary import TABLE
from tests.attacks.outside import SECRET, Outside
from tests.attacks.steps import STEPS

#: Commands for files and folders; {} is where the name goes.
USES = [
    ["PASV", "RETR {}"],
    ["PASV", "STOR {}"],
    ["PASV", "REST 1", "STOR {}"],
    ["PASV", "APPE {}"],
    ["PASV", "STOU {}"],
    ["PASV", "LIST {}"],
    ["PASV", "LIST -laR {}"],
    ["PASV", "LIST {}*"],
    ["PASV", "NLST {}"],
    ["PASV", "NLST {}/*"],
    ["PASV", "MLSD {}"],
    ["MLST {}"],
    ["STAT {}"],
    ["SIZE {}"],
    ["MDTM {}"],
    ["MDTM 20200101000000 {}"],
    ["MFMT 20200101000000 {}"],
    ["MFF Modify=20200101000000;UNIX.mode=0777; {}"],
    ["HASH {}"],
    ["XMD5 {}"],
    ["XCRC {}"],
    ["AVBL {}"],
    ["COMB new {}", "PASV", "RETR new", "DELE new"],
    ["COMB {} file"],
    ["SITE CHMOD 0777 {}"],
    ["SITE UTIME 20200101000000 {}"],
    ["SITE SYMLINK {} found", "PASV", "RETR found", "PASV", "STOR found", "DELE found"],
    ["SITE SYMLINK file {}"],
    ["SITE CPFR {}", "SITE CPTO copy", "PASV", "RETR copy", "DELE copy"],
    ["SITE CPFR file", "SITE CPTO {}"],
    ["SITE MKDIR {}/made"],
    ["MKD {}/made"],
    ["RNFR {}", "RNTO moved", "PASV", "RETR moved", "DELE moved"],
    ["RNFR folder/file", "RNTO {}"],
    ["CWD {}", "PASV", "LIST", "PASV", "RETR secret", "PASV", "STOR secret", "DELE victim"],
    ["SMNT {}"],
    ["DELE {}"],
    ["RMD {}/empty"],
    ["SITE RMDIR {}"],
]


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """
    A root with a link to what lies outside.
    """
    made = Outside(tmp_path)
    (made.root / "link").symlink_to(made.folder)
    return made


MakeClient = Callable[..., "Client"]


@pytest.fixture
def client(outside: Outside) -> Iterator[MakeClient]:
    """
    A function that logs somebody in who may do everything inside.
    """
    storages: list[LocalStorage] = []

    def make(root: Path = outside.root, *, isAtomic: bool = False) -> Client:
        storages.append(LocalStorage(root, uploads=UploadPolicy(atomic=isAtomic)))
        return Client(storages[-1])

    yield make
    for each in storages:
        each.close()


class Client:
    """
    Says commands, and keeps all that comes back.
    """

    def __init__(self, storage: LocalStorage) -> None:
        self.conversation = Conversation(storage)
        self.conversation.opener.toReceive = b"evil"

    def use(self, name: bytes, commands: list[str]) -> bytes:
        """
        Say some commands.

        @return: every byte that the server sent, on whichever connection.
        """
        conversation = self.conversation
        conversation.transport.clear()
        conversation.opener.channels.clear()
        for command in commands:
            before, placeholder, after = command.encode().partition(b"{}")
            conversation.hears(before + (name if placeholder else b"") + after)
        conversation.hears("CWD /")
        return conversation.said + b"".join(each.sent for each in conversation.opener.channels)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_encodings(outside: Outside, client: MakeClient, step: bytes) -> None:
    """
    No way to write it leads out, however uploads reach the disk.
    """
    for ups, attacker in ((step, client()), (step * 3, client(isAtomic=True))):
        for target in (b"outside/secret", b"outside"):
            name = ups + target
            for commands in USES:
                assert SECRET not in attacker.use(name, commands), commands
                assert outside.isUntouched, commands


@pytest.mark.parametrize(
    "before", ["", "/", "../../../../../..", "//", "/.", "/folder/..", "file:"]
)
def test_absolute(outside: Outside, client: MakeClient, before: str) -> None:
    """
    Nor does the path that the file has on the machine.
    """
    attacker = client()
    for path in (outside.folder / "secret", outside.folder):
        for commands in USES:
            assert SECRET not in attacker.use(f"{before}{path}".encode(), commands), commands
            assert outside.isUntouched, commands


def test_veryDeep(outside: Outside, client: MakeClient) -> None:
    """
    Nor more steps up than there are folders.
    """
    attacker = client()
    for commands in USES:
        assert SECRET not in attacker.use(b"../" * 2000 + b"outside/secret", commands), commands
        assert outside.isUntouched, commands


@pytest.mark.parametrize("name", [b"link", b"link/secret", b"link/../link/secret"])
def test_link(outside: Outside, client: MakeClient, name: bytes) -> None:
    """
    Nor a link that is there already.
    """
    attacker = client()
    for commands in USES:
        if not commands[-1].startswith(("DELE {}", "RNFR")):
            assert SECRET not in attacker.use(name, commands), commands
            assert outside.isUntouched, commands


def test_linkOfOnesOwn(outside: Outside, client: MakeClient) -> None:
    """
    Nor links that are made for it, one upon the other.
    """
    attacker = client()
    attacker.use(b"", ["SITE SYMLINK ../.. folder/up", "SITE SYMLINK folder/up/up upper"])
    for commands in USES:
        assert SECRET not in attacker.use(b"upper/outside/secret", commands), commands
        assert outside.isUntouched, commands


def test_placeOfTheRootIsNotTold(outside: Outside, client: MakeClient) -> None:
    """
    No reply says where on the machine the root is.
    """
    attacker = client()
    for name in (b"../outside/secret", b"link", b"link/secret", b"missing/file", b"file/file"):
        for commands in USES:
            assert bytes(outside.root.parent) not in attacker.use(name, commands), commands


@pytest.mark.parametrize("commands", [USES[0], USES[5], USES[-3]], ids=["RETR", "LIST", "DELE"])
def test_thisWouldBeNoticed(outside: Outside, client: MakeClient, commands: list[str]) -> None:
    """
    Were the root one folder higher, these tests would see it.
    """
    said = client(outside.root.parent).use(b"outside/victim", commands)
    assert SECRET in said or b"victim" in said or not outside.isUntouched


def test_everyCommandIsUsed() -> None:
    """
    No command that takes a name is left out.
    """
    said = " ".join(line for commands in USES for line in commands)
    for name, verb in TABLE.items():
        if "path" in verb.argument and not name.startswith("X"):
            assert f"{name} " in f"{said} ", name
    for name, row in SUBCOMMANDS.items():
        if "path" in row.argument:
            assert f"SITE {name} " in said, name


def test_hiddenUploads(outside: Outside, client: MakeClient) -> None:
    """
    What came of a cut upload is out of reach by its own name.
    """
    (outside.root / ".0123456789abcdef.upload").write_bytes(SECRET)
    attacker = client(isAtomic=True)
    for name in (b".0123456789abcdef.upload", b"folder/../.0123456789abcdef.upload"):
        for commands in USES:
            assert SECRET not in attacker.use(name, commands), commands
    assert (outside.root / ".0123456789abcdef.upload").read_bytes() == SECRET
    assert (outside.root / ".0123456789abcdef.upload").stat().st_mtime > 1_700_000_000
