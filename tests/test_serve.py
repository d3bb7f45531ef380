"""
Tests for C{tools/serve.py}, which C{make serve} runs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.end_to_end.process import freePort
from tools import serve


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """
    The command lines that were run, which are not.
    """
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, words: commands.append(words))
    return commands


class TestServe:
    """
    What is told is what is done.
    """

    @pytest.mark.parametrize("hosts", [(), ("127.0.0.1",), ("0.0.0.0",)])
    def test_host(
        self,
        tmp_path: Path,
        became: list[list[str]],
        capsys: pytest.CaptureFixture[str],
        hosts: tuple[str, ...],
    ) -> None:
        """
        Guests from elsewhere come in only where that is asked for.
        """
        port = freePort()
        serve.main(str(port), str(tmp_path), *hosts)
        host = hosts[0] if hosts else "127.0.0.1"
        assert f"tcp:{port}:interface={host}" in became[0]
        assert f"ftp://127.0.0.1:{port}/ " in capsys.readouterr().out

    def test_noAddress(self, tmp_path: Path) -> None:
        """
        What is none is said in one line.
        """
        with pytest.raises(SystemExit, match="HOST=here is not an IPv4 address"):
            serve.main("2121", str(tmp_path), "here")
