"""
What an attack must not make of a server's process.
"""

from __future__ import annotations

import os

from tests.end_to_end.process import Server, eventually
from tests.end_to_end.rawclient import RawClient


def descriptors(server: Server) -> int:
    """
    Give how many descriptors it has open.
    """
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def usual(server: Server) -> int:
    """
    Give how many it has open when nobody is there, after its first session.
    """
    assertServes(server)
    # What the first one opened, it keeps; its connection is closed by now.
    server.wait("disconnected")
    return descriptors(server)


def assertServes(server: Server) -> None:
    """
    Somebody new gets in and is served, without long waits.
    """
    with RawClient(server).login() as client:
        client.expect(200, "NOOP")


def assertRecovers(server: Server, before: int) -> None:
    """
    Once the attackers are gone, what they held is free.
    """
    eventually(lambda: descriptors(server) <= before)
    assertServes(server)
