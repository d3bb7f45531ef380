"""
Asking a Twisted L{IFTPShell}, and what its errors mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.protocols import ftp

from ftpactive.core.errors import (
    AlreadyExists,
    BadParameter,
    FileUnavailable,
    FTPError,
    IsADirectory,
    NotADirectory,
    NotFound,
    NotImplementedHere,
    PermissionDenied,
    fromOSError,
)

_MEANINGS: dict[type[Exception], type[FTPError]] = {
    ftp.FileNotFoundError: NotFound,
    ftp.PermissionDeniedError: PermissionDenied,
    ftp.AnonUserDeniedError: PermissionDenied,
    ftp.AuthorizationError: PermissionDenied,
    ftp.IsNotADirectoryError: NotADirectory,
    ftp.IsADirectoryError: IsADirectory,
    ftp.FileExistsError: AlreadyExists,
    ftp.CmdNotImplementedError: NotImplementedHere,
    ftp.CmdNotImplementedForArgError: BadParameter,
}


async def asked(call: Callable[..., Any], *arguments: object) -> Any:
    """
    Call a shell, which may answer at once or later.

    @raise FTPError: the meaning of an error of L{twisted.protocols.ftp} or of
        an C{OSError}; other exceptions pass.
    """
    try:
        return await maybeDeferred(call, *arguments)
    except (ftp.FTPCmdError, OSError) as error:
        raise _meaning(error) from error


def _meaning(error: Exception) -> FTPError:
    if isinstance(error, OSError):
        return fromOSError(error)
    for kind, meaning in _MEANINGS.items():
        if isinstance(error, kind):
            return meaning()
    return FileUnavailable()
