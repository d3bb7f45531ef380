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

    def test_tls(
        self,
        tmp_path: Path,
        became: list[list[str]],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """
        With TLS there is a certificate, whose key nobody else can read, and a
        command that trusts it.
        """
        (tmp_path / "root").mkdir()
        monkeypatch.chdir(tmp_path)
        serve.main(str(freePort()), "root", "127.0.0.1", "1")
        file = tmp_path / ".serve" / "certificate.pem"
        assert became[0][-2:] == ["--tls-certificate", str(file)]
        assert file.stat().st_mode & 0o777 == 0o600
        assert f"--cacert {file}" in capsys.readouterr().out

    def test_keyIsNotServed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A folder that holds the key is not served.
        """
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit, match="the key of TLS would be served"):
            serve.main(str(freePort()), str(tmp_path), "127.0.0.1", "1")
