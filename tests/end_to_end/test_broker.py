"""
The port broker of a service that has no privileges left.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.end_to_end.process import CHECKOUT, PATIENCE, environment
from tests.net.brokers import OWN, eventually, kill, needsRoot, processes, status

pytestmark = needsRoot

PAIR = f"20/{OWN}"

#: Starts a broker, sheds all privileges, and does what it is told on its input:
#: connect to a port, keep the connections, and tell how it went.
SERVICE = """
import os, sys
from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver
from ftpactive.core.address import Address
from ftpactive.net.bound import BoundConnector
from ftpactive.net.broker import PortBroker

HOST, USER = sys.argv[1], 12345

class Connecting(ClientFactory):
    noisy = False
    def buildProtocol(self, addr):
        said.sendLine(b"connected")
        return Protocol()
    def clientConnectionFailed(self, connector, reason):
        said.sendLine(str(reason.value).encode())

class Said(LineReceiver):
    delimiter = b"\\n"
    def lineReceived(self, line):
        bound = broker.bind(Address(HOST, 20))
        BoundConnector(reactor, bound, Address(HOST, int(line)), Connecting(), timeout=20)

broker = PortBroker(reactor)
broker.start({20: [HOST]})
os.setgroups([])
os.setresgid(USER, USER, USER)
os.setresuid(USER, USER, USER)
said = Said()
StandardIO(said)
said.sendLine(b"ready")
reactor.run()
"""


class Service:
    """
    A process that runs L{SERVICE}.
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SERVICE, OWN],
            cwd=CHECKOUT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self.said() == "ready"

    def connect(self, port: int) -> None:
        """
        Let it connect to a port.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(b"%d\n" % port)

    def said(self) -> str:
        """
        Give the next line that it says.
        """
        assert self.process.stdout is not None
        line = b""
        while not line.endswith(b"\n") and (byte := self.process.stdout.read(1)):
            line += byte
        return line.decode().rstrip("\n")

    def end(self) -> None:
        """
        Make sure that nothing is left of it.
        """
        self.process.kill()
        self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def service() -> Iterator[Service]:
    """
    A service without privileges.
    """
    one = Service()
    try:
        yield one
    finally:
        one.end()
    eventually(lambda: not processes(PAIR))


class TestService:
    """
    The service has no privilege, the broker has one, and it works.
    """

    def test_capabilities(self, service: Service) -> None:
        """
        None in one process, exactly one in the others.
        """
        assert int(status(service.process.pid)["CapPrm"], 16) == 0
        for process in processes(PAIR).values():
            assert int(status(process)["CapPrm"], 16) == 1 << 10

    def test_manyAtOnce(self, service: Service) -> None:
        """
        200 connections from port 20, all of them alive at once, while the
        broker is killed again and again.
        """
        with ExitStack() as stack:
            clients = [stack.enter_context(socket.create_server((OWN, 0))) for _ in range(200)]
            for count, client in enumerate(clients):
                service.connect(client.getsockname()[1])
                if count % 40 == 20:
                    eventually(lambda: "port" in processes(PAIR))
                    kill(processes(PAIR)["port"])
            assert [service.said() for _ in clients] == ["connected"] * 200
            connections = [stack.enter_context(client.accept()[0]) for client in clients]
            assert {each.getpeername() for each in connections} == {(OWN, 20)}

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
    def test_diesWithTheService(self, service: Service, number: int) -> None:
        """
        However that dies.
        """
        assert len(processes(PAIR)) == 2
        os.kill(service.process.pid, number)
        eventually(lambda: not processes(PAIR))

    def test_terminal(self, service: Service) -> None:
        """
        What is typed at a terminal is for the service, which may need the
        broker until its end.
        """
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            for process in processes(PAIR).values():
                os.kill(process, number)
        with socket.create_server((OWN, 0)) as client:
            service.connect(client.getsockname()[1])
            assert service.said() == "connected"
