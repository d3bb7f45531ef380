"""
An observer for C{twistd --logger}: the others' transfer logs are off as well.
"""

from __future__ import annotations

from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer


@implementer(ILogObserver)
class Quiet:
    """
    Hears everything and writes nothing.
    """

    def __call__(self, event: LogEvent) -> None:
        """
        Forget it.
        """


def observer() -> Quiet:
    """
    Give what C{twistd} asks for.
    """
    return Quiet()
