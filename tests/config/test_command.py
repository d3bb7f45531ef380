"""
Tests for L{ftpactive.config.command}.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ftpactive.config.command import main
from ftpactive.config.sample import sample


def test_sample(capsys: pytest.CaptureFixture[str]) -> None:
    """
    C{ftpactive-config sample} prints it.
    """
    main(["sample"])
    assert capsys.readouterr().out == sample()


def test_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    C{ftpactive-config check FILE} says that it is good.
    """
    file = tmp_path / "f.toml"
    file.write_text('service.root = "."\nguests.enabled = true')
    main(["check", str(file)])
    assert capsys.readouterr().out == f"{file}: good\n"


def test_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    What its author should know stands before that.
    """
    file = tmp_path / "f.toml"
    known = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b2dWRWJTmaaJObG"
    file.write_text(f'service.root = "."\nusers.a.password = "{known}"')
    file.chmod(0o644)
    main(["check", str(file)])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"Warning: {file} holds hashes ")
    assert second == f"{file}: good"


def test_wrong(tmp_path: Path) -> None:
    """
    Or it says what is wrong, and exits with an error.
    """
    file = tmp_path / "f.toml"
    file.write_text("x = 1")
    with pytest.raises(SystemExit) as raised:
        main(["check", str(file)])
    assert raised.value.code == (
        f"{file}:1: x is not known; see ftpactive-config sample for what is"
    )


def test_certificate(tmp_path: Path) -> None:
    """
    It looks into the files of TLS, too.
    """
    file = tmp_path / "f.toml"
    file.write_text('service.root = "."\nguests.enabled = true\ntls.certificate = "f.toml"')
    with pytest.raises(SystemExit) as raised:
        main(["check", str(file)])
    assert str(raised.value.code).startswith(f"{file}: ")
    assert "good" not in str(raised.value.code)
