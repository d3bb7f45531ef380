"""
Tests for L{ftpactive.config.assembly}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftpactive.config.assembly import Assembly, finder, makeDaemon
from ftpactive.config.configuration import Configuration, Site
from ftpactive.config.reading import Sources
from ftpactive.core.account import Account, Mount
from ftpactive.core.limits import Limits
from ftpactive.core.settings import Settings
from ftpactive.service import CannotServe
from tests.net.played import PlayedReactor


def configuration(
    folder: Path, welcome: str = "hello", loginDelay: float = 1, **limits: int
) -> Configuration:
    """
    Make one with guests and a host.
    """
    guests = Account("anonymous", mounts=(Mount((), str(folder)),))
    site = Site(Settings(welcome=welcome, loginDelay=loginDelay), guests=guests)
    hosts = {"a.example": Site(Settings(welcome="host"), guests=guests)}
    return Configuration(
        site, Limits(**limits), hosts=hosts, listeners=("tcp:1", "tcp:2"), user="somebody"
    )


class TestFinder:
    """
    L{finder} finds the account of a name.
    """

    guests = Account("anonymous")
    alice = Account("alice", sessions=1)
    find = staticmethod(
        finder(Site(Settings(), (alice,), guests=guests, others=Account("", sessions=2)))
    )

    def test_user(self) -> None:
        """
        Users of the file have what the file says of them.
        """
        assert self.find("alice") is self.alice

    def test_guest(self) -> None:
        """
        Guests share one account.
        """
        assert self.find("anonymous") is self.find("FTP") is self.guests

    def test_other(self) -> None:
        """
        Everybody else has what holds for others, under their own name.
        """
        assert self.find("bob") == Account("bob", sessions=2)


class TestAssembly:
    """
    L{Assembly} makes factories of configurations, and changes them.
    """

    def test_factory(self, tmp_path: Path) -> None:
        """
        All of it comes to the factory.
        """
        made = Assembly(PlayedReactor()).makeFactory(configuration(tmp_path, sessions=5))
        assert made.services.settings.welcome == "hello"
        assert made.services.hosts["a.example"].settings.welcome == "host"
        assert made.guard.limits.sessions == 5

    def test_change(self, tmp_path: Path) -> None:
        """
        And so does what changes; the data port's processes stay.
        """
        assembly = Assembly(PlayedReactor())
        made = assembly.makeFactory(configuration(tmp_path))
        before, connecting = made.services, made.connecting
        assembly.change(made, configuration(tmp_path, "changed", sessions=5, loginDelay=7))
        assert made.services.settings.welcome == "changed"
        assert made.guard.limits.sessions == 5
        assert made.guard.record.delay == 7
        assert made.connecting is connecting
        opener: Any = made.services.makeOpener
        assert opener.keywords["connecting"] is connecting
        assert before.settings.welcome == "hello", "sessions that are there keep theirs"

    def test_owners(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loggedLines: list[str]
    ) -> None:
        """
        Whether uploads can be given away is asked when root has been shed.
        """
        monkeypatch.setattr("ftpactive.storage.ownership._STATUS", str(tmp_path / "missing"))
        monkeypatch.setattr("os.geteuid", lambda: 54321)
        reactor = PlayedReactor()
        guests = Account("anonymous", mounts=(Mount((), str(tmp_path)),), owner="nobody")
        chosen = Configuration(Site(Settings(), guests=guests), Limits())
        Assembly(reactor).makeFactory(chosen)
        assert loggedLines == []
        for function, arguments, others in reactor.whenRunningHooks:
            function(*arguments, **others)
        assert [line.split(" cannot ")[0] for line in loggedLines] == [
            "What user anonymous uploads"
        ]

    def test_state(self, tmp_path: Path) -> None:
        """
        The books of quotas are opened; without a folder, nothing is.
        """
        Assembly(PlayedReactor(), str(tmp_path)).openState()
        assert (tmp_path / "quotas.sqlite").exists()
        Assembly(PlayedReactor()).openState()

    def test_badState(self, tmp_path: Path) -> None:
        """
        That they cannot be written to is said in one line, with what to do.
        """
        (tmp_path / "quotas.sqlite").mkdir()
        expected = "^activeftp: cannot write to quotas.sqlite in the state folder .*writable for"
        with pytest.raises(CannotServe, match=expected):
            Assembly(PlayedReactor(), str(tmp_path)).openState()


def test_daemon(tmp_path: Path) -> None:
    """
    L{makeDaemon} gives the process its listeners, and the user it becomes.
    """
    daemon: Any = makeDaemon(Sources("", {}), configuration(tmp_path), PlayedReactor())
    assert [endpoint._port for endpoint, _ in daemon._endpoints] == [1, 2]
    assert daemon._user == "somebody"


def test_daemonWithoutState(tmp_path: Path) -> None:
    """
    It does not start where it could not keep what it has to.
    """
    chosen = Configuration(Site(Settings()), Limits(), stateFolder=str(tmp_path / "missing"))
    with pytest.raises(CannotServe, match="unable to open"):
        makeDaemon(Sources("", {}), chosen, PlayedReactor()).startService()
