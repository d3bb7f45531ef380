"""
Threads in tests, without a reactor.
"""

import threading

from twisted.internet.task import Clock

from ftpactive.storage.blocking import InThreads
from ftpactive.storage.threads import DiskThreads

#: Seconds after which a test has failed that waits for something.
LONG = 20


class PlayedReactor(Clock):
    """
    Provides what L{DiskThreads} asks of a reactor.

    @ivar onShutdown: what it calls when it stops.
    """

    def __init__(self):
        super().__init__()
        self.onShutdown = []
        self._hasCalls = threading.Semaphore(0)
        self._calls = []

    def addSystemEventTrigger(self, phase, event, call):
        """
        Keep what is to be called when it stops.
        """
        assert (phase, event) == ("during", "shutdown")
        self.onShutdown.append(call)

    def callFromThread(self, call):
        """
        Keep a call for L{runOne}.
        """
        self._calls.append(call)
        self._hasCalls.release()

    def runOne(self):
        """
        Wait for a call from a thread, and run it.
        """
        assert self._hasCalls.acquire(timeout=LONG)
        self._calls.pop(0)()

    def until(self, isSo):
        """
        Run calls from threads until something is so.
        """
        while not isSo():
            self.runOne()

    def wait(self, deferred):
        """
        Give what a Deferred fires with; calls from threads are run until then.
        """
        outcome = []
        deferred.addBoth(outcome.append)
        self.until(lambda: outcome)
        if hasattr(outcome[0], "raiseException"):
            outcome[0].raiseException()
        return outcome[0]


class JoinedThreads(DiskThreads):
    """
    Runs each call in a thread of its own, and waits for it: for tests that have
    no reactor.

    @ivar calls: what was run, in order.
    """

    def __init__(self):
        super().__init__(Clock())
        self.calls = []

    def run(self, disk, call, /, *args, **kwargs):
        """
        See L{DiskThreads.run}.
        """
        self.calls.append(call)
        outcome = []

        def work():
            try:
                outcome.append((True, call(*args, **kwargs)))
            except BaseException as error:
                outcome.append((False, error))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return _outcome(*outcome[0])


async def _outcome(isResult, outcome):
    if not isResult:
        raise outcome
    return outcome


def joined():
    """
    Make what runs each call in a thread, and waits for it.
    """
    return InThreads(JoinedThreads())
