"""
Tests for L{ftpactive.storage.ledger}.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ftpactive.core.account import Quota, Usage
from ftpactive.storage.ledger import Ledger


def test_opensLate(tmp_path: Path) -> None:
    """
    The file is made at the first use, not before.
    """
    ledger = Ledger(tmp_path / "quota")
    assert not (tmp_path / "quota").exists()
    assert ledger.usage("alice") == Usage()
    ledger.close()
    ledger.close()
    assert (tmp_path / "quota").exists()


def test_neverBelowNothing(tmp_path: Path) -> None:
    """
    Files that somebody else removed on the disk make no debt.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        ledger.counted("alice", Usage(5, 1))
        ledger.add("alice", -10, -10)
        assert ledger.usage("alice") == Usage(0, 0)


def test_severalProcesses(tmp_path: Path) -> None:
    """
    Together they do not pass the quota.
    """
    first = Ledger(tmp_path / "quota")
    first.counted("alice", Usage())
    granted: list[bool] = []

    def charge() -> None:
        with closing(Ledger(tmp_path / "quota", isFirst=False)) as ledger:
            for _ in range(50):
                granted.append(ledger.charge("alice", Quota(size=100), size=1))

    threads = [threading.Thread(target=charge) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert granted.count(True) == 100
    assert first.usage("alice") == Usage(100, 0)
    first.close()


def test_onlyTheFirstDoubts(tmp_path: Path) -> None:
    """
    A process that comes later leaves uploads of the others alone.
    """
    with closing(Ledger(tmp_path / "quota")) as first:
        first.counted("alice", Usage())
        first.add("alice", 0, 0, uploads=1)
        with closing(Ledger(tmp_path / "quota", isFirst=False)) as second:
            assert second.isCounted("alice")
    with closing(Ledger(tmp_path / "quota")) as later:
        assert not later.isCounted("alice")


def test_failedChange(tmp_path: Path) -> None:
    """
    What fails half way leaves nothing locked.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        ledger.counted("alice", Usage())
        with pytest.raises((sqlite3.Error, OverflowError)):
            ledger.charge("alice", Quota(), size=2**70)
        assert ledger.charge("alice", Quota(), size=1)
