"""
Links that lead out of the served folder are not followed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.end_to_end.place import Place
from tests.end_to_end.rawclient import readAll


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """
    A folder that is not served, with a file.
    """
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"not for you")
    return folder


@pytest.fixture(autouse=True)
def links(place: Place, outside: Path) -> None:
    """
    Links out of the root, and one that stays inside.
    """
    (place.folder / "folder").symlink_to(outside)
    (place.folder / "file").symlink_to(os.path.relpath(outside / "secret", place.folder))
    (place.folder / "inside").symlink_to("old")


@pytest.mark.parametrize(
    "command",
    ["RETR file", "RETR folder/secret", "STOR file", "STOR folder/x", "APPE file"],
)
def test_transfers(place: Place, outside: Path, command: str) -> None:
    """
    Nothing outside is read, written or listed.
    """
    with place.login() as client:
        client.announced()
        client.expect(550, command)
    assert (outside / "secret").read_bytes() == b"not for you"
    assert [each.name for each in outside.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    "command",
    ["CWD folder", "SIZE file", "SIZE folder/secret", "DELE folder/secret", "MKD folder/x"],
)
def test_otherCommands(place: Place, outside: Path, command: str) -> None:
    """
    Nothing outside is entered, measured or changed.
    """
    with place.login() as client:
        client.expect(550, command)
    assert [each.name for each in outside.iterdir()] == ["secret"]


def test_listing(place: Place) -> None:
    """
    A link that leads outside is listed as itself, and not what is behind it.
    """
    with place.login() as client:
        listed = readAll(client.transfer("LIST folder"))
        assert client.reply().startswith("226 ")
        client.announced()
        client.expect(501, "MLSD folder")
    assert listed.startswith(b"l") and b"secret" not in listed


def test_linkThatStaysInside(place: Place) -> None:
    """
    A link within the root is as good as what it leads to.
    """
    with place.login() as client:
        assert client.fetch("inside") == b"what was there"


def test_removingALink(place: Place, outside: Path) -> None:
    """
    A link can be removed; what it leads to stays.
    """
    with place.login() as client:
        client.expect(250, "DELE file")
    assert not (place.folder / "file").is_symlink()
    assert (outside / "secret").exists()
