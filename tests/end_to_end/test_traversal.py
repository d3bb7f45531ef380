"""
Path traversal through real connections: see C{tests/attacks/test_traversal.py}
for more commands.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.steps import STEPS
from tests.end_to_end.place import Place
from tests.end_to_end.process import Server
from tests.end_to_end.rawclient import RawClient, readAll

SECRET = b"not for anybody who logs in"


@pytest.fixture
def outside(sharedServer: Server) -> Iterator[Path]:
    """
    A folder beside the root.
    """
    folder = sharedServer.root.parent / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(SECRET)
    yield folder
    assert os.listdir(folder) == ["secret"]
    (folder / "secret").unlink()
    folder.rmdir()


def ask(client: RawClient, verb: str, name: bytes) -> str:
    """
    Send a command with a name of any bytes.
    """
    client.control.sendall(verb.encode() + b" " + name + b"\r\n")
    return client.reply()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_encodings(place: Place, outside: Path, step: bytes) -> None:
    """
    Nothing outside is read, listed, changed or removed.
    """
    with place.login() as client:
        # The client stands in a folder of the root.
        name = step * 2 + b"outside/secret"
        for verb in ("SIZE", "MLST", "STAT", "DELE", "MKD", "RNFR", "CWD", "XMD5"):
            assert str(len(SECRET)) not in ask(client, verb, name)
        for verb in ("RETR", "STOR"):
            data = client.connect(client.announced())
            if ask(client, verb, name).startswith("150"):
                data.shutdown(socket.SHUT_WR)
                assert SECRET not in readAll(data)
                client.reply()
    assert (outside / "secret").read_bytes() == SECRET
