"""
Tests for L{ftpactive.net.occupants}.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ftpactive.net.occupants import Listener, listeners, tracksFTP


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_findsOurselves(family: socket.AddressFamily, host: str) -> None:
    """
    A listener is told with its address, and with the process that holds it.
    """
    with socket.socket(family) as listening:
        listening.bind((host, 0))
        port = listening.getsockname()[1]
        assert listeners(port) == []
        listening.listen()
        (found,) = listeners(port)
    assert (found.host, found.port) == (host, port)
    assert found.process.endswith(f"(process {os.getpid()})")


def test_connectionsAreNoListeners() -> None:
    """
    A connected socket keeps nobody off its port.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()) as connected:
            assert listeners(connected.getsockname()[1]) == []


def test_whoseItIsMayBeUnknown(tmp_path: Path) -> None:
    """
    Other users' processes cannot be looked into; one may end meanwhile.
    """
    (tmp_path / "net").mkdir()
    row = "   0: 0100007F:0014 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 4711"
    (tmp_path / "net" / "tcp").write_text(f"header\n{row}\n")
    (tmp_path / "17").mkdir()
    assert listeners(20, tmp_path) == [Listener("127.0.0.1", 20, "")]
    assert listeners(21, tmp_path) == []


def test_conntrackModule(tmp_path: Path) -> None:
    """
    The kernel lists the modules that it has.
    """
    assert not tracksFTP(tmp_path)
    (tmp_path / "module" / "nf_conntrack_ftp").mkdir(parents=True)
    assert tracksFTP(tmp_path)
