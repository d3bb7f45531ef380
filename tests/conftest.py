"""
What every test gets: an error that is logged, or left in a Deferred, fails it.

Twisted's own runner does this by itself, pytest does not.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from typing import cast

import hypothesis
import pytest
from pytest_twisted import blockon
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.python.failure import Failure

#: An unhandled Deferred is told in two events: these words, then the failure.
FOREWORD = "Unhandled error in Deferred:"


class LoggedError(Exception):
    """
    An error that was logged as words alone.
    """


class ErrorLog:
    """
    A log observer that keeps errors until somebody asks for them.
    """

    def __init__(self) -> None:
        self._failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        """
        Keep an event that is an error.
        """
        # The second is how twisted.python.log spells it.
        failure = event.get("log_failure") or event.get("failure")
        if failure is not None:
            self._failures.append(failure)
        elif event.get("isError") and event.get("log_format") != FOREWORD:
            self._failures.append(Failure(LoggedError(formatEvent(event))))

    def flush(self, *types: type[BaseException]) -> list[Failure]:
        """
        Give the errors that were logged, and forget them.

        @param types: only errors of these; without any, all of them.
        """
        # A Deferred speaks when it is freed, which a circle delays to the next
        # collection.  This one is cheap: see pytest_collection_finish.
        gc.collect()
        flushed = [f for f in self._failures if not types or f.check(*types)]
        self._failures = [f for f in self._failures if f not in flushed]
        return flushed


# How long an example takes depends on the machine, and on what else it does.
hypothesis.settings.register_profile("calm", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("calm")

ERRORS = pytest.StashKey[ErrorLog]()


def pytest_configure(config: pytest.Config) -> None:
    """
    Begin to listen to Twisted's log.
    """
    config.stash[ERRORS] = ErrorLog()
    globalLogPublisher.addObserver(config.stash[ERRORS])


def pytest_unconfigure(config: pytest.Config) -> None:
    """
    Stop listening.
    """
    globalLogPublisher.removeObserver(config.stash[ERRORS])


def pytest_collection_finish() -> None:
    """
    Take what was imported so far out of the collector's rounds: a round after
    each test then costs a fraction of a millisecond, instead of thirty.
    """
    gc.collect()
    gc.freeze()


def turnReactor() -> None:
    """
    Let the reactor run for one turn.
    """
    # Imported late, so that pytest-twisted can install the one it was told.
    from twisted.internet import reactor

    blockon(deferLater(reactor, 0))


def letGo(item: pytest.Item) -> None:
    """
    Drop what a test left where pytest and Twisted would keep it: its fixtures,
    the attributes of its instance, the traceback of its failure, and what
    stands on the reactor's stack, which still is where the test ended.
    """
    getattr(item, "funcargs", {}).clear()
    getattr(getattr(item, "instance", None), "__dict__", {}).clear()
    for name in ("last_exc", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    turnReactor()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """
    Fail a test that leaves errors, once all of its fixtures are gone.
    """
    try:
        yield
    finally:
        letGo(item)
        if nextitem is None:
            # The last look is at everything, however slow.
            gc.unfreeze()
        left = item.config.stash[ERRORS].flush()
        # What survived will most likely go on doing so.
        gc.freeze()
    if left:
        traces = "\n".join(failure.getTraceback() for failure in left)
        pytest.fail(f"{len(left)} error(s) logged and not flushed:\n{traces}", pytrace=False)


@pytest.fixture
def reactor(request: pytest.FixtureRequest) -> str:
    """
    What a test's servers run on: see L{tests.end_to_end.place.BOTH_REACTORS}.
    """
    name: str = getattr(request, "param", "default")
    return name


@pytest.fixture
def loggedLines() -> Iterator[list[str]]:
    """
    What is logged, as a file would show it.
    """
    lines: list[str] = []

    def observe(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    observer = cast(ILogObserver, observe)
    globalLogPublisher.addObserver(observer)
    yield lines
    globalLogPublisher.removeObserver(observer)


@pytest.fixture
def loggedErrors(request: pytest.FixtureRequest) -> Callable[..., list[Failure]]:
    """
    A function that gives the errors logged so far, as L{Failure}s, and marks
    them as expected.  It may be given the types of exceptions to look for::

        assert len(loggedErrors(ValueError)) == 1
    """
    return request.config.stash[ERRORS].flush
