"""
What is counted for one user, and what is under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from ftpactive.core.account import Quota, Usage
from ftpactive.core.amount import spoken
from ftpactive.core.errors import ExceededAllocation
from ftpactive.core.path import Path
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.underway import Open


class Lock(Protocol):
    """
    What one at a time holds: a C{DeferredLock}, or one over several processes.
    """

    def __aenter__(self) -> Awaitable[Any]:
        """
        Wait for it.
        """

    def __aexit__(self, *error: Any) -> Awaitable[Any]:
        """
        Let go of it.
        """


NOTHING = Usage()

#: What an upload takes of the quota at a time, so that not every piece of it
#: is an entry in the ledger: this much, or this part of what is left.
_GRANT, _PART = 1024 * 1024, 16


@dataclass(frozen=True, slots=True)
class Change:
    """
    What became of a name.

    @ivar before: what was on the books for it.
    @ivar after: what there is now; L{None} where that cannot be found out.
    """

    path: Path
    before: Usage
    after: Usage | None


class Books:
    """
    One user's page of the ledger.  All sessions of the user in this process
    share it.

    @ivar alone: held by whoever changes names, or looks at them to write down
        what there is: two who did so at once would both take the same thing
        off the books.
    """

    def __init__(self, ledger: Ledger, name: str, alone: Lock) -> None:
        """
        @param alone: one for all who use this page, in whichever process.
        """
        self.alone = alone
        self._ledger = ledger
        self._name = name
        self._underway = ledger.underway(name)

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
        return any(self._underway.all())

    def counted(self, usage: Usage, *, isAll: bool) -> None:
        """
        It was counted.

        @param isAll: was everything seen?  If not, it is not less than before.
        """
        if not isAll:
            old = self.usage
            usage = Usage(max(usage.size, old.size), max(usage.files, old.files))
        self._ledger.counted(self._name, usage)

    def find(self, path: Path) -> Open | None:
        """
        Give a file that is being uploaded to.
        """
        return self._underway.find(path)

    def isUsed(self, folder: Path) -> bool:
        """
        Are there uploads into a folder?
        """
        return any(each.path[:-1] == folder for each in self._underway.all())

    def charge(self, quota: Quota, *, size: int = 0, files: int = 0) -> bool:
        """
        Let it become more, if there is room.
        """
        return self._ledger.charge(self._name, quota, size=size, files=files)

    def begin(self, quota: Quota, path: Path, before: Usage, *, freed: int, isNew: bool) -> Open:
        """
        An upload begins.

        @param before: what its file counts, unless there are others to it.
        @param freed: how many bytes it may write without that there are more.

        @raise ExceededAllocation: (552) there is no room for any byte, or any
            file.
        """
        used = self.usage
        isFull = quota.size is not None and used.size - freed >= quota.size
        if isFull or not self._ledger.charge(self._name, quota, files=int(isNew)):
            raise exceeded(used, quota)
        return self._underway.begin(path, before)

    def look(self, upload: Open) -> Open:
        """
        Give what has become of an upload's file meanwhile.
        """
        return self._underway.look(upload)

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

    def end(self, upload: Open, after: Usage | None, *, reserved: Usage, freed: int = 0) -> None:
        """
        An upload is over.

        @param after: what is there now; L{None} where nobody knows.
        @param reserved: what it was charged.
        @param freed: how many bytes it was not charged, as they took the place of
            others; who gave it another name may have taken those off already.
        """
        with self._ledger.changing():
            upload = self.look(upload)
            self._underway.end(upload)
            if after is None or upload.isMoved:
                # The charge stays until the next login counts.
                reserved = Usage(-freed)
                self._ledger.doubt(self._name)
            usage = upload.usage if after is None else after
            self._underway.count(upload.path, usage)
            self.add(usage - upload.usage - reserved)

    def leave(self, upload: Open, *, isNew: bool) -> None:
        """
        An upload did not begin after all, and others of the same name, which
        are under way, will see what is there.
        """
        with self._ledger.changing():
            self._underway.end(upload)
            self.add(Usage(files=-int(isNew)))

    def isShared(self, upload: Open) -> bool:
        """
        Are there others of the same name?
        """
        path = self.look(upload).path
        return any(e.path == path and e.number != upload.number for e in self._underway.all())

    def changed(self, changes: Iterable[Change]) -> None:
        """
        Names were made, removed, or given to others.
        """
        more = NOTHING
        with self._ledger.changing():
            for change in changes:
                if change.after is None:
                    # Better too much than too little.
                    self._ledger.doubt(self._name)
                    continue
                more += change.after - change.before
                isRemoved = change.after == NOTHING
                self._underway.count(change.path, change.after, isRemoved=isRemoved)
            self.add(more)

    def add(self, more: Usage) -> None:
        """
        There is more, or less, whatever may be.
        """
        self._ledger.add(self._name, more.size, more.files)

    def moved(self, old: Path, new: Path) -> None:
        """
        Something has another name.  See L{Underway.moved}.
        """
        with self._ledger.changing():
            self._underway.moved(old, new)


def exceeded(used: Usage, quota: Quota) -> ExceededAllocation:
    """
    Say that there is no more room.
    """
    return ExceededAllocation(f"Quota exceeded: {spoken(used, quota)} used")
