"""
Connections that end before their time, by accident or on purpose.
"""

from __future__ import annotations

import os
import re
import socket

import pytest

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BIG, BOTH_REACTORS, BOTH_WAYS, ROOM, WRITER, Place, isRefused
from tests.end_to_end.process import eventually
from tests.end_to_end.rawclient import RawClient, awaitEnd, reset

pytestmark = BOTH_REACTORS


class TestLostDataConnection:
    """
    The data connection breaks.
    """

    @BOTH_WAYS
    def test_upload(self, place: Place, isActive: bool) -> None:
        """
        An upload that is reset is answered 426; the old file stays.
        """
        with place.login() as client:
            data = client.transfer("STOR old", isActive=isActive)
            data.sendall(bytes(1_000_000))
            reset(data)
            assert client.reply().startswith("426 ")
            place.assertUntouched()
            client.expect(200, "NOOP")

    @BOTH_WAYS
    def test_download(self, place: Place, isActive: bool) -> None:
        """
        A download whose client goes away is answered 426.
        """
        with place.login() as client:
            reset(client.transfer("RETR big", isActive=isActive, room=ROOM))
            assert client.reply().startswith("426 ")
            client.expect(200, "NOOP")

    def test_newFile(self, place: Place) -> None:
        """
        Of a new file, what came is kept, for the client to go on from there.
        """
        with place.login() as client:
            data = client.transfer("STOR new")
            data.sendall(bytes(1000))
            eventually(lambda: (place.folder / "new").stat().st_size == 1000)
            reset(data)
            assert client.reply().startswith("426 ")
        assert (place.folder / "new").stat().st_size == 1000


class TestLostControlConnection:
    """
    The control connection ends, and its data connection with it.
    """

    @BOTH_WAYS
    @pytest.mark.parametrize("how", ["closed", "reset"])
    def test_download(self, place: Place, isActive: bool, how: str) -> None:
        """
        A download stops at once, and the log says so.
        """
        with place.login() as client:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            caller = f"127.0.0.1:{client.control.getsockname()[1]}"
            hangUp(client, how)
            place.server.wait(rf"{caller} \S+\] disconnected: ")
            found = place.server.wait(rf"RETR {place.path}/big: (\d+) bytes in .*, failed: ")
            assert int(found[1]) < BIG
            awaitEnd(data)

    @BOTH_WAYS
    def test_upload(self, place: Place, isActive: bool) -> None:
        """
        An upload is undone.
        """
        with place.login() as client:
            data = client.transfer("STOR old", isActive=isActive)
            data.sendall(bytes(1_000_000))
            hangUp(client, "closed")
            awaitEnd(data)
            place.server.wait(rf"STOR {place.path}/old: \d+ bytes in .*, failed: ")
            place.assertUntouched()

    def test_passivePort(self, place: Place) -> None:
        """
        A port that waits for the client is closed.
        """
        with place.login() as client:
            address = client.announced()
            hangUp(client, "closed")
            eventually(lambda: isRefused(address))


def hangUp(client: RawClient, how: str) -> None:
    """
    End the control connection.
    """
    if how == "closed":
        client.control.shutdown(socket.SHUT_RDWR)
    else:
        # The socket lives as long as the file that replies are read from.
        client.closeReplies()
        reset(client.control)


class TestStop:
    """
    The service is stopped by SIGTERM.
    """

    @pytest.fixture
    def place(self, server: StartServer) -> Place:
        """
        The root of a server of its own.
        """
        # Who does not read is not waited for that long.
        started = server(WRITER, "--stop-timeout=1")
        return Place.make(started, started.root)

    def test_sessions(self, place: Place) -> None:
        """
        Whoever is there is told 421, logged in or not.
        """
        with place.login() as one, RawClient(place.server) as other:
            place.server.terminate()
            for client in (one, other):
                assert client.reply().startswith("421 ")
                assert client.reply() == ""
            place.server.stop()

    @BOTH_WAYS
    def test_download(self, place: Place, isActive: bool) -> None:
        """
        A client that does not read its data cannot keep it from stopping.
        """
        with place.login() as client:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            place.server.terminate()
            assert client.reply().startswith("421 ")
            awaitEnd(data)
            place.server.stop()

    def test_upload(self, place: Place) -> None:
        """
        An upload is undone before the process ends.
        """
        with place.login() as client:
            client.transfer("STOR old").sendall(bytes(1_000_000))
            place.server.terminate()
            assert client.reply().startswith("421 ")
            place.server.stop()
        assert sorted(os.listdir(place.folder)) == ["big", "old"]
        assert (place.folder / "old").read_bytes() == b"what was there"


class TestNobodyListens:
    """
    An active connection that does not come about.
    """

    def test_refused(self, place: Place) -> None:
        """
        It is answered 425 with the reason in words, and the session goes on.
        """
        with place.login() as client:
            # A socket that is bound keeps others from listening there.
            with socket.socket() as silent:
                silent.bind(("127.0.0.1", 0))
                port = silent.getsockname()[1]
                client.expect(200, f"EPRT |1|127.0.0.1|{port}|")
                reply = client.expect(425, "RETR old")
            assert f"127.0.0.1:{port}" in reply and "refused" in reply
            place.server.wait(r"active data connection failed after .*refused")
            assert client.fetch("old", isActive=True) == b"what was there"

    def test_storedNothing(self, place: Place) -> None:
        """
        An upload that never began leaves the old file.
        """
        with place.login() as client, socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            client.expect(200, f"EPRT |1|127.0.0.1|{silent.getsockname()[1]}|")
            assert re.match("425 ", client.ask("STOR old"))
            place.assertUntouched()
