"""
Tests for L{ftpactive.net.gathering}: clients that send on while what came is stored.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import TransferAborted
from ftpactive.net.gathering import OFTEN
from tests.net.channels import Store
from tests.net.played import result
from tests.net.selecting import Wire, wire

__all__ = ["wire"]

#: What the kernel keeps to itself, and what it tells of at once.
LITTLE, MUCH = b"x", b"x" * (256 << 10)

#: How long it keeps it.
SECONDS = 0.02


class Upload:
    """
    An upload, and its client.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        receiving = wire.channel.receive(Store(), IDENTITY, lambda text, size: None)
        self.done = Deferred.fromCoroutine(receiving)
        self.sent = 0

    def sends(self, data: bytes) -> None:
        """
        Have the client send something, and wait until it is here.
        """
        left = memoryview(data)
        while left:
            try:
                left = left[self.wire.client.send(left) :]
            except BlockingIOError:
                self.wire.reactor.turn()
        self.sent += len(data)
        self.wire.turns(lambda: not self.wire.held(self.wire.client))

    def comes(self, data: bytes) -> None:
        """
        Have it send something that is taken.
        """
        self.sends(data)
        self.wire.turns(lambda: self.isTaken)

    @property
    def isTaken(self) -> bool:
        """
        Is all that was sent taken?
        """
        return self.wire.channel.transferred == self.sent

    def isHeard(self) -> bool:
        """
        Is a little more taken at once?
        """
        self.sends(LITTLE)
        self.wire.reactor.turn()
        return self.isTaken

    def waits(self) -> None:
        """
        Let nothing happen for as long as the kernel may keep something.
        """
        self.wire.reactor.advance(SECONDS)
        self.wire.reactor.turn()


@pytest.fixture
def often(wire: Wire) -> Upload:
    """
    An upload in which a little has come often.
    """
    upload = Upload(wire)
    for _ in range(2 * OFTEN - 1):
        upload.comes(LITTLE)
    return upload


def test_seldom(wire: Wire) -> None:
    """
    A client that sends a little now and then is heard each time.
    """
    upload = Upload(wire)
    for _ in range(3 * OFTEN):
        upload.comes(LITTLE)
        wire.reactor.advance(0.002)


def test_often(often: Upload) -> None:
    """
    One that sends a little often is heard when it is much.
    """
    assert not often.isHeard()
    often.comes(MUCH)


def test_noMore(often: Upload) -> None:
    """
    Or when nothing more comes: it may wait for an answer.
    """
    assert not often.isHeard()
    often.waits()
    assert often.isTaken and often.isHeard()


def test_last(often: Upload) -> None:
    """
    Or when that was all.
    """
    assert not often.isHeard()
    often.wire.client.shutdown(socket.SHUT_WR)
    often.wire.turns(lambda: often.done.called)
    assert result(often.done) == often.sent
    assert often.wire.isQuiet()


def test_goesOn(often: Upload) -> None:
    """
    As long as much comes, it stays so.
    """
    for _ in range(2):
        for _ in range(OFTEN):
            often.comes(MUCH)
        often.waits()
    assert not often.isHeard()
    often.waits()
    assert often.isHeard()


def test_stall(often: Upload) -> None:
    """
    What is kept to itself gives no client more time than others have.
    """
    often.waits()
    often.wire.reactor.advance(often.wire.channel._patience.timeout)
    with pytest.raises(TransferAborted, match="Nothing moved"):
        result(often.done)
    assert often.wire.isQuiet()


def test_over(wire: Wire) -> None:
    """
    Nothing is begun for a connection that is cut while it is read, as one under
    TLS may be.
    """
    upload = Upload(wire)
    for _ in range(2 * OFTEN - 2):
        upload.comes(LITTLE)
    pump: Any = wire.channel.pump

    def cut() -> None:
        wire.channel.abort()
        raise BlockingIOError

    assert pump.come(cut) is None
    with pytest.raises(TransferAborted):
        result(upload.done)
    assert wire.isQuiet()
