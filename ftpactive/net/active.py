"""
Active mode: the server connects to the client, from the data port.

Any number of connections share the data port: the kernel tells them apart by
all four of local address, local port, remote address and remote port, as long
as every socket on the port sets SO_REUSEADDR before it binds.  See
C{docs/active-mode.md}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic

from twisted.internet.defer import Deferred
from twisted.internet.error import UserError
from twisted.internet.interfaces import IConnector, IDelayedCall
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, FTPError, TransferAborted
from ftpactive.core.events import Outcome
from ftpactive.interfaces import IDataPlan
from ftpactive.net.calling import Calling, stopConnecting
from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.connecting import Connecting
from ftpactive.net.reactors import Reactor
from ftpactive.net.reasons import TellAttempt, meaning

#: What may be over in a moment, or is different from another port.
_PASSING = (Outcome.PORT_BUSY, Outcome.ADDRESS_IN_USE)


@dataclass(frozen=True)
class Attempts:
    """
    How often and from where a connection is tried.

    @ivar sources: our ends: the data port, and those that take its place.
    @ivar delays: seconds before each further attempt from the first of them,
        if it failed for a reason that passes.  Where its port is 0, each
        attempt is from another one, which may do as well.
    @ivar timeout: for the client to answer, seconds.
    """

    sources: Sequence[Address]
    delays: Sequence[float]
    timeout: float

    @cached_property
    def schedule(self) -> list[tuple[Address, float]]:
        """
        Give each attempt's source, and the seconds before it.
        """
        first, *others = self.sources
        again = [(first, delay) for delay in self.delays]
        return [(first, 0.0), *again, *((other, 0.0) for other in others)]


@implementer(IDataPlan)
class ActivePlan:
    """
    A connection to the client that is made when a transfer wants it.

    RFC 959 section 4.1.2 lets what PORT said hold until it is changed, so
    one plan may be opened for several transfers, one after the other.
    """

    isLasting = True
    isPassive = False

    def __init__(
        self,
        reactor: Reactor,
        address: Address,
        attempts: Attempts,
        *,
        makeChannel: MakeChannel,
        tell: TellAttempt,
        connecting: Connecting | None = None,
    ) -> None:
        """
        @param address: where to connect.
        @param connecting: makes the connections; by default without a broker.
        """
        self._connecting = connecting or Connecting(reactor)
        self.address = address
        self._attempts = attempts
        self._reactor = reactor
        self._makeChannel = makeChannel
        self._tell = tell
        self._stop: Callable[[], object] | None = None

    async def open(self) -> DataChannel:
        """
        Connect, from the first source from which it works.  See
        L{IDataPlan.open}.
        """
        for source, delay in self._attempts.schedule:
            if delay:
                await self._pause(delay)
            began = monotonic()
            attempt = self._begin(source)
            if not attempt.end.isOver:
                await attempt.end.wait()
                self._stop = None
            failed = attempt.error
            if failed is None:
                self._tellOf(source, began, Outcome.CONNECTED, "")
                return attempt.channel
            outcome, error = self._reason(failed, source)
            self._tellOf(source, began, outcome, str(error))
            if outcome not in _PASSING:
                break
        raise error

    def _begin(self, source: Address) -> Calling:
        timeout = self._attempts.timeout
        attempt = Calling(self._makeChannel, self._reactor, timeout)
        try:
            connector = self._connecting.connect(attempt, self.address, source, timeout)
            if not attempt.end.isOver:
                self._stop = partial(self._giveUp, attempt, connector)
        except OSError as error:
            # A link-local address whose interface has gone away.
            attempt.fail(error)
        return attempt

    def _reason(self, failed: BaseException, source: Address) -> tuple[Outcome, FTPError]:
        outcome, words = meaning(failed, source, self._attempts.timeout)
        if outcome is Outcome.ABORTED:
            return outcome, TransferAborted(words)
        return outcome, CannotOpenData(f"Can't connect to {self.address} from {source}: {words}")

    def _tellOf(self, source: Address, began: float, outcome: Outcome, error: str) -> None:
        self._tell("active", source, self.address, monotonic() - began, outcome, error)

    def _giveUp(self, factory: Calling, connector: IConnector) -> None:
        # The socket is closed in the next turn of the reactor.  In this one it may
        # have an event for it at hand still, which it would tell to whoever gets
        # the descriptor next.
        self._reactor.callLater(0, stopConnecting, connector)
        factory.fail(UserError())

    async def _pause(self, delay: float) -> None:
        over: Deferred[None] = Deferred()
        timer: IDelayedCall = self._reactor.callLater(delay, over.callback, None)

        def stop() -> None:
            timer.cancel()
            over.errback(TransferAborted("Aborted while the data connection was being opened"))

        self._stop = stop
        try:
            await over
        finally:
            self._stop = None

    def abandon(self) -> None:
        """
        Stop connecting.  See L{IDataPlan.abandon}.
        """
        if self._stop is not None:
            self._stop()
