"""
Tests for L{ftpactive.output}.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from ftpactive.output import say


def test_say(capsys: pytest.CaptureFixture[str]) -> None:
    """
    It is one line.
    """
    say("Hello")
    assert capsys.readouterr().out == "Hello\n"


def test_full() -> None:
    """
    What cannot be printed is one line as well, and an error.
    """
    program = "from ftpactive.config.command import main; main(['sample'])"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, b"Cannot print: No space left on device\n")
