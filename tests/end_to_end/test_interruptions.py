"""
What a client says during a transfer: ABOR and QUIT.
"""

from __future__ import annotations

import socket

import pytest

from tests.end_to_end.place import BIG, BOTH_REACTORS, BOTH_WAYS, ROOM, Place, deaf
from tests.end_to_end.rawclient import awaitEnd, readAll

pytestmark = BOTH_REACTORS


def sendAbort(control: socket.socket, how: str) -> None:
    """
    Send ABOR in one of the ways that clients have.
    """
    if how == "Telnet Synch":
        # RFC 959 section 4.1.3: interrupt process, then the data mark, behind
        # an urgent pointer.
        control.send(b"\xff\xf4\xff", socket.MSG_OOB)
        control.sendall(b"\xf2ABOR\r\n")
    elif how == "all urgent":
        control.send(b"ABOR\r\n", socket.MSG_OOB)
    else:
        control.sendall(b"ABOR\r\n")


class TestAbort:
    """
    ABOR.
    """

    @BOTH_WAYS
    @pytest.mark.parametrize("how", ["Telnet Synch", "all urgent", "plain"])
    def test_download(self, place: Place, isActive: bool, how: str) -> None:
        """
        It cuts a transfer: 426 for that, 226 for itself, and the session goes on.
        """
        with place.login() as client:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            sendAbort(client.control, how)
            assert client.reply().startswith("426 ")
            assert client.reply().startswith("226 ")
            awaitEnd(data)
            assert client.fetch("old", isActive=isActive) == b"what was there"

    def test_upload(self, place: Place) -> None:
        """
        An upload that is cut by its own client leaves the old file, too.
        """
        with place.login() as client:
            client.transfer("STOR old").sendall(bytes(1_000_000))
            sendAbort(client.control, "Telnet Synch")
            assert client.reply().startswith("426 ")
            assert client.reply().startswith("226 ")
            place.assertUntouched()

    def test_whileWaitingForTheClient(self, place: Place) -> None:
        """
        It ends the wait for a passive connection that does not come.
        """
        with place.login() as client:
            client.announced()
            assert client.ask("RETR big").startswith("150 ")
            sendAbort(client.control, "Telnet Synch")
            assert client.reply().startswith("426 ")
            assert client.reply().startswith("226 ")

    @BOTH_WAYS
    def test_beforeItBegins(self, place: Place, isActive: bool) -> None:
        """
        It may come together with the command that it aborts: no file is sent.
        """
        with place.login() as client:
            if isActive:
                client.listen()
            else:
                client.announced()
            client.control.sendall(b"RETR big\r\nABOR\r\n")
            assert client.reply().startswith("426 ")
            assert client.reply().startswith("226 ")
            assert client.fetch("old", isActive=isActive) == b"what was there"

    def test_whileConnecting(self, place: Place) -> None:
        """
        It ends the wait for a port that does not answer.
        """
        with place.login() as client, place.login() as other, deaf() as port:
            client.expect(200, f"EPRT |1|127.0.0.1|{port}|")
            client.send("RETR big")
            # When this is answered, that has begun.
            other.expect(200, "NOOP")
            sendAbort(client.control, "Telnet Synch")
            assert client.reply().startswith("426 ")
            assert client.reply().startswith("226 ")
            assert client.fetch("old", isActive=True) == b"what was there"

    @BOTH_WAYS
    def test_afterTheLastByte(self, place: Place, isActive: bool) -> None:
        """
        It comes too late, and spoils nothing.
        """
        with place.login() as client:
            data = client.transfer("RETR old", isActive=isActive)
            assert readAll(data) == b"what was there"
            sendAbort(client.control, "Telnet Synch")
            # Whether the server knows yet that all has arrived is chance.
            assert client.reply()[:4] in ("226 ", "426 ")
            assert client.reply().startswith("226 ")
            assert client.fetch("old", isActive=isActive) == b"what was there"

    def test_uploadAfterTheLastByte(self, place: Place) -> None:
        """
        An upload that was finished is there, whole, or it is as it was before.
        """
        with place.login() as client:
            with client.transfer("STOR old") as data:
                data.sendall(b"something new")
            sendAbort(client.control, "Telnet Synch")
            isDone = client.reply().startswith("226 ")
            assert client.reply().startswith("226 ")
            expected = b"something new" if isDone else b"what was there"
            assert (place.folder / "old").read_bytes() == expected

    def test_nothingToAbort(self, place: Place) -> None:
        """
        Without a transfer it is answered 226 as well.
        """
        with place.login() as client:
            sendAbort(client.control, "Telnet Synch")
            assert client.reply().startswith("226 ")
            client.expect(200, "NOOP")


class TestQuit:
    """
    QUIT.
    """

    @BOTH_WAYS
    def test_duringATransfer(self, place: Place, isActive: bool) -> None:
        """
        The transfer is finished first, RFC 959 section 4.1.1.
        """
        with place.login() as client:
            data = client.transfer("RETR big", isActive=isActive, room=ROOM)
            client.send("QUIT")
            assert len(readAll(data)) == BIG
            assert client.reply().startswith("226 ")
            assert client.reply().startswith("221 ")
            assert client.reply() == ""
