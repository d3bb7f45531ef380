"""
What all control connections of a service share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ftpactive.core.address import Address
from ftpactive.core.events import Event
from ftpactive.core.reply import Reply
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IDataOpener, IEventSink, ILevelledSink
from ftpactive.logins import IAdmission, IAuthenticator, VirtualHost
from ftpactive.net.nearby import Nearby
from ftpactive.net.reactors import Reactor
from ftpactive.net.reasons import TellAttempt
from ftpactive.net.tls import TLS


@dataclass(frozen=True, slots=True)
class Services:
    """
    What all control connections of a service share.

    @ivar makeOpener: makes what arranges data connections, given what finds our
        end of a control connection, the client's end, and whom to tell of attempts.
    @ivar hosts: virtual hosts by name, in small letters; without them the
        service answers to every name.
    @ivar tls: the TLS of the service, where it has a certificate.
    @ivar admission: who may connect; everybody without it.
    @ivar greeting: what a client is told first.
    @ivar host: what holds where no virtual host was named.
    @ivar hears: is an event of a class of any use, where it tells of no failure?
    @ivar nearby: reads from clients who answer at once.
    """

    reactor: Reactor
    settings: Settings
    authenticator: IAuthenticator
    events: IEventSink
    makeOpener: Callable[[Callable[[], Address], Address, TellAttempt], IDataOpener]
    hosts: Mapping[str, VirtualHost] = field(default_factory=dict)
    admission: IAdmission | None = None
    tls: TLS | None = None
    greeting: Reply = field(init=False)
    host: VirtualHost = field(init=False)
    hears: Callable[[type[Event]], bool] = field(init=False)
    nearby: Nearby = field(init=False, default_factory=Nearby)

    def __post_init__(self) -> None:
        sink = self.events
        hears = sink.hears if ILevelledSink.providedBy(sink) else _all
        # It is frozen for all others.
        object.__setattr__(self, "hears", hears)
        object.__setattr__(self, "greeting", Reply(220, self.settings.welcome))
        object.__setattr__(self, "host", VirtualHost(self.authenticator, self.settings))


def _all(kind: type[Event]) -> bool:
    """
    Every event is heard.
    """
    return True
