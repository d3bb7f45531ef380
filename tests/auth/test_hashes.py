"""
Tests for L{ftpactive.auth.hashes}.
"""

from __future__ import annotations

import argon2
import pytest
from argon2 import PasswordHasher, extract_parameters

from ftpactive.auth.hashes import (
    complaint,
    decoy,
    isOutdated,
    isRight,
    makeHash,
)
from tests.auth.cheap import cheapHash

SOME = cheapHash("secret")


@pytest.fixture(scope="module")
def known() -> str:
    """
    A hash as the command makes it.
    """
    return makeHash("pass:wörd\udcff")


class TestHash:
    """
    L{makeHash} and L{isRight} belong together.
    """

    def test_parametersAreTheRecommendedOnes(self, known: str) -> None:
        """
        Those that argon2-cffi recommends, RFC 9106: argon2id, 64 MiB.
        """
        assert extract_parameters(known) == argon2.profiles.get_default_parameters()
        assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")

    def test_rightPassword(self, known: str) -> None:
        """
        The same bytes are right, those that are not UTF-8 too.
        """
        assert isRight(known, "pass:wörd\udcff")

    @pytest.mark.parametrize("password", ["", "pass:wörd", "Pass:wörd\udcff", "pass:wörd\udcfe"])
    def test_wrongPassword(self, known: str, password: str) -> None:
        """
        Others are not.
        """
        assert not isRight(known, password)

    def test_hashesDiffer(self) -> None:
        """
        Two hashes of one password are not the same.
        """
        assert cheapHash("a") != cheapHash("a")

    def test_outdated(self, known: str) -> None:
        """
        Whose parameters are not those of today is.
        """
        assert isOutdated(SOME)
        assert not isOutdated(known)


class TestComplaint:
    """
    L{complaint} tells what is wrong with a hash before anybody logs in.
    """

    @pytest.mark.parametrize("text", [SOME, decoy(SOME)])
    def test_good(self, text: str) -> None:
        """
        There is nothing to say of one that can be used.
        """
        assert complaint(text) == ""

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "secret",
            "$1$salt$digest",
            PasswordHasher(1, 8, 1, type=argon2.Type.I).hash("a"),
            SOME[:-40],
            SOME + "=",
            SOME.replace("v=19", "v=18"),
            f"{SOME} ",
            f"{SOME}\n",
        ],
    )
    def test_noHash(self, text: str) -> None:
        """
        Anything but an argon2id hash, whole and of today's version.
        """
        assert complaint(text) == "this is no argon2id hash: make one with ftpactive-password"

    @pytest.mark.parametrize(
        ("old", "new"),
        [("m=8", "m=1048577"), ("t=1", "t=101"), ("p=1", "p=65"), ("m=8", "m=" + "9" * 30)],
    )
    def test_tooMuch(self, old: str, new: str) -> None:
        """
        One that would take all memory, or minutes, is a mistake.
        """
        assert "costs too much" in complaint(SOME.replace(old, new))

    @pytest.mark.parametrize(("old", "new"), [("m=8", "m=7"), ("t=1", "t=0"), ("p=1", "p=0")])
    def test_tooLittle(self, old: str, new: str) -> None:
        """
        So is one that argon2 cannot compute.
        """
        assert "costs too little" in complaint(SOME.replace(old, new))


class TestDecoy:
    """
    A decoy takes as long as a hash, and no password has it.
    """

    def test_sameParameters(self) -> None:
        """
        They are those of the hash, salt and digest are not.
        """
        other = decoy(SOME)
        assert extract_parameters(other) == extract_parameters(SOME)
        assert not set(other.split("$")[4:]) & set(SOME.split("$")[4:])

    def test_canBeVerified(self) -> None:
        """
        The work is done, and the answer is no.
        """
        assert not isRight(decoy(SOME), "secret")
