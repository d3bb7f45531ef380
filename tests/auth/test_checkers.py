"""
Tests for L{ftpactive.auth.checkers}.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from twisted.cred.checkers import (
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import makeChecker
from twisted.internet.defer import maybeDeferred, succeed
from zope.interface.verify import verifyObject

from ftpactive.auth.checkers import BytesChecker, EitherChecker, adapt, complaint
from tests.net.played import result


def made(description: str) -> ICredentialsChecker:
    """
    Make a checker as C{--auth} does.
    """
    checker: ICredentialsChecker = makeChecker(description)
    return checker


def check(checker: ICredentialsChecker, name: str, password: str) -> Any:
    """
    Ask a checker as our authenticator does: with C{str}.
    """
    credentials: Any = UsernamePassword(name, password)  # type: ignore[arg-type]
    return result(maybeDeferred(adapt(checker).requestAvatarId, credentials))


class TestAdapt:
    """
    L{adapt} gives checkers of any kind the credentials that they want.
    """

    @pytest.fixture(params=["memory", "file"])
    def checker(self, request: pytest.FixtureRequest, tmp_path: Path) -> ICredentialsChecker:
        """
        A checker that C{--auth} makes, which knows alice and bücher.
        """
        if request.param == "memory":
            return made("memory:alice:secret:bücher:schlüssel")
        passwords = tmp_path / "passwords"
        passwords.write_text("alice:secret\nbücher:schlüssel\n", "utf-8")
        return made(f"file:{passwords}")

    @pytest.mark.parametrize(("name", "password"), [("alice", "secret"), ("bücher", "schlüssel")])
    def test_right(self, checker: ICredentialsChecker, name: str, password: str) -> None:
        """
        The right password gives the name.
        """
        assert check(checker, name, password) in (name, name.encode())

    @pytest.mark.parametrize(
        ("name", "password"), [("alice", "Secret"), ("alice", ""), ("bob", "secret"), ("", "")]
    )
    def test_wrong(self, checker: ICredentialsChecker, name: str, password: str) -> None:
        """
        Any other, and any other name, is refused.
        """
        with pytest.raises(UnauthorizedLogin):
            check(checker, name, password)

    def test_derived(self) -> None:
        """
        A checker that derives from the one in memory looks up by itself.
        """

        class Derived(InMemoryUsernamePasswordDatabaseDontUse):
            pass

        checker = Derived()
        checker.addUser("alice", "secret")  # type: ignore[arg-type]
        assert check(checker, "alice", "secret") == "alice"
        with pytest.raises(UnauthorizedLogin):
            check(checker, "alice", "Secret")

    def test_bytes(self) -> None:
        """
        A password of bytes is nobody's, and no fault.
        """
        checker = InMemoryUsernamePasswordDatabaseDontUse(alice=b"secret")
        with pytest.raises(UnauthorizedLogin):
            check(checker, "alice", "secret")

    def test_names(self, checker: ICredentialsChecker) -> None:
        """
        Bytes that are not UTF-8 are a name that nobody has, not a fault.
        """
        with pytest.raises(UnauthorizedLogin):
            check(checker, "\udcff", "\udcff")

    # crypt, which Twisted asks, is not in every Python, and warns in some.
    @pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python has no crypt")
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_unix(self) -> None:
        """
        The accounts of the system; nobody has this one.
        """
        with pytest.raises(UnauthorizedLogin):
            check(makeChecker("unix"), "no such user", "secret")


class TestBytesChecker:
    """
    L{BytesChecker} asks in C{bytes}.
    """

    def test_asksInBytes(self) -> None:
        """
        Also where a byte of either was not UTF-8.
        """
        asked: list[tuple[object, object]] = []

        class Checker:
            credentialInterfaces = (IUsernamePassword,)

            def requestAvatarId(self, credentials: Any) -> Any:
                asked.append((credentials.username, credentials.password))
                return succeed(b"alice")

        checker: Any = Checker()
        assert verifyObject(ICredentialsChecker, BytesChecker(checker))
        assert check(checker, "ä\udcff", "p\udcfe") == b"alice"
        assert asked == [(b"\xc3\xa4\xff", b"p\xfe")]


class Answer:
    """
    A checker that gives one answer, and counts.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked = 0

    def requestAvatarId(self, credentials: Any) -> Any:
        """
        Give it, or raise it.
        """
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return succeed(self.answer)


class TestEitherChecker:
    """
    L{EitherChecker} asks one checker after the other.
    """

    def ask(self, *checkers: Answer) -> Any:
        """
        Ask them.
        """
        either = EitherChecker(checkers)  # type: ignore[arg-type]
        assert verifyObject(ICredentialsChecker, either)
        return result(either.requestAvatarId(UsernamePassword(b"alice", b"secret")))

    def test_firstKnows(self) -> None:
        """
        Then the others are not asked.
        """
        first, second = Answer("first"), Answer("second")
        assert self.ask(first, second) == "first"
        assert (first.asked, second.asked) == (1, 0)

    def test_lastKnows(self) -> None:
        """
        Who is unknown to one may be known to another.
        """
        unknown = Answer(UnauthorizedLogin())
        assert self.ask(unknown, unknown, Answer("last")) == "last"
        assert unknown.asked == 2

    def test_nobodyKnows(self) -> None:
        """
        That is a refusal.
        """
        with pytest.raises(UnauthorizedLogin):
            self.ask(Answer(UnauthorizedLogin()), Answer(UnauthorizedLogin()))

    def test_fault(self) -> None:
        """
        A checker that is broken is not passed over.
        """
        second = Answer("second")
        with pytest.raises(ValueError, match="database"):
            self.ask(Answer(ValueError("database")), second)
        assert second.asked == 0


class TestComplaint:
    """
    L{complaint} tells of checkers that will let nobody in.
    """

    def test_file(self, tmp_path: Path) -> None:
        """
        One that can be read is fine; one that is missing is said.
        """
        passwords = tmp_path / "passwords"
        checker = makeChecker(f"file:{passwords}")
        assert complaint(checker) == f"{passwords} cannot be read: No such file or directory"
        passwords.write_text("alice:secret\n")
        assert complaint(checker) == ""

    def test_otherKinds(self) -> None:
        """
        Nothing is known to be wrong with them.
        """
        assert complaint(makeChecker("memory:alice:secret")) == ""
