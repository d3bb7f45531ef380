"""
The jails of all sessions.
"""

from __future__ import annotations

import os
import weakref

from ftpactive.storage.jail import Jail


class Jails:
    """
    Jails that sessions share: a thousand guests need one descriptor.
    """

    def __init__(self) -> None:
        self._jails: weakref.WeakValueDictionary[str, Jail] = weakref.WeakValueDictionary()

    def at(self, root: str) -> Jail:
        """
        Give the jail of a folder: that of other sessions, unless another
        folder has come in its place since.
        """
        jail = self._jails.get(root)
        if jail is None or not jail.isCurrent:
            jail = self._jails[root] = Jail(root)
        return jail

    def seen(self, root: str, folder: os.stat_result) -> Jail:
        """
        As L{at}, of a folder that has just been looked at.
        """
        jail = self._jails.get(root)
        if jail is None or not jail.isAt(folder):
            jail = self._jails[root] = Jail(root)
        return jail
