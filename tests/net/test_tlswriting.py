"""
Tests for L{ftpactive.net.tlswriting}: what OpenSSL has to say goes to the socket.
"""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from OpenSSL import SSL

from ftpactive.net.tlswriting import Outgoing
from tests.net.shielding import clientContext, context

__all__ = ["context"]

#: More than is offered to the kernel at once.
_DATA = bytes(range(256)) * 2048


class Taking:
    """
    A socket that takes so many bytes at a time, and nothing every other time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = ssl.MemoryBIO()
        self._isFull = False

    def send(self, data: Any) -> int:
        """
        Take some.
        """
        self._isFull = not self._isFull
        if self._isFull:
            raise BlockingIOError
        return self.taken.write(bytes(data[: self.most]))


def _goes(outgoing: Outgoing, end: Any) -> None:
    # More often than any of these needs.
    for _ in range(2000):
        try:
            if not outgoing.send(end):
                return
        except BlockingIOError:
            pass
    raise AssertionError("It does not come to an end")


@pytest.mark.parametrize("isKnown", [True, False])
@pytest.mark.parametrize("most", [1000, 1 << 20])
def test_all(
    context: SSL.Context, isKnown: bool, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    All that is said arrives, once and in order, however little the kernel
    takes; so it does where pyOpenSSL is made in another way.
    """
    if not isKnown:
        monkeypatch.setattr(Outgoing, "_show", None)
    connection = SSL.Connection(context)
    connection.set_accept_state()
    outgoing, end, said = Outgoing(connection), Taking(most), ssl.MemoryBIO()
    client = clientContext("1.3").wrap_bio(end.taken, said)
    for _ in range(2):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            connection.bio_write(said.read())
            with pytest.raises(SSL.WantReadError):
                connection.do_handshake()
            _goes(outgoing, end)
    connection.bio_write(said.read())
    connection.do_handshake()
    _goes(outgoing, end)
    connection.send(_DATA)
    _goes(outgoing, end)
    received = b""
    while len(received) < len(_DATA):
        received += client.read(1 << 20)
    assert received == _DATA
    assert not end.taken.pending
    assert not outgoing.send(end)


def test_isKnown(context: SSL.Context) -> None:
    """
    The pyOpenSSL that is installed shows its memory.
    """
    assert Outgoing(SSL.Connection(context))._memory is not None
