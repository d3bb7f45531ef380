"""
Which files are being uploaded to, by any process of the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ftpactive.core.account import Usage
from ftpactive.core.path import Path

#: One row for each upload; what is said of its file is the same in all rows of
#: one file.
TABLE = """
    CREATE TABLE IF NOT EXISTS uploading (
        number INTEGER PRIMARY KEY,
        worker INTEGER NOT NULL,
        account TEXT NOT NULL,
        path BLOB NOT NULL,
        size INTEGER NOT NULL,
        files INTEGER NOT NULL,
        isRemoved INTEGER NOT NULL DEFAULT 0,
        isMoved INTEGER NOT NULL DEFAULT 0
    )
"""

#: What makes a row an L{Open}.
_FIELDS = "number, path, size, files, isRemoved, isMoved"


class Open(NamedTuple):
    """
    A file that is being uploaded to, as one of its uploads sees it.

    @ivar number: the upload's.
    @ivar path: the real one, see L{ftpactive.abilities.IHoldings}.
    @ivar usage: what is counted for it at present, without what uploads have
        reserved.
    @ivar isRemoved: was it removed meanwhile?
    @ivar isMoved: has it got another name?  Then nobody knows whether what
        comes is found under the old one or under the new one.
    """

    number: int
    path: Path
    usage: Usage
    isRemoved: bool = False
    isMoved: bool = False


class Underway:
    """
    The uploads of one account.  Whoever changes or believes what is here holds
    the lock of the account's L{ftpactive.storage.books.Books}.
    """

    def __init__(self, rows: Callable[..., list[Any]], worker: int, account: str) -> None:
        """
        @param rows: executes a statement with values, and gives all rows.
        @param worker: the number of this process.
        """
        self._rows = rows
        self._worker = worker
        self._account = account

    def begin(self, path: Path, before: Usage) -> Open:
        """
        There is one more.

        @param before: what the file counts, unless others are under way.
        """
        known = self.find(path) or Open(0, path, before)
        self._rows(
            "INSERT INTO uploading (worker, account, path, size, files, isRemoved, isMoved)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            self._worker,
            self._account,
            _written(path),
            known.usage.size,
            known.usage.files,
            known.isRemoved,
            known.isMoved,
        )
        ((number,),) = self._rows("SELECT last_insert_rowid()")
        return known._replace(number=number)

    def end(self, upload: Open) -> None:
        """
        It is over.
        """
        self._rows("DELETE FROM uploading WHERE number = ?", upload.number)

    def find(self, path: Path) -> Open | None:
        """
        Give one of the uploads to a file, if there are any.
        """
        found = self._rows(
            f"SELECT {_FIELDS} FROM uploading WHERE account = ? AND path = ? LIMIT 1",
            self._account,
            _written(path),
        )
        return _open(found[0]) if found else None

    def look(self, upload: Open) -> Open:
        """
        Give what is known of an upload now.  Of one that is not known, nobody
        knows either what it has become.
        """
        found = self._rows(f"SELECT {_FIELDS} FROM uploading WHERE number = ?", upload.number)
        return _open(found[0]) if found else upload._replace(isMoved=True)

    def all(self) -> Iterator[Open]:
        """
        Give all of them.
        """
        asked = f"SELECT {_FIELDS} FROM uploading WHERE account = ?"
        return map(_open, self._rows(asked, self._account))

    def count(self, path: Path, usage: Usage, *, isRemoved: bool | None = None) -> None:
        """
        A file that may be uploaded to counts as something else now.

        @param isRemoved: L{None} where that is as it was.
        """
        self._rows(
            "UPDATE uploading SET size = ?, files = ?, isRemoved = ifnull(?, isRemoved)"
            " WHERE account = ? AND path = ?",
            usage.size,
            usage.files,
            isRemoved,
            self._account,
            _written(path),
        )

    def moved(self, old: Path, new: Path) -> None:
        """
        Something has another name.  What is uploaded into a folder goes along
        with it; what is uploaded in place of a file does not.
        """
        for upload in list(self.all()):
            if upload.path == old:
                self._rows("UPDATE uploading SET isMoved = 1 WHERE number = ?", upload.number)
            elif upload.path[: len(old)] == old:
                path = _written((*new, *upload.path[len(old) :]))
                self._rows("UPDATE uploading SET path = ? WHERE number = ?", path, upload.number)


def _written(path: Path) -> bytes:
    return "/".join(path).encode("utf-8", "surrogatepass")


def _open(row: tuple[int, bytes, int, int, int, int]) -> Open:
    number, path, size, files, isRemoved, isMoved = row
    text = path.decode("utf-8", "surrogatepass")
    names = tuple(text.split("/")) if text else ()
    return Open(number, names, Usage(size, files), bool(isRemoved), bool(isMoved))
