"""
Names, passwords and commands that would forge lines of the log, or colour the
terminal of who reads it.
"""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.place import PASSWORD, USER, WRITER
from tests.end_to_end.process import Server
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]

#: As RFC 2640 section 3.1 has it, NUL is a line feed and CR NUL a carriage
#: return inside of a name.
FORGED = "x\0" + "2026-11-22T00:00:00+0000 [ftpactive#info] [1 192.0.2.1:1 root] logged in"

NAMES = {
    "line feed": FORGED,
    "both": "x\r\0\0forged",
    "carriage return": "x\r\0forged",
    "red": "x\x1b[31mred\x1b[0m",
    "title": "x\x1b]0;title\x07",
    "cursor": "x\x1b[2K\x1b[1A",
    "C1": "x\x9b31m\x85forged",
    "right to left": "x\u202etxt.exe",
    "isolate": "x\u2066y\u2069",
    "line separator": "x\u2028forged\u2029",
    "backspace": "x\b\b\b",
    "format": "{0} {log_format} %s {a!r:>9999999}",
    "broken UTF-8": "x\udcff\udc9b31m",
}

#: How a line that twistd writes begins, and those of a server that starts.
_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[[^\]]+\] ")


def assertClean(started: Server) -> None:
    """
    Each line of the log is one that the server wrote, of characters that only
    show themselves.
    """
    for line in started.lines:
        assert _LINE.match(line), line
        assert all(not unicodedata.category(each).startswith("C") for each in line), ascii(line)
        assert not re.search("[\u2028\u2029]", line)


def sendRaw(client: RawClient, command: str) -> str:
    """
    Send a command with bytes of any kind in it.
    """
    client.control.sendall(command.encode("utf-8", "surrogateescape") + b"\r\n")
    return client.reply()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_everywhere(server: StartServer, name: str) -> None:
    """
    As a user, as a file, as a client's name, as a command.
    """
    started = server(WRITER)
    with RawClient(started) as client:
        sendRaw(client, f"USER {name}")
        sendRaw(client, f"PASS {name}")
        client.login(USER, PASSWORD)
        sendRaw(client, f"CLNT {name}")
        sendRaw(client, f"{name} x")
        data = client.connect(client.announced())
        reply = sendRaw(client, f"STOR {name}")
        data.close()
        if reply.startswith("150"):
            client.reply()
        sendRaw(client, f"RETR {name}")
        sendRaw(client, f"MKD {name}/{name}")
        client.expect(221, "QUIT")
    started.wait(r"\] disconnected: 221")
    started.wait("login failed for")
    assertClean(started)
    logged = re.compile(r"\S+ \[ftpactive#info\] \[1 [\d.:]+ \w*\] logged in")
    logins = [line for line in started.lines if logged.fullmatch(line)]
    assert len(logins) == 1


def test_hostAndBan(server: StartServer) -> None:
    """
    So is what is told of somebody who is banned.
    """
    started = server(WRITER, "--max-per-address=1")
    with RawClient(started) as client:
        sendRaw(client, "HOST \x1b[31m")
        sendRaw(client, "GET /\x1b[31m HTTP/1.1")
        with RawClient(started, source="127.0.0.2") as other:
            other.expect(200, "NOOP")
    assertClean(started)
