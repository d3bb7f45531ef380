"""
Where the operating system is asked: one place runs such a call, here or in a
thread, and one place gives its errors a meaning.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar
from weakref import WeakKeyDictionary

from twisted.logger import Logger

from ftpactive.core.errors import FileUnavailable, FTPError, LocalError, fromOSError
from ftpactive.storage.threads import DiskThreads

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
            raise meaningOf(error) from error


def meaningOf(error: OSError) -> FTPError:
    """
    Give the meaning of what the operating system says.
    """
    if error.errno in _NOT_PLAIN_ERRORS:
        return FileUnavailable(NOT_PLAIN)
    meaning = fromOSError(error)
    if isinstance(meaning, LocalError):
        # The client is told that it is our fault, the operator which one.
        _log.warn("The operating system says: {error}", error=str(error))
    return meaning


systemErrors = _SystemErrors()


async def inline(call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """
    Run a call that may block, on the calling thread.

    @return: what the call returns.
    @raise FTPError: the meaning of an C{OSError}.
    """
    with systemErrors:
        return call(*args, **kwargs)


class Run(Protocol):
    """
    Runs a call somewhere, and gives its errors a meaning: as L{inline} does.
    """

    def __call__(
        self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[R]: ...


class InThreads:
    """
    Runs calls that may block in threads: a L{Run}.
    """

    def __init__(self, threads: DiskThreads, disk: Callable[[], Hashable] = lambda: None) -> None:
        """
        @param disk: tells which disk calls wait for.
        """
        self.threads = threads
        self._disk = disk

    async def __call__(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run a call.

        @return: what the call returns.  Who cancels this waits for the end of
            the call all the same.
        @raise FTPError: the meaning of an C{OSError}.
        """
        with systemErrors:
            return await self.threads.run(self._disk(), call, *args, **kwargs)

    def of(self, disk: Callable[[], Hashable]) -> InThreads:
        """
        Give what runs calls that wait for one disk; as many others as may wait
        for another one keep these from nothing.

        @param disk: tells which it is, as far as that is known yet.
        """
        return InThreads(self.threads, disk)


class Calls:
    """
    Runs the calls of one storage, and knows when none is under way.
    """

    def __init__(self, run: Run, disk: Callable[[], Hashable], behind: Calls | None = None) -> None:
        """
        @param run: what runs them.
        @param disk: tells which disk they wait for.
        @param behind: see L{long}.
        """
        self._run = run.of(disk) if isinstance(run, InThreads) else run
        #: The threads that they run in, if they do so.
        self.threads = run.threads if isinstance(run, InThreads) else None
        #: Do they run where they are called?
        self.isAtOnce = behind is not None
        self._behind = behind
        self._underWay = 0
        self._afterwards: Callable[[], object] | None = None

    async def __call__(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run a call.
        """
        self._underWay += 1
        try:
            return await self._run(call, *args, **kwargs)
        finally:
            self._underWay -= 1
            if self._afterwards is not None:
                self.afterwards(self._afterwards)

    def afterwards(self, do: Callable[[], object]) -> None:
        """
        Do something as soon as none is under way.
        """
        self._afterwards = None if self._underWay == 0 else do
        if self._underWay == 0:
            do()

    @property
    def atOnce(self) -> Calls:
        """
        Give what runs calls that wait for nothing, on the calling thread.
        """
        return Calls(inline, lambda: None, self)

    @property
    def long(self) -> Calls:
        """
        Give what runs those of them that may take long after all.
        """
        return self._behind or self


_threads: WeakKeyDictionary[Any, DiskThreads] = WeakKeyDictionary()


def inThreads(reactor: Any) -> InThreads:
    """
    Make what runs calls in threads, for those that may take long.

    @param reactor: provides C{IReactorFromThreads} and C{IReactorCore}.  It has
        one set of threads, whoever asks; when it stops, calls that have begun
        have a few seconds to end.
    """
    if reactor not in _threads:
        _threads[reactor] = DiskThreads(reactor)
    return InThreads(_threads[reactor])


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
