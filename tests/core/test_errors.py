"""
Tests for L{ftpactive.core.errors}.
"""

from __future__ import annotations

import errno
import os

import pytest

from ftpactive.core.errors import (
    AlreadyExists,
    BadName,
    DirectoryNotEmpty,
    ExceededAllocation,
    FileBusy,
    FTPError,
    IsADirectory,
    LocalError,
    NoSpace,
    NotADirectory,
    NotFound,
    PermissionDenied,
    fromOSError,
)
from ftpactive.core.reply import Reply


def everyError() -> list[type[FTPError]]:
    """
    Find all classes of errors.
    """
    found = [FTPError]
    for each in found:
        found.extend(each.__subclasses__())
    return [each for each in found[1:] if each.__module__ == FTPError.__module__]


class TestFTPError:
    """
    L{FTPError} is what a client may know.
    """

    def test_replyHasTheTextOfTheRaiser(self) -> None:
        """
        Who raises it knows best what was wrong.
        """
        assert NotFound("No such user").reply() == Reply(550, "No such user")

    def test_withoutTextTheClassSpeaks(self) -> None:
        """
        Each class says what it means.
        """
        assert NotFound().reply() == Reply(550, "No such file or directory")

    @pytest.mark.parametrize("each", everyError(), ids=lambda each: each.__name__)
    def test_documentedCode(self, each: type[FTPError]) -> None:
        """
        The docstring begins with the code, a failure of RFC 959.
        """
        assert each.__doc__ is not None
        assert each.__doc__.startswith(f"({each.code}) ")
        assert 400 <= each.code <= 599

    @pytest.mark.parametrize("each", everyError(), ids=lambda each: each.__name__)
    def test_textIsOneLine(self, each: type[FTPError]) -> None:
        """
        What a class says fits into a reply as it is.
        """
        assert each.text.isprintable()


class TestFromOSError:
    """
    L{fromOSError} gives the meaning of a number.
    """

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            (errno.ENOENT, NotFound),
            (errno.EACCES, PermissionDenied),
            (errno.EPERM, PermissionDenied),
            (errno.EROFS, PermissionDenied),
            (errno.ELOOP, PermissionDenied),
            (errno.EXDEV, PermissionDenied),
            (errno.EEXIST, AlreadyExists),
            (errno.EISDIR, IsADirectory),
            (errno.ENOTDIR, NotADirectory),
            (errno.ENOTEMPTY, DirectoryNotEmpty),
            (errno.EBUSY, FileBusy),
            (errno.ETXTBSY, FileBusy),
            (errno.EAGAIN, FileBusy),
            (errno.ENOSPC, NoSpace),
            (errno.EDQUOT, ExceededAllocation),
            (errno.EFBIG, ExceededAllocation),
            (errno.ENAMETOOLONG, BadName),
            (errno.EILSEQ, BadName),
            (errno.EINVAL, BadName),
            (errno.EIO, LocalError),
            (errno.EMFILE, LocalError),
        ],
    )
    def test_meaning(self, number: int, expected: type[FTPError]) -> None:
        """
        What a number says of the file; anything else is our own fault.
        """
        assert type(fromOSError(OSError(number, os.strerror(number)))) is expected

    def test_withoutNumber(self) -> None:
        """
        Python's own OSErrors have none.
        """
        assert type(fromOSError(OSError("strange"))) is LocalError

    def test_systemsWordsStayInside(self) -> None:
        """
        They may hold the path on disk.
        """
        error = OSError(errno.ENOENT, "No such file", "/srv/ftp/secret")
        assert "srv" not in str(fromOSError(error))
