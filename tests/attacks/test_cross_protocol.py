"""
Clients of other protocols that are led to the control port, such as a browser
by a web page whose form holds FTP commands.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.request

import pytest

from tests.attacks.processes import assertServes
from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.place import PASSWORD, USER, WRITER
from tests.end_to_end.process import PATIENCE, Server

__all__ = ["server"]

LOGIN = f"USER {USER}\r\nPASS {PASSWORD}\r\nMKD hacked\r\n".encode()


def says(started: Server, data: bytes) -> bytes:
    """
    Say something, and give all that comes until the server closes.
    """
    with socket.create_connection(("127.0.0.1", started.port), PATIENCE) as client:
        answer = client.recv(1000)
        client.sendall(data)
        try:
            while more := client.recv(1000):
                answer += more
        except ConnectionResetError:
            # What it did not read any more was answered with this.
            pass
        return answer


@pytest.mark.parametrize(
    "method", ["GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE"]
)
def test_http(server: StartServer, method: str) -> None:
    """
    The connection is closed, and nothing in the request's body is done.
    """
    started = server(WRITER)
    request = f"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n".encode()
    says(started, request + LOGIN)
    started.wait("disconnected: This port speaks FTP, not HTTP")
    assert not (started.root / "hacked").exists()
    assert "logged in" not in started.log


def test_headerOnly(server: StartServer) -> None:
    """
    So it is when the first line was lost, or looked like FTP.
    """
    started = server(WRITER)
    answer = says(started, b"NOOP\r\nHost: x\r\n" + LOGIN)
    assert b"331" not in answer
    started.wait("disconnected: This port speaks FTP, not HTTP")


def test_others(server: StartServer) -> None:
    """
    SMTP and SSH.
    """
    started = server(WRITER)
    assert b"421 This port speaks FTP, not SMTP" in says(started, b"EHLO x\r\n")
    assert b"421 This port speaks FTP, not SSH" in says(started, b"SSH-2.0-x\r\n")
    assertGreets(started)


def assertGreets(started: Server) -> None:
    """
    Those who speak FTP are served.
    """
    with socket.create_connection(("127.0.0.1", started.port), PATIENCE) as client:
        assert client.recv(1000).startswith(b"220")


def test_browser(server: StartServer) -> None:
    """
    A real client of HTTP gives up at once.
    """
    started = server()
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"http://127.0.0.1:{started.port}/", b"USER x", PATIENCE)
    assertServes(started)


def test_tls(server: StartServer) -> None:
    """
    A handshake in the clear, as if this were the port of implicit TLS, ends at
    once, and not after a timeout.
    """
    started = server()
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", started.port), PATIENCE) as client:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(client, server_hostname="localhost")
    started.wait("disconnected: This port speaks FTP, not TLS")
    assertServes(started)
