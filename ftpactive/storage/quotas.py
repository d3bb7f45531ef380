"""
Who has which quota, and the books of all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import DeferredLock

from ftpactive.core.account import Quota
from ftpactive.core.errors import LocalError
from ftpactive.interfaces import IStorage
from ftpactive.storage.books import Books, Lock
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.quota import QuotaStorage


class Quotas:
    """
    The quotas of all users of a service.
    """

    def __init__(
        self,
        ledger: Ledger,
        turn: Callable[[], Awaitable[object]],
        alone: Callable[[str], Lock] = lambda name: DeferredLock(),
    ) -> None:
        """
        @param turn: gives what fires when everybody else had a turn: to count a
            big tree takes a while.
        @param alone: makes the lock of an account, see L{Books}.
        """
        self._ledger = ledger
        self._turn = turn
        self._alone = alone
        self._books: dict[str, Books] = {}

    def over(self, storage: IStorage, name: str, quota: Quota) -> IStorage:
        """
        Hold a user's storage to a quota, if there is one.

        @param name: whose it is; storages of the same name count as one.
        """
        if quota.size is None and quota.files is None:
            # What is written now is not counted, and one day there may be a
            # quota again.  No login fails because of that.
            try:
                self._ledger.doubt(name)
            except LocalError:
                pass
            return storage
        if name not in self._books:
            self._books[name] = Books(self._ledger, name, self._alone(name))
        return QuotaStorage(storage, self._books[name], quota, self._turn)
