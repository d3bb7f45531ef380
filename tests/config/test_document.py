"""
Tests for L{ftpactive.config.document}.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from ftpactive.config.document import Document, parseDocument, readDocument, shown
from ftpactive.config.mistakes import Mistake

#: What is no TOML, and where that is seen.
BROKEN = [
    ("a = ", "1:5"),
    ("[a]\nb = 1\nb = 2\n", "3:6"),
    ("a = 1\n[a", "2:3"),
    ("a = 1\n\n[b]\n[b]\n", "4:3"),
    ('a = 1\nb = """\n', "3:1"),
    ("a = [1,\n2", "2:2"),
    ("a = \x1b", "1:5"),
]


class TestSyntax:
    """
    What is no TOML is one line.
    """

    @pytest.mark.parametrize(("text", "where"), BROKEN)
    def test_where(self, text: str, where: str) -> None:
        """
        It begins with line and column, and holds nothing but letters.
        """
        with pytest.raises(Mistake) as raised:
            parseDocument(text, "/etc/f.toml")
        said = str(raised.value)
        assert re.fullmatch(rf"/etc/f\.toml:{where}: this is not TOML: .+", said), said
        assert said.isprintable()
        assert "at line" not in said and "end of document" not in said

    def test_nesting(self) -> None:
        """
        Nor does the depth of a file bring us down.
        """
        with pytest.raises(Mistake, match=r"^f\.toml: too deeply nested to be a configuration$"):
            parseDocument("a = " + "[" * 100_000, "f.toml")


class TestReadDocument:
    """
    L{readDocument} reads a file.
    """

    def test_pathIsAbsolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        The process may be elsewhere when it reads the file again.
        """
        (tmp_path / "f.toml").write_text("a = 1")
        monkeypatch.chdir(tmp_path)
        found = readDocument("f.toml")
        assert (found.name, found.folder) == (str(tmp_path / "f.toml"), str(tmp_path))
        assert found.data == {"a": 1}

    def test_missing(self, tmp_path: Path) -> None:
        """
        That there is none is said.
        """
        self.refuses(tmp_path / "f", "{} cannot be read: No such file or directory")

    def test_folder(self, tmp_path: Path) -> None:
        """
        So is that it is none.
        """
        self.refuses(tmp_path, "{} cannot be read: Is a directory")

    def test_byteOrderMark(self, tmp_path: Path) -> None:
        """
        What some editors write before the first letter is no part of it.
        """
        (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa = 1")
        assert readDocument(str(tmp_path / "f")).data == {"a": 1}

    def test_notText(self, tmp_path: Path) -> None:
        """
        TOML is UTF-8; we say which line is not.
        """
        (tmp_path / "f").write_bytes(b"a = 1\nb = '\xe9'\n")
        self.refuses(tmp_path / "f", "{}:2: this is not UTF-8")

    def test_tooLarge(self, tmp_path: Path) -> None:
        """
        Nobody writes so much by hand.
        """
        with open(tmp_path / "f", "wb") as file:
            file.truncate(100 * 1024**2)
        self.refuses(tmp_path / "f", "{} is too large to be a configuration")

    def refuses(self, path: Path, words: str) -> None:
        """
        See that it cannot be read, and why.
        """
        with pytest.raises(Mistake) as raised:
            readDocument(str(path))
        assert str(raised.value) == words.format(path)


class TestMistake:
    """
    L{Document.mistake} makes the line for the author.
    """

    document = parseDocument('[a]\nb = [\n1,\n2]\n["c d".e]\nf = 1', "/etc/f.toml")

    def test_key(self) -> None:
        """
        File, line, and key.
        """
        said = str(self.document.mistake(("c d", "e", "f"), "is wrong"))
        assert said == '/etc/f.toml:6: "c d".e.f is wrong'

    def test_element(self) -> None:
        """
        Of an array, the line of the element, and the array's name.
        """
        assert (
            str(self.document.mistake(("a", "b", 1), "is wrong")) == "/etc/f.toml:4: a.b is wrong"
        )

    def test_missing(self) -> None:
        """
        What is not there is told where it should be.
        """
        assert str(self.document.mistake(("a", "x"), "is missing")) == (
            "/etc/f.toml:1: a.x is missing"
        )

    def test_nowhere(self) -> None:
        """
        What is wrong with all of it has no line.
        """
        assert str(self.document.mistake((), "nobody")) == "/etc/f.toml: nobody"
        assert str(self.document.mistake(("x",), "is missing")) == "/etc/f.toml: x is missing"

    def test_onlyLetters(self) -> None:
        """
        Names cannot colour a terminal.
        """
        said = str(Document("a\n").mistake(("\x1b[2J",), "is wrong"))
        assert said == 'a\\n: "\\x1b[2J" is wrong'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("many", '"many"'),
        ("a\n", '"a\\n"'),
        (5, "5"),
        (True, "true"),
        (1.5, "1.5"),
        (date(2026, 1, 2), "2026-01-02"),
        ({"a": 1}, "a table"),
        ([1, "x"], '[1, "x"]'),
        ([1, 2, 3, 4], "[1, 2, 3, ...]"),
    ],
)
def test_shown(value: object, text: str) -> None:
    """
    Values are shown as they are written.
    """
    assert shown(value) == text
