"""
Taking all ports: passive ports that nobody connects to, many of them from one
session, few of them for all.
"""

from __future__ import annotations

import socket

from tests.attacks.processes import assertRecovers, descriptors, usual
from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.process import freePort
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]


def test_manyFromOneSession(server: StartServer) -> None:
    """
    A session that asks again and again holds one port at a time.
    """
    started = server()
    with RawClient(started).login() as client:
        before = descriptors(started)
        for _ in range(300):
            client.announced()
        assert descriptors(started) <= before + 2


def test_manyAtOnce(server: StartServer) -> None:
    """
    So does one that does not wait for the answers.
    """
    started = server()
    with RawClient(started).login() as client:
        before = descriptors(started)
        client.control.sendall(b"EPSV\r\n" * 300)
        assert {client.reply()[:3] for _ in range(300)} == {"229"}
        assert descriptors(started) <= before + 2


def test_fewPorts(server: StartServer) -> None:
    """
    Where all ports are held by others, the answer is 425 in words, and the
    session goes on; as soon as one is let go, there is one.
    """
    high = freePort()
    started = server(f"--passive-ports={high - 1}-{high}")
    with RawClient(started).login() as client:
        attackers = [RawClient(started).login() for _ in range(2)]
        for each in attackers:
            each.announced()
        assert "No port is free" in client.expect(425, "EPSV")
        client.expect(200, "NOOP")
        attackers[0].ask("QUIT")
        client.announced()
        for each in attackers:
            each.__exit__()


def test_heldForAWhileOnly(server: StartServer) -> None:
    """
    A port to which nobody connects is closed with its session, at the latest
    when that has said nothing for long enough.
    """
    port = freePort()
    started = server(f"--passive-ports={port}", "--idle-timeout=0.5")
    with RawClient(started).login() as attacker:
        attacker.announced()
        assert attacker.reply().startswith("421 ")
        with RawClient(started).login() as client:
            client.announced()


def test_connectedAndForgotten(server: StartServer) -> None:
    """
    Two hundred connections to passive ports that no transfer uses are gone with
    their sessions.
    """
    started = server()
    before = usual(started)
    with RawClient(started).login() as client:
        made: list[socket.socket] = []
        for _ in range(200):
            made.append(client.connect(client.announced()))
        assert descriptors(started) <= before + 5
    assertRecovers(started, before)
