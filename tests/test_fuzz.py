"""
What C{make fuzz} tries holds for a few inputs, and for all that were found.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import fuzz
from tools.fuzz import TARGETS, load
from tools.fuzzwords import SEEDS, TOKENS

INPUTS = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=40).map(b"".join)

#: What was found once: the target, and the input.
FOUND = (
    # A copy that found itself behind links, and went on.
    ("disk", b"SITE SYMLINK / l\nSITE SYMLINK / m\nSITE CPFR l\nSITE CPTO x"),
)


@given(st.sampled_from(sorted(TARGETS)), INPUTS)
def test_anyInput(name: str, data: bytes) -> None:
    """
    Nothing breaks.
    """
    load(name)(data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """
    Those inputs break nothing that others are made of.
    """
    for data in SEEDS[name]:
        load(name)(data)


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_found(name: str, data: bytes) -> None:
    """
    What broke something once does not any more.
    """
    load(name)(data)


class TestUnguided:
    """
    Without atheris, C{make fuzz} finds less, and tells as much.
    """

    def test_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where nothing is found, nothing is written.
        """
        monkeypatch.setattr(fuzz, "PLACE", tmp_path)
        assert fuzz.unguided("control", 0) == 0
        assert list(tmp_path.iterdir()) == []

    def test_finding(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What was found is written.
        """

        def broken(data: bytes) -> None:
            assert b"ABOR" not in data

        monkeypatch.setattr(fuzz, "PLACE", tmp_path)
        monkeypatch.setattr(fuzz, "load", lambda name: broken)
        with pytest.raises(AssertionError):
            fuzz.unguided("control", 60)
        assert b"ABOR" in (tmp_path / "findings" / "control-crash").read_bytes()
