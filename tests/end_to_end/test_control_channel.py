"""
The control connection as RFC 854 and clients have it.
"""

from __future__ import annotations

import os
import random
import socket

import pytest

from tests.end_to_end.place import BIG, ROOM, Place
from tests.end_to_end.rawclient import RawClient, readAll

IAC, SE, SB, WILL, WONT, DO, DONT = (bytes([each]) for each in (255, 240, 250, 251, 252, 253, 254))

#: Some option of Telnet.
OPTION = b"\x18"

MEBI = 1024 * 1024


class TestTelnet:
    """
    Telnet among the bytes of a command.
    """

    @pytest.mark.parametrize(
        ("said", "answer"), [(WILL, DONT), (DO, WONT)], ids=["offered", "asked for"]
    )
    def test_options(self, place: Place, said: bytes, answer: bytes) -> None:
        """
        Wherever an option stands, it is refused at once, and the command is
        what it was without it.
        """
        line = b"NOOP\r\n"
        with RawClient(place.server) as client:
            done = client.ask("NOOP").encode() + b"\r\n"
            refused = IAC + answer + OPTION
            for position in range(len(line) + 1):
                client.control.sendall(line[:position] + IAC + said + OPTION + line[position:])
                received = client.exactly(len(done + refused))
                assert received in (done + refused, refused + done), position

    @pytest.mark.parametrize(
        "said",
        [IAC + WONT + OPTION, IAC + DONT + OPTION, IAC + SB + OPTION + b"\r\n" + IAC + SE],
        ids=["not offered", "not asked for", "subnegotiation"],
    )
    def test_noAnswer(self, place: Place, said: bytes) -> None:
        """
        What needs no answer gets none, or the two ends would never stop.
        """
        with RawClient(place.server) as client:
            client.control.sendall(b"NO" + said + b"OP\r\n")
            assert client.reply().startswith("200 ")
            client.expect(200, "NOOP")

    def test_doubled(self, place: Place) -> None:
        """
        A byte 0xFF of a name comes twice; on disk it is one.
        """
        with place.login() as client:
            client.control.sendall(b"MKD caf\xff\xff\r\n")
            assert client.reply().startswith("257 ")
        assert os.fsdecode(b"caf\xff") in os.listdir(place.folder)


class TestSynch:
    """
    Interrupt process and data mark, behind an urgent pointer.
    """

    def test_status(self, place: Place) -> None:
        """
        STAT behind them is answered during a transfer, which goes on.
        """
        with place.login() as client:
            data = client.transfer("RETR big", room=ROOM)
            synch(client.control, b"STAT\r\n")
            assert client.reply().startswith("211-")
            assert len(readAll(data)) == BIG
            assert client.reply().startswith("226 ")

    def test_growingBytes(self, place: Place) -> None:
        """
        Each time, it tells how far the transfer has come.
        """
        with place.login() as client:
            data = client.transfer("RETR big", room=ROOM)
            told = [sizeSoFar(client)]
            for _ in range(4):
                readSome(data, 2 * MEBI)
                told.append(sizeSoFar(client))
            assert told == sorted(told) and told[0] < told[-1] < BIG
            readAll(data)
            assert client.reply().startswith("226 ")


def synch(control: socket.socket, command: bytes) -> None:
    """
    Send a command as RFC 959 section 4.1.3 has it.
    """
    control.send(b"\xff\xf4\xff", socket.MSG_OOB)
    control.sendall(b"\xf2" + command)


def sizeSoFar(client: RawClient) -> int:
    """
    Ask how many bytes of the file went through.
    """
    [line] = [line for line in client.ask("STAT").splitlines() if "bytes so far" in line]
    return int(line.rpartition(": ")[2].split()[0])


def readSome(data: socket.socket, count: int) -> None:
    """
    Read so many bytes.
    """
    while count:
        count -= len(data.recv(min(count, 64 * 1024)))


class TestLines:
    """
    Where a command ends.
    """

    def test_lineFeedAlone(self, place: Place) -> None:
        """
        It is an end, too.
        """
        with place.login() as client:
            client.control.sendall(b"NOOP\nSIZE old\n")
            assert client.reply().startswith("200 ")
            assert client.reply() == "213 14"

    def test_carriageReturnInAName(self, place: Place) -> None:
        """
        With a NUL behind it, it belongs to the name (RFC 2640 section 3.1).
        """
        with place.login() as client:
            client.control.sendall(b"MKD a\r\0b\r\n")
            assert client.reply().startswith("257 ")
        assert "a\rb" in os.listdir(place.folder)

    @pytest.mark.parametrize("length", [9000, 1_000_000])
    def test_tooLong(self, place: Place, length: int) -> None:
        """
        A line over the limit is answered 500, once, and the next one is done.
        """
        with place.login() as client:
            client.control.sendall(b"NOOP " + b"x" * length + b"\r\nSIZE old\r\n")
            assert client.reply().startswith("500 ")
            assert client.reply() == "213 14"

    def test_pipeline(self, place: Place) -> None:
        """
        A thousand commands in one write are answered in their order.
        """
        asked = random.Random(0).choices(["SIZE old", "SIZE big", "PWD", "NOPE"], k=1000)
        answers = {"SIZE old": "213 14", "SIZE big": f"213 {BIG}", "PWD": "257 ", "NOPE": "500 "}
        with place.login() as client:
            client.control.sendall("".join(f"{each}\r\n" for each in asked).encode())
            for each in asked:
                assert client.reply().startswith(answers[each])
