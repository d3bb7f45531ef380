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
from ftpactive.core.errors import LocalError, NoSpace
from ftpactive.storage.ledger import MEMORY, BadLedger, Ledger


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
        with closing(Ledger(tmp_path / "quota", worker=2)) as ledger:
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


def test_cutUploads(tmp_path: Path) -> None:
    """
    What a process left under way when it died is in doubt when there is another
    in its place, or when the service begins again; not when others come.
    """
    file = tmp_path / "quota"
    with closing(Ledger(file)) as first:
        for died, isDoubted in ((1, {2: False, 1: True}), (2, {1: False, 0: True})):
            first.counted("alice", Usage())
            with closing(Ledger(file, worker=died)) as dying:
                dying.underway("alice").begin(("a",), Usage())
            for worker, isSo in isDoubted.items():
                with closing(Ledger(file, worker=worker)) as later:
                    assert later.isCounted("alice") is not isSo
                    assert any(later.underway("alice").all()) is not isSo


def test_names(tmp_path: Path) -> None:
    """
    What is uploaded is known by its name, whatever bytes it is made of, and goes
    along with its folder.
    """
    name = ("caf\u00e9", "\udcff\n")
    with closing(Ledger(tmp_path / "quota")) as ledger:
        uploads = ledger.underway("alice")
        upload = uploads.begin(name, Usage(5, 1))
        assert uploads.find(name) == upload
        uploads.moved(("caf",), ("other",))
        assert uploads.look(upload) == upload
        uploads.moved(name[:1], ("new", "place"))
        assert uploads.look(upload).path == ("new", "place", name[1])
        uploads.moved(("new", "place", name[1]), ("elsewhere",))
        assert uploads.look(upload).isMoved
        uploads.end(upload)
        assert not any(uploads.all())
        assert uploads.look(upload).isMoved


def test_failedChange(tmp_path: Path) -> None:
    """
    What fails half way leaves nothing locked.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        ledger.counted("alice", Usage())
        with pytest.raises((sqlite3.Error, OverflowError)):
            ledger.charge("alice", Quota(), size=2**70)
        assert ledger.charge("alice", Quota(), size=1)


def test_withoutCount(tmp_path: Path) -> None:
    """
    What is charged to an account that was never counted is on its page.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        assert ledger.charge("alice", Quota(size=10), size=10)
        assert not ledger.charge("alice", Quota(size=10), size=1)
        assert ledger.usage("alice") == Usage(10, 0)
        assert not ledger.isCounted("alice")


def test_open(tmp_path: Path) -> None:
    """
    Whether it can be written to is found out by trying.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        ledger.open()
    with pytest.raises(BadLedger, match="unable to open database file"):
        Ledger(tmp_path / "missing" / "quota").open()


def test_broken(tmp_path: Path, loggedLines: list[str]) -> None:
    """
    A file that breaks is told to the client in words, and to the operator in
    one line.
    """
    (tmp_path / "quota").write_bytes(b"no table at all, but text" * 100)
    with closing(Ledger(tmp_path / "quota")) as ledger:
        with pytest.raises(LocalError, match="cannot be written down"):
            ledger.usage("alice")
    assert [line.endswith("file is not a database") for line in loggedLines] == [True]


def test_full(tmp_path: Path, loggedLines: list[str]) -> None:
    """
    A disk that is full is told as that; afterwards nothing is locked.
    """
    with closing(Ledger(tmp_path / "quota")) as ledger:
        ledger.counted("alice", Usage())
        ledger._execute("PRAGMA max_page_count = 1")
        with pytest.raises(NoSpace):
            for number in range(1000):
                ledger.counted(f"{number}" * 50, Usage())
        assert [line.endswith("is full") for line in loggedLines] == [True]
        assert ledger.charge("alice", Quota(), size=1)


def test_doubtsWhatWasCounted() -> None:
    """
    In memory, too, and as often as it is counted; of others nothing is written.
    """
    with closing(Ledger(MEMORY)) as ledger:
        ledger.doubt("bob")
        for _ in range(2):
            ledger.counted("alice", Usage(5, 1))
            assert ledger.isCounted("alice")
            ledger.doubt("alice")
            ledger.doubt("alice")
            assert not ledger.isCounted("alice")
        assert ledger.usage("alice") == Usage(5, 1)
