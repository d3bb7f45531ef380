"""
Tests for L{ftpactive.check}: the command as its users run it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from ftpactive.check import portReport
from ftpactive.core.address import Address
from tests.end_to_end.process import environment, freePort

_COMMAND = [sys.executable, "-W", "error", "-c", "from ftpactive.check import main; main()"]


def check(*arguments: str) -> tuple[int, str]:
    """
    Run it.

    @return: its exit status, and what it said.
    """
    done = subprocess.run(
        [*_COMMAND, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_reachesAClient(host: str) -> None:
    """
    The client sees a connection from the data port, and the status is 0.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dataPort = freePort()
    with socket.create_server((host, 0), family=family) as client:
        target = Address(host, client.getsockname()[1])
        status, said = check(str(target), "--data-port", str(dataPort))
        connection, peer = client.accept()
        connection.close()
    assert peer[:2] == (host, dataPort)
    assert (status, said.splitlines()[-1]) == (0, "Active mode works to this address and port.")


def test_refused() -> None:
    """
    What was refused is explained, and the status is 1.
    """
    dataPort = str(freePort())
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{bound.getsockname()[1]}"
        status, said = check(target, "--data-port", dataPort, "--source", "127.0.0.2")
    assert status == 1
    assert f"Can't connect to {target} from 127.0.0.2:{dataPort}: connection refused" in said
    assert said.splitlines()[-1].startswith("The packet arrived and was sent back.")


def test_occupiedPort() -> None:
    """
    Who listens on the data port is named.
    """
    with socket.create_server(("127.0.0.1", freePort())) as squatter:
        dataPort = squatter.getsockname()[1]
        status, said = check("127.0.0.1:9", "--data-port", str(dataPort))
    assert status == 1
    assert f"(process {os.getpid()}), at 127.0.0.1:{dataPort}" in said
    assert "something listens there" in said
    assert said.splitlines()[-1].startswith("Something listens on the data port")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "is no HOST:PORT"),
        (["localhost:21"], "is no HOST:PORT"),
        (["127.0.0.1:x"], "is no HOST:PORT"),
        (["127.0.0.1:0"], "there is no port 0"),
        (["127.0.0.1:65536"], "there is no port 65536"),
        (["127.0.0.1:21", "--data-port", "65536"], "there is no port 65536"),
        (["127.0.0.1:21", "--source", "localhost"], "localhost"),
        (["[ff02::1]:21", "--source", "::1", "--data-port", "x"], "invalid int value: 'x'"),
    ],
)
def test_mistakes(arguments: list[str], words: str) -> None:
    """
    A mistake is told in a line, without a traceback.
    """
    status, said = check(*arguments)
    assert status in (1, 2)
    assert words in said.splitlines()[-1]
    assert "Traceback" not in said


def test_anyPortHasNoOccupants() -> None:
    """
    Port 0 stands for whichever is free.
    """
    lines = list(portReport(Address("127.0.0.1", 0)))
    assert lines[0] == "Data port: 127.0.0.1:0 can be used"
    assert len(lines) == 2
