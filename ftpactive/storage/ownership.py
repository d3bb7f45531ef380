"""
Who owns what a user uploads.
"""

from __future__ import annotations

import os
from contextlib import suppress

from twisted.logger import Logger

_log = Logger()

#: What C{chown} takes for leaving something as it is.
UNCHANGED = -1

#: What Linux tells of a process.
_STATUS = "/proc/self/status"

#: Its bit among the capabilities of Linux.
_CAP_CHOWN = 1 << 0


class Ownership:
    """
    The owner and the group of what is made.

    Only root, or who has C{CAP_CHOWN}, may give files to another user; anybody
    else may give them to a group of its own.  Where it is refused, they stay
    the process' own, which is logged once: an upload that came through is not
    thrown away for it.
    """

    def __init__(self, uid: int = UNCHANGED, gid: int = UNCHANGED) -> None:
        """
        @param uid: the owner's number, or L{UNCHANGED}.
        @param gid: the group's, likewise.
        """
        self.uid = uid
        self.gid = gid
        self._isTold = False

    @property
    def isPossible(self) -> bool:
        """
        May this process, as it is now, give files to them?
        """
        if _mayGiveAway():
            return True
        groups = {UNCHANGED, os.getegid(), *os.getgroups()}
        return self.uid in (UNCHANGED, os.geteuid()) and self.gid in groups

    def give(self, file: int | str) -> None:
        """
        Give them a file.

        @param file: a descriptor, or a path that leads to nothing else.
        """
        if (self.uid, self.gid) == (UNCHANGED, UNCHANGED):
            return
        try:
            os.chown(file, self.uid, self.gid)
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not self._isTold:
            self._isTold = True
            _log.warn(
                "Uploads cannot be given to user {uid} and group {gid}: {reason};"
                " they stay the server's own (it would need root, or CAP_CHOWN)",
                uid=self.uid,
                gid=self.gid,
                reason=error.strerror,
            )


def _mayGiveAway() -> bool:
    # Root need not be what has this right, and need not have it.
    with suppress(OSError), open(_STATUS, encoding="utf-8", errors="replace") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) & _CAP_CHOWN)
    return os.geteuid() == 0
