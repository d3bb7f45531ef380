"""
Tests for the command C{ftpactive-password}.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from ftpactive.auth.hashes import complaint, isRight
from ftpactive.auth.hashfile import parse
from ftpactive.passwords import main

COMMAND = [sys.executable, "-c", "from ftpactive.passwords import main; main()"]


def runCommand(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """
    Run the command with something on its standard input.
    """
    return subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, timeout=60)


class TestLine:
    """
    Where standard input is no terminal, one line is read there.
    """

    @pytest.mark.parametrize("data", [b"pass:word \n", b"pass:word \r\nmore\n", b"pass:word "])
    def test_hash(self, data: bytes) -> None:
        """
        The hash of the line, and nothing else, is printed: it goes right into
        a file.
        """
        done = runCommand(data)
        assert (done.returncode, done.stderr) == (0, b"")
        known = done.stdout.decode().removesuffix("\n")
        assert complaint(known) == "" and isRight(known, "pass:word ")

    def test_name(self) -> None:
        """
        With a name it is a line for C{--auth ftpactive:FILE}.
        """
        [(name, known)] = parse("users", runCommand(b"secret\n", "alice").stdout)
        assert name == "alice" and isRight(known, "secret")

    def test_bytes(self) -> None:
        """
        Bytes are those that a client will send, UTF-8 or not.
        """
        known = runCommand(b"p\xff\n").stdout.decode().strip()
        assert isRight(known, "p\udcff")

    @pytest.mark.parametrize(
        ("data", "arguments", "words"),
        [
            (b"", [], b"an empty password would let everybody in"),
            (b"\n", [], b"an empty password would let everybody in"),
            (b"secret\n", [""], b"a user's name is one line of text"),
            (b"secret\n", ["a\nb"], b"a user's name is one line of text"),
            (b"secret\n", ["#a"], b"a line that begins with # is no user"),
        ],
    )
    def test_mistake(self, data: bytes, arguments: list[str], words: bytes) -> None:
        """
        One line tells what is wrong, and nothing is printed.
        """
        done = runCommand(data, *arguments)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == b"ftpactive-password: %s\n" % words


class TestTerminal:
    """
    At a terminal, the password is asked for twice.
    """

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """
        What is answered, one after the other.
        """
        answers: list[str] = []

        def answer(prompt: str) -> str:
            if not answers:
                raise EOFError
            return answers.pop(0)

        monkeypatch.setattr("getpass.getpass", answer)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        return answers

    def test_same(self, asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """
        Twice the same is the password.
        """
        asked += ["secret", "secret"]
        main([])
        assert isRight(capsys.readouterr().out.strip(), "secret")

    @pytest.mark.parametrize(
        ("answers", "words"),
        [
            (["secret", "Secret"], "these were two different passwords"),
            (["", ""], "an empty password would let everybody in"),
            (["secret"], "an empty password would let everybody in"),
        ],
    )
    def test_mistake(self, asked: list[str], answers: list[str], words: str) -> None:
        """
        Anything else is none.
        """
        asked += answers
        with pytest.raises(SystemExit, match=words):
            main([])

    def test_interrupted(self, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Who thinks better of it gets no traceback.
        """

        def interrupt(prompt: str) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr("getpass.getpass", interrupt)
        with pytest.raises(SystemExit, match="nothing was made"):
            main([])

    def test_noEcho(self) -> None:
        """
        A real terminal shows nothing of it.
        """
        terminal, child = pty.openpty()
        with subprocess.Popen(
            COMMAND, stdin=child, stdout=child, stderr=child, start_new_session=True
        ) as process:
            os.close(child)
            shown = readUntil(terminal, b"Password: ")
            os.write(terminal, b"secret\n")
            shown += readUntil(terminal, b"again: ")
            os.write(terminal, b"secret\n")
            shown += readUntil(terminal, b"$argon2id$")
            shown += readUntil(terminal, b"\n")
            assert process.wait(60) == 0
        os.close(terminal)
        assert b"secret" not in shown


def readUntil(terminal: int, words: bytes) -> bytes:
    """
    Read what a terminal shows, until it shows some words.
    """
    shown = b""
    while words not in shown:
        shown += os.read(terminal, 1)
    return shown
