"""
Watch many TCP connections leave from one port.

    .venv/bin/python docs/many_connections.py [HOW_MANY]

Everything happens on this machine, on ports that are free.  What is shown is
explained in docs/active-mode.md.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import react
from twisted.internet.tcp import makeBinding

HOST = "127.0.0.1"


def freePort() -> int:
    """
    Give a port that nobody uses: it plays the data port, which is 20 in life.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def client(reactor: Any) -> int:
    """
    Do what an FTP client does before it sends PORT: listen, and give the port.
    """
    endpoint = TCP4ServerEndpoint(reactor, 0, interface=HOST)
    port: Any = await endpoint.listen(Factory.forProtocol(Protocol))
    return int(port.getHost().port)


async def connect(reactor: Any, port: int, dataPort: int, bindAddress: Any) -> Any:
    """
    Do what an FTP server does in active mode: connect to a client's port from
    the data port.  Print how that comes out.
    """
    endpoint = TCP4ClientEndpoint(reactor, HOST, port, bindAddress=bindAddress)
    try:
        connection: Any = await connectProtocol(endpoint, Protocol())
    except ConnectError as error:
        print(f"  {HOST}:{dataPort} -> {HOST}:{port}  failed: {error}")
        return None
    here, there = connection.transport.getHost(), connection.transport.getPeer()
    print(f"  {here.host}:{here.port} -> {there.host}:{there.port}  connected")
    return connection


async def main(reactor: Any, howMany: str = "5") -> None:
    """
    Try it in three ways.
    """
    clients = [await client(reactor) for _ in range(max(2, int(howMany)))]

    print("1. bindAddress=(host, port): the port serves one client.")
    port = freePort()
    for each in clients[:2]:
        await connect(reactor, each, port, (HOST, port))

    print("2. bindAddress=makeBinding(host, port, reuseAddress=True): it serves them all.")
    # Another port: the socket without the option bars the first to all others.
    port = freePort()
    shared = makeBinding(HOST, port, reuseAddress=True)
    found = [await connect(reactor, each, port, shared) for each in clients]
    # Nobody has closed anything: what is connected now was so all the time.
    connected = [each for each in found if each and each.connected]
    ports = {each.transport.getHost().port for each in connected}
    print(f"  {len(connected)} connections are open at once, from {len(ports)} local port.")

    print("3. A second connection to the same client port: all four numbers would be the same.")
    await connect(reactor, clients[0], port, shared)


if __name__ == "__main__":
    react(lambda reactor: main(reactor, *sys.argv[1:]))
