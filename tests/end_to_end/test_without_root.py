"""
Ports 21 and 20 while the serving process has no privilege at all.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, eventually
from tests.end_to_end.rawclient import RawClient

CLIENTS = 200
SIZE = 2 * 1024 * 1024
BIND_SERVICE = 1 << 10

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can listen on port 21")


def capabilities(process: int) -> dict[str, int]:
    """
    Give all sets of capabilities of a process, each as bits.
    """
    status = Path(f"/proc/{process}/status").read_text()
    return {name: int(bits, 16) for name, bits in re.findall(r"^(Cap\w+):\s+(\w+)", status, re.M)}


def brokers(server: Server) -> dict[str, int]:
    """
    Give the processes that keep the privilege, by name.
    """
    found = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                name = (each / "comm").read_text().strip()
                arguments = (each / "cmdline").read_bytes()
            except OSError:
                continue
            if name.startswith("ftpactive-") and b"20/127.0.0.1" in arguments:
                found[name] = int(each.name)
    return found


@pytest.fixture
def root() -> Iterator[Path]:
    """
    A folder that everybody may read; pytest's own are root's alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        (Path(folder) / "file").write_bytes(b"x" * SIZE)
        yield Path(folder)


@pytest.fixture(params=["--uid", "--user"])
def server(request: pytest.FixtureRequest, root: Path) -> Iterator[Server]:
    """
    A server on 21 that sheds root, by twistd's option or by ours.
    """
    option = f"{request.param}=nobody"
    isOurs = request.param == "--user"
    for port in (20, 21):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            pytest.skip(f"port {port} of this machine is taken")
    server = Server(root, [option] if isOurs else [], port=21, daemon=[] if isOurs else [option])
    try:
        yield server.ready()
        if server.process.poll() is None:
            server.stop()
    finally:
        server.kill()


def test_manyClients(server: Server) -> None:
    """
    200 clients at once are served from port 20.  The serving process has no
    capability left, each of the broker's two processes has exactly one.
    """
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(server)).login() for _ in range(CLIENTS)]
        connections = [
            client.transfer("RETR file", isActive=True, room=16 * 1024) for client in clients
        ]
        assert {each.getpeername() for each in connections} == {("127.0.0.1", 20)}
        mine = capabilities(server.process.pid)
        assert [mine[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")] == [0, 0, 0, 0]
        processes = brokers(server)
        assert sorted(processes) == ["ftpactive-guard", "ftpactive-port"]
        for process in processes.values():
            theirs = capabilities(process)
            assert (theirs["CapPrm"], theirs["CapEff"]) == (BIND_SERVICE, BIND_SERVICE)
            assert (theirs["CapInh"], theirs["CapAmb"]) == (0, 0)
        for client, connection in zip(clients, connections, strict=True):
            received = 0
            while data := connection.recv(256 * 1024):
                received += len(data)
            assert received == SIZE
            assert client.reply().startswith("226")


def test_brokerIsKilled(server: Server) -> None:
    """
    A transfer that has its socket goes on; the next ones are served by
    another broker, and nobody is told anything.
    """
    with RawClient(server).login() as one, RawClient(server).login() as two:
        connection = one.transfer("RETR file", isActive=True, room=16 * 1024)
        killed = brokers(server)["ftpactive-port"]
        os.kill(killed, signal.SIGKILL)
        second = two.transfer("RETR file", isActive=True)
        assert second.getpeername() == ("127.0.0.1", 20)
        for client, each in ((one, connection), (two, second)):
            received = 0
            while data := each.recv(256 * 1024):
                received += len(data)
            assert received == SIZE
            assert client.reply().startswith("226")
        assert brokers(server)["ftpactive-port"] != killed
        server.wait("there is another")


def test_brokersEndWithTheService(server: Server) -> None:
    """
    Also when it is killed: none is left behind.
    """
    assert len(brokers(server)) == 2
    server.process.kill()
    server.process.wait()
    eventually(lambda: not brokers(server))
