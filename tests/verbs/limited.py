"""
A storage that says that it has a quota.
"""

from __future__ import annotations

from zope.interface import implementer

from ftpactive.abilities import IQuota
from ftpactive.core.account import Quota, Usage
from ftpactive.storage.memory import MemoryStorage


@implementer(IQuota)
class Limited(MemoryStorage):
    """
    A memory storage with one file on its books, and two if they are looked at
    again.
    """

    def __init__(self, quota: Quota) -> None:
        super().__init__()
        self.quota = quota

    async def usage(self) -> Usage:
        """
        See L{IQuota.usage}.
        """
        return Usage(0, 1)

    async def recount(self) -> Usage:
        """
        See L{IQuota.recount}.
        """
        return Usage(0, 2)
