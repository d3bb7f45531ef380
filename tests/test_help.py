"""
What the commands tell of themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftpactive import check, passwords
from ftpactive.config import command


@pytest.mark.parametrize("main", [check.main, command.main, passwords.main])
def test_help(main: Callable[[list[str]], None], capsys: pytest.CaptureFixture[str]) -> None:
    """
    No command shows the marks of its docstring to who asks for help.
    """
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "ftpactive-" in out and "C{" not in out
