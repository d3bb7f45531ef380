"""
A folder of 200,000 entries, and a file of 10 GiB: neither takes much memory,
and nobody has to wait for them.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.place import ROOM
from tests.end_to_end.process import Server, eventually
from tests.end_to_end.rawclient import RawClient, readAll

COUNT = 200_000
LINKS = 50_000
NAMES = [f"entry-{number:06}.dat" for number in range(COUNT)]

#: More than this a listing may not occupy.
MEMORY = 32 * 1024 * 1024


@dataclass(frozen=True)
class BigPlace:
    """
    A server with the folder C{big}.

    @ivar before: the memory that the server had before it listed anything.
    """

    server: Server
    folder: Path
    before: int

    def login(self) -> RawClient:
        """
        Log in as a guest.
        """
        return RawClient(self.server).login()

    def grown(self) -> int:
        """
        Give how much memory it took since.
        """
        return self.server.residentBytes - self.before


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigPlace]:
    """
    The folder is made once, and does not stay.
    """
    root = tmp_path_factory.mktemp("root")
    folder = root / "big"
    folder.mkdir()
    for begin in range(0, COUNT, LINKS):
        # An entry by itself is made in no time, a file is not; nor may a file
        # have more names than this everywhere.
        first = folder / NAMES[begin]
        first.touch()
        for name in NAMES[begin + 1 : begin + LINKS]:
            os.link(first, folder / name)
    server = Server(root)
    try:
        server.ready()
        with RawClient(server).login() as client:
            readAll(client.transfer("LIST"))
            client.reply()
        yield BigPlace(server, folder, server.residentBytes)
        server.stop()
    finally:
        server.kill()
        shutil.rmtree(root)


class Pulse:
    """
    A second session, which sends a NOOP as soon as the last one was answered.
    """

    def __init__(self, client: RawClient) -> None:
        self._client = client
        self.answers = 0
        client.send("NOOP")

    def listen(self) -> None:
        """
        Count an answer that has come.
        """
        if select.select([self._client.control], [], [], 0)[0]:
            assert self._client.reply().startswith("200 ")
            self.answers += 1
            self._client.send("NOOP")

    def until(self, other: socket.socket) -> int:
        """
        Go on until another connection has something to read.

        @return: how many answers came meanwhile.
        """
        before = self.answers
        while not select.select([other], [], [], 0)[0]:
            select.select([other, self._client.control], [], [])
            self.listen()
        return self.answers - before


@dataclass(frozen=True)
class Listed:
    """
    What came of a listing.

    @ivar verb: how it was asked for.
    @ivar lines: what was sent.
    @ivar early: how often another session was answered before the first byte.
    @ivar meanwhile: how often from then to the last one.
    @ivar most: how much memory the server took, at worst.
    """

    verb: str
    lines: list[bytes]
    early: int
    meanwhile: int
    most: int

    @property
    def names(self) -> list[str]:
        """
        Give the names that were listed; none of ours has a space or a slash.
        """
        return [line.rpartition(b" ")[2].rpartition(b"/")[2].decode() for line in self.lines]


@pytest.fixture(scope="module", params=["LIST", "NLST", "MLSD"])
def listed(request: pytest.FixtureRequest, place: BigPlace) -> Listed:
    """
    A listing of the folder, with a second session beside it.  The client stops
    reading for a while, and meanwhile the folder changes at its end.
    """
    received, most = bytearray(), 0
    with place.login() as client, place.login() as other:
        pulse = Pulse(other)
        data = client.connect(client.announced(), room=ROOM)
        client.send(f"{request.param} big")
        early = pulse.until(data)
        settle(place)
        with changed(place.folder):
            # A quarter of a piece: beside other work, the answers come late.
            while chunk := data.recv(16 * 1024):
                received += chunk
                pulse.listen()
                most = max(most, place.grown())
        assert client.reply().startswith("150 ")
        assert client.reply().startswith("226 ")
    lines = bytes(received).splitlines()
    return Listed(request.param, lines, early, pulse.answers - early, max(most, place.grown()))


def settle(place: BigPlace) -> None:
    """
    Wait until the server does nothing more.
    """
    eventually(lambda: place.server.isIdle)


@contextmanager
def changed(folder: Path) -> Iterator[None]:
    """
    For a while, the last name but two is gone, that but one is a link that
    leads nowhere, and the last one a link to a file.
    """
    gone, broken, link = (folder / name for name in NAMES[-3:])
    for each in (gone, broken, link):
        each.unlink()
    broken.symlink_to("nowhere")
    link.symlink_to(NAMES[0])
    try:
        yield
    finally:
        for each in (broken, link):
            each.unlink()
        for each in (gone, broken, link):
            each.touch()


class TestListing:
    """
    A folder is listed as it is read.
    """

    def test_names(self, listed: Listed) -> None:
        """
        All names come, in their order; but one that vanished behind those that
        the client had taken when it stopped: no line was made before its time.
        NLST asks nothing about a name that was there when the folder was read.
        """
        assert listed.names[:-2] == (NAMES[:-2] if listed.verb == "NLST" else NAMES[:-3])

    def test_links(self, listed: Listed) -> None:
        """
        What became a link is listed, though it leads nowhere.
        """
        broken, link = listed.lines[-2:]
        begins, leads = {
            "LIST": (b"l", b" -> nowhere"),
            "NLST": (b"big/entry", b""),
            "MLSD": (b"type=OS.unix=slink", b""),
        }[listed.verb]
        assert broken.startswith(begins) and broken.endswith(NAMES[-2].encode() + leads)
        assert link.endswith(NAMES[-1].encode())

    def test_memory(self, listed: Listed) -> None:
        """
        The server does not hold the listing.
        """
        assert listed.most < MEMORY

    def test_othersBefore(self, listed: Listed) -> None:
        """
        Another session is answered while names are read.
        """
        assert listed.early > 5

    def test_othersMeanwhile(self, listed: Listed) -> None:
        """
        Another session is answered while lines are made: of NLST there are 64
        pieces of 64 KiB, and after most of them others have their turn.
        """
        assert listed.meanwhile > 10


class TestHash:
    """
    A checksum of a file that takes many seconds.
    """

    @pytest.fixture
    def asker(self, place: BigPlace) -> Iterator[RawClient]:
        """
        A session for which one is being made.
        """
        with open(place.folder.parent / "huge", "wb") as file:
            file.truncate(10 * 1024**3)
        with place.login() as client:
            client.send("HASH huge")
            yield client

    def test_othersGoOn(self, place: BigPlace, asker: RawClient) -> None:
        """
        Another session is answered meanwhile.
        """
        with place.login() as other:
            for _ in range(200):
                other.expect(200, "NOOP")
        assert not select.select([asker.control], [], [], 0)[0], "it took no time at all"

    def test_clientLeaves(self, place: BigPlace, asker: RawClient) -> None:
        """
        It stops as soon as nobody waits for it any more.
        """
        eventually(lambda: not place.server.isIdle)
        asker.control.shutdown(socket.SHUT_RDWR)
        settle(place)
