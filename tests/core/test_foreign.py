"""
Tests for L{ftpactive.core.foreign}, and for how the control channel ends when
it meets what is not FTP.
"""

from __future__ import annotations

import pytest

from ftpactive.core.command import Command
from ftpactive.core.control import NEED_DATA, ControlChannel
from ftpactive.core.foreign import foreign, isHandshake
from ftpactive.core.reply import Reply
from ftpactive.verbs.vocabulary import TABLE

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


class TestForeign:
    """
    L{foreign} knows lines of other protocols.
    """

    @pytest.mark.parametrize(
        "line",
        [b"GET / HTTP/1.1\r", b"post /x HTTP/1.0", b"OPTIONS * HTTP/1.1", b"CONNECT a:21 HTTP/1.1"]
        + [b"PUT /", b"HEAD /", b"DELETE /", b"PATCH /", b"TRACE /", b"PRI * HTTP/2.0"]
        + [b"PROPFIND / HTTP/1.1\r", b"mkcol /a b HTTP/1.1", b"X-OWN / HTTP/1.0", b"LOCK /x"]
        + [b"Host: example.org", b"User-Agent: x", b"Content-Length: 5", b" GET /"],
    )
    def test_http(self, line: bytes) -> None:
        """
        Requests, and the fields of their headers.
        """
        assert foreign(line) == "HTTP"

    def test_others(self) -> None:
        """
        SSH and SMTP.
        """
        assert foreign(b"SSH-2.0-OpenSSH_9.9\r") == "SSH"
        assert {foreign(b"EHLO there"), foreign(b"helo there\r")} == {"SMTP"}

    @pytest.mark.parametrize("name", [*sorted(TABLE), "MAIL", "ADAT"])
    @pytest.mark.parametrize("argument", [b"", b" GET: /", b" / HTTP/1.1"])
    def test_ftp(self, name: str, argument: bytes) -> None:
        """
        No command of FTP is taken for one of them, whatever stands behind it.
        """
        assert name
        assert foreign(name.encode() + argument + b"\r") == ""

    @pytest.mark.parametrize("line", [b"", b"\r", b" ", b"FOOBAR / HTTP", b"FOOBAR HTTP/1.1"])
    def test_nobodys(self, line: bytes) -> None:
        """
        Nor is what is nobody's.
        """
        assert foreign(line) == ""

    def test_handshake(self) -> None:
        """
        Two bytes tell one of TLS.
        """
        assert isHandshake(HELLO)
        assert not isHandshake(b"\x16")
        assert not isHandshake(b"USER \x16\x03")


class TestChannel:
    """
    The control channel releases nothing any more.
    """

    def test_request(self) -> None:
        """
        Not what stands behind it, and not what stands before it and waits.
        """
        channel = ControlChannel()
        channel.receiveData(b"NOOP\r\nPOST / HTTP/1.1\r\nUSER alice\r\n")
        channel.receiveData(b"PASS secret\r\n")
        assert channel.foreign == "HTTP"
        assert channel.nextCommand() is NEED_DATA

    def test_handshakeInPieces(self) -> None:
        """
        It has no line end to wait for.
        """
        channel = ControlChannel()
        for byte in HELLO:
            channel.receiveData(bytes((byte,)))
        assert channel.foreign == "TLS"

    def test_laterTheSameBytes(self) -> None:
        """
        Behind the first line they are a line like any other.
        """
        channel = ControlChannel()
        channel.send(Reply(220, "Hello"))
        channel.receiveData(b"NOOP\r\n" + HELLO)
        assert channel.foreign == ""
        assert channel.nextCommand() == Command("NOOP", "")

    def test_afterTheEnd(self) -> None:
        """
        What comes then is not kept.
        """
        channel = ControlChannel()
        channel.close()
        assert channel.receiveData(b"x" * 1000) == b""
        assert channel.foreign == ""
