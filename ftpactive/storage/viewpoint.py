"""
What one process sees of a file: its facts, and what it may do with it.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from functools import lru_cache

from ftpactive.core.facts import Common, Facts, Kind

_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.LINK}
_READ, _WRITE, _PASS = 4, 2, 1
_CHANGE = _WRITE | _PASS

#: Who looks: a user's number, and the numbers of its groups.
_Eyes = tuple[int, frozenset[int]]

#: C{kind}, C{mode}, C{owner}, C{group} and C{perm} of L{Facts}.
_Traits = tuple[Kind, int, str, str, str]


class Viewpoint:
    """
    Sees with the rights that this process has when it is made.  Rights are
    reckoned from permission bits alone, which costs no system call; access
    lists and read-only mounts are not looked at, so it may promise too much.
    """

    def __init__(self) -> None:
        groups = frozenset((os.getegid(), *os.getgroups()))
        self._eyes: _Eyes = (os.geteuid(), groups)

    def facts(
        self,
        status: os.stat_result,
        isMovable: bool,
        *,
        created: float | None = None,
        target: str = "",
    ) -> Facts:
        """
        Tell the facts of a file.

        @param isMovable: see L{isMovable}.
        @param created: when it was made, if that is known.
        @param target: where it leads, when it is a link.
        """
        mode, inode, device, links, uid, gid, size = status[:7]
        kind, bits, owner, group, perm = _traits(self._eyes, mode, uid, gid, isMovable)
        unique = f"{device:x}.{inode:x}"
        modified = status.st_mtime
        return Facts(kind, size, modified, bits, owner, group, links, unique, created, target, perm)

    def common(self, status: os.stat_result, isMovable: bool) -> Common:
        """
        Tell what a file has in common with all that have the same mode and
        owners, and are on the same device.
        """
        mode, _, device, _, uid, gid = status[:6]
        return Common(*_traits(self._eyes, mode, uid, gid, isMovable), f"{device:x}.")

    def rights(self, status: os.stat_result) -> int:
        """
        Give the three bits C{rwx} that count for us, as 0-7.
        """
        return _rights(self._eyes, status.st_mode, status.st_uid, status.st_gid)

    def isMovable(self, status: os.stat_result, folder: os.stat_result) -> bool:
        """
        May a file be removed from its folder, renamed, and replaced?
        """
        if self.rights(folder) & _CHANGE != _CHANGE:
            return False
        isSticky = folder.st_mode & stat.S_ISVTX
        return not isSticky or self._eyes[0] in (0, status.st_uid, folder.st_uid)


def _rights(eyes: _Eyes, mode: int, uid: int, gid: int) -> int:
    ourUid, groups = eyes
    if ourUid == 0:
        return 7
    if uid == ourUid:
        return mode >> 6 & 7
    return (mode >> 3 if gid in groups else mode) & 7


@lru_cache(maxsize=1024)
def _traits(eyes: _Eyes, mode: int, uid: int, gid: int, isMovable: bool) -> _Traits:
    kind = _KINDS.get(stat.S_IFMT(mode), Kind.OTHER)
    perm = letters(kind, _rights(eyes, mode, uid, gid), isMovable)
    return kind, stat.S_IMODE(mode), userName(uid), groupName(gid), perm


def letters(kind: Kind, rights: int, isMovable: bool) -> str:
    """
    Give the fact C{perm}.

    @param rights: the bits C{rwx}, as 0-7.
    @param isMovable: may it be removed and renamed?

    @see: RFC 3659 section 7.5.5.
    """
    perm = "df" if isMovable else ""
    if kind is Kind.DIRECTORY:
        perm += "cmp" if rights & _CHANGE == _CHANGE else ""
        perm += "e" if rights & _PASS else ""
        perm += "l" if rights & _READ else ""
    elif kind is Kind.FILE:
        perm += "aw" if rights & _WRITE else ""
        perm += "r" if rights & _READ else ""
    return "".join(sorted(perm))


@lru_cache(maxsize=1024)
def userName(uid: int) -> str:
    """
    Give a user's name, or the number when it has none.
    """
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@lru_cache(maxsize=1024)
def groupName(gid: int) -> str:
    """
    Give a group's name, or the number when it has none.
    """
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
