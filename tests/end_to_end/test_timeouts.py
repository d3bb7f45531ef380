"""
Nobody can hold a session or a data connection for ever.
"""

from __future__ import annotations

from tests.end_to_end.conftest import StartServer
from tests.end_to_end.place import BIG, BOTH_WAYS, PASSWORD, ROOM, USER, WRITER, Place, deaf
from tests.end_to_end.rawclient import RawClient, awaitEnd, readAll

SOON = "0.3"


def assertDismissed(client: RawClient, words: str) -> None:
    """
    The client is told 421, and why, and the connection is closed.
    """
    reply = client.reply()
    assert reply.startswith("421 ") and words in reply
    assert client.reply() == ""


class TestSession:
    """
    The control connection.
    """

    def test_login(self, server: StartServer) -> None:
        """
        Who does not log in is sent away, whatever else they say.
        """
        with RawClient(server(f"--login-timeout={SOON}")) as client:
            client.expect(200, "NOOP")
            assertDismissed(client, "login")

    def test_idle(self, server: StartServer) -> None:
        """
        Who says nothing more is sent away.
        """
        with RawClient(server(f"--idle-timeout={SOON}")).login() as client:
            assertDismissed(client, "Nothing was said")

    @BOTH_WAYS
    def test_transferIsNotIdle(self, server: StartServer, isActive: bool) -> None:
        """
        A transfer may take longer than the time between two commands.
        """
        started = server(f"--idle-timeout={SOON}")
        Place.make(started, started.root)
        with RawClient(started).login() as client, RawClient(started).login() as clock:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            assertDismissed(clock, "Nothing was said")
            assert len(readAll(data)) == BIG
            assert client.reply().startswith("226 ")


class TestTransfer:
    """
    The data connection.
    """

    @BOTH_WAYS
    def test_stalledDownload(self, server: StartServer, isActive: bool) -> None:
        """
        A client that does not read is answered 426, and stays logged in.
        """
        started = server(f"--stall-timeout={SOON}")
        Place.make(started, started.root)
        with RawClient(started).login() as client:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            reply = client.reply()
            assert reply.startswith("426 ") and "Nothing moved" in reply
            awaitEnd(data)
            client.expect(200, "NOOP")

    @BOTH_WAYS
    def test_stalledUpload(self, server: StartServer, isActive: bool) -> None:
        """
        A client that does not send is answered 426, and stays logged in.
        """
        started = server(WRITER, f"--stall-timeout={SOON}")
        with RawClient(started).login(USER, PASSWORD) as client:
            data = client.transfer("STOR file", isActive=isActive)
            data.sendall(b"some")
            reply = client.reply()
            assert reply.startswith("426 ") and "Nothing moved" in reply
            awaitEnd(data)
            client.expect(200, "NOOP")

    def test_passiveConnection(self, server: StartServer) -> None:
        """
        A client that never connects is answered 425, after the 150 that it may
        have waited for.
        """
        started = server(f"--connect-timeout={SOON}")
        with RawClient(started).login() as client:
            client.announced()
            client.send("LIST")
            assert client.reply().startswith("150 ")
            reply = client.reply()
            assert reply.startswith("425 ") and "did not connect" in reply

    def test_activeConnection(self, server: StartServer) -> None:
        """
        A client whose firewall drops our connection is answered 425.
        """
        with RawClient(server(f"--connect-timeout={SOON}")).login() as client, deaf() as port:
            client.expect(200, f"EPRT |1|127.0.0.1|{port}|")
            reply = client.expect(425, "LIST")
            assert "no answer within 0.3 seconds" in reply
