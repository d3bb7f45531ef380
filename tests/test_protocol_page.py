"""
docs/protocol.md is what the table of verbs says.
"""

from __future__ import annotations

import re

import pytest

from ftpactive.verbs.options import OPTIONS
from ftpactive.verbs.site import SUBCOMMANDS
from ftpactive.verbs.vocabulary import TABLE
from tools.protocol_page import PAGE, page
from tools.protocol_words import CODES


def test_isWhatTheTableSays() -> None:
    """
    The page that lies there is the one that C{make protocol} would write.
    """
    assert PAGE.read_text() == page(), "run: make protocol"


@pytest.mark.parametrize("name", sorted(TABLE))
def test_everyVerb(name: str) -> None:
    """
    Each has a heading of its own, or stands with the one it is the same as.
    """
    text = page()
    assert text.count(f"\n### {name}\n") + len(re.findall(rf" Also as `{name}`,", text)) == 1


@pytest.mark.parametrize("name", sorted(TABLE))
def test_everyReply(name: str) -> None:
    """
    What a verb may be answered with stands with it, or where it is said of
    all of them.
    """
    first, *parts = page().split("\n### ")
    [part] = [part for part in parts if part.startswith(f"{name}\n") or f" as `{name}`," in part]
    for code in TABLE[name].replies:
        assert f"`{code}` {CODES[code]}" in part or f" {code} " in first


@pytest.mark.parametrize("name", [*SUBCOMMANDS, *(f"OPTS {name}" for name in OPTIONS)])
def test_everySubcommand(name: str) -> None:
    """
    Those of SITE and OPTS have a row.
    """
    name = name if name.startswith("OPTS ") else f"SITE {name}"
    assert re.search(rf"^\| `{name}[ `]", page(), re.MULTILINE)
