"""
Several processes that serve as one.
"""

from __future__ import annotations

import errno
import ftplib
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest

from ftpactive.auth.hashes import makeHash
from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BOTH_REACTORS
from tests.end_to_end.process import PATIENCE, Server, eventually
from tests.net.brokers import needsRoot

#: Runs what follows, a command of Python, with less patience for workers.
_IMPATIENT = """
import sys
from ftpactive.workers import pulse
pulse.INTERVAL = 0.3
from twisted.scripts.twistd import run
while sys.argv[0] != "-n":
    del sys.argv[0]
sys.argv.insert(0, "twistd")
run()
"""


class Session(ftplib.FTP):
    """
    A session, logged in as a guest.
    """

    def __init__(self, server: Server, *, isActive: bool = False, password: str = "") -> None:
        super().__init__(timeout=PATIENCE)
        self.connect("127.0.0.1", server.port)
        self.set_pasv(not isActive)
        if password:
            self.login("alice", password)
        else:
            self.login()

    def __del__(self) -> None:
        self.close()

    def worker(self, server: Server) -> int:
        """
        Tell which worker it is with.
        """
        assert self.sock is not None
        port = self.sock.getsockname()[1]
        return int(server.wait(rf"worker (\d): \[\d+ 127\.0\.0\.1:{port} ")[1])

    def get(self, name: str) -> bytes:
        """
        Get a file.
        """
        pieces: list[bytes] = []
        self.retrbinary(f"RETR {name}", pieces.append)
        return b"".join(pieces)


def workersOf(server: Server, replaced: int = 0) -> list[int]:
    """
    Give the processes of a server that serve, the first worker first.

    @param replaced: how many have died before.
    """
    found: dict[str, int] = {}
    lines: list[str] = []
    while len(lines) < 2 + replaced:
        server.wait(r"worker \d serves", after=server.lines.index(lines[-1]) + 1 if lines else 0)
        lines = [line for line in server.lines if " serves, process " in line]
    for number, process in re.findall(r"worker (\d) serves, process (\d+)", "\n".join(lines)):
        found[number] = int(process)
    return [found["1"], found["2"]]


def onBoth(server: Server, count: int = 12, *, password: str = "") -> dict[int, list[Session]]:
    """
    Open sessions; both workers get some.
    """
    found: dict[int, list[Session]] = {1: [], 2: []}
    workersOf(server)
    for _ in range(count):
        session = Session(server, password=password)
        found[session.worker(server)].append(session)
    return found


def isOpen(server: Server) -> bool:
    """
    Can it be connected to?
    """
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", server.port)) == 0


