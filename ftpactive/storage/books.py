"""
What is counted for one user, and what is under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred

from ftpactive.core.account import Quota, Usage
from ftpactive.core.amount import spoken
from ftpactive.core.errors import ExceededAllocation
from ftpactive.core.path import Path
from ftpactive.storage.ledger import Ledger

NOTHING = Usage()

#: What an upload takes of the quota at a time, so that not every piece of it
#: is an entry in the ledger: this much, or this part of what is left.
_GRANT, _PART = 1024 * 1024, 16


@dataclass(eq=False)
class Open:
    """
    A file that is being uploaded to.

    @ivar usage: what is counted for it at present, without what uploads have
        reserved.
    @ivar uploads: how many there are.
    @ivar isRemoved: was it removed meanwhile?
    """

    path: Path
    usage: Usage
    uploads: int = 0
    isRemoved: bool = False


class Books:
    """
    One user's page of the ledger.  All sessions of the user in this process
    share it.
    """

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        # The ledger takes text only, a name may hold bytes of any kind.
        self._name = name.encode("utf-8", "backslashreplace").decode("utf-8")
        self._open: dict[Path, Open] = {}
        self._counting: list[Deferred[None]] | None = None

    @property
    def usage(self) -> Usage:
        """
        Tell how much is stored, with what uploads have reserved.
        """
        return self._ledger.usage(self._name)

    @property
    def isCounted(self) -> bool:
        """
        Is it known what is there?
        """
        return self._ledger.isCounted(self._name)

    @property
    def isBusy(self) -> bool:
        """
        Are uploads under way?
        """
        return bool(self._open)

    async def count(self, count: Callable[[], Awaitable[Usage]]) -> None:
        """
        Count what is there; whoever else wants to change anything waits.
        """
        await self.counting()
        self._counting = []
        try:
            self._ledger.counted(self._name, await count())
        finally:
            waiting, self._counting = self._counting, None
            for each in waiting:
                each.callback(None)

    async def counting(self) -> None:
        """
        Wait until nobody counts.
        """
        while self._counting is not None:
            waiting: Deferred[None] = Deferred()
            self._counting.append(waiting)
            await waiting

    def find(self, path: Path) -> Open | None:
        """
        Give a file that is being uploaded to.
        """
        return self._open.get(path)

    def charge(self, quota: Quota, *, size: int = 0, files: int = 0) -> bool:
        """
        Let it become more, if there is room.
        """
        return self._ledger.charge(self._name, quota, size=size, files=files)

    def begin(self, quota: Quota, *, freed: int, isNew: bool) -> None:
        """
        An upload begins.

        @param freed: how many bytes it may write without that there are more.

        @raise ExceededAllocation: (552) there is no room for any byte, or any
            file.
        """
        used = self.usage
        isFull = quota.size is not None and used.size - freed >= quota.size
        if isFull or not self._ledger.charge(self._name, quota, files=int(isNew), uploads=1):
            raise exceeded(used, quota)

    def cancel(self, *, isNew: bool) -> None:
        """
        It did not begin after all.
        """
        self._ledger.add(self._name, 0, -int(isNew), uploads=-1)

    def hold(self, path: Path, before: Usage) -> Open:
        """
        It is under way.
        """
        entry = self._open.setdefault(path, Open(path, before))
        entry.uploads += 1
        return entry

    def grant(self, quota: Quota, needed: int) -> int:
        """
        Give an upload so many bytes, and more if there are.

        @raise ExceededAllocation: (552) there are not so many.
        """
        left = _GRANT * _PART if quota.size is None else quota.size - self.usage.size
        wanted = max(needed, min(_GRANT, left // _PART))
        if not self._ledger.charge(self._name, quota, size=wanted):
            raise exceeded(self.usage, quota)
        return wanted

    def end(self, entry: Open, after: Usage | None, *, reserved: Usage) -> None:
        """
        An upload is over.

        @param after: what is there now; L{None} where nobody knows.
        @param reserved: what it was charged.
        """
        entry.uploads -= 1
        if not entry.uploads and self._open.get(entry.path) is entry:
            del self._open[entry.path]
        if after is None:
            # The charge stays until the next login counts.
            self._ledger.add(self._name, 0, 0, uploads=-1)
            self._ledger.doubt(self._name)
            return
        before = Usage(entry.usage.size + reserved.size, entry.usage.files + reserved.files)
        entry.usage = after
        self._ledger.add(
            self._name, after.size - before.size, after.files - before.files, uploads=-1
        )

    def add(self, more: Usage, less: Usage) -> None:
        """
        Something has changed, whatever may be.
        """
        self._ledger.add(self._name, more.size - less.size, more.files - less.files)

    def removed(self, path: Path, before: Usage) -> None:
        """
        A file is gone.
        """
        self.add(NOTHING, before)
        if path in self._open:
            self._open[path].usage = NOTHING
            self._open[path].isRemoved = True

    def moved(self, old: Path, new: Path, *, moved: Usage, replaced: Usage) -> None:
        """
        Something has another name.  What is uploaded into a folder goes along
        with it; what is uploaded in place of a file does not.
        """
        self.add(NOTHING, replaced)
        if old in self._open:
            self._open[old].usage = NOTHING
        if new in self._open:
            self._open[new].usage = moved
        for path, entry in list(self._open.items()):
            if len(path) > len(old) and path[: len(old)] == old:
                del self._open[path]
                entry.path = (*new, *path[len(old) :])
                self._open[entry.path] = entry


def exceeded(used: Usage, quota: Quota) -> ExceededAllocation:
    """
    Say that there is no more room.
    """
    return ExceededAllocation(f"Quota exceeded: {spoken(used, quota)} used")
