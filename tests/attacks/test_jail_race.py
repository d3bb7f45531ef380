"""
Somebody on the machine swaps folders and files for links to the outside, as
fast as possible, while a client uses them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation
from tests.attacks.outside import SECRET, Outside

#: How often the client says everything that it says.
ROUNDS = 150

#: {} is a folder that is a link to the outside every other moment.
IN_THE_FOLDER = [
    "RETR {}/secret",
    "RETR {}/file",
    "STOR {}/file",
    "STOR {}/new",
    "APPE {}/file",
    "STOU {}/unique",
    "LIST {}",
    "NLST {}/s*",
    "MLSD {}",
    "STAT {}/secret",
    "MLST {}/victim",
    "HASH {}/secret",
    "MFMT 20200101000000 {}/secret",
    "SITE CHMOD 0777 {}/secret",
    "SITE SYMLINK file {}/planted",
    "SITE CPFR {}/secret",
    "SITE CPTO copy",
    "RETR copy",
    "CWD {}",
    "RETR secret",
    "STOR secret",
    "DELE victim",
    "CWD /",
    "MKD {}/made",
    "RMD {}/empty",
    "DELE {}/victim",
    "RNFR {}/victim",
    "RNTO stolen",
    "RETR stolen",
    "RNFR file",
    "RNTO {}/brought",
    "RNFR {}/brought",
    "RNTO file",
    "SITE RMDIR {}/empty",
]

#: The same of a file that is one.
OF_THE_FILE = [
    "RETR {}",
    "STOR {}",
    "APPE {}",
    "REST 1",
    "STOR {}",
    "HASH {}",
    "COMB copy {}",
    "RETR copy",
    "MFMT 20200101000000 {}",
    "MFF UNIX.mode=0777; {}",
    "SITE CHMOD 0777 {}",
]


@contextmanager
def swapping(one: Path, other: Path) -> Iterator[None]:
    """
    Let two names change places for as long as the block runs.
    """
    isDone, hasBegun = threading.Event(), threading.Event()
    aside = one.with_name("aside")

    def swap() -> None:
        while not isDone.is_set():
            # The client moves things as well.
            with suppress(OSError):
                os.rename(one, aside)
                os.rename(other, one)
                os.rename(aside, other)
            hasBegun.set()

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        assert hasBegun.wait(20)
        yield
    finally:
        isDone.set()
        swapper.join()


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """
    A root that has all the names that there are outside, too.
    """
    made = Outside(tmp_path)
    for name in ("secret", "victim"):
        (made.root / "folder" / name).write_bytes(b"inside")
    (made.root / "folder" / "empty").mkdir()
    return made


@pytest.fixture(params=[False, True], ids=["in place", "atomic"])
def conversation(request: pytest.FixtureRequest, outside: Outside) -> Iterator[Conversation]:
    """
    A client who may do everything inside.
    """
    storage = LocalStorage(outside.root, uploads=UploadPolicy(atomic=request.param))
    conversation = Conversation(storage)
    conversation.opener.toReceive = b"evil"
    conversation.hears("PORT 192,0,2,7,78,52")
    yield conversation
    storage.close()


def attack(conversation: Conversation, commands: list[str]) -> set[str]:
    """
    Say some commands again and again.

    @return: the codes of all replies.
    """
    codes: set[str] = set()
    for _ in range(ROUNDS):
        for command in commands:
            conversation.hears(command)
        got = conversation.said + b"".join(each.sent for each in conversation.opener.channels)
        assert SECRET not in got
        codes |= {reply[:3] for reply in conversation.replies()}
        conversation.transport.clear()
        conversation.opener.channels.clear()
    return codes


def test_folderSwappedForALink(outside: Outside, conversation: Conversation) -> None:
    """
    Nothing outside is read, written, made, moved or removed.
    """
    (outside.root / "link").symlink_to(outside.folder)
    with swapping(outside.root / "folder", outside.root / "link"):
        codes = attack(conversation, [each.format("folder") for each in IN_THE_FOLDER])
    assert outside.isUntouched
    # Some came when the folder was there, and some when the link was.
    assert {"226", "550"} <= codes


def test_fileSwappedForALink(outside: Outside, conversation: Conversation) -> None:
    """
    The same for the last name of a path.
    """
    (outside.root / "link").symlink_to(outside.folder / "secret")
    with swapping(outside.root / "file", outside.root / "link"):
        codes = attack(conversation, [each.format("file") for each in OF_THE_FILE])
    assert outside.isUntouched
    assert {"226", "550"} <= codes


def test_folderMovedOutWhileItIsWalked(outside: Outside, conversation: Conversation) -> None:
    """
    A folder that is moved out of the root does not take the walk with it: the
    way up from there leads to the root, and not to where the folder is now.
    """
    (outside.root / "folder" / "up").symlink_to("../file")
    (outside.folder / "elsewhere").mkdir()
    with swapping(outside.root / "folder", outside.folder / "elsewhere"):
        codes = attack(conversation, ["RETR folder/up", "SIZE folder/up", "MDTM folder/up"] * 5)
    assert {"226", "550"} <= codes
    assert (outside.folder / "file").read_bytes() == SECRET
