"""
Limits as clients meet them: bandwidth, sessions, networks.
"""

from __future__ import annotations

import selectors
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ftpactive.auth.hashes import makeHash
from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BIG, PASSWORD, ROOM, USER, WRITER
from tests.end_to_end.process import Server, eventually
from tests.end_to_end.rawclient import RawClient

RATE = 2_000_000
MIB = 1024 * 1024


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    """
    A file for limits.
    """
    return tmp_path / "limits.toml"


def write(file: Path, *lines: str) -> str:
    """
    Write limits.

    @return: the option that has them read.
    """
    file.write_text("\n".join(["[guests]", "enabled = true", "[limits]", *lines, ""]))
    file.chmod(0o600)
    return f"--config={file}"


def plant(folder: Path) -> None:
    """
    Make a big file.
    """
    with open(folder / "big", "wb") as file:
        file.truncate(BIG)


class TestBandwidth:
    """
    What passes in ten seconds.
    """

    def test_total(self, server: StartServer, limits: Path) -> None:
        """
        Four downloads at once have the rate together, within a tenth, and each
        has a quarter of it, within a fifth.
        """
        started = server(write(limits, f"download = {RATE}"))
        plant(started.root)
        with ExitStack() as stack, selectors.DefaultSelector() as selector:
            clients = [stack.enter_context(RawClient(started)).login() for _ in range(4)]
            for client in clients:
                data = client.transfer("RETR big", room=ROOM)
                selector.register(data, selectors.EVENT_READ, client)
            got = dict.fromkeys(clients, 0)
            end = time.monotonic() + 10
            while (left := end - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    got[key.data] += len(key.fileobj.recv(65536))  # type: ignore[union-attr]
        total = sum(got.values())
        assert abs(total - 10 * RATE) < RATE
        assert all(abs(each - total / 4) < total / 20 for each in got.values())

    def test_upload(self, server: StartServer, limits: Path) -> None:
        """
        An upload takes no less time than it should, although it comes faster, and
        a client that waits longer than the stall timeout is not cut.
        """
        started = server(WRITER, write(limits, "session-upload = 500000"), "--stall-timeout=0.5")
        with RawClient(started).login(USER, PASSWORD) as client:
            began = time.monotonic()
            client.put("file", b"x" * 2_500_000)
            assert time.monotonic() - began > 4.5

    def test_listing(self, server: StartServer, limits: Path) -> None:
        """
        Listings count as well.
        """
        started = server(write(limits, "session-download = 10000"))
        for number in range(300):
            (started.root / f"{number:0100}").touch()
        with RawClient(started).login() as client:
            began = time.monotonic()
            listed = client.fetchText("NLST")
            assert len(listed) > 30_000
            assert time.monotonic() - began > 2.5

    def test_idleServer(self, server: StartServer, limits: Path) -> None:
        """
        Who waits for its turn does not keep the processor busy.
        """
        started = server(write(limits, "session-download = 1000"))
        plant(started.root)
        with RawClient(started).login() as client:
            client.transfer("RETR big")
            assert started.isIdle


class TestSessions:
    """
    How many there may be.
    """

    def test_perAddress(self, server: StartServer) -> None:
        """
        421 in words, then the end; another address is let in.
        """
        started = server("--max-per-address=2")
        with RawClient(started).login(), RawClient(started).login(), RawClient(started) as third:
            assert third.greeting.startswith("421 Too many connections from your address")
            assert third.reply() == ""
            with RawClient(started, source="127.0.0.2") as other:
                other.login()

    def test_perUser(self, server: StartServer, limits: Path) -> None:
        """
        421 after the right password.
        """
        started = server(WRITER, write(limits, "sessions-per-user = 1"))
        with RawClient(started).login(USER, PASSWORD), RawClient(started) as second:
            second.expect(331, f"USER {USER}")
            assert "Too many sessions" in second.expect(421, f"PASS {PASSWORD}")

    def test_networks(self, server: StartServer, limits: Path) -> None:
        """
        Who is not welcome is told so.
        """
        started = server(write(limits, 'allow = ["127.0.0.0/8", "::1"]', 'deny = ["127.0.0.9/32"]'))
        with RawClient(started).login(), RawClient(started, "::1").login():
            with RawClient(started, source="127.0.0.9") as stranger:
                assert stranger.greeting.startswith("421 You may not connect")

    def test_loginsPerMinute(self, server: StartServer, limits: Path) -> None:
        """
        There is an end to it, even with the right password.
        """
        started = server(WRITER, write(limits, "logins-per-minute = 2"))
        with RawClient(started) as client:
            for _ in range(2):
                client.login(USER, PASSWORD)
            client.expect(331, f"USER {USER}")
            assert "in a minute" in client.expect(421, f"PASS {PASSWORD}")


class TestQuota:
    """
    How much a user may store.
    """

    def start(self, server: StartServer, limits: Path) -> Server:
        """
        Start a server in which alice may have ten MiB, which it remembers.
        """
        state = limits.with_name("state")
        state.mkdir(exist_ok=True)
        limits.write_text(
            f"[service]\nstate = '{state}'\n"
            f"[users.alice]\npassword = '{makeHash('secret')}'\nquota-size = '10 MiB'\n"
        )
        limits.chmod(0o600)
        return server(f"--config={limits}")

    def test_full(self, server: StartServer, limits: Path) -> None:
        """
        552 in words in the middle of an upload, and then at the next one; what
        is removed makes room.
        """
        started = self.start(server, limits)
        with RawClient(started).login("alice", "secret") as client:
            client.put("small", b"x" * MIB)
            with client.transfer("STOR large") as data:
                with suppress(ConnectionError):
                    data.sendall(b"x" * 16 * MIB)
            assert "Quota exceeded: " in client.reply()
            kept = (started.root / "large").stat().st_size
            assert 8 * MIB < kept <= 9 * MIB
            client.put("rest", b"x" * (9 * MIB - kept))
            assert client.expect(200, "SITE QUOTA") == "200 10 of 10 MiB, 3 files used"
            client.announced()
            client.expect(552, "STOR more")
            client.expect(250, "DELE large")
            client.put("more", b"x" * MIB)

    def test_restart(self, server: StartServer, limits: Path) -> None:
        """
        It is remembered, also when the server was killed in the middle of an
        upload.
        """
        started = self.start(server, limits)
        with RawClient(started).login("alice", "secret") as client:
            client.put("small", b"x" * MIB)
            data = client.transfer("STOR large")
            data.sendall(b"x" * MIB)
            eventually(lambda: (started.root / "large").stat().st_size == MIB)
            started.kill()
        again = self.start(server, limits)
        with RawClient(again).login("alice", "secret") as client:
            assert client.expect(200, "SITE QUOTA") == "200 2 of 10 MiB, 2 files used"