def isAlive(process: int) -> bool:
    """
    Is there such a process, and not only its end?
    """
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def root() -> Iterator[Path]:
    """
    A folder that everybody may read; pytest's own are root's alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """
    What is to be done at the end.
    """
    with ExitStack() as one:
        yield one


@pytest.fixture
def pair(server: StartServer) -> Iterator[Server]:
    """
    A server with two workers.
    """
    one = server("--workers=2")
    (one.root / "a.txt").write_bytes(b"hello")
    yield one


class TestServing:
    """
    Both serve, and nobody can tell.
    """

    @BOTH_REACTORS
    def test_both(self, pair: Server, reactor: str) -> None:
        """
        Sessions are spread, their numbers are those of one server, and each can
        do all there is.  The workers run on the reactor that the service runs on.
        """
        commands = [Path(f"/proc/{each}/cmdline").read_text() for each in workersOf(pair)]
        assert ["asyncioreactor" in each for each in commands] == [reactor == "asyncio"] * 2
        found = onBoth(pair)
        assert all(len(each) >= 4 for each in found.values()), found
        for session in (*found[1], *found[2]):
            for isActive in (True, False):
                session.set_pasv(not isActive)
                assert session.get("a.txt") == b"hello"
            session.quit()
        connected = [each for each in pair.lines if " connected" in each and "worker" in each]
        numbers = {re.findall(r"\[(\d+) ", each)[0] for each in connected}
        assert len(numbers) == len(connected) == 12

    @BOTH_REACTORS
    def test_crowd(self, tmp_path: Path, stack: ExitStack, reactor: str) -> None:
        """
        Of many that come at the same moment, each gets its half.
        """
        daemon = [f"--reactor={reactor}"]
        one = Server(tmp_path, ["--workers=2", "--max-per-address=0"], daemon=daemon)
        stack.callback(one.kill)
        workersOf(one.ready())
        crowd = []
        for _ in range(32):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            assert client.connect_ex(("127.0.0.1", one.port)) == errno.EINPROGRESS
            crowd.append(client)
        for client in crowd:
            client.settimeout(PATIENCE)
            assert client.recv(4) == b"220 "
        connected = r"worker (\d): \[\d+ [^ ]+ \] connected"
        eventually(lambda: len(re.findall(connected, one.log)) == 32)
        assert 15 <= re.findall(connected, one.log).count("1") <= 17
        for client in crowd:
            client.close()
        one.stop()

    def test_passivePorts(self, server: StartServer) -> None:
        """
        A range is shared without a clash.
        """
        one = server("--workers=2", "--passive-ports=19000-19011")
        sessions = [each for some in onBoth(one).values() for each in some]
        ports = [each.makepasv()[1] for each in sessions]
        assert sorted(ports) == list(range(19000, 19012))
        for each in sessions:
            each.close()


class TestDeath:
    """
    A worker that dies.
    """

    @BOTH_REACTORS
    def test_isReplaced(self, pair: Server) -> None:
        """
        Its sessions are lost, the others go on; soon there is another one.
        """
        found = onBoth(pair)
        (victim,) = workersOf(pair)[:1]
        os.kill(victim, signal.SIGKILL)
        number = int(pair.wait(r"worker (\d) was killed by signal 9")[1])
        for session in found[number]:
            with pytest.raises((EOFError, OSError)):
                session.sendcmd("NOOP")
        for session in found[3 - number]:
            assert session.get("a.txt") == b"hello"
        assert workersOf(pair, 1)[number - 1] != victim
        after = len(pair.lines)
        eventually(lambda: Session(pair).worker(pair) == number)
        for each in (*found[1], *found[2]):
            each.close()
        assert not any("Traceback" in line for line in pair.lines[after:])
        # What was logged of the death is what the test wanted.
        pair.lines[:] = [line for line in pair.lines if "was killed by signal 9" not in line]

    def test_placesAreFree(self, server: StartServer) -> None:
        """
        What it had of a limit is for others.
        """
        one = server("--workers=2", "--max-per-address=2")
        kept = [Session(one), Session(one)]
        with pytest.raises(ftplib.error_temp, match="421 Too many connections"):
            Session(one)
        for each in workersOf(one):
            os.kill(each, signal.SIGKILL)
        eventually(lambda: sum("was killed by" in line for line in list(one.lines)) == 2)
        Session(one).quit()
        for session in kept:
            session.close()
        one.lines[:] = [line for line in one.lines if "was killed by" not in line]

    def test_thatHangs(self, tmp_path: Path, stack: ExitStack) -> None:
        """
        A worker that answers no more is killed and replaced; the sessions of the
        other one go on.
        """
        (tmp_path / "a.txt").write_bytes(b"hello")
        one = Server(tmp_path, ["--workers=2"], prefix=[sys.executable, "-c", _IMPATIENT])
        stack.callback(one.kill)
        found = onBoth(one.ready(), 4)
        workers = workersOf(one)
        os.kill(workers[0], signal.SIGSTOP)
        one.wait("worker 1 does not answer any more, and is killed")
        assert workersOf(one, 1)[0] not in workers
        for session in found[2]:
            assert session.get("a.txt") == b"hello"
        for each in (*found[1], *found[2]):
            each.close()
        assert isAlive(workers[1])
        one.lines[:] = [line for line in one.lines if " killed" not in line]
        one.stop()

    def test_ofTheParent(self, pair: Server) -> None:
        """
        When the parent dies the workers end by themselves.
        """
        workers = workersOf(pair)
        session = Session(pair)
        pair.process.kill()
        eventually(lambda: not any(map(isAlive, workers)))
        session.close()


class TestLimits:
    """
    Limits are those of one server.
    """

    def test_perAddress(self, server: StartServer) -> None:
        """
        Connections are counted over both.
        """
        one = server("--workers=2", "--max-per-address=8")
        found = onBoth(one, 8)
        assert all(found.values())
        with pytest.raises(ftplib.error_temp, match="421 Too many connections"):
            Session(one)
        found[1].pop().quit()
        eventually(lambda: "disconnected" in one.log)
        sessions = [*found[1], *found[2], Session(one)]
        for session in sessions:
            session.close()

    def test_ban(self, server: StartServer, tmp_path: Path) -> None:
        """
        Who fails with one is banned with both.
        """
        file = tmp_path / "ftp.toml"
        file.write_text("[limits]\nban-after = 3\nlogin-delay = 0\n[guests]\nenabled = true\n")
        one = server("--workers=2", f"--config={file}", "--auth=memory:alice:secret")
        for _ in range(3):
            with pytest.raises(ftplib.error_perm, match="530"):
                Session(one, password="wrong")
        one.wait("127.0.0.1 is banned")
        for _ in range(6):
            with pytest.raises(ftplib.error_temp, match="421 Too many failed logins"):
                Session(one)
        one.stopUnheard()


class TestQuotas:
    """
    What a user has stored is the same with all workers.
    """

    def configured(self, folder: Path, isKept: bool) -> list[str]:
        """
        Give options by which alice may have ten KiB.

        @param isKept: does the service have a state folder?
        """
        file = folder / "ftp.toml"
        state = folder / "state"
        state.mkdir()
        state.chmod(0o777)
        service = f"[service]\nstate = '{state}'\n" if isKept else ""
        words = f"[users.alice]\npassword = '{makeHash('secret')}'\nquota-size = '10 KiB'\n"
        file.write_text(service + words)
        file.chmod(0o600)
        return ["--workers=2", f"--config={file}"]

    def isShared(self, one: Server) -> None:
        """
        See that an upload with one worker counts with the other one.
        """
        found = onBoth(one, 8, password="secret")
        first, second = found[1][0], found[2][0]
        for each in (first, second):
            assert each.sendcmd("SITE QUOTA").startswith("200 0 of 10 KiB, 0 files")
        first.storbinary("STOR small", BytesIO(bytes(6 * 1024)))
        for each in (first, second):
            assert each.sendcmd("SITE QUOTA").startswith("200 6 of 10 KiB, 1 file")
        with pytest.raises(ftplib.error_perm, match="552 Quota exceeded"):
            second.storbinary("STOR more", BytesIO(bytes(6 * 1024)))
        second.delete("small")
        assert first.sendcmd("SITE QUOTA") == second.sendcmd("SITE QUOTA")
        for each in (*found[1], *found[2]):
            each.close()

    @pytest.mark.parametrize("isKept", [True, False], ids=["kept", "forgotten"])
    def test_shared(
        self, server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isKept: bool
    ) -> None:
        """
        Whether it is remembered or not; nothing is left in the latter case.
        """
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setenv("TMPDIR", str(scratch))
        one = server(*self.configured(tmp_path, isKept))
        self.isShared(one)
        assert len(list(scratch.iterdir())) == (not isKept)
        one.stop()
        assert not list(scratch.iterdir())
        assert [each.name for each in (tmp_path / "state").iterdir()] == (
            ["quotas.sqlite"] if isKept else []
        )

    @needsRoot
    @pytest.mark.parametrize("isKept", [True, False], ids=["kept", "forgotten"])
    def test_user(self, root: Path, stack: ExitStack, isKept: bool) -> None:
        """
        It is the workers' who write it down, not root's.
        """
        options = self.configured(root, isKept)
        served = root / "served"
        served.mkdir()
        served.chmod(0o777)
        one = Server(served, [*options, "--user=nobody"])
        stack.callback(one.kill)
        one.ready()
        self.isShared(one)
        one.stop()
        for each in (root / "state").iterdir():
            assert each.owner() == "nobody"


class TestSignals:
    """
    What the parent is told holds for all.
    """

    @BOTH_REACTORS
    def test_reload(self, server: StartServer, tmp_path: Path) -> None:
        """
        SIGHUP reaches both; a broken file changes nothing in either.
        """
        file = tmp_path / "ftp.toml"
        file.write_text("[guests]\nenabled = true\n")
        one = server("--workers=2", f"--config={file}")
        for welcome, said in (('"Two"', "in force"), ("2", "nothing has changed")):
            after = len(one.lines)
            file.write_text(f"[service]\nwelcome = {welcome}\n[guests]\nenabled = true\n")
            one.process.send_signal(signal.SIGHUP)
            one.wait(f"SIGHUP: .*{said}", after=after)
            found = onBoth(one)
            assert {each.getwelcome() for some in found.values() for each in some} == {"220 Two"}
            for each in (*found[1], *found[2]):
                each.close()

    @BOTH_REACTORS
    @pytest.mark.parametrize("workers", [1, 2])
    def test_stop(self, server: StartServer, workers: int) -> None:
        """
        A transfer that runs is finished, who does nothing is told at once, and
        nobody new comes in.
        """
        one = server(f"--workers={workers}")
        (one.root / "big").write_bytes(bytes(1 << 25))
        idle, busy = Session(one), Session(one)
        data = busy.transfercmd("RETR big")
        assert data.recv(1)
        one.terminate()
        one.wait("Received SIGTERM")
        with pytest.raises(ftplib.error_temp, match="421 The service stops"):
            idle.getresp()
        eventually(lambda: not isOpen(one))
        count = 1
        while piece := data.recv(1 << 20):
            count += len(piece)
        assert count == 1 << 25
        data.close()
        assert busy.getresp().startswith("226")
        with pytest.raises(ftplib.error_temp, match="421 The service stops"):
            busy.getresp()
        one.stop()
        busy.close()
        idle.close()

    @BOTH_REACTORS
    def test_deadline(self, server: StartServer) -> None:
        """
        A transfer that does not end is cut.
        """
        one = server("--workers=2", "--stop-timeout=0.2")
        (one.root / "big").write_bytes(bytes(1 << 27))
        busy = Session(one)
        data = busy.transfercmd("RETR big")
        assert data.recv(1)
        one.stop()
        data.close()
        busy.close()


@needsRoot
class TestRoot:
    """
    A service that began as root.
    """

    @BOTH_REACTORS
    def test_port20(self, root: Path, stack: ExitStack, reactor: str) -> None:
        """
        Its workers are somebody else, without any capability, and connect from
        port 20; so do those that come later.  So is their parent, if that one can
        read the program.
        """
        (root / "a.txt").write_bytes(b"hello")
        options = ["--workers=2", "--user=nobody", "--data-port=20"]
        one = Server(root, options, daemon=[f"--reactor={reactor}"])
        stack.callback(one.kill)
        one.ready()
        for number in range(2):
            parent = [] if "this process stays root" in one.log else [one.process.pid]
            for each in (*parent, *workersOf(one, number)):
                status = Path(f"/proc/{each}/status").read_text()
                assert re.search(r"CapPrm:\t0+\n", status), status
                assert not re.search(r"Uid:\t0\t", status), status
            found = onBoth(one)
            for session in (*found[1][:1], *found[2][:1]):
                listener = session.makeport()
                session.putcmd("RETR a.txt")
                client, (_, port) = listener.accept()
                assert (client.recv(9), port) == (b"hello", 20)
                client.close()
                listener.close()
            for session in (*found[1], *found[2]):
                session.close()
            if not number:
                os.kill(workersOf(one)[0], signal.SIGKILL)
                one.wait("was killed by signal 9")
        one.lines[:] = [line for line in one.lines if "was killed by signal 9" not in line]
        one.stop()
