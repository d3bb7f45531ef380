"""
How much each user has stored, in a file that outlives the process.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twisted.logger import Logger

from ftpactive.core.account import Quota, Usage
from ftpactive.core.errors import LocalError, NoSpace
from ftpactive.storage.underway import TABLE as UPLOADING
from ftpactive.storage.underway import Underway

_log = Logger()

#: Seconds to wait for another process that writes; it takes far less than a
#: thousandth of that.
_PATIENCE = 5

_BROKEN = "The use of your quota cannot be written down, see the server's log"

#: Instead of a file: what is written is lost with the process.
MEMORY = ":memory:"

_TABLE = """
    CREATE TABLE IF NOT EXISTS usage (
        account TEXT PRIMARY KEY,
        size INTEGER NOT NULL DEFAULT 0,
        files INTEGER NOT NULL DEFAULT 0,
        isCounted INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
"""


class BadLedger(Exception):
    """
    The file cannot be had; one line says why.
    """


class Ledger:
    """
    A table of accounts, which several processes may share.

    It is opened at the first use: in the process that will use it, and by the
    user that this process will be.
    """

    def __init__(self, file: str | os.PathLike[str], *, worker: int = 0) -> None:
        """
        @param file: made when it is not there; its folder must be.
        @param worker: which of the processes of the service this one is; 0 for
            the first, or the only one.  Uploads of this number that are on the
            books, with 0 of any, were cut when the last one died, and their
            users' files are counted anew.
        """
        self._file = os.fspath(file)
        self._worker = worker
        self._opened: sqlite3.Connection | None = None
        self._counted: set[str] = set()

    def open(self) -> None:
        """
        Find out whether the file can be written to.

        @raise BadLedger: it cannot.
        """
        try:
            table = self._connection()
            table.execute("BEGIN IMMEDIATE")
            table.execute("COMMIT")
        except sqlite3.Error as error:
            raise BadLedger(str(error)) from None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            table = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
            try:
                self._prepare(table)
            except BaseException:
                table.close()
                raise
            self._opened = table
        return self._opened

    def _prepare(self, table: sqlite3.Connection) -> None:
        # No upload waits for the disk: when the machine dies, the last few
        # changes may be lost, and never more than those.
        table.execute("PRAGMA journal_mode=WAL")
        table.execute("PRAGMA synchronous=NORMAL")
        table.execute(_TABLE)
        table.execute(UPLOADING)
        cut = "FROM uploading WHERE worker = ? OR ? = 0"
        who = (self._worker, self._worker)
        table.execute("BEGIN IMMEDIATE")
        table.execute(
            f"UPDATE usage SET isCounted = 0 WHERE account IN (SELECT account {cut})", who
        )
        table.execute(f"DELETE {cut}", who)
        table.execute("COMMIT")

    def underway(self, account: str) -> Underway:
        """
        Give the uploads of an account.
        """
        return Underway(self._execute, self._worker, _text(account))

    def _execute(self, statement: str, *values: object) -> list[Any]:
        # Gives all rows.
        try:
            rows = self._connection().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            _log.error(
                "The books of quotas, {file}, cannot be kept: {error}",
                file=self._file,
                error=str(error),
            )
            isFull = "full" in str(error)
            raise (NoSpace() if isFull else LocalError(_BROKEN)) from error
        return rows

    def close(self) -> None:
        """
        Let go of the file; another use opens it again.
        """
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """
        Have all changes made, or none of them, and nobody's between them.
        """
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            # Some errors have done so themselves.
            if self._opened is not None and self._opened.in_transaction:
                self._execute("ROLLBACK")
            raise

    def usage(self, account: str) -> Usage:
        """
        Tell how much is stored, uploads under way with it.
        """
        return Usage(*self._row(account)[:2])

    def isCounted(self, account: str) -> bool:
        """
        Is that what is there, as far as anybody knows?
        """
        return bool(self._row(account)[2])

    def _row(self, account: str) -> tuple[int, ...]:
        asked = "SELECT size, files, isCounted FROM usage WHERE account = ?"
        rows: list[tuple[int, ...]] = self._execute(asked, _text(account))
        return rows[0] if rows else (0, 0, 0)

    def counted(self, account: str, usage: Usage) -> None:
        """
        It was counted.
        """
        self._counted.add(account)
        self._execute(
            "INSERT INTO usage (account, size, files, isCounted) VALUES (?, ?, ?, 1)"
            " ON CONFLICT (account) DO UPDATE"
            " SET size = excluded.size, files = excluded.files, isCounted = 1",
            _text(account),
            usage.size,
            usage.files,
        )

    def doubt(self, account: str) -> None:
        """
        Let it be counted again.
        """
        # Nothing is made for users of whom nothing is to be remembered.
        if self._file == MEMORY:
            # Nobody else can have written to it.
            if account not in self._counted:
                return
        elif self._opened is None and not os.path.exists(self._file):
            return
        if self.isCounted(account):
            self._execute("UPDATE usage SET isCounted = 0 WHERE account = ?", _text(account))
            self._counted.discard(account)

    def add(self, account: str, size: int, files: int) -> None:
        """
        It has become more, or less, whatever may be.
        """
        self._execute(
            "INSERT INTO usage (account, size, files) VALUES (?, max(0, ?), max(0, ?))"
            " ON CONFLICT (account) DO UPDATE"
            " SET size = max(0, size + ?), files = max(0, files + ?)",
            _text(account),
            size,
            files,
            size,
            files,
        )

    def charge(self, account: str, quota: Quota, *, size: int = 0, files: int = 0) -> bool:
        """
        Let it become more, unless that is more than there may be.

        @return: was it done?
        """
        with self.changing():
            used = self.usage(account)
            isTooMuch = _passes(used.size, size, quota.size)
            if isTooMuch or _passes(used.files, files, quota.files):
                return False
            self.add(account, size, files)
        return True


def _text(account: str) -> str:
    # The table takes text only, a name may hold bytes of any kind.
    return account.encode("utf-8", "backslashreplace").decode("utf-8")


def _passes(used: int, more: int, most: int | None) -> bool:
    return bool(more) and most is not None and used + more > most
