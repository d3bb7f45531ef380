"""
Clients go on with uploads that were cut, where uploads are atomic.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.client import Account, Client
from tests.end_to_end.clients import CLIENTS
from tests.end_to_end.killing import AtomicServer
from tests.end_to_end.place import PASSWORD, USER
from tests.end_to_end.process import eventually
from tests.end_to_end.rawclient import reset

# ncftpput goes on in files below 64 KiB only, and sends others whole.
WHOLE = bytes(range(251)) * 230
BEGUN = 30_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AtomicServer]:
    """
    A server of an empty folder.
    """
    (tmp_path / "root").mkdir()
    with AtomicServer(tmp_path / "root") as started:
        yield started


@pytest.mark.parametrize("kind", [kind for kind in CLIENTS if kind.isAble("resumeUpload")])
def test_clientGoesOn(tmp_path: Path, server: AtomicServer, kind: type[Client]) -> None:
    """
    The file shows when it is whole, with every byte of it once.
    """
    with server.login() as cut:
        data = cut.transfer("STOR file")
        data.sendall(WHOLE[:BEGUN])
        with server.login() as other:
            eventually(lambda: other.ask("SIZE file") == f"213 {BEGUN}")
        reset(data)
        kept = f"{BEGUN} bytes are kept: REST {BEGUN} and STOR go on from there"
        assert kept in cut.reply()
    assert not (server.root / "file").exists()
    (tmp_path / "local").write_bytes(WHOLE)
    client = kind(Account("127.0.0.1", server.port, USER, PASSWORD, False))
    client.resumeUpload(tmp_path / "local", "file")
    assert (server.root / "file").read_bytes() == WHOLE
    assert os.listdir(server.root) == ["file"]
