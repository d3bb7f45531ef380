"""
Tests for L{ftpactive.core.path}.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.errors import BadName
from ftpactive.core.path import Path, quote, resolve, toText

NAMES = st.text(min_size=1).filter(
    lambda name: name not in (".", "..") and "/" not in name and "\0" not in name
)
PATHS = st.lists(NAMES, max_size=5).map(tuple)


class TestResolve:
    """
    L{resolve} finds the path that a client means.
    """

    @pytest.mark.parametrize(
        ("argument", "expected"),
        [
            ("c", ("a", "b", "c")),
            ("c/d", ("a", "b", "c", "d")),
            ("/c", ("c",)),
            ("/", ()),
            ("", ("a", "b")),
            (".", ("a", "b")),
            ("./c/.", ("a", "b", "c")),
            ("..", ("a",)),
            ("../c", ("a", "c")),
            ("../../..", ()),
            ("../../../c", ("c",)),
            ("/../c", ("c",)),
            ("c/../../d", ("a", "d")),
            ("//c///d//", ("c", "d")),
            ("c/", ("a", "b", "c")),
        ],
    )
    def test_fromAFolder(self, argument: str, expected: Path) -> None:
        """
        As every Unix does, but that the root is the user's own.
        """
        assert resolve(("a", "b"), argument) == expected

    @pytest.mark.parametrize(
        "name", [" ", " a", "a ", "~", "~root", "...", "-a", "\udcff", "a\nb", "\\"]
    )
    def test_namesAreTakenAsTheyAre(self, name: str) -> None:
        """
        Each of these can be the name of a file.
        """
        assert resolve(("a",), name) == ("a", name)

    @pytest.mark.parametrize("argument", ["\0", "a\0b", "/a\0/../b"])
    def test_nulIs553(self, argument: str) -> None:
        """
        A C library would cut the name there and use another file.
        """
        with pytest.raises(BadName, match="NUL"):
            resolve((), argument)

    @given(PATHS, st.lists(NAMES | st.sampled_from(["", ".", ".."])).map("/".join))
    def test_noWayOutOfTheRoot(self, cwd: Path, argument: str) -> None:
        """
        No argument leaves a name in a path that a storage must not see.
        """
        for name in resolve(cwd, argument):
            assert name not in ("", ".", "..")
            assert "/" not in name

    @given(PATHS, PATHS)
    def test_readsWhatToTextWrites(self, cwd: Path, path: Path) -> None:
        """
        What PWD answers, CWD takes, wherever the client stands.
        """
        assert resolve(cwd, toText(path)) == path


class TestToText:
    """
    L{toText} writes a path as the client knows it.
    """

    @pytest.mark.parametrize(
        ("path", "text"), [((), "/"), (("a",), "/a"), (("a", "b c"), "/a/b c")]
    )
    def test_absolute(self, path: Path, text: str) -> None:
        """
        It begins with a slash and ends with a name.
        """
        assert toText(path) == text


class TestQuote:
    """
    L{quote} writes a path for reply 257, RFC 959 appendix II.
    """

    @pytest.mark.parametrize(
        ("text", "quoted"), [("/a", '"/a"'), ('/a"b', '"/a""b"'), ('"', '""""'), ("", '""')]
    )
    def test_quotesAreDoubled(self, text: str, quoted: str) -> None:
        """
        A client finds the end at the first quote that stands alone.
        """
        assert quote(text) == quoted
