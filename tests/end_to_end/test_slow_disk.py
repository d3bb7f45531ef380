"""
A disk that does not answer keeps only those waiting who want something of it.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import pytest

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BOTH_REACTORS, PASSWORD, USER, WRITER
from tests.end_to_end.process import CHECKOUT, Server
from tests.end_to_end.rawclient import RawClient

needsFUSE = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/fuse"),
    reason="only root can mount a file system of its own",
)

#: Each waits for another name; together they are fewer than the threads of a disk.
STUCK = ["SIZE stuck/size", "RNFR stuck/from", "CWD stuck/in", "MDTM stuck/when", "MLST stuck/what"]


@pytest.fixture
def stuck(server: StartServer, tmp_path: object) -> Server:
    """
    A server in whose root there are two file systems that never answer, and a
    file.
    """
    root = tmp_path / "root"  # type: ignore[operator]
    (root / "file").write_bytes(b"here")
    prefix = []
    for name in ("stuck", "full"):
        (root / name).mkdir()
        program = str(CHECKOUT / "tests" / "end_to_end" / "stuck.py")
        prefix += [sys.executable, program, str(root / name)]
    return server(WRITER, prefix=prefix)


def login(server: Server) -> RawClient:
    """
    Log in as somebody who may write.
    """
    return RawClient(server).login(USER, PASSWORD)


@needsFUSE
@BOTH_REACTORS
def test_othersAreServed(stuck: Server) -> None:
    """
    While sessions wait for a disk, others list, send and receive files of
    another one; and the server ends when it is told to.
    """
    with ExitStack() as stack:
        for command in STUCK:
            stack.enter_context(login(stuck)).send(command)
            stuck.wait(f"asked {command.rpartition('/')[2]}")
        with login(stuck) as other:
            assert other.ask("SIZE file") == "213 4"
            assert other.fetch("file") == b"here"
            other.put("new", b"there")
            assert other.fetch("new") == b"there"
            assert other.ask("RNFR new").startswith("350 ")
            assert other.ask("RNTO newer").startswith("250 ")


@needsFUSE
@BOTH_REACTORS
def test_transfersThatWait(stuck: Server) -> None:
    """
    The same while files are opened to be sent and to be received, and a folder
    is opened to be listed.
    """
    with ExitStack() as stack:
        # The kernel makes no file in a folder while it waits for a name in it.
        for command in ("RETR stuck/out", "STOR full/came", "LIST stuck/below"):
            client = stack.enter_context(login(stuck))
            client.ask("PASV")
            client.send(command)
            stuck.wait(f"asked {command.rpartition('/')[2]}")
        with login(stuck) as other:
            assert other.fetch("file") == b"here"
