"""
The seams of ftpactive: what a room may ask of another.

Where a method is declared to return an C{Awaitable}, write it C{async def}, or
return a C{Deferred}.

Paths are L{ftpactive.core.path.Path}.  A name that is not UTF-8 on disk holds
surrogates, as C{os.fsdecode} makes them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from zope.interface import Attribute, Interface

from ftpactive.core.address import Address
from ftpactive.core.codec import Chain
from ftpactive.core.events import Event
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.writemode import WriteMode

#: Told of a restart marker in an upload: its text, the bytes before it.
Mark = Callable[[str, int], None]


class IStorage(Interface):
    """
    What one user can reach: the avatar that a realm hands out.

    Every method may fail with an error of L{ftpactive.core.errors}; those
    named here are what callers count on.
    """

    def stat(path: Path) -> Awaitable[Facts]:
        """
        Tell what is known of a path.  A link is told as what it leads to,
        and as itself where that is nothing or not allowed.

        @raise NotFound: (550) there is nothing of that name.
        """

    def list(path: Path) -> AsyncIterator[list[Entry]]:
        """
        Give what is in a folder, in the order of names' bytes and in batches
        of any size, empty ones where others should have their turn.  (Not to
        be awaited: it returns the iterator; errors come from its first step.)
        It never holds more than it must; what vanishes meanwhile is left out.

        @raise NotFound: (550) there is nothing of that name.
        @raise NotADirectory: (550) it is not a folder.
        """

    def openForReading(path: Path, offset: int) -> Awaitable[ISource]:
        """
        Open a file to be sent.

        @param offset: how many bytes at its start are left out.
        @return: an L{ISource} that stands at C{offset}.

        @raise NotFound: (550) there is nothing of that name.
        @raise IsADirectory: (550) a folder cannot be sent.
        @raise BadRestart: (554) the file ends before C{offset}.
        """

    def openForWriting(path: Path, offset: int, mode: WriteMode) -> Awaitable[ISink]:
        """
        Open a file to receive an upload.

        @param offset: where the first byte goes, for C{WriteMode.REPLACE};
            what stood there and after it is replaced, what stood before it
            stays.  With 0 the whole file is replaced, and a file that was
            there keeps its contents until L{ISink.commit}.

        @raise NotFound: (550) its folder does not exist.
        @raise IsADirectory: (550) a folder has that name.
        @raise AlreadyExists: (550) C{WriteMode.CREATE} and the name is taken.
        @raise BadRestart: (554) the file ends before C{offset}.
        """

    def makeDirectory(path: Path) -> Awaitable[None]:
        """
        Make one folder.

        @raise AlreadyExists: (550) the name is taken.
        @raise NotFound: (550) the folder it should be in does not exist.
        """

    def remove(path: Path) -> Awaitable[None]:
        """
        Remove a file; a link is removed itself, not what it leads to.

        @raise NotFound: (550) there is nothing of that name.
        @raise IsADirectory: (550) it is a folder.
        """

    def removeDirectory(path: Path) -> Awaitable[None]:
        """
        Remove an empty folder.

        @raise NotFound: (550) there is nothing of that name.
        @raise NotADirectory: (550) it is not a folder.
        @raise DirectoryNotEmpty: (550) something is in it.
        @raise PermissionDenied: (550) it is the root.
        """

    def rename(old: Path, new: Path) -> Awaitable[None]:
        """
        Give a file or folder another name, perhaps in another folder.  A
        file in its way is replaced, a folder is not.

        @raise NotFound: (550) C{old}, or the folder of C{new}, does not exist.
        @raise AlreadyExists: (550) a folder is in the way.
        """


class ISource(Interface):
    """
    A file being sent.
    """

    size = Attribute("Bytes that are left from where it stands, or None when not known.")

    def fileno() -> int | None:
        """
        Give a descriptor of a regular file that stands at the first byte to
        send, for C{sendfile}; L{None} where there is none.
        """

    def read(count: int) -> Awaitable[bytes]:
        """
        Give up to C{count} bytes; C{b""} at the end and never before it.
        """

    def close() -> None:
        """
        Let go of it.  Called exactly once.
        """


class ISink(Interface):
    """
    A file being received.  Exactly one of C{commit} and C{discard} is called,
    once, as the last call.
    """

    def fileno() -> int | None:
        """
        Give a descriptor of a regular file that stands where the next byte
        goes; L{None} where there is none.
        """

    def write(data: bytes) -> Awaitable[None]:
        """
        Take the next bytes.

        @raise NoSpace: (452) the disk is full.
        """

    def commit() -> Awaitable[None]:
        """
        The client closed cleanly: the file is whole.
        """

    def discard(reason: BaseException) -> Awaitable[int | None]:
        """
        The upload was cut.  A file that was to be replaced is as it was
        before; of a new or continued one, what came is kept, so that the
        client can go on from there with C{REST} or C{APPE}.  When nothing
        came, nothing has changed: no new file is left, and none has become
        shorter.

        @return: from which byte on the client can go on with C{REST} and
            C{STOR}; L{None} where it can not, or nobody knows.
        """


class IDataChannel(Interface):
    """
    One open data connection, good for one transfer.
    """

    transferred = Attribute("Bytes of the file that went through so far.")
    pace = Attribute("How fast it may be: a C{Pace}; may be set before a transfer begins.")

    def send(source: ISource, codec: Chain) -> Awaitable[int]:
        """
        Send all of a source, close the connection, and wait until everything
        has been handed to the kernel.

        @return: how many bytes of the source were sent.
        @raise TransferAborted: (426) the client went away, or stalled.
        @raise LocalError: (451) the source ended early; now cut the channel.
        """

    def receive(sink: ISink, codec: Chain, mark: Mark) -> Awaitable[int]:
        """
        Write everything that comes to a sink, until the client closes.
        Neither commits nor discards it.

        @return: how many bytes were written.
        @raise TransferAborted: (426) no clean end, or the client stalled.
        """

    def abort() -> None:
        """
        Cut the connection at once.
        """


class IDataPlan(Interface):
    """
    A data connection that is arranged and not yet used.
    """

    address = Attribute("What PASV answers, or what PORT asked for: an L{Address}.")
    isLasting = Attribute("May it be opened again for the next transfer?")
    isPassive = Attribute("Does the client connect to us?")

    def open() -> Awaitable[IDataChannel]:
        """
        Get the connection: connect, or wait for the client.

        @raise CannotOpenData: (425) it does not come about; the text says why.
        """

    def abandon() -> None:
        """
        It will not be used any more: stop listening, drop what connected.
        """


class IDataOpener(Interface):
    """
    Arranges data connections for one control connection.
    """

    local = Attribute("The L{Address} the client called.")
    peer = Attribute("The L{Address} the client called from.")

    def active(address: Address) -> IDataPlan:
        """
        Plan to connect to the client.  Nothing is connected yet.
        """

    def passive(targets: TargetPolicy) -> Awaitable[IDataPlan]:
        """
        Listen, on the address that the client called, for it and for whom
        C{targets} admits.

        @raise CannotOpenData: (425) no port is free.
        """


class IEventSink(Interface):
    """
    Hears what happens: logs, metrics.
    """

    def emit(event: Event) -> None:
        """
        Take note.  Neither raises nor blocks.
        """


class ILevelledSink(IEventSink):
    """
    One that hears only what is important enough.
    """

    least = Attribute("The lowest level that it hears of, as C{Settings.logLevel}; may be set.")

    def hears(kind: type[Event]) -> bool:
        """
        Are events of a class of any use to it, where they tell of no failure?
        No others need be made.
        """
