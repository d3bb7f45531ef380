"""
Whole trees go up, come down, and go away.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import time

import pytest

from tests.end_to_end.client import Client

#: To a minute, which is all that LIST tells; and within the half year in which
#: it tells that much.
CHANGED = (int(time()) - 60 * 24 * 3600) // 60 * 60


def plant(client: Client, folder: Path) -> dict[str, bytes | None]:
    """
    Make a tree that a client can copy.

    @return: what is in it.
    """
    for name in ("a", "a/b c", "grün"):
        (folder / name).mkdir(parents=True)
    for number in range(10):
        (folder / "a" / "b c" / f"{number}.bin").write_bytes(os.urandom(number * 1000))
    (folder / "grün" / "文").write_bytes(os.urandom(300_000))
    if client.isAble("empty folders"):
        (folder / "empty").mkdir()
    for each in folder.rglob("*"):
        os.utime(each, (CHANGED, CHANGED))
    return tree(folder)


def tree(folder: Path) -> dict[str, bytes | None]:
    """
    Give all paths in a folder, and what the files hold.
    """
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else None
        for each in folder.rglob("*")
    }


def assertTimesKept(client: Client, folder: Path) -> None:
    """
    Files are as old as they were, when the client cares.
    """
    if client.isAble("times of trees"):
        ages = {each.stat().st_mtime for each in folder.rglob("*") if each.is_file()}
        assert ages == {CHANGED}


@pytest.mark.needs("uploadTree")
def test_up(client: Client, folder: Path, tmp_path: Path) -> None:
    """
    A tree goes up.
    """
    planted = plant(client, tmp_path / "tree")
    client.uploadTree(tmp_path / "tree", f"{folder.name}/tree")
    assert tree(folder / "tree") == planted
    assertTimesKept(client, folder / "tree")


@pytest.mark.needs("downloadTree")
def test_down(client: Client, folder: Path, tmp_path: Path) -> None:
    """
    A tree comes down.
    """
    planted = plant(client, folder / "tree")
    client.downloadTree(f"{folder.name}/tree", tmp_path / "tree")
    assert tree(tmp_path / "tree") == planted
    assertTimesKept(client, tmp_path / "tree")


@pytest.mark.needs("removeTree")
def test_away(client: Client, folder: Path) -> None:
    """
    A tree is removed, and nothing beside it.
    """
    plant(client, folder / "tree")
    (folder / "beside").touch()
    client.removeTree(f"{folder.name}/tree")
    assert os.listdir(folder) == ["beside"]
