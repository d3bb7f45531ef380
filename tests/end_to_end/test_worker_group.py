"""
A group of workers under TLS, and in the background.
"""

from __future__ import annotations

import ftplib
import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpactive.auth.hashes import makeHash
from tests.end_to_end.place import BOTH_REACTORS, REACTORS
from tests.end_to_end.process import (
    PATIENCE,
    environment,
    eventually,
    freePort,
    listenOptions,
    twistd,
)
from tests.end_to_end.test_tls import Reusing, TLSServer, connected
from tests.end_to_end.test_workers import isAlive
from tools.selfsigned import write


@pytest.fixture(params=REACTORS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TLSServer]:
    """
    A server with TLS and two workers, where data connections must go on with
    the session; on each reactor.
    """
    reuse, workers = 'session-reuse = "require"', ["--workers=2"]
    one = TLSServer(tmp_path, reuse, options=workers, reactor=request.param)
    try:
        (one.root / "small").write_bytes(b"hello")
        one.ready()
        for number in (1, 2):
            one.wait(f"worker {number} serves")
        yield one
        one.stop()
    finally:
        one.kill()


def spread(server: TLSServer) -> set[str]:
    """
    Tell which workers have had sessions.
    """
    return set(re.findall(r"worker (\d): \[\d+ [^ ]+ \] connected", server.log))


def shows(server: TLSServer, port: int) -> str:
    """
    Give the certificate that a session of implicit TLS shows.
    """
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=PATIENCE)


class TestTLS:
    """
    TLS is that of one server.
    """

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_sessions(self, pair: TLSServer, version: str) -> None:
        """
        Data connections go on with the session of their control connection,
        whichever worker that is with.
        """
        clients = [connected(pair, version, kind=Reusing) for _ in range(6)]
        for client in clients:
            for isPassive in (False, True):
                client.set_pasv(isPassive)
                received: list[bytes] = []
                client.retrbinary("RETR small", received.append)
                assert received == [b"hello"]
        eventually(lambda: spread(pair) == {"1", "2"})
        for client in clients:
            client.close()

    def test_implicit(self, pair: TLSServer) -> None:
        """
        All workers serve those listeners, too.
        """
        for _ in range(8):
            assert shows(pair, pair.implicit) in pair.certificate.read_text()
        eventually(lambda: spread(pair) == {"1", "2"})

    def test_reload(self, pair: TLSServer, tmp_path: Path) -> None:
        """
        SIGHUP gives all of them the new certificate, and the new accounts.
        """
        before = shows(pair, pair.implicit)
        later = tmp_path / "later.pem"
        write(later, ["localhost", "127.0.0.1", "::1"])
        file = tmp_path / "ftpactive.toml"
        user = f"[users.bob]\npassword = '{makeHash('secret')}'\n"
        file.write_text(f'[tls]\ncertificate = "{later}"\n{user}')
        file.chmod(0o600)
        pair.process.send_signal(signal.SIGHUP)
        pair.wait("is in force for new sessions")
        # The workers hear of it a moment later.
        eventually(lambda: all(shows(pair, pair.implicit) != before for _ in range(6)))
        after = len(pair.lines)
        clients = []
        for _ in range(6):
            client = ftplib.FTP_TLS(
                timeout=PATIENCE, context=ssl.create_default_context(cafile=str(later))
            )
            client.connect("127.0.0.1", pair.port)
            client.login("bob", "secret")
            clients.append(client)
        eventually(lambda: len(re.findall(r"bob\] logged in", "\n".join(pair.lines[after:]))) == 6)
        found = re.findall(r"worker (\d): .* bob\] logged in", "\n".join(pair.lines[after:]))
        assert set(found) == {"1", "2"}
        for client in clients:
            client.close()


@BOTH_REACTORS
def test_background(tmp_path: Path, reactor: str) -> None:
    """
    In the background, the number in the file is the parent's; a signal to it
    ends all of them, and removes the file.
    """
    (tmp_path / "a.txt").write_bytes(b"hello")
    port, file, log = freePort(), tmp_path / "server.pid", tmp_path / "server.log"
    command = twistd(f"--reactor={reactor}", f"--pidfile={file}", f"--logfile={log}")
    command += [
        "activeftp",
        f"--root={tmp_path}",
        *listenOptions(port),
        "--anonymous",
        "--workers=2",
    ]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True, timeout=PATIENCE)
    parent = int(file.read_text())
    try:
        serving = r"worker \d serves, process (\d+)"
        eventually(lambda: len(re.findall(serving, log.read_text())) == 2)
        workers = [int(each) for each in re.findall(serving, log.read_text())]
        with ftplib.FTP(timeout=PATIENCE) as client:
            client.connect("127.0.0.1", port)
            client.login()
            assert client.size("a.txt") == 5
    finally:
        os.kill(parent, signal.SIGTERM)
        eventually(lambda: not isAlive(parent))
    assert not any(map(isAlive, workers))
    assert not file.exists()
    assert "Traceback" not in log.read_text()
