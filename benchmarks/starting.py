"""
Starts servers, and ends every one of them, whatever happens.
"""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import HOST, Session, Target
from benchmarks.installs import run
from benchmarks.measure import Running
from benchmarks.servers import Place, Server
from benchmarks.values import BARE, Fault
from benchmarks.waits import PATIENCE, finish


@dataclass(frozen=True)
class Started:
    """
    A server that serves.
    """

    server: Server
    target: Target
    running: Running


class Ground:
    """
    The folder of a run, and what all servers share.

    @ivar root: what they serve.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "bench"
        self._folder = folder
        self._certificate, self._key = folder / "certificate.pem", folder / "key.pem"
        self._count = 0
        words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        files = ["-keyout", str(self._key), "-out", str(self._certificate)]
        run("openssl", "req", *words, *files)

    @contextmanager
    def started(self, server: Server, *, isProtected: bool = False) -> Iterator[Started]:
        """
        Have a server.

        @raise Fault: it cannot be had, or does not start.
        """
        self._count += 1
        state = self._folder / f"state-{self._count}"
        state.mkdir()
        files = (self.root, state, self._certificate, self._key)
        place = Place(freePort(), *files, tls=isProtected)
        launch = server.launch(place)
        context = _context() if isProtected else None
        target = Target(place.port, launch.user, self.root, tls=context)
        running = Running(f"{server.name}-{self._count}", launch.command, launch.environment)
        try:
            _wait(server, target, running)
            yield Started(server, target, running)
        finally:
            running.end()


def _context() -> ssl.SSLContext:
    """
    Give what all clients ask for: one version and one cipher, as good as any and
    known to everybody.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    return context


def freePort() -> int:
    """
    Give a port that is free, as the one below it is, below those that the kernel
    and the client choose from.
    """
    for port in random.sample(range(15001, 19999), 500):
        if _isFree(port) and _isFree(port - 1):
            return port
    raise Fault("no pair of ports is free")


def _isFree(port: int) -> bool:
    with socket.socket() as trial:
        # Connections that were closed lately do not keep a server from listening.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _wait(server: Server, target: Target, running: Running) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((HOST, target.port)).close()
            break
        except ConnectionRefusedError:
            if not running.isAlive or time.monotonic() > deadline:
                raise Fault(f"{server.name} does not start") from None
            time.sleep(0.02)
    if server.name != BARE:
        with Session(target) as session:
            finish(session.login())
            finish(session.quit())
