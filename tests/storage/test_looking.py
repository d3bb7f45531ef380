"""
Tests for L{ftpactive.storage.looking}.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftpactive.storage import looking
from ftpactive.storage.looking import Looks, NoFolder, look


class Moment:
    """
    A clock that is set by hand.
    """

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """
        Tell the time.
        """
        return self.now


class TestLooks:
    """
    What was seen a moment ago.
    """

    def test_holdsForAWhile(self, tmp_path: Path) -> None:
        """
        Who comes a second later is told of what is there then.
        """
        moment = Moment()
        looks = Looks(moment)
        first, second = (os.stat(path) for path in (tmp_path, tmp_path.parent))
        looks.seen("/nowhere/else", first)
        moment.now += 0.9
        assert looks.known("/nowhere/else") is first
        moment.now += 0.2
        assert looks.known("/nowhere/else") is None
        looks.seen("/nowhere/else", second)
        assert looks.known("/nowhere/else") is second

    def test_missingIsNotRemembered(self, tmp_path: Path) -> None:
        """
        A folder that is made is there at once.
        """
        looks, folder = Looks(Moment()), tmp_path / "home"
        assert looks.known(str(folder)) is None
        folder.mkdir()
        looks.seen(str(folder), *look([str(folder)], [], None))
        found = looks.known(str(folder))
        assert found is not None and os.path.samestat(found, os.stat(folder))

    def test_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        However many there are, some are remembered, and not all.
        """
        monkeypatch.setattr(looking, "_MOST", 3)
        looks, status = Looks(Moment()), os.stat(tmp_path)
        for number in range(10):
            looks.seen(f"/nowhere/{number}", status)
        assert [looks.known(f"/nowhere/{number}") for number in (0, 9)] == [None, status]


class TestLook:
    """
    L{look} may take a while.
    """

    def test_makesOwn(self, tmp_path: Path) -> None:
        """
        Only a folder of the user's own is made.
        """
        home = str(tmp_path / "home")
        (found,) = look([home], [home], None)
        assert os.path.samestat(found, os.stat(home))
        assert found.st_mode & 0o777 == 0o750

    @pytest.mark.parametrize("name", ["missing", "file"])
    def test_noFolder(self, tmp_path: Path, name: str) -> None:
        """
        The words name it.
        """
        (tmp_path / "file").touch()
        with pytest.raises(NoFolder, match=f"{name} is not a folder"):
            look([str(tmp_path / name)], [], None)
