"""
One user's quota, with several workers at the same moment.
"""

from __future__ import annotations

import ftplib
import os
import random
import signal
import socket
import sqlite3
import struct
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import pytest

from ftpactive.auth.hashes import makeHash
from tests.end_to_end.conftest import StartServer
from tests.end_to_end.process import Server, eventually
from tests.end_to_end.test_workers import Session, onBoth, workersOf

#: Two names are everybody's, so that workers meet at them.
SHARED = ("x", "y")


class User:
    """
    A user of a server with two workers, with so many sessions.

    @ivar sessions: half of them are with each worker, or nearly so.
    """

    def __init__(self, start: StartServer, folder: Path, quota: str, count: int = 8) -> None:
        self._state = folder / "state"
        self._state.mkdir()
        file = folder / "ftp.toml"
        words = f"[users.alice]\npassword = '{makeHash('secret')}'\nquota-size = '{quota}'\n"
        file.write_text(f"[service]\nstate = '{self._state}'\n{words}")
        file.chmod(0o600)
        self.server: Server = start("--workers=2", f"--config={file}")
        self.found = onBoth(self.server, count, password="secret")
        assert all(self.found.values())
        self.sessions = [*self.found[1], *self.found[2]]

    def onBooks(self) -> tuple[int, int]:
        """
        Give bytes and files that are counted.
        """
        with closing(sqlite3.connect(self._state / "quotas.sqlite")) as books:
            row: tuple[int, int] = books.execute("SELECT size, files FROM usage").fetchone()
            return row

    def onDisk(self) -> tuple[int, int]:
        """
        Give those that are there.
        """
        sizes = []
        for each in self.server.root.iterdir():
            with suppress(FileNotFoundError):
                sizes.append(each.stat().st_size)
        return sum(sizes), len(sizes)

    def together(self, act: Callable[[int, Session], object]) -> None:
        """
        Let all sessions do something at the same time.
        """
        failed: list[BaseException] = []

        def one(number: int, session: Session) -> None:
            try:
                act(number, session)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=one, args=each) for each in enumerate(self.sessions)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert not failed, failed

    def close(self) -> None:
        """
        End all sessions.
        """
        for each in self.sessions:
            each.close()


def put(session: Session, name: str, size: int) -> bool:
    """
    Store a file, and tell whether there was room for it.
    """
    try:
        with suppress(ConnectionError):
            session.storbinary(f"STOR {name}", BytesIO(bytes(size)))
            return True
        # What was not taken any more was thrown away.
        session.voidresp()
    except ftplib.error_perm as error:
        assert "552 Quota exceeded" in str(error)
    return False


def cut(session: Session, name: str) -> None:
    """
    Begin to store a file, and break off.
    """
    with session.transfercmd(f"STOR {name}") as data:
        data.sendall(bytes(2000))
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with pytest.raises(ftplib.error_temp, match="426"):
        session.voidresp()


def anything(choice: random.Random, number: int, session: Session) -> None:
    """
    Do something to some file, whether it can be done or not.
    """
    name = choice.choice([*SHARED, f"own{number}", f"own{number}"])
    what = choice.randrange(8)
    try:
        if what < 4:
            put(session, name, choice.choice([0, 1, 5000, 70000]))
        elif what == 4:
            session.storbinary(f"APPE {name}", BytesIO(bytes(choice.randrange(3000))))
        elif what == 5:
            session.delete(name)
        elif what == 6:
            # One's own: of a file that is renamed while somebody uploads to it,
            # nobody knows what became, and the next login counts.
            session.rename(f"own{number}", f"new{number}")
        else:
            cut(session, name)
    except (ftplib.error_perm, ftplib.error_temp) as error:
        # It is not there, or somebody else has removed it meanwhile.
        assert str(error).startswith(("55", "450")), error


class TestTogether:
    """
    Many sessions with both workers, at once.
    """

    def test_books(self, server: StartServer, tmp_path: Path) -> None:
        """
        In the end what is counted is what is there, also of names that both
        workers changed.
        """
        user = User(server, tmp_path, "100 MiB")

        def act(number: int, session: Session) -> None:
            choice = random.Random(number)
            for _ in range(40):
                anything(choice, number, session)

        user.together(act)
        counted = user.onBooks()
        assert user.sessions[0].sendcmd("SITE QUOTA COUNT").startswith("200")
        assert counted == user.onBooks() == user.onDisk()
        user.close()

    def test_quota(self, server: StartServer, tmp_path: Path) -> None:
        """
        New files never take more than there may be, and nearly all of it is
        given to somebody.
        """
        user = User(server, tmp_path, "1 MiB")
        isOver = threading.Event()
        most = 0

        def watch() -> None:
            nonlocal most
            while not isOver.wait(0.005):
                most = max(most, user.onDisk()[0])

        watcher = threading.Thread(target=watch)
        watcher.start()

        def act(number: int, session: Session) -> None:
            for each in range(30):
                put(session, f"{number}-{each}", 10_000)

        user.together(act)
        isOver.set()
        watcher.join()
        assert user.onBooks() == user.onDisk()
        assert (1 << 20) - 10_000 < max(most, user.onDisk()[0]) <= 1 << 20
        user.close()


class TestDeath:
    """
    A worker that dies with uploads under way.
    """

    def test_countedAgain(self, server: StartServer, tmp_path: Path) -> None:
        """
        Others are not kept waiting, and the next login counts what is there.
        """
        user = User(server, tmp_path, "1 MiB")
        dying, other = user.found[1][0], user.found[2][0]
        data = dying.transfercmd("STOR cut")
        data.sendall(bytes(5000))
        place = user.server.root / "cut"
        eventually(lambda: place.exists() and place.stat().st_size == 5000)
        victim = workersOf(user.server)[0]
        os.kill(victim, signal.SIGKILL)
        assert put(other, "whole", 3000)
        workersOf(user.server, 1)
        user.server.lines[:] = [e for e in user.server.lines if "was killed by" not in e]
        session = Session(user.server, password="secret")
        assert "2 files used" in session.sendcmd("SITE QUOTA")
        assert user.onBooks() == user.onDisk() == (8000, 2)
        data.close()
        session.close()
        user.close()
