"""
What a storage may be able to do beyond L{ftpactive.interfaces.IStorage}: one
interface each, asked with C{providedBy}.  FEAT asks the same question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from zope.interface import Attribute, Interface

from ftpactive.core.account import Usage
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings


#: May a link be followed?  Told the path by which it was come to, and the path
#: without links that this leads to.
MayLead = Callable[[Path, Path], bool]


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
