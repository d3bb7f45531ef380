"""
Tests for L{ftpactive.net.keyfiles}.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from ftpactive.core.protection import KeyPair
from ftpactive.net.keyfiles import BadFile, Fresh, Identity, readIdentity
from tools.selfsigned import selfSigned, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """
    A certificate with its key.
    """
    file = tmp_path / "one.pem"
    write(file, ["one"])
    return file


class TestReadIdentity:
    """
    L{readIdentity} takes what operators have.
    """

    def test_oneFile(self, file: Path) -> None:
        """
        Both may be in one file.
        """
        assert len(readIdentity(KeyPair(str(file))).chain) == 1

    def test_twoFiles(self, file: Path, tmp_path: Path) -> None:
        """
        Or in two, the certificate with those that lead to its root.
        """
        certificate, key = file.read_text().split("-----BEGIN PRIVATE", 1)
        (tmp_path / "c").write_text(certificate * 3)
        (tmp_path / "k").write_text("-----BEGIN PRIVATE" + key)
        pair = KeyPair(str(tmp_path / "c"), str(tmp_path / "k"))
        assert len(readIdentity(pair).chain) == 3

    @pytest.mark.parametrize(
        ("days", "words"), [(0, ["expired"]), (6.9, ["expires"]), (7.1, []), (365, [])]
    )
    def test_end(self, file: Path, days: float, words: list[str]) -> None:
        """
        One that holds no longer, or not for long, is told of; it is taken
        all the same, as clients may not look.
        """
        file.write_bytes(selfSigned(["one"], days))
        with capturedLogs() as events:
            identity = readIdentity(KeyPair(str(file)))
        day = identity.chain[0].not_valid_after_utc.date()
        assert [formatEvent(event) for event in events] == [
            f"Warning: the certificate in {file} {word} on {day}: renew it, or clients will not"
            " connect"
            for word in words
        ]

    def test_missing(self) -> None:
        """
        What is not there is named.
        """
        with pytest.raises(BadFile, match="^/none: No such file or directory$"):
            readIdentity(KeyPair("/none"))

    def test_noCertificate(self, tmp_path: Path) -> None:
        """
        So is what is not PEM.
        """
        (tmp_path / "x").write_text("hello")
        with pytest.raises(BadFile, match="x: holds no certificate in PEM"):
            readIdentity(KeyPair(str(tmp_path / "x")))

    def test_noKey(self, file: Path, tmp_path: Path) -> None:
        """
        A certificate alone does not do.
        """
        (tmp_path / "x").write_text("hello")
        with pytest.raises(BadFile, match="x: holds no private key in PEM"):
            readIdentity(KeyPair(str(file), str(tmp_path / "x")))

    def test_otherKey(self, file: Path, tmp_path: Path) -> None:
        """
        Nor does somebody else's key.
        """
        write(tmp_path / "two", ["two"])
        with pytest.raises(BadFile, match="two: not the key of .*one.pem"):
            readIdentity(KeyPair(str(file), str(tmp_path / "two")))

    def test_encrypted(self, file: Path, tmp_path: Path) -> None:
        """
        Nobody is there to be asked for a password.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        secret = BestAvailableEncryption(b"x")
        (tmp_path / "k").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
        with pytest.raises(BadFile, match="k: the key is encrypted"):
            readIdentity(KeyPair(str(file), str(tmp_path / "k")))


class TestFresh:
    """
    L{Fresh} reads files again.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        """
        The time.
        """
        return Clock()

    @pytest.fixture
    def fresh(self, file: Path, clock: Clock) -> Fresh[Identity]:
        """
        What is made of the file.
        """
        return Fresh((str(file),), lambda: readIdentity(KeyPair(str(file))), clock.seconds)

    def test_unchanged(self, fresh: Fresh[Identity], clock: Clock) -> None:
        """
        What has not changed is not read.
        """
        before = fresh.get()
        clock.advance(60)
        assert fresh.get() is before

    def test_changed(self, fresh: Fresh[Identity], file: Path, clock: Clock) -> None:
        """
        What has is, after a second.
        """
        before = fresh.get()
        file.write_bytes(selfSigned(["one"]))
        assert fresh.get() is before
        clock.advance(1)
        assert fresh.get().chain != before.chain

    @pytest.mark.parametrize("how", ["broken", "gone"])
    def test_broken(
        self, fresh: Fresh[Identity], file: Path, clock: Clock, loggedLines: list[str], how: str
    ) -> None:
        """
        What cannot be used changes nothing, and is told once, without a word of
        what is in it.
        """
        before = fresh.get()
        if how == "broken":
            file.write_text("-----BEGIN PRIVATE KEY----- secret")
        else:
            file.unlink()
        for _ in range(3):
            clock.advance(1)
            assert fresh.get() is before
        (line,) = loggedLines
        assert str(file) in line and "secret" not in line

    def test_mended(self, fresh: Fresh[Identity], file: Path, clock: Clock) -> None:
        """
        And when it can be used again, it is.
        """
        before = fresh.get()
        os.unlink(file)
        clock.advance(1)
        fresh.get()
        write(file, ["one"])
        clock.advance(1)
        assert fresh.get().chain != before.chain

    def test_permitted(self, file: Path, clock: Clock) -> None:
        """
        What could not be read is, once it may be: nothing else of the file changes.
        """
        answers: list[str | None] = ["first", None, "second"]

        def make() -> str:
            answer = answers.pop(0)
            if answer is None:
                raise BadFile("Permission denied")
            return answer

        fresh = Fresh((str(file),), make, clock.seconds)
        write(file, ["one"])
        clock.advance(1)
        assert fresh.get() == "first"
        before = file.stat().st_ctime_ns
        while file.stat().st_ctime_ns == before:
            file.chmod(0o640)
        clock.advance(1)
        assert fresh.get() == "second"
