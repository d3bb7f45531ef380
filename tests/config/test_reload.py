"""
Tests for L{ftpactive.config.reload}.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ftpactive.accounts import BadAccount
from ftpactive.config.configuration import Configuration
from ftpactive.config.mistakes import Mistake
from ftpactive.config.reading import Sources
from ftpactive.config.reload import Reload
from ftpactive.service import CannotServe

#: A file that can be used.
GOOD = 'service.root = "."\nguests.enabled = true\n'


class Changes:
    """
    A file, what was made of it so far, and how that ended.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "f.toml"
        self.file.write_text(GOOD)
        sources = Sources(str(self.file), {})
        self.made: list[Configuration] = []
        self.failure: Exception | None = None
        self.reload = Reload(sources, sources.read(), self._change)

    def _change(self, configuration: Configuration) -> None:
        if self.failure is not None:
            raise self.failure
        self.made.append(configuration)

    def write(self, more: str) -> None:
        """
        Change the file, and read it again.
        """
        self.file.write_text(GOOD + more)
        self.reload()


@pytest.fixture
def changes(tmp_path: Path) -> Changes:
    """
    One that has just started.
    """
    return Changes(tmp_path)


def test_change(changes: Changes, loggedLines: list[str]) -> None:
    """
    What the file says now is put in force, and the log says so.
    """
    changes.write("limits.sessions = 7")
    assert [each.limits.sessions for each in changes.made] == [7]
    assert loggedLines == [f"SIGHUP: {changes.file} is in force for new sessions"]


def test_mistake(changes: Changes, loggedLines: list[str]) -> None:
    """
    What cannot be used is not, and the log says why.
    """
    changes.write('limits.sessions = "many"')
    assert changes.made == []
    [line] = loggedLines
    words = 'limits.sessions takes a number from 0, not "many"'
    assert line == f"SIGHUP: nothing has changed: {changes.file}:3: {words}"


@pytest.mark.parametrize(
    "failure",
    [CannotServe("activeftp: no such key"), BadAccount("no such key"), Mistake("no such key")],
)
def test_failure(changes: Changes, loggedLines: list[str], failure: Exception) -> None:
    """
    Nor is what cannot be put in force.
    """
    changes.failure = failure
    changes.write("")
    assert loggedLines == ["SIGHUP: nothing has changed: no such key"]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ('service.listen = ["tcp:1"]', ["service.listen"]),
        ('service.user = "root"', ["service.user"]),
        ('service.state = "."', ["service.state"]),
        ("data.port = 20", ["data.port, for ports below 1024,"]),
        ('data.port = "2020,20"', ["data.port, for ports below 1024,"]),
        ("data.port = 2020", []),
        ('service.welcome = "hello"', []),
    ],
)
def test_restart(changes: Changes, loggedLines: list[str], more: str, names: list[str]) -> None:
    """
    What holds until the process ends is named.
    """
    changes.write(more)
    expected = [f"SIGHUP: {name} has changed, and needs a restart" for name in names]
    assert loggedLines[:-1] == expected


def test_changedBack(changes: Changes, loggedLines: list[str]) -> None:
    """
    And not when it is again what the process began with.
    """
    changes.write("data.port = 20")
    loggedLines.clear()
    changes.write("")
    assert len(loggedLines) == 1


def test_implicitListenersNeedTLS(tmp_path: Path, loggedLines: list[str]) -> None:
    """
    Listeners that begin with TLS do not lose it.
    """
    file = tmp_path / "f.toml"
    text = f'{GOOD}tls.certificate = "f.toml"\nservice.listen-implicit = ["tcp:1"]\n'
    file.write_text(text)
    sources = Sources(str(file), {})
    reload = Reload(sources, sources.read(), lambda configuration: None)
    file.write_text(GOOD)
    reload()
    assert loggedLines == [
        "SIGHUP: nothing has changed: tls.certificate is gone, and listeners of"
        " service.listen-implicit need it until a restart"
    ]


def test_noFile(loggedLines: list[str]) -> None:
    """
    Without a file there is nothing to read.
    """
    sources = Sources("", {("service", "root"): "/tmp", ("guests", "enabled"): True})
    Reload(sources, sources.read(), lambda configuration: None)()
    assert loggedLines == ["SIGHUP: options are read at the start only; going on"]
