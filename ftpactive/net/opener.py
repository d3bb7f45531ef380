"""
Arranges the data connections of one control connection, both ways round.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import AUTO, Settings
from ftpactive.interfaces import IDataOpener
from ftpactive.net.active import ActivePlan, Attempts
from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.connecting import Connecting
from ftpactive.net.happening import Happening
from ftpactive.net.passive import PassivePlan, listen
from ftpactive.net.reactors import Reactor
from ftpactive.net.reasons import TellAttempt


def dataPort(choice: int | str, controlPort: int) -> int:
    """
    Give the source port of active data connections: by default the control
    port minus one, RFC 959 section 3.2.
    """
    return controlPort - 1 if choice == AUTO else int(choice)


def sources(settings: Settings, local: Address) -> list[Address]:
    """
    Give the ends that active data connections of a listener may have.
    """
    ports = (dataPort(settings.dataPort, local.port), *settings.spareDataPorts)
    return [Address(local.host, port) for port in ports]


@implementer(IDataOpener)
class DataOpener:
    """
    See L{IDataOpener}.
    """

    def __init__(
        self,
        reactor: Reactor,
        settings: Settings,
        findLocal: Callable[[], Address],
        peer: Address,
        tell: TellAttempt,
        *,
        connecting: Connecting | None = None,
    ) -> None:
        """
        @param findLocal: gives our end of the control connection, while there is
            one; it is asked for when the first data connection is arranged.
        @param connecting: makes active connections; by default without a broker.
        """
        self._connecting = connecting
        self._findLocal = findLocal
        self.peer = peer
        self._reactor = reactor
        self._settings = settings
        self._tell = tell
        self._released: Happening | None = None

    @cached_property
    def local(self) -> Address:
        """
        Give the address that the client called.
        """
        return self._findLocal()

    @cached_property
    def _attempts(self) -> Attempts:
        settings = self._settings
        return Attempts(
            sources=sources(settings, self.local),
            delays=settings.retryDelays,
            timeout=settings.connectTimeout,
        )

    def active(self, address: Address) -> ActivePlan:
        """
        Plan to connect, from the address that the client called.
        """
        return ActivePlan(
            self._reactor,
            address,
            self._attempts,
            makeChannel=self._channel,
            connecting=self._connecting,
            tell=self._tell,
        )

    async def passive(self, targets: TargetPolicy) -> PassivePlan:
        """
        Listen, on the address that the client called and nowhere else.

        @raise CannotOpenData: (425) no port is free.
        """
        # Once the client is gone it cannot be found any more.
        host = self.local.host
        if self._released is not None and not self._released.isOver:
            # A range may have a single port, and it may be ours still.
            await self._released.wait()
        plan = PassivePlan(
            self._reactor,
            self.peer,
            mayConnect=lambda client: targets.admits(client, self.peer),
            timeout=self._settings.passiveTimeout,
            lifetime=self._settings.idleTimeout,
            makeChannel=self._channel,
            tell=self._tell,
        )
        plan.listening(listen(self._reactor, plan, host, self._settings.passivePorts))
        self._released = plan.released
        return plan

    @cached_property
    def _channel(self) -> MakeChannel:
        return partial(DataChannel, self._reactor, self._settings.stallTimeout)
