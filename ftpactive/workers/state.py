"""
What all workers keep together on disk: the books of quotas.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile

from twisted.logger import Logger
from twisted.python.util import runAsEffectiveUser

from ftpactive.config.state import ledgerIn, openLedger
from ftpactive.service import CannotServe

_log = Logger()


class SharedState:
    """
    The state folder of a group.  Where none was given there is one for as long
    as the group lives: what one worker counts, the others must know.

    @ivar folder: where it is, once it is open.
    """

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
        user = self._other()
        if not self.folder:
            self._make(user)
        self._prepareAs(user)
        self._isOpen = True

    def _other(self) -> pwd.struct_passwd | None:
        # Gives whom the workers become, if that is not who this process is.
        user = pwd.getpwnam(self._user) if self._user else None
        return None if user is not None and user.pw_uid == os.geteuid() else user

    def _prepareAs(self, user: pwd.struct_passwd | None) -> None:
        if user is None:
            self._prepare()
        else:
            # This process has stayed root, and what it makes must be the user's.
            runAsEffectiveUser(user.pw_uid, user.pw_gid, self._prepare)

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

    def _prepare(self) -> None:
        # What workers that died have left is put in order here and only here.
        ledger = ledgerIn(self.folder)
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
        elif self._isOpen:
            # Of two that let go of it at once, each leaves that to the other.
            try:
                self._prepareAs(self._other())
            except CannotServe as error:
                _log.warn("{error}", error=str(error))
        self._isOpen = False
