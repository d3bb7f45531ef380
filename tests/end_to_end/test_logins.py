"""
Who may come in, and what they then see: C{--auth}, C{--anonymous}, C{--homes}.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.rawclient import RawClient

#: Spaces and letters of all kinds belong to a password.
SECRET = "correct  Pferd battery"
OTHER = "another secret"


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    """
    A file for C{--auth file:}.
    """
    file = tmp_path / "passwords"
    file.write_text(f"alice:{SECRET}\nbob:{OTHER}\n")
    return file


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """
    A folder for C{--homes}.
    """
    folder = tmp_path / "homes"
    folder.mkdir()
    return folder


class TestAuth:
    """
    C{--auth}.
    """

    def test_memory(self, server: StartServer) -> None:
        """
        Users may be given in the command itself.
        """
        with RawClient(server(f"--auth=memory:alice:{SECRET}")).login("alice", SECRET) as client:
            client.put("file", b"contents")
            assert client.fetch("file") == b"contents"

    def test_file(self, server: StartServer, passwords: Path) -> None:
        """
        Users may be in a file; without C{--homes} they share the root, and may
        write there.
        """
        started = server(f"--auth=file:{passwords}")
        with RawClient(started).login("alice", SECRET) as alice:
            alice.put("file", b"from alice")
        with RawClient(started).login("bob", OTHER) as bob:
            assert bob.fetch("file") == b"from alice"

    def test_several(self, server: StartServer, passwords: Path) -> None:
        """
        It may be repeated.
        """
        started = server(f"--auth=file:{passwords}", "--auth=memory:carol:third")
        with RawClient(started) as client:
            client.login("alice", SECRET)
            client.login("carol", "third")

    def test_wrongPassword(self, server: StartServer, passwords: Path) -> None:
        """
        A wrong password and an unknown user are answered alike; the third
        failure ends the session.
        """
        with RawClient(server(f"--auth=file:{passwords}")) as client:
            refused = []
            for name in ("alice", "nobody"):
                client.expect(331, f"USER {name}")
                refused.append(client.expect(530, "PASS wrong"))
            assert refused[0] == refused[1]
            client.expect(530, "CWD /")
            client.expect(331, "USER alice")
            client.expect(421, "PASS wrong again")
            assert client.reply() == ""


class TestGuests:
    """
    C{--anonymous}.
    """

    def test_default(self, server: StartServer) -> None:
        """
        Without C{--auth} everybody may read, and nobody may write.
        """
        started = server()
        (started.root / "file").write_bytes(b"contents")
        with RawClient(started).login() as client:
            assert client.fetch("file") == b"contents"
            self.assertReadOnly(client)

    def test_offWithUsers(self, server: StartServer) -> None:
        """
        With C{--auth} guests are refused.
        """
        with RawClient(server("--auth=memory:alice:secret")) as client:
            client.expect(331, "USER anonymous")
            client.expect(530, "PASS guest@")

    def test_backWithUsers(self, server: StartServer) -> None:
        """
        C{--anonymous} lets them in again, read-only.
        """
        started = server("--auth=memory:alice:secret", "--anonymous")
        with RawClient(started).login("alice", "secret") as alice:
            alice.put("file", b"from alice")
        with RawClient(started).login() as client:
            assert client.fetch("file") == b"from alice"
            self.assertReadOnly(client)

    def assertReadOnly(self, client: RawClient) -> None:
        """
        Nothing can be changed.
        """
        for command in ("DELE file", "MKD new", "RMD folder"):
            client.expect(550, command)
        client.expect(350, "RNFR file")
        client.expect(550, "RNTO new")
        client.announced()
        client.expect(550, "STOR file")
        client.expect(550, "STOR new")


class TestHomes:
    """
    C{--homes}.
    """

    def test_madeAtFirstLogin(self, server: StartServer, passwords: Path, homes: Path) -> None:
        """
        A user's folder is made when it is needed, and what was in it is there
        the next time.
        """
        started = server(f"--auth=file:{passwords}", f"--homes={homes}")
        assert not (homes / "alice").exists()
        with RawClient(started).login("alice", SECRET) as alice:
            alice.put("file", b"from alice")
        assert (homes / "alice" / "file").read_bytes() == b"from alice"
        with RawClient(started).login("alice", SECRET) as alice:
            assert alice.fetch("file") == b"from alice"

    @pytest.mark.parametrize("path", ["/alice", "../alice", "/../alice", "alice"])
    def test_apart(self, server: StartServer, passwords: Path, homes: Path, path: str) -> None:
        """
        One user cannot get to another's folder, nor to the shared root.
        """
        started = server(f"--auth=file:{passwords}", f"--homes={homes}")
        (started.root / "shared").touch()
        with RawClient(started).login("alice", SECRET) as alice:
            alice.put("file", b"from alice")
        with RawClient(started).login("bob", OTHER) as bob:
            bob.expect(550, f"CWD {path}")
            bob.expect(550, f"SIZE {path}/file")
            bob.expect(550, "SIZE /shared")
            assert '"/"' in bob.expect(257, "PWD")


def test_noPasswordInTheLog(server: StartServer) -> None:
    """
    No password is logged, right or wrong, however the command is written.
    """
    started = server(f"--auth=memory:alice:{SECRET}")
    with RawClient(started) as client:
        client.expect(331, "USER alice")
        client.expect(530, f"PASS {OTHER}")
        client.expect(331, "user alice")
        client.expect(230, f"pass {SECRET}")
        client.ask(f"ACCT {OTHER}")
        client.ask(f"pAsS {SECRET}")
        client.ask(f"\tPASS {SECRET}")
        client.ask(f" PASS {SECRET}")
        client.expect(221, "QUIT")
    started.wait("disconnected")
    for word in ("Pferd", "another"):
        assert word not in started.log
