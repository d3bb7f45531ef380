"""
Who may have a control connection.
"""

from __future__ import annotations

import ipaddress
import resource
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

from zope.interface import implementer

from ftpactive.core.address import Address, normalise
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.limits import Limits
from ftpactive.core.policy import Network
from ftpactive.core.recent import block
from ftpactive.logins import IAdmission, IPlace

#: What one session may have open: its two connections, a file that it uploads,
#: the folder of that, and a root that no other session has.
_DESCRIPTORS = 5

#: Descriptors that are for everything else.
_SPARE = 50

#: Tells for how many more seconds an address is banned; 0 for one that is not.
BanOf = Callable[[str], float]

#: Told of somebody who was sent away, and why.
Tell = Callable[[Address, str], None]


def mostSessions() -> int:
    """
    Tell how many sessions there are descriptors for.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 20
    return max(1, (soft - _SPARE) // _DESCRIPTORS)


@implementer(IPlace)
class Place:
    """
    A control connection that was let in.
    """

    __slots__ = ("_admission", "_client", "_dismiss", "_isOver", "_isStranger")

    granted = None

    def __init__(self, admission: Admission, client: str, dismiss: Callable[[str], object]) -> None:
        """
        @param client: where it comes from, as L{block} gives it.
        """
        self._admission = admission
        self._client = client
        self._dismiss = dismiss
        self._isOver = self._isStranger = False

    def keep(self) -> None:
        """
        See L{IPlace.keep}.
        """
        if self._isStranger:
            self._isStranger = False
            strangers = self._admission.strangers
            crowd = strangers[self._client]
            del crowd[self]
            if not crowd:
                del strangers[self._client]

    def release(self) -> None:
        """
        See L{IPlace.release}.
        """
        if not (self._isOver or self._isStranger):
            self._isStranger = True
            strangers = self._admission.strangers
            if self._client not in strangers:
                strangers[self._client] = OrderedDict()
            strangers[self._client][self] = None

    def leave(self) -> None:
        """
        See L{IPlace.leave}.
        """
        if self._isStranger:
            self.keep()
        # Who was sent away before has left by then.
        if not self._isOver:
            self._isOver = True
            self._admission.left(self._client)

    def makeRoom(self) -> None:
        """
        Send the client away.
        """
        self.leave()
        self._dismiss("Others wait to log in, and you have not")


@implementer(IAdmission)
class Admission:
    """
    Counts connections, and looks at where they come from.

    When all places are taken, somebody new gets the one of the oldest session
    without a login, of the address that has most of them: a crowd that says
    nothing keeps nobody out.

    @ivar limits: may be replaced at any time; it holds for who comes then.
    @ivar processes: how many there are to share the sessions.
    @ivar strangers: by where they come from, those who have not logged in, the
        oldest first.
    """

    processes = 1

    def __init__(self, limits: Limits, banOf: BanOf, tell: Tell) -> None:
        self.limits = limits
        self._banOf = banOf
        self._tell = tell
        self._open: dict[str, int] = {}
        self._total = self._most = 0
        self.strangers: dict[str, OrderedDict[Place, None]] = {}

    def admit(self, peer: Address, dismiss: Callable[[str], object]) -> IPlace:
        """
        See L{IAdmission.admit}.
        """
        client = block(peer.host)
        try:
            self._check(peer, client)
        except ServiceClosing as error:
            self._tell(peer, str(error))
            raise
        place = Place(self, client, dismiss)
        self._open[client] = self._open.get(client, 0) + 1
        self._total += 1
        place.release()
        return cast(IPlace, place)

    def _check(self, peer: Address, client: str) -> None:
        limits = self.limits
        if (limits.allow or limits.deny) and not _isWelcome(peer.host, limits):
            raise ServiceClosing("You may not connect from your address")
        if seconds := self._banOf(client):
            raise ServiceClosing(
                "Too many failed logins from your address,"
                f" try again in {max(1, round(seconds))} seconds"
            )
        most = limits.sessionsPerAddress
        if most and self._open.get(client, 0) >= most:
            raise ServiceClosing(
                f"Too many connections from your address ({most} at once), try again later"
            )
        # The system is asked only when there are as many as it said last time.
        if self._total >= (limits.sessions or self._most):
            self._most = self.processes * mostSessions()
            if self._total >= (limits.sessions or self._most):
                self._makeRoom()

    def _makeRoom(self) -> None:
        if not self.strangers:
            raise ServiceClosing("Too many connections, try again later")
        crowd = max(self.strangers.values(), key=len)
        place = next(iter(crowd))
        place.makeRoom()

    def left(self, client: str) -> None:
        """
        A place is free again.
        """
        self._total -= 1
        others = self._open[client] - 1
        if others:
            self._open[client] = others
        else:
            del self._open[client]


def _isWelcome(host: str, limits: Limits) -> bool:
    address = ipaddress.ip_address(normalise(host).partition("%")[0])
    if _isIn(address, limits.deny):
        return False
    return not limits.allow or _isIn(address, limits.allow)


def _isIn(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: tuple[Network, ...]
) -> bool:
    return any(address in network for network in networks)
