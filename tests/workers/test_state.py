"""
Tests for L{ftpactive.workers.state}.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import capturedLogs

from ftpactive.config.state import ledgerIn
from ftpactive.core.account import Usage
from ftpactive.service import CannotServe
from ftpactive.workers.state import SharedState


class TestGiven:
    """
    A folder that an operator has named.
    """

    def test_order(self, tmp_path: Path) -> None:
        """
        What was cut by the end of the last group is in doubt; not so what a
        worker does that comes later.
        """
        before = ledgerIn(str(tmp_path))
        before.counted("alice", Usage(5, 1))
        before.underway("alice").begin(("a",), Usage())
        before.close()
        late = ledgerIn(str(tmp_path), worker=2)
        assert late.isCounted("alice")
        late.close()
        SharedState(str(tmp_path), "").open()
        late = ledgerIn(str(tmp_path), worker=2)
        assert not late.isCounted("alice")
        late.close()

    def test_stays(self, tmp_path: Path) -> None:
        """
        It outlives the group.
        """
        state = SharedState(str(tmp_path), "")
        state.open()
        state.close()
        assert [each.name for each in tmp_path.iterdir()] == ["quotas.sqlite"]

    def test_leftBehind(self, tmp_path: Path) -> None:
        """
        What workers have not written to the file itself, as they were killed
        or two have ended at once, is in it in the end.
        """
        state = SharedState(str(tmp_path), "")
        state.open()
        killed = os.fork()
        if not killed:
            ledgerIn(str(tmp_path), worker=1).counted("alice", Usage(5, 1))
            os._exit(0)
        os.waitpid(killed, 0)
        assert len(list(tmp_path.iterdir())) == 3
        state.close()
        assert [each.name for each in tmp_path.iterdir()] == ["quotas.sqlite"]
        late = ledgerIn(str(tmp_path), worker=2)
        assert late.usage("alice") == Usage(5, 1)
        late.close()

    def test_gone(self, tmp_path: Path) -> None:
        """
        Who has removed them meanwhile is not kept from that: nothing fails, and
        nothing is made.  Nor does a service make anything that has never begun.
        """
        state = SharedState(str(tmp_path / "state"), "")
        state.close()
        assert not list(tmp_path.iterdir())
        (tmp_path / "state").mkdir()
        state.open()
        os.rename(tmp_path / "state/quotas.sqlite", tmp_path / "moved")
        state.close()
        assert not list((tmp_path / "state").iterdir())

    def test_cannotTidy(self, tmp_path: Path) -> None:
        """
        The operator reads what is wrong with them.
        """
        state = SharedState(str(tmp_path), "")
        state.open()
        (tmp_path / "quotas.sqlite").write_bytes(b"not a database" * 100)
        with capturedLogs() as said:
            state.close()
        assert ["cannot write to quotas.sqlite" in str(each["error"]) for each in said] == [True]

    def test_others(self, tmp_path: Path) -> None:
        """
        At its end, nobody's upload is taken for one that was cut: another service
        may have begun with the same folder.
        """
        state = SharedState(str(tmp_path), "")
        state.open()
        other = ledgerIn(str(tmp_path), worker=1)
        other.counted("alice", Usage(5, 1))
        other.underway("alice").begin(("a",), Usage())
        state.close()
        assert other.isCounted("alice")
        other.close()

    def test_cannotWrite(self, tmp_path: Path) -> None:
        """
        That is told before anybody serves.
        """
        with pytest.raises(CannotServe, match="cannot write to quotas.sqlite"):
            SharedState(str(tmp_path / "missing"), "").open()


class TestOwn:
    """
    Without one, there is one for a while.
    """

    @pytest.fixture(autouse=True)
    def scratch(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """
        Give the folder of temporary files.
        """
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        return tmp_path

    def test_made(self, scratch: Path) -> None:
        """
        It is for its owner alone, and gone in the end.
        """
        state = SharedState("", "")
        state.open()
        assert Path(state.folder).parent == scratch
        assert Path(state.folder).stat().st_mode & 0o777 == 0o700
        assert (Path(state.folder) / "quotas.sqlite").exists()
        state.close()
        assert not list(scratch.iterdir())
        state.close()

    def test_owner(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        It is given to the user that workers become, and opened as that one.
        """
        said: list[Any] = []
        monkeypatch.setattr("os.chown", lambda path, *who: said.append(who))
        monkeypatch.setattr(
            "ftpactive.workers.state.runAsEffectiveUser", lambda *who: said.append(who[:2])
        )
        state = SharedState("", "nobody")
        state.open()
        state.close()
        assert len(said) == 2 and said[0] == said[1] != (os.getuid(), os.getgid())

    def test_none(self, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where none can be made, that is said with what helps.
        """
        monkeypatch.setattr("tempfile.tempdir", str(scratch / "missing"))
        with pytest.raises(CannotServe, match="workers share: No such .*--state"):
            SharedState("", "").open()
