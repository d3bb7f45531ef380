"""
What a storage may be able to do beyond L{ftpactive.interfaces.IStorage}: one
interface each, asked with C{providedBy}.  FEAT asks the same question.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from zope.interface import Attribute, Interface

from ftpactive.core.account import Held, Usage
from ftpactive.core.facts import Row
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings

#: May a link be followed?  Told the path by which it was come to, and the path
#: without links that this leads to.
MayLead = Callable[[Path, Path], bool]

#: Writes lines of names and their facts.
Write = Callable[[Iterable[Row]], bytes]

#: Writes lines of names alone.
WriteNames = Callable[[Iterable[str]], bytes]


class IModes(Interface):
    """
    A storage whose files have permission bits.  Provided beside L{IStorage};
    what a storage does not provide, FEAT does not show.
    """

    umask = Attribute("The bits that new files and folders do not have, 0-0o777; may be set.")

    def setMode(path: Path, mode: int) -> Awaitable[None]:
        """
        Set the permission bits.

        @param mode: 0-0o7777.
        @raise NotFound: (550) there is nothing of that name.
        """


class ITimes(Interface):
    """
    A storage whose files' times can be set.
    """

    def setModified(path: Path, seconds: float) -> Awaitable[None]:
        """
        Set the time of the last change.

        @param seconds: since the epoch, UTC.
        @raise NotFound: (550) there is nothing of that name.
        """


class IBirthTimes(Interface):
    """
    A storage that knows when files were made, if it is told in time that
    somebody wants to know: it costs more to look up.
    """

    tellsCreated = Attribute("Do facts hold C{created}?  May be set.")


class ILinks(Interface):
    """
    A storage that can make symbolic links.
    """

    def makeLink(path: Path, target: Path) -> Awaitable[None]:
        """
        Make a link.

        @param path: where the link will be.
        @param target: where it leads, seen from the user's root; it need not
            exist.
        @raise AlreadyExists: (550) the name is taken.
        @raise NotFound: (550) the folder that it should be in does not exist.
        """


class ILinkBounds(Interface):
    """
    A storage that follows links, and can be told which of them it may.
    """

    def boundLinks(mayLead: MayLead) -> None:
        """
        Follow links only where the answer is yes.  Others are told as
        themselves, and what would be found by way of them is refused with
        L{PermissionDenied} (550).
        """


class ILines(Interface):
    """
    A storage that can have the lines of a listing written where names are
    looked up, while others have their turn.
    """

    def lines(path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give what is in a folder: as L{IStorage.list}, but what a function
        makes of a few names at a time.  C{modified} need not tell parts of
        seconds.

        @param write: may be called in another thread.
        """

    def names(path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give the names in a folder: as C{lines}, but nothing else is asked of
        them, so that one may be told that has vanished meanwhile.

        @param write: may be called in another thread.
        """


class ISpace(Interface):
    """
    A storage that knows how much it can still hold.
    """

    def available(path: Path) -> Awaitable[int]:
        """
        Tell how many bytes can still be written to a folder.

        @raise NotFound: (550) there is nothing of that name.
        """


class IQuota(Interface):
    """
    A storage that holds so much and no more.
    """

    quota = Attribute("The L{Quota}.")

    def usage() -> Awaitable[Usage]:
        """
        Tell how much is stored, as far as it is known.
        """

    def recount() -> Awaitable[Usage]:
        """
        Look at all there is, and tell how much that is.
        """


class IHoldings(Interface):
    """
    A storage that holds more than its names show: several paths may lead to
    one thing, and what came of uploads that were cut may be out of sight.
    """

    def realPath(path: Path, isFollowed: bool) -> Awaitable[Path]:
        """
        Give the path without links of what has a path, or would have it.

        @param isFollowed: if that is a link itself, of what it leads to.
        @raise NotFound: (550) a folder on the way is not there.
        @raise PermissionDenied: (550) a link may not be followed.
        """

    def held(path: Path) -> Awaitable[Held]:
        """
        Tell what there is at a name, the empty L{Held} where nothing is.  A
        link is not followed.

        @raise PermissionDenied: (550) nobody may look there.
        """

    def hiddenIn(path: Path) -> Awaitable[Usage]:
        """
        Tell of all that is out of sight in a folder, whosever it is.

        @raise PermissionDenied: (550) nobody may look into it.
        """


class IPreferences(Interface):
    """
    A storage whose user has settings of their own, such as where active
    connections may go.

    They hold until the user is logged out.  What concerns sockets stays as it
    is for the service: ports, C{retryDelays}, and time limits other than
    C{idleTimeout}.
    """

    def settings(usual: Settings) -> Settings:
        """
        Give the user's settings.

        @param usual: those of the service.
        """


class IPreparedSource(Interface):
    """
    An L{ISource} with a descriptor, that can say whether who sends from it
    would have to wait for a disk.
    """

    def isPrepared(count: int) -> bool:
        """
        Is what comes next in memory?  It costs next to nothing to ask.

        @param count: bytes from where the descriptor stands, one at least; the
            file does not end before.
        """

    def prepare(count: int) -> Awaitable[None]:
        """
        Have what comes next brought to memory, while others have their turn.
        """


class IDirectSink(Interface):
    """
    An L{ISink} that may store what it is given at once: where that takes no
    longer than to copy it.
    """

    isDirect = Attribute("Does it?")

    def writeNow(data: bytes | memoryview) -> None:
        """
        Write all of it, and keep nothing of it.

        @raise FTPError: as C{write} fails.
        """

    def takeNow(pipe: int, count: int) -> None:
        """
        Write what a pipe holds, all of it.

        @param pipe: the descriptor of its outlet.
        @param count: how many bytes there are.
        @raise FTPError: as C{write} fails; what is left in the pipe is dropped.
        """


class ISummed(Interface):
    """
    An L{ISource} whose bytes can be summed where they are read, while others
    have their turn.
    """

    def sum(update: Callable[[bytes], object], count: int | None) -> Awaitable[int]:
        """
        Read some of the bytes that come next, and give them to a function; it
        may be called in another thread, and several times.

        @param count: at most so many bytes; L{None} for as many as there are.
        @return: how many bytes it was given: 0 at the end and never before it.
        """
