"""
What is counted for one user, and what is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twisted.internet.defer import DeferredLock

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

    @ivar path: the real one, see L{ftpactive.abilities.IHoldings}.
    @ivar usage: what is counted for it at present, without what uploads have
        reserved.
    @ivar uploads: how many there are.
    @ivar isRemoved: was it removed meanwhile?
    @ivar isMoved: has it got another name?  Then nobody knows whether what
        comes is found under the old one or under the new one.
    """

    path: Path
    usage: Usage
    uploads: int = 0
    isRemoved: bool = False
    isMoved: bool = False


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

    def __init__(self, ledger: Ledger, name: str) -> None:
        self.alone = DeferredLock()
        self._ledger = ledger
        self._name = name
        self._open: dict[Path, Open] = {}

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
        return self._open.get(path)

    def isUsed(self, folder: Path) -> bool:
        """
        Are there uploads into a folder?
        """
        return any(path[:-1] == folder for path in self._open)

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
        if after is None or entry.isMoved:
            # The charge stays until the next login counts.
            reserved = NOTHING
            self._ledger.doubt(self._name)
        less = entry.usage + reserved
        entry.usage = entry.usage if after is None else after
        self.add(entry.usage - less, uploads=-1)

    def leave(self, entry: Open, *, isNew: bool) -> None:
        """
        An upload did not begin after all, and others of the same name, which
        are under way, will see what is there.
        """
        entry.uploads -= 1
        self.add(Usage(files=-int(isNew)), uploads=-1)

    def changed(self, changes: Iterable[Change]) -> None:
        """
        Names were made, removed, or given to others.
        """
        more = NOTHING
        for change in changes:
            if change.after is None:
                # Better too much than too little.
                self._ledger.doubt(self._name)
                continue
            more += change.after - change.before
            if change.path in self._open:
                self._open[change.path].usage = change.after
                self._open[change.path].isRemoved = change.after == NOTHING
        self.add(more)

    def add(self, more: Usage, *, uploads: int = 0) -> None:
        """
        There is more, or less, whatever may be.

        @param uploads: how many more are under way.
        """
        self._ledger.add(self._name, more.size, more.files, uploads=uploads)

    def moved(self, old: Path, new: Path) -> None:
        """
        Something has another name.  What is uploaded into a folder goes along
        with it; what is uploaded in place of a file does not.
        """
        if old in self._open:
            self._open[old].isMoved = True
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
