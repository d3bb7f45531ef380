"""
What a storage may be able to do beyond L{ftpactive.interfaces.IStorage}: one
interface each, asked with C{providedBy}.  FEAT asks the same question.
"""

from __future__ import annotations

from collections.abc import Awaitable

from zope.interface import Attribute, Interface

from ftpactive.core.path import Path
from ftpactive.core.settings import Settings


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


class ISpace(Interface):
    """
    A storage that knows how much it can still hold.
    """

    def available(path: Path) -> Awaitable[int]:
        """
        Tell how many bytes can still be written to a folder.

        @raise NotFound: (550) there is nothing of that name.
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
