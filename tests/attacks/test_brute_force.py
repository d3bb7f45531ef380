"""
Guessing passwords: on one connection, on many, from many addresses, and without
harm to the user whose password it is.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartServer, server
from tests.end_to_end.place import PASSWORD, USER, WRITER
from tests.end_to_end.process import Server
from tests.end_to_end.rawclient import RawClient

__all__ = ["server"]

BAN_AFTER = 6


@pytest.fixture
def started(server: StartServer, tmp_path: Path) -> Server:
    """
    A server with one user, and a short delay so that a test may fail often.
    """
    file = tmp_path / "limits.toml"
    file.write_text(f"[limits]\nban-after = {BAN_AFTER}\nlogin-delay = 0.01\n")
    return server(WRITER, f"--config={file}")


def guesses(started: Server, source: str, name: str = USER) -> list[str]:
    """
    Guess three passwords on one connection, or fewer if that ends before.

    @return: the replies, the greeting first.
    """
    with RawClient(started, source=source) as client:
        replies = [client.greeting]
        for number in range(3):
            if replies[-1].startswith("421") or not client.ask(f"USER {name}").startswith("331"):
                break
            replies.append(client.ask(f"PASS guess{number}"))
        return replies


def test_oneAddress(started: Server) -> None:
    """
    After a few guesses on however many connections the address is refused at
    the door, in words; others are not.
    """
    refused = 0
    for _ in range(10):
        replies = guesses(started, "127.0.0.2")
        refused += sum(reply.startswith(("530", "421 Too many failed")) for reply in replies[1:])
        if replies[0].startswith("421"):
            break
    assert "Too many failed logins from your address" in replies[0]
    assert refused <= BAN_AFTER
    with RawClient(started, source="127.0.0.3") as client:
        client.login(USER, PASSWORD)


def test_manyAddresses(started: Server) -> None:
    """
    Guesses from everywhere close the account to strangers; its user still gets
    in from where they have been before.
    """
    with RawClient(started, source="127.0.0.2") as client:
        client.login(USER, PASSWORD)
    for number in range(3 * BAN_AFTER):
        guesses(started, f"127.0.1.{number + 1}")
    with RawClient(started, source="127.0.0.3") as stranger:
        stranger.expect(331, f"USER {USER}")
        assert "Too many failed logins of this user" in stranger.expect(530, f"PASS {PASSWORD}")
    with RawClient(started, source="127.0.0.2") as client:
        client.login(USER, PASSWORD)


def test_manyAtOnce(started: Server) -> None:
    """
    A hundred guesses at the same moment are no more than a few.
    """
    clients = [RawClient(started, source="127.0.0.2") for _ in range(50)]
    try:
        for client in clients:
            client.send(f"USER {USER}\r\nPASS guess")
        answers = []
        for client in clients:
            assert client.reply().startswith("331")
            answers.append(client.reply())
        looked = [each for each in answers if each == "530 Login incorrect"]
        assert len(looked) <= BAN_AFTER
    finally:
        for client in clients:
            client.__exit__()


def test_namesAreNotTold(started: Server) -> None:
    """
    A name that is nobody's is answered in the same words, and about as fast.
    """
    told, took = [], []
    for source, name in (("127.0.0.2", USER), ("127.0.0.3", "nobody")):
        began = time.monotonic()
        told.append(guesses(started, source, name)[1:])
        took.append(time.monotonic() - began)
    assert told[0] == told[1]
    assert max(took) < 2 * min(took)


def test_logged(started: Server) -> None:
    """
    The log tells who was banned, once, and holds no guess.
    """
    for _ in range(4):
        guesses(started, "127.0.0.2")
    started.wait(r"127\.0\.0\.2 is banned for 600 s")
    assert started.log.count("127.0.0.2 is banned") == 1
    assert "guess0" not in started.log
