"""
Tests for L{ftpactive.auth.hashfile}: users in a file of names and hashes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import ICheckerFactory, makeChecker
from zope.interface.verify import verifyObject

from ftpactive.auth.checkers import adapt, complaint
from ftpactive.auth.hashfile import BadFile, HashFileChecker, HashFileFactory, parse
from tests.auth.cheap import CountingVerifier, cheapHash
from tests.net.played import result

ALICE, BOB = cheapHash("pass:word"), cheapHash("other")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """
    A file that knows alice.
    """
    path = tmp_path / "users"
    path.write_text(f"alice:{ALICE}\n")
    return path


@pytest.fixture
def checker(file: Path) -> HashFileChecker:
    """
    A checker of the file.
    """
    return HashFileChecker(str(file), CountingVerifier())


def check(checker: HashFileChecker, name: str, password: str) -> Any:
    """
    Ask as our authenticator does.
    """
    credentials: Any = UsernamePassword(name, password)  # type: ignore[arg-type]
    return result(checker.requestAvatarId(credentials))


class TestParse:
    """
    L{parse} reads names and hashes.
    """

    def test_lines(self) -> None:
        """
        Names may hold colons and blanks, and need not be UTF-8; comments and
        empty lines do not count, nor does how a line ends.
        """
        data = f"# users\n\n  \na b:c:{ALICE}\r\n\udcff:{BOB} \nlast:{BOB}"
        users = parse("users", data.encode("utf-8", "surrogateescape"))
        assert users == [("a b:c", ALICE), ("\udcff", BOB), ("last", BOB)]

    def test_byteOrderMark(self) -> None:
        """
        What some editors write before the first letter is no part of a name.
        """
        assert parse("users", f"\ufeffa:{ALICE}".encode()) == [("a", ALICE)]

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("alice", "this is not name:hash"),
            (f":{ALICE}", "this is not name:hash"),
            ("bob:secret", "this is no argon2id hash: make one with ftpactive-password"),
            (f"alice:{BOB}", "user alice is here twice"),
            (f"bob:{BOB.replace('t=1', 't=900')}", "this hash costs too much"),
        ],
    )
    def test_mistake(self, line: str, words: str) -> None:
        """
        One line says what is wrong, and in which line; it does not repeat what
        may be a password.
        """
        with pytest.raises(BadFile) as raised:
            parse("users", f"#\nalice:{ALICE}\n{line}\n".encode())
        assert str(raised.value).startswith(f"users:3: {words}")
        assert "secret" not in str(raised.value)

    def test_nameIsMadePrintable(self) -> None:
        """
        A name in a message cannot write lines of its own.
        """
        with pytest.raises(BadFile, match=r"^users:2: user .* is here twice$") as raised:
            parse("users", f"a\x1bb:{ALICE}\na\x1bb:{ALICE}".encode())
        assert str(raised.value).isprintable()

    def test_tooLarge(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A disk image is not read as users.
        """
        monkeypatch.setattr("ftpactive.auth.hashfile._MOST_BYTES", 10)
        with pytest.raises(BadFile, match="more than 10 bytes"):
            parse("users", b"#" * 11)


class TestHashFileChecker:
    """
    L{HashFileChecker} lets in who is in its file.
    """

    def test_isAChecker(self, checker: HashFileChecker) -> None:
        """
        As C{twisted.cred} wants them.
        """
        assert verifyObject(ICredentialsChecker, checker)

    def test_right(self, checker: HashFileChecker) -> None:
        """
        The right password gives the name; it may hold colons.
        """
        assert check(checker, "alice", "pass:word") == "alice"

    def test_bytes(self, checker: HashFileChecker) -> None:
        """
        Whoever asks in C{bytes}, as others than we do, is answered as well.
        """
        credentials = UsernamePassword(b"alice", b"pass:word")
        assert result(checker.requestAvatarId(credentials)) == "alice"

    @pytest.mark.parametrize(
        ("name", "password"), [("alice", "pass"), ("alice", ""), ("bob", "pass:word"), ("", "")]
    )
    def test_wrong(self, checker: HashFileChecker, name: str, password: str) -> None:
        """
        Others are refused.
        """
        with pytest.raises(UnauthorizedLogin):
            check(checker, name, password)

    def test_changedFile(self, checker: HashFileChecker, file: Path) -> None:
        """
        It is read again when it has changed.
        """
        assert check(checker, "alice", "pass:word")
        file.write_text(f"alice:{BOB}\nbob:{BOB}\n")
        assert check(checker, "bob", "other") == "bob"
        with pytest.raises(UnauthorizedLogin):
            check(checker, "alice", "pass:word")

    def test_unchangedFile(
        self, checker: HashFileChecker, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        One that has not is not read at each login.
        """
        assert check(checker, "alice", "pass:word")
        monkeypatch.setattr("ftpactive.auth.hashfile.parse", lambda path, data: 1 / 0)
        assert check(checker, "alice", "pass:word")

    def test_brokenFile(self, checker: HashFileChecker, file: Path, loggedLines: list[str]) -> None:
        """
        While a new one is broken, the users are those of the old one; the log
        says once what is wrong, and where.
        """
        assert check(checker, "alice", "pass:word")
        file.write_text(f"alice:{ALICE}\nbob\n")
        for _ in range(2):
            assert check(checker, "alice", "pass:word")
        assert loggedLines[1:] == [f"{file}:2: this is not name:hash"]
        file.write_text(f"bob:{BOB}\n")
        assert check(checker, "bob", "other") == "bob"
        assert complaint(checker) == ""

    def test_missingFile(
        self, checker: HashFileChecker, file: Path, loggedLines: list[str]
    ) -> None:
        """
        One that is missing for a while, as when an editor writes it, locks
        nobody out.
        """
        assert check(checker, "alice", "pass:word")
        file.unlink()
        assert check(checker, "alice", "pass:word")
        assert loggedLines[1:] == [f"{file} cannot be read: No such file or directory"]

    def test_neverThere(self, tmp_path: Path) -> None:
        """
        Nobody is let in; as nobody is known, nobody waits.
        """
        verifier = CountingVerifier()
        checker = HashFileChecker(str(tmp_path / "missing"), verifier)
        with pytest.raises(UnauthorizedLogin):
            check(checker, "alice", "secret")
        assert verifier.asked == []

    def test_otherFolder(self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        The name of the file is that of the folder in which we were started.
        """
        monkeypatch.chdir(tmp_path)
        checker = HashFileChecker(file.name, CountingVerifier())
        monkeypatch.chdir(os.sep)
        assert check(checker, "alice", "pass:word") == "alice"

    def test_complaint(self, checker: HashFileChecker, file: Path) -> None:
        """
        What is wrong can be known before anybody logs in.
        """
        assert complaint(checker) == ""
        file.write_text("alice\n")
        assert complaint(checker) == f"{file}:1: this is not name:hash"


class TestPlugin:
    """
    C{--auth ftpactive:FILE}.
    """

    def test_isAFactory(self) -> None:
        """
        As C{strcred} wants them.
        """
        assert verifyObject(ICheckerFactory, HashFileFactory())

    def test_made(self, file: Path) -> None:
        """
        Twisted finds it, and takes all behind the first colon as the file's
        name; it is asked as it is, in C{str}.
        """
        checker = makeChecker(f"ftpactive:{file}")
        assert isinstance(checker, HashFileChecker)
        assert adapt(checker) is checker

    def test_noFile(self) -> None:
        """
        Without a name there is nothing to read.
        """
        with pytest.raises(ValueError, match="--auth ftpactive:FILE"):
            makeChecker("ftpactive: ")
