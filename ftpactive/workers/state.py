"""
What all workers keep together on disk: the books of quotas.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable
from functools import partial

from twisted.logger import Logger
from twisted.python.util import runAsEffectiveUser

from ftpactive.config.state import isKept, ledgerIn, openLedger
from ftpactive.service import CannotServe

_log = Logger()

#: The number of no worker: who opens the books as that finds no upload cut.
_NOBODY = -1


class SharedState:
    """
    The state folder of a group.  Where none was given there is one for as long
    as the group lives: what one worker counts, the others must know.

    @ivar folder: where it is, once it is open.
    """

    # Calls as who owns it.
    _as: Callable[[Callable[[int], object], int], object]

    def __init__(self, folder: str, user: str) -> None:
        """
        @param folder: the one that was given; may be empty.
        @param user: who the workers become; empty for who this process is.
        """
        self.folder = folder
        self._user = user
        self._own = ""
        self._isOpen = False

    def open(self) -> None:
        """
        Prepare the folder for the workers, before there are any.

        @raise CannotServe: it cannot be written to, or not be had.
        """
        user = pwd.getpwnam(self._user) if self._user else None
        if user is not None and user.pw_uid == os.geteuid():
            user = None
        if not self.folder:
            self._make(user)
        self._as = _call
        if user is not None:
            # This process has stayed root, and what it makes must be the user's.
            self._as = partial(runAsEffectiveUser, user.pw_uid, user.pw_gid)
        # What workers that died have left is put in order here and only here.
        self._as(self._prepare, 0)
        self._isOpen = True

    def _make(self, user: pwd.struct_passwd | None) -> None:
        try:
            self.folder = self._own = tempfile.mkdtemp(prefix="ftpactive-")
            if user is not None:
                os.chown(self._own, user.pw_uid, user.pw_gid)
        except OSError as error:
            raise CannotServe(
                f"activeftp: cannot make a folder for what workers share: {error.strerror};"
                " name one with --state"
            ) from None

    def _prepare(self, worker: int) -> None:
        ledger = ledgerIn(self.folder, worker=worker)
        try:
            openLedger(ledger, self.folder)
        finally:
            ledger.close()

    def close(self) -> None:
        """
        No worker lives any more: remove what was made for them, and leave what
        was given in one file.
        """
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)
            self.folder = self._own = ""
        elif self._isOpen and isKept(self.folder):
            # Of two that let go of it at once, each leaves that to the other.
            try:
                self._as(self._prepare, _NOBODY)
            except (CannotServe, OSError) as error:
                _log.warn("{error}", error=str(error))
        self._isOpen = False


def _call(call: Callable[[int], object], worker: int) -> object:
    return call(worker)
