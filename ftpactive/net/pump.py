"""
How the bytes of a data connection move: what a transfer asks of a pump.

There is one pump for sockets that we drive by ourselves, one over TLS for the
same, and one for transports that show no socket.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.python.failure import Failure


class Owner(Protocol):
    """
    Whose connection it is: the channel.

    @ivar transport: owns the socket.
    @ivar isEnded: is the connection gone?
    """

    transport: Any
    isEnded: bool

    def wake(self) -> bool:
        """
        Something has changed.

        @return: has anybody waited for that?
        """

    def moved(self, count: int) -> None:
        """
        The client has taken or given something.

        @param count: how many bytes of the file were sent by L{Pump.sendFile}.
        """

    def cutShort(self, why: str) -> None:
        """
        The client has closed without saying that this is all.
        """

    def connectionLost(self, reason: Failure) -> None:
        """
        The connection is gone, as its transport would say.
        """


class Pump:
    """
    One way to move bytes.  Nothing in it waits: who has to is told by
    L{Owner.wake} when to look again.

    @cvar sendsFiles: does L{sendFile} work?
    @cvar piece: how many bytes to write or read at a time.
    @ivar isBlocked: is something that was written still with us?
    @ivar hasAll: has the client said that this is all?
    """

    sendsFiles = False
    # Twisted tells that it wants more only when all was sent, so that this much
    # within the stall timeout is the slowest client we bear with.
    piece = 64 * 1024
    isBlocked = False
    hasAll = False
    isSending = False

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def begin(self, *, isSending: bool) -> None:
        """
        A transfer begins.  What the client says while we send is dropped.
        """
        self.isSending = isSending

    def write(self, data: bytes) -> None:
        """
        Send bytes; not while blocked.
        """
        raise NotImplementedError

    def sendFile(self, descriptor: int, count: int) -> None:
        """
        Send bytes of a file from where its descriptor stands, and move that
        on; not while blocked.  If that ends early, the file does, or it cannot
        be sent in this way: whoever reads it then learns which.
        """
        raise NotImplementedError

    def read(self) -> bytes | None:
        """
        Give what has come; C{b""} at the end of an upload, L{None} when there
        is nothing yet, and when the connection is gone.
        """
        raise NotImplementedError

    def pour(self, sink: Any) -> int | None:
        """
        Give what has come to a sink (L{IDirectSink
        <ftpactive.abilities.IDirectSink>}).

        @return: how many bytes; nothing at the end of an upload, L{None} as L{read}.
        @raise FTPError: the sink fails.
        """
        data = self.read()
        if not data:
            return None if data is None else 0
        sink.writeNow(data)
        return len(data)

    def tellsAgain(self) -> bool:
        """
        Does it wake its owner for what has come before, and was not read?
        """
        return False

    def finish(self) -> None:
        """
        Close, now that all was written, as soon as it has left.
        """
        raise NotImplementedError

    def close(self) -> None:
        """
        Close, as nothing more is to come.
        """
        raise NotImplementedError

    def abort(self) -> None:
        """
        Cut the connection.
        """
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        """
        The transport has read something, in the place of L{read}.
        """
        raise NotImplementedError

    def isDraining(self) -> bool:
        """
        While blocked: has the client taken anything since this was last asked, or
        since something was last sent?  The kernel holds much, and says only
        when a good part of it has left that more can go.
        """
        return False

    def lost(self) -> None:
        """
        The connection is gone; the owner is told nothing any more.  What has come
        may still be read.
        """
        del self.owner
