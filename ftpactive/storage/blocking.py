"""
Where the operating system is asked: one place runs such a call, and one place
gives its errors a meaning.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from twisted.logger import Logger

from ftpactive.core.errors import FileUnavailable, FTPError, LocalError, fromOSError

P = ParamSpec("P")
R = TypeVar("R")

_log = Logger()

NOT_PLAIN = "Not a plain file"

#: What open() says of a socket, of a pipe nobody reads, of a device without
#: a driver.
_NOT_PLAIN_ERRORS = frozenset({errno.ENXIO, errno.ENODEV})


class _SystemErrors:
    """
    A context that turns an C{OSError} into an L{FTPError}; it holds nothing,
    so one is enough.
    """

    def __enter__(self) -> None:
        """
        Begin.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Raise the meaning of an C{OSError}; let everything else pass.
        """
        if isinstance(error, OSError):
            raise _meaning(error) from error


def _meaning(error: OSError) -> FTPError:
    if error.errno in _NOT_PLAIN_ERRORS:
        return FileUnavailable(NOT_PLAIN)
    meaning = fromOSError(error)
    if isinstance(meaning, LocalError):
        # The client is told that it is our fault, the operator which one.
        _log.warn("The operating system says: {error}", error=str(error))
    return meaning


systemErrors = _SystemErrors()


async def inline(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """
    Run a call that may block, on the calling thread.

    @return: what the call returns.
    @raise FTPError: the meaning of an C{OSError}.
    """
    with systemErrors:
        return call(*args, **kwargs)


class closedOnError:
    """
    A context that closes a descriptor when an error leaves it, and only then.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> int:
        """
        Give the descriptor.
        """
        return self._descriptor

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """
        Close it if something went wrong.
        """
        if kind is not None:
            os.close(self._descriptor)
