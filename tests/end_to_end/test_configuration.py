"""
C{--config}: what a file says, and C{SIGHUP}, which reads it again.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from ftpactive.auth.hashes import makeHash
from tests.end_to_end.conftest import StartServer
from tests.end_to_end.process import Server
from tests.end_to_end.rawclient import RawClient
from tests.end_to_end.test_command_line import startInVain


class File:
    """
    A configuration file, and the server that reads it.

    @ivar path: the file.
    @ivar folder: what its users see.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ftpactive.toml"
        self.folder = folder / "served"
        self.folder.mkdir()
        self.path.touch(mode=0o600)
        self.users: dict[str, str] = {}
        self.write(alice="secret")

    def write(self, more: str = "", **users: str) -> None:
        """
        Write it anew: with more users, and whatever else.
        """
        self.users |= {name: makeHash(password) for name, password in users.items()}
        tables = [f"[users.{name}]\npassword = '{known}'" for name, known in self.users.items()]
        shared = f"[defaults]\nroot = '{self.folder}'\natomic = true\n"
        self.path.write_text("\n".join([more, shared, *tables]))

    def readAgain(self, server: Server) -> str:
        """
        Have a server read it, and give the line that tells what came of it.
        """
        before = len(server.lines)
        os.kill(server.process.pid, signal.SIGHUP)
        found = server.wait(r"SIGHUP: (nothing has changed: .*|\S+ is in force .*)", after=before)
        return found[1]


@pytest.fixture
def file(tmp_path: Path) -> File:
    """
    A file with one user, C{alice}.
    """
    return File(tmp_path)


def isLetIn(server: Server, name: str, password: str) -> bool:
    """
    Can somebody log in?
    """
    with RawClient(server) as client:
        client.expect(331, f"USER {name}")
        return client.ask(f"PASS {password}").startswith("230 ")


class TestStart:
    """
    What is said in the file holds.
    """

    def test_user(self, server: StartServer, file: File) -> None:
        """
        Its users log in, nobody else does, and what they see is theirs.
        """
        (file.folder / "file").write_bytes(b"contents")
        started = server(f"--config={file.path}")
        with RawClient(started).login("alice", "secret") as client:
            assert client.fetch("file") == b"contents"
        assert not isLetIn(started, "alice", "other")
        assert not isLetIn(started, "anonymous", "guest@")

    def test_commandLineCounts(self, server: StartServer, file: File) -> None:
        """
        An option replaces what the file says.
        """
        file.write('service.welcome = "of the file"\ntimeouts.login = 7\n')
        with RawClient(server(f"--config={file.path}", "--welcome=of the option")) as client:
            assert client.greeting == "220 of the option"

    def test_mistake(self, tmp_path: Path) -> None:
        """
        A file that is wrong is one line, and exit status 1.
        """
        (tmp_path / "f.toml").write_text("\n[limits]\nsessions = 'many'")
        printed = startInVain(tmp_path, "-n", "--pidfile=", "activeftp", "--config=f.toml")
        words = f'{tmp_path}/f.toml:3: limits.sessions takes a number from 0, not "many"'
        assert printed.splitlines()[-1] == f"activeftp: {words}"


class TestReload:
    """
    C{SIGHUP} reads the file again.
    """

    def test_newUser(self, server: StartServer, file: File) -> None:
        """
        A user who is new can log in, and a session that is there goes on.
        """
        started = server(f"--config={file.path}")
        with RawClient(started).login("alice", "secret") as client:
            assert not isLetIn(started, "bob", "hidden")
            file.write(bob="hidden")
            assert file.readAgain(started) == f"{file.path} is in force for new sessions"
            assert isLetIn(started, "bob", "hidden")
            client.expect(200, "NOOP")

    def test_removedUser(self, server: StartServer, file: File) -> None:
        """
        One who is gone cannot log in any more, and ends the session at leisure.
        """
        file.write(bob="hidden")
        started = server(f"--config={file.path}")
        with RawClient(started).login("bob", "hidden") as client:
            del file.users["bob"]
            file.write()
            file.readAgain(started)
            assert not isLetIn(started, "bob", "hidden")
            client.expect(257, "PWD")
            client.expect(250, "CWD /")

    def test_settings(self, server: StartServer, file: File) -> None:
        """
        Settings are those of the new file, for new sessions.
        """
        started = server(f"--config={file.path}")
        file.write('service.welcome = "changed"\n')
        file.readAgain(started)
        with RawClient(started) as client:
            assert client.greeting == "220 changed"

    def test_limits(self, server: StartServer, file: File) -> None:
        """
        So are limits; those who are there already count.
        """
        started = server(f"--config={file.path}")
        with RawClient(started).login("alice", "secret") as client:
            file.write("limits.sessions-per-address = 1\n")
            file.readAgain(started)
            with RawClient(started) as other:
                assert other.greeting.startswith("421 ")
            client.expect(200, "NOOP")

    def test_broken(self, server: StartServer, file: File) -> None:
        """
        A file that cannot be used changes nothing, and the log says why in one
        line.
        """
        started = server(f"--config={file.path}")
        file.write('service.welcome = "changed"\n[limits]\nsessions = "many"\n', bob="hidden")
        assert file.readAgain(started) == (
            f'nothing has changed: {file.path}:3: limits.sessions takes a number from 0, not "many"'
        )
        assert not isLetIn(started, "bob", "hidden")
        with RawClient(started).login("alice", "secret"):
            pass
        with RawClient(started) as client:
            assert client.greeting == "220 ftpactive ready"

    def test_gone(self, server: StartServer, file: File) -> None:
        """
        So does one that cannot be read any more.
        """
        started = server(f"--config={file.path}")
        file.path.unlink()
        assert file.readAgain(started) == (
            f"nothing has changed: {file.path} cannot be read: No such file or directory"
        )
        assert isLetIn(started, "alice", "secret")

    def test_mended(self, server: StartServer, file: File) -> None:
        """
        What was broken may be mended, as often as one likes.
        """
        started = server(f"--config={file.path}")
        file.path.write_text("x")
        assert file.readAgain(started).startswith("nothing has changed: ")
        file.write(bob="hidden")
        assert file.readAgain(started).endswith(" is in force for new sessions")
        assert isLetIn(started, "bob", "hidden")

    def test_needsRestart(self, server: StartServer, file: File, tmp_path: Path) -> None:
        """
        What holds until the end of the process is named.
        """
        started = server(f"--config={file.path}")
        file.write(f"service.state = '{tmp_path}'\nservice.user = 'root'\ndata.port = 20\n")
        file.readAgain(started)
        named = re.findall(r"SIGHUP: (\S+?),? .*needs a restart", started.log)
        assert named == ["service.user", "service.state", "data.port"]
