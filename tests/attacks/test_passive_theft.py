"""
Stealing a passive connection: somebody else connects to the port that was
announced to a client, to read its file or to put another one in its place.
"""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.place import PASSWORD, USER, WRITER
from tests.end_to_end.rawclient import RawClient, awaitEnd, readAll

__all__ = ["server"]

THIEF = "127.0.0.9"


def test_download(server: StartServer) -> None:
    """
    A stranger gets nothing, whenever it comes, and the client gets its file.
    """
    started = server()
    (started.root / "file").write_bytes(b"contents")
    with RawClient(started).login() as client:
        address = client.announced()
        for _ in range(3):
            assert readAll(client.connect(address, source=THIEF)) == b""
        client.send("RETR file")
        assert client.reply().startswith("150 ")
        assert readAll(client.connect(address, source=THIEF)) == b""
        assert readAll(client.connect(address)) == b"contents"
        assert client.reply().startswith("226 ")
    started.wait(r"stranger: only 127\.0\.0\.1 may connect here")


def test_upload(server: StartServer) -> None:
    """
    Nor does what a stranger sends end up in the client's file.
    """
    started = server(WRITER)
    with RawClient(started).login(USER, PASSWORD) as client:
        address = client.announced()
        client.send("STOR file")
        assert client.reply().startswith("150 ")
        stranger = client.connect(address, source=THIEF)
        try:
            stranger.sendall(b"forged")
        except ConnectionError:
            pass
        awaitEnd(stranger)
        with client.connect(address) as data:
            data.sendall(b"genuine")
        assert client.reply().startswith("226 ")
    assert (started.root / "file").read_bytes() == b"genuine"


def test_secondConnection(server: StartServer) -> None:
    """
    One connection is for one transfer: another one finds the port closed.
    """
    started = server()
    with RawClient(started).login() as client:
        address = client.announced()
        client.connect(address)
        client.send("LIST")
        assert client.reply().startswith("150 ")
        assert client.reply().startswith("226 ")
        with pytest.raises(ConnectionRefusedError):
            client.connect(address)


def test_cannotBeForeseen(server: StartServer) -> None:
    """
    The next port is not the next number.
    """
    with RawClient(server("--passive-ports=20100-20900")).login() as client:
        ports = [client.announced()[1] for _ in range(20)]
    steps = {after - before for before, after in zip(ports, ports[1:], strict=False)}
    assert len(steps) > 5
