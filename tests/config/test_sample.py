"""
Tests for L{ftpactive.config.sample}.
"""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

import pytest

from ftpactive.config.accountkeys import GUESTS
from ftpactive.config.configuration import Configuration
from ftpactive.config.declarations import NAMED, SINGLE
from ftpactive.config.document import parseDocument
from ftpactive.config.keys import Table
from ftpactive.config.reading import readConfiguration
from ftpactive.config.sample import EXAMPLE, sample, written
from ftpactive.config.tables import readChoices

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def configure(text: str) -> Configuration:
    """
    Read a text, for guests in a root.
    """
    given = {("service", "root"): "/tmp", ("guests", "enabled"): True}
    return readConfiguration(parseDocument(text, "f.toml", "/"), given)


def test_isCommitted() -> None:
    """
    The file among the docs is the one that would be made now.
    """
    assert (ROOT / "docs" / "ftpactive.toml").read_text() == sample(), "run: make sample"


def test_changesNothing() -> None:
    """
    As it is, it says nothing.
    """
    assert configure(sample()) == configure("")


def test_defaults() -> None:
    """
    The defaults that it shows are those that hold: with all of them said, nothing
    changes.
    """
    text = re.sub(r"^#(?=[a-z])", "", sample(), flags=re.MULTILINE)
    assert len(tomllib.loads(text)["limits"]) > 10
    assert configure(text) == configure("")


#: The tables that are shown whole.
WHOLE = [table for table in SINGLE if table is not GUESTS]


@pytest.mark.parametrize("table", WHOLE, ids=lambda table: table.name)
def test_everyDefault(table: Table) -> None:
    """
    Each key with a default has a line that shows it, in its table.
    """
    part = sample().partition(f"\n[{table.name}]\n")[2]
    lines = re.split(r"^\[", part, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    for key in table.keys:
        if key.default is not None:
            assert f"#{key.name} = {written(key.default)}" in lines


def test_examplesAreTOML() -> None:
    """
    Each example is a line that could stand there.
    """
    examples = [
        line.removeprefix(EXAMPLE) for line in sample().splitlines() if line.startswith(EXAMPLE)
    ]
    assert len(examples) > 30
    for line in examples:
        assert tomllib.loads(line)


@pytest.mark.parametrize("table", [*SINGLE, *NAMED], ids=lambda table: table.name)
def test_examplesAreTaken(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    And its key takes it, on a machine that has the files, folders and users.
    """
    monkeypatch.setattr("os.path.isdir", lambda path: True)
    monkeypatch.setattr("builtins.open", lambda *arguments: BytesIO())
    monkeypatch.setattr("pwd.getpwnam", lambda name: object())
    monkeypatch.setattr("grp.getgrnam", lambda name: object())
    examples = {key.name: key.example for key in table.keys if key.example is not None}
    heading = table.name if table in SINGLE else f"{table.name}.a"
    text = "\n".join(f"{name} = {written(value)}" for name, value in examples.items())
    found = readChoices(parseDocument(f"[{heading}]\n{text}", "f", "/"), {})
    said = found.single[table.name] if table in SINGLE else found.named[table.name]["a"]
    assert set(said.values) >= set(examples)


def test_width() -> None:
    """
    It can be read in a terminal.
    """
    long = [line for line in sample().splitlines() if len(line) > 100]
    assert all(line.startswith(EXAMPLE) for line in long)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('a"b\n', '"a\\"b\\n"'),
        (60.0, "60"),
        (0.1, "0.1"),
        (True, "true"),
        ([], "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"/a": {"b": 1}}, '{ "/a" = { "b" = 1 } }'),
    ],
)
def test_written(value: object, text: str) -> None:
    """
    Values are written so that TOML reads them back.
    """
    assert written(value) == text
    assert tomllib.loads(f"a = {text}")["a"] == value


def test_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The example of the page on configuration can be used.
    """
    page = (ROOT / "docs" / "configuration.md").read_text()
    [example] = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setattr("os.path.isdir", lambda path: True)
    monkeypatch.setattr("builtins.open", lambda *arguments: BytesIO())
    monkeypatch.setattr("pwd.getpwnam", lambda name: object())
    found = readConfiguration(parseDocument(example, "f.toml", "/"))
    assert [account.name for account in found.site.accounts] == ["alice"]
