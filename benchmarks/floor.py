"""
The least that the work itself costs: loops without a protocol.

    python -m benchmarks.floor PORT ROOT CERTIFICATE KEY

A connection says one line, C{send FILE}, C{receive FILE}, C{tls-send FILE} or
C{tls-receive FILE}, and is served by such a loop, on a socket that blocks.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from pathlib import Path

#: Bytes that are taken or written at once.
PIECE = 256 * 1024


def sendFile(connection: socket.socket, path: Path) -> None:
    """
    Let the kernel send a file.
    """
    with open(path, "rb") as file:
        offset, size = 0, os.fstat(file.fileno()).st_size
        while offset < size:
            offset += os.sendfile(connection.fileno(), file.fileno(), offset, size - offset)


def sendProtected(connection: socket.socket, path: Path) -> None:
    """
    Let OpenSSL write what is read.
    """
    buffer = memoryview(bytearray(PIECE))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            connection.sendall(buffer[:count])


def receive(connection: socket.socket, path: Path) -> None:
    """
    Take what comes and write it.
    """
    buffer = memoryview(bytearray(PIECE))
    with open(path, "wb", buffering=0) as file:
        while count := connection.recv_into(buffer):
            file.write(buffer[:count])


def serve(connection: socket.socket, root: Path, context: ssl.SSLContext) -> None:
    """
    Do what the first line says.
    """
    line = b""
    while not line.endswith(b"\n"):
        letter = connection.recv(1)
        if not letter:
            return
        line += letter
    command, name = line.decode().split()
    isProtected = command.startswith("tls-")
    if isProtected:
        connection = context.wrap_socket(connection, server_side=True)
    if command.endswith("receive"):
        receive(connection, root / name)
    elif isProtected:
        sendProtected(connection, root / name)
    else:
        sendFile(connection, root / name)
    connection.close()


def main(port: str, root: str, certificate: str, key: str) -> None:
    """
    Serve one connection after the other until killed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", int(port))) as listening:
        while True:
            connection, _ = listening.accept()
            with connection:
                serve(connection, Path(root), context)


if __name__ == "__main__":
    main(*sys.argv[1:])
