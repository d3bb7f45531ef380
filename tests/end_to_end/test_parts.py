"""
One file over several connections at once: each fetches a part, and lets go
where the next part begins.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.process import Server

#: So much that the first connection has not fetched all of it before the next.
CONTENTS = random.Random(1).randbytes(8 * 1024 * 1024) * 12


@pytest.mark.needs("downloadInParts")
def test_download(client: Client, folder: Path, tmp_path: Path, sharedServer: Server) -> None:
    """
    The parts make the file, and it did not come in one piece.
    """
    (folder / "file").write_bytes(CONTENTS)
    before = len(sharedServer.lines)
    client.downloadInParts(f"{folder.name}/file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENTS
    begun = [each for each in sharedServer.lines[before:] if " REST " in each and "-> 350" in each]
    assert len(begun) > 1
