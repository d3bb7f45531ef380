"""
The page that C{make bench} writes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.limits import judge
from benchmarks.rounds import Run
from benchmarks.starting import Ground
from benchmarks.values import OURS, QUICK, Held, Sample, Step


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """
    Give a run with a few figures.
    """
    run = Run(Ground(tmp_path), QUICK, [], [])
    for cpu in (1e-3, 2e-3, 4e-3):
        run.results.add("retr-small", OURS, Sample(cpu, 2 * cpu, cpu))
        run.results.add("retr-small", "pyftpdlib", Sample(5e-4, 1e-3, 5e-4))
    run.results.add("mlsd", "pyftpdlib", None)
    run.results.idle[OURS] = 7 * 1024.0
    run.results.growth[OURS] = [Step(1, 3e7, 500.0, 900.0), Step(10, 4e7, 600.0, 950.0)]
    run.results.held = Held(1234, 7000.0, (Sample(1, 1, 1),), (Sample(1.5, 2, 1.5),))
    run.results.faults.append(("mlsd", "pyftpdlib", "it stood still"))
    run.results.missing["vsftpd"] = "it needs root"
    return run


def row(text: str, begin: str) -> list[str]:
    """
    Give the cells of the first row of a table that begins so.
    """
    (found,) = re.findall(rf"^\| {begin}.*\|$", text, re.MULTILINE)[:1]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_figureIsMedianAndRange(run: Run) -> None:
    """
    In the unit of its work.
    """
    text = page.text(run, [], "/tmp")
    assert row(text, "RETR 10 KiB, active, us")[1] == "2,000 (1,000–4,000)"


def test_failedWorkHasNoFigure(run: Run) -> None:
    """
    It is said to have failed, and why.
    """
    text = page.text(run, [], "/tmp")
    assert row(text, "MLSD")[1:] == ["", "failed"]
    assert "- mlsd, pyftpdlib: it stood still" in text


def test_limitsSayWhetherTheyHold(run: Run) -> None:
    """
    Each is a row with its figure.
    """
    text = page.text(run, judge(run.results, {"retr-small", "idle"}), "/tmp")
    assert row(text, "RETR 10 KiB, active, to pyftpdlib")[1:] == ["4", "at most 0.75", "**missed**"]
    assert row(text, "memory of an idle session")[1:] == ["7", "at most 8", "holds"]


def test_missingServerIsNamed(run: Run) -> None:
    """
    Nobody is left out silently.
    """
    assert row(page.text(run, [], "/tmp"), "vsftpd") == ["vsftpd", "missing: it needs root"]


def test_writtenPlotsAreThoseThatAreShown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Every picture of the page is there, and no other.
    """
    monkeypatch.setattr(page, "CHECKOUT", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(page, "PLOTS", tmp_path / "benchmarks")
    page.write(run, [], "/tmp")
    shown = re.findall(r"\]\((benchmarks/[\w-]+\.svg)\)", (tmp_path / "benchmarks.md").read_text())
    there = [f"benchmarks/{path.name}" for path in (tmp_path / "benchmarks").iterdir()]
    assert sorted(shown) == sorted(there) != []


def test_summaryHasEveryServersFigure(run: Run) -> None:
    """
    On the screen, with the ratio to pyftpdlib.
    """
    lines = page.summary(run.results)
    assert any(OURS in line and "4.00 of pyftpdlib's" in line for line in lines)
