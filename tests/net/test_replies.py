"""
Tests for L{ftpactive.net.replies}.
"""

from __future__ import annotations

import socket
from typing import Any, cast

from twisted.internet.interfaces import IPushProducer
from twisted.internet.testing import StringTransport

from ftpactive.net.reactors import Transport
from ftpactive.net.replies import Replies
from tests.net.wire import Wire


def repliesOf(transport: Any) -> Replies:
    """
    Send through a transport.
    """
    return Replies(cast(Transport, transport))


class TestSocket:
    """
    Where nothing is between, replies go to the socket.
    """

    def test_atOnce(self, wire: Wire) -> None:
        """
        Not in the reactor's next turn.
        """
        repliesOf(wire).write(cast(Transport, wire), b"200\r\n")
        assert (wire.came(), wire.written) == (b"200\r\n", [])

    def test_full(self, wire: Wire) -> None:
        """
        What does not fit goes through the transport; and so does all that
        follows, or it could overtake.
        """
        replies = repliesOf(wire)
        wire.fill()
        replies.write(cast(Transport, wire), b"200\r\n")
        assert wire.written == [b"200\r\n"]
        while wire.came():
            pass
        replies.write(cast(Transport, wire), b"226\r\n")
        assert (wire.came(), wire.written) == (b"", [b"200\r\n", b"226\r\n"])

    def test_partly(self, wire: Wire) -> None:
        """
        Nothing is lost between the two.
        """
        long = b"x" * (1 << 22)
        repliesOf(wire).write(cast(Transport, wire), long)
        (rest,) = wire.written
        came = b""
        while more := wire.came():
            came += more
        assert 0 < len(rest) < len(long)
        assert len(came) + len(rest) == len(long)

    def test_isSent(self, wire: Wire) -> None:
        """
        As long as the kernel takes all, the transport has nothing to do; not
        while something is held, nor where TLS has come between.
        """
        replies, transport = repliesOf(wire), cast(Transport, wire)
        replies.write(transport, b"200\r\n")
        assert replies.isSent(transport)
        assert not replies.isSent(cast(Transport, StringTransport()))
        replies.isHolding = True
        replies.write(transport, b"200\r\n")
        assert not replies.isSent(transport)
        wire.fill()
        replies.isHolding = False
        replies.flush()
        assert not replies.isSent(transport)

    def test_producer(self, wire: Wire) -> None:
        """
        Who is to wait for the transport is named to it before it has anything, once;
        not where it never has.
        """
        replies = Replies(cast(Transport, wire), cast(IPushProducer, self))
        replies.write(cast(Transport, wire), b"200\r\n")
        assert wire.registered == []
        wire.fill()
        replies.write(cast(Transport, wire), b"226\r\n")
        replies.write(cast(Transport, wire), b"221\r\n")
        assert wire.registered == [(self, 0)]

    def test_withTheEnd(self) -> None:
        """
        The kernel keeps what is flushed so until the connection ends.
        """
        with socket.create_server(("127.0.0.1", 0)) as listening:
            theirs = socket.create_connection(listening.getsockname())
            wire = Wire(listening.accept()[0], theirs)
        replies = repliesOf(wire)
        replies.isHolding = True
        replies.write(cast(Transport, wire), b"221\r\n")
        replies.flush(socket.MSG_MORE)
        assert wire.came() == b""
        assert replies.isSent(cast(Transport, wire))
        wire.socket.close()
        theirs.settimeout(5)
        assert theirs.makefile("rb").read() == b"221\r\n"
        theirs.close()

    def test_broken(self, wire: Wire) -> None:
        """
        A client that is gone is the transport's to notice.
        """
        wire.theirs.close()
        repliesOf(wire).write(cast(Transport, wire), b"200\r\n")
        assert wire.written == [b"200\r\n"]


class TestHolding:
    """
    What belongs together leaves together.
    """

    def test_untilReleased(self, wire: Wire) -> None:
        """
        One send for several replies.
        """
        replies = repliesOf(wire)
        replies.isHolding = True
        replies.write(cast(Transport, wire), b"150\r\n")
        replies.write(cast(Transport, wire), b"226\r\n")
        assert wire.came() == b""
        replies.isHolding = False
        replies.flush()
        assert wire.came() == b"150\r\n226\r\n"

    def test_notAfterwards(self, wire: Wire) -> None:
        """
        What comes later is held no more.
        """
        replies = repliesOf(wire)
        replies.isHolding = True
        replies.isHolding = False
        replies.flush()
        replies.write(cast(Transport, wire), b"200\r\n")
        assert wire.came() == b"200\r\n"

    def test_flush(self, wire: Wire) -> None:
        """
        It can be sent earlier.
        """
        replies = repliesOf(wire)
        replies.isHolding = True
        replies.write(cast(Transport, wire), b"234\r\n")
        replies.flush()
        assert wire.came() == b"234\r\n"

    def test_notTooMuch(self, wire: Wire) -> None:
        """
        Many replies are not held in memory.
        """
        replies = repliesOf(wire)
        replies.isHolding = True
        replies.write(cast(Transport, wire), b"x" * 20_000)
        assert wire.came() == b"x" * 20_000


class TestTransport:
    """
    Where something is between, replies go through it.
    """

    def test_noSocket(self) -> None:
        """
        A played transport, or a layer of TLS under the whole service.
        """
        transport = StringTransport()
        replies = repliesOf(transport)
        replies.isHolding = True
        replies.write(cast(Transport, transport), b"200\r\n")
        replies.flush()
        assert transport.value() == b"200\r\n"

    def test_another(self, wire: Wire) -> None:
        """
        TLS has begun: the protocol's transport is another one from now on, and
        what it has left behind (its farewell) waits in the first one.
        """
        replies, layer = repliesOf(wire), StringTransport()
        replies.write(cast(Transport, layer), b"200\r\n")
        assert (layer.value(), wire.came()) == (b"200\r\n", b"")
        replies.write(cast(Transport, wire), b"220\r\n")
        assert (wire.written, wire.came()) == ([b"220\r\n"], b"")
