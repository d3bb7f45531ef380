"""
What passes between the parent and a worker: lists of JSON, each behind its
length, over a pair of pipes.

Nothing that can do anything by being read comes from a worker, which talks to
clients, and one day may be in the hands of one.  To a worker, the parent may
send pickles.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import Int32StringReceiver
from twisted.python.failure import Failure

#: The longest message from a worker, bytes; see L{ftpactive.workers.relay}.
_LONGEST = 1 << 22

#: The longest from the parent, in which a configuration may come.
LONGEST_ORDER = 1 << 28

#: What a message that makes no sense raises where it is read.
NONSENSE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class Line(Int32StringReceiver):
    """
    One end of it.
    """

    _log = Logger(namespace="ftpactive")

    def __init__(
        self,
        said: Callable[[str, list[Any]], object],
        lost: Callable[[], object],
        longest: int = _LONGEST,
    ) -> None:
        """
        @param said: told of each message: its kind, and what else is in it.
            May raise what is in L{NONSENSE}.
        @param lost: called once, when the other end is gone, or makes no sense.
        """
        self.MAX_LENGTH = longest
        self._said = said
        self._lost = lost
        self._isOpen = True

    def say(self, kind: str, *values: object) -> None:
        """
        Send a message, if anybody is there.
        """
        if self._isOpen and self.transport is not None:
            data = json.dumps([kind, *values]).encode()
            self.sendString(data)  # type: ignore[no-untyped-call]

    def stringReceived(self, string: bytes) -> None:
        """
        A message came.
        """
        if not self._isOpen:
            return
        try:
            kind, *values = json.loads(string)
            self._said(kind, values)
        except NONSENSE:
            self._log.failure("A message between parent and worker makes no sense")
            self._close()

    def lengthLimitExceeded(self, length: int) -> None:
        """
        This is no message of ours.
        """
        self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The other end is gone.
        """
        self._close()

    def close(self) -> None:
        """
        Neither hear nor say anything any more.
        """
        self._isOpen = False

    def _close(self) -> None:
        if self._isOpen:
            self._isOpen = False
            self._lost()
