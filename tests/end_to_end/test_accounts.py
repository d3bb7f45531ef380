"""
Users with hashed passwords: C{--auth ftpactive:FILE}, C{ftpactive-password},
and accounts of the configuration file.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from select import select

import pytest

from tests.auth.cheap import cheapHash
from tests.end_to_end.conftest import StartServer
from tests.end_to_end.process import environment
from tests.end_to_end.rawclient import RawClient

SECRET = "correct: Pferd:battery"


def makeLine(name: str, password: str) -> str:
    """
    Make a line for a file of users, with the command.
    """
    command = [sys.executable, "-c", "from ftpactive.passwords import main; main()", name]
    data = f"{password}\n"
    return subprocess.run(
        command, input=data, capture_output=True, text=True, check=True, env=environment()
    ).stdout


class TestAuth:
    """
    C{--auth ftpactive:FILE}.
    """

    @pytest.fixture
    def users(self, tmp_path: Path) -> Path:
        """
        A file that knows alice.
        """
        file = tmp_path / "users"
        file.write_text(makeLine("alice", SECRET))
        return file

    def test_login(self, server: StartServer, users: Path) -> None:
        """
        What the command made lets its user in; a password may hold colons.
        """
        with RawClient(server(f"--auth=ftpactive:{users}")).login("alice", SECRET) as client:
            client.put("file", b"contents")
            assert client.fetch("file") == b"contents"

    @pytest.mark.parametrize(("name", "password"), [("alice", "correct"), ("bob", SECRET)])
    def test_refusal(self, server: StartServer, users: Path, name: str, password: str) -> None:
        """
        Who is wrong, and who is unknown, hears the same words.
        """
        with RawClient(server(f"--auth=ftpactive:{users}")) as client:
            client.expect(331, f"USER {name}")
            assert client.ask(f"PASS {password}").rstrip() == "530 Login incorrect"

    def test_newUser(self, server: StartServer, users: Path) -> None:
        """
        A user who is added can come in at once.
        """
        started = server(f"--auth=ftpactive:{users}")
        with RawClient(started).login("alice", SECRET):
            pass
        users.write_text(users.read_text() + f"bob:{cheapHash('other')}\n")
        with RawClient(started).login("bob", "other") as bob:
            bob.expect(257, "PWD")

    def test_othersGoOn(self, server: StartServer, users: Path) -> None:
        """
        While passwords are verified, others are served: a client is answered
        before all logins that were sent before its commands.
        """
        started = server(f"--auth=ftpactive:{users}", "--anonymous")
        with RawClient(started).login() as other, ExitStack() as stack:
            comers = [stack.enter_context(RawClient(started)) for _ in range(8)]
            for client in comers:
                client.expect(331, "USER alice")
            for client in comers:
                client.send(f"PASS {SECRET}")
            for _ in range(3):
                other.expect(200, "NOOP")
            answered, _, _ = select([client.control for client in comers], [], [], 0)
            assert len(answered) < len(comers)
            assert all(client.reply().startswith("230 ") for client in comers)


class TestAccounts:
    """
    Accounts of the configuration file.
    """

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """
        A file with a user who sees two folders, and guests with a drop box.
        """
        for name in ("home", "public", "public/incoming"):
            (tmp_path / name).mkdir()
        (tmp_path / "public" / "a").write_bytes(b"hello")
        file = tmp_path / "ftpactive.toml"
        file.write_text(
            f"""
            [service]
            root = "public"
            [users.alice]
            password = "{cheapHash(SECRET)}"
            root = "home"
            mounts = {{ "/pub" = "public" }}
            permissions = {{ "/" = "everything", "/pub" = "reading" }}
            umask = "077"
            [guests]
            enabled = true
            root = "public"
            permissions = {{ "/" = "reading", "/incoming" = "drop" }}
            """
        )
        return file

    def test_user(self, server: StartServer, file: Path) -> None:
        """
        The user writes here and reads there.
        """
        with RawClient(server("--config", str(file))).login("alice", SECRET) as alice:
            alice.put("file", b"contents")
            assert alice.fetch("pub/a") == b"hello"
            assert alice.ask("DELE pub/a").startswith("550")
            assert alice.ask("RMD pub").startswith("550")
        assert (file.parent / "home" / "file").stat().st_mode & 0o777 == 0o600

    def test_guest(self, server: StartServer, file: Path) -> None:
        """
        A guest fetches files, and leaves one that nobody else will see.
        """
        with RawClient(server("--config", str(file))).login() as guest:
            assert guest.fetch("a") == b"hello"
            guest.expect(250, "CWD incoming")
            guest.put("mine", b"contents")
            assert guest.ask("SIZE mine").startswith("550")
            assert guest.ask("DELE mine").startswith("550")
        assert (file.parent / "public" / "incoming" / "mine").read_bytes() == b"contents"
