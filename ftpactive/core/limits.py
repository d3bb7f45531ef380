"""
How much of the service one client, one user or all of them may have.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpactive.core.policy import Network


@dataclass(frozen=True, slots=True)
class Rates:
    """
    Bytes per second; 0 means that nothing is limited.

    @ivar download: from the server to the client.
    @ivar upload: from the client to the server.
    """

    download: int = 0
    upload: int = 0

    @property
    def isAny(self) -> bool:
        """
        Is anything limited?
        """
        return bool(self.download or self.upload)


#: Nothing is.
UNLIMITED = Rates()


@dataclass(frozen=True, slots=True)
class Limits:
    """
    The limits of a service; 0 means that there is none.  Times are seconds.

    @ivar sessions: control connections at once, in all; with 0 as many as the
        process may have descriptors for.  When all are taken, somebody new
        takes the place of who has not logged in for longest.
    @ivar sessionsPerAddress: from one address; of IPv6, from one /64.
    @ivar sessionsPerUser: logins of one user at once.
    @ivar loginsPerMinute: attempts to log in from one address.
    @ivar banAfter: failed logins within L{banWindow} after which an address is
        banned.  Three times as many, from whichever addresses, close an
        account to those from which nobody has logged in to it before.
    @ivar banWindow: how long a failed login counts.
    @ivar banTime: how long a ban lasts.
    @ivar allow: only these networks are served; empty for all.
    @ivar deny: these are not, even if they are in C{allow}.
    @ivar total: the bandwidth of all sessions together.
    @ivar perSession: that of each session.
    """

    sessions: int = 0
    sessionsPerAddress: int = 0
    sessionsPerUser: int = 0
    loginsPerMinute: int = 0
    banAfter: int = 20
    banWindow: float = 600
    banTime: float = 600
    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()
    total: Rates = UNLIMITED
    perSession: Rates = UNLIMITED
