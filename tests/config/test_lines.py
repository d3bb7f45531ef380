"""
Tests for L{ftpactive.config.lines}.
"""

from __future__ import annotations

import pytest

from ftpactive.config.lines import Place, linesOf

#: A text, a place in it, and its line.
PLACES: list[tuple[str, Place, int]] = [
    ("a = 1", ("a",), 1),
    ("\n\na = 1", ("a",), 3),
    ("# a = 1\n\t a = 1", ("a",), 2),
    ("a = 1\r\nb = 2\r\n", ("b",), 2),
    ("[a]\nb = 1", ("a",), 1),
    ("[a]\nb = 1", ("a", "b"), 2),
    ("[ a . b ]\nc = 1", ("a", "b", "c"), 2),
    ("[a.b]\n[a]\nc = 1", ("a",), 1),
    ("[a.b]\n[a]\nc = 1", ("a", "c"), 3),
    ("[a]\nb . c = 1", ("a", "b", "c"), 2),
    ("[\"a.b\"]\n'c d' = 1", ("a.b", "c d"), 2),
    ('"\\u0061\\"" = 1', ('a"',), 1),
    ('"" = 1', ("",), 1),
    ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 0, "b"), 2),
    ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 1, "b"), 4),
    ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", ("a", 1, "b", "c"), 6),
    ("a = [\n 1, # ]\n\n 2,\n]\nb = 1", ("a", 1), 4),
    ("a = [\n 1, # ]\n\n 2,\n]\nb = 1", ("b",), 6),
    ("a = [[1],\n[2,\n3]]", ("a", 1, 1), 3),
    ("a = { b = 1, c = { d = 2 } }\ne = 1", ("a", "c", "d"), 1),
    ("a = { b = 1, c = { d = 2 } }\ne = 1", ("e",), 2),
    ("a = { b.c = [\n1 ] }\ne = 1", ("e",), 3),
    ("a = [{ b = 1 },\n{ b = 2 }]", ("a", 1, "b"), 2),
    ("a = {}\nb = []\nc = 1", ("c",), 3),
    ('a = "b = [\\"#"\nc = 1', ("c",), 2),
    ("a = 'b = [\"#\\'\nc = 1", ("c",), 2),
    ('a = """\n[b]\nc = 1\n"""\nc = 2', ("c",), 5),
    ('a = """\\""" x """\nc = 2', ("c",), 2),
    ('a = """x"""""\nc = 2', ("c",), 2),
    ("a = '''\nb = 1 \\'''\nc = 2", ("c",), 3),
    ("a = '''x'''''\nc = 2", ("c",), 2),
    ("a = \"\"\nb = ''\nc = 2", ("c",), 3),
    ("a = 1979-05-27 07:32:00Z # b\nc = -1.5e3", ("c",), 2),
]


@pytest.mark.parametrize(("text", "place", "line"), PLACES)
def test_line(text: str, place: Place, line: int) -> None:
    """
    Each place is where its author would look for it.
    """
    assert linesOf(text)[place] == line


@pytest.mark.parametrize("text", {text for text, _, _ in PLACES})
def test_noOthers(text: str) -> None:
    """
    What stands in texts and comments is no key.
    """
    named = {place[-1] for place in linesOf(text)}
    assert named <= {"a", "b", "c", "d", "e", "a.b", "c d", 'a"', "", 0, 1}


def test_empty() -> None:
    """
    There is nothing in nothing.
    """
    assert linesOf("") == linesOf("\n# a\n") == {}
