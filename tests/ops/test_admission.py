"""
Tests for L{ftpactive.ops.admission} and L{ftpactive.ops.refusals}.
"""

from __future__ import annotations

import ipaddress
import resource

import pytest
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.errors import ServiceClosing
from ftpactive.core.events import Event, Refused
from ftpactive.core.limits import Limits
from ftpactive.logins import IAdmission, IPlace
from ftpactive.ops.admission import Admission, mostSessions
from ftpactive.ops.refusals import Refusals


class Door:
    """
    An admission, and what it did.

    @ivar banned: seconds by address.
    @ivar dismissed: who had to make room.
    @ivar told: whom it sent away, and why.
    """

    def __init__(self, limits: Limits) -> None:
        self.banned: dict[str, float] = {}
        self.dismissed: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.admission = Admission(
            limits,
            lambda client: self.banned.get(client, 0),
            lambda peer, why: self.told.append((peer.host, why)),
        )

    def enter(self, host: str, name: str = "") -> IPlace:
        """
        Let somebody in.
        """
        return self.admission.admit(Address(host, 1), lambda why: self.dismissed.append(name))

    def refuses(self, host: str) -> str:
        """
        Somebody is sent away; give the words.
        """
        with pytest.raises(ServiceClosing) as refused:
            self.enter(host)
        assert self.told[-1] == (host, str(refused.value))
        return str(refused.value)


def networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """
    Make networks.
    """
    return tuple(ipaddress.ip_network(each) for each in texts)


class TestPerAddress:
    """
    One address may have so many connections.
    """

    def test_tooMany(self) -> None:
        """
        The words name the limit; others are let in.
        """
        door = Door(Limits(sessionsPerAddress=2))
        for _ in range(2):
            door.enter("192.0.2.7")
        assert "2 at once" in door.refuses("192.0.2.7")
        door.enter("192.0.2.8")

    def test_wholeNetworkOfIPv6(self) -> None:
        """
        The addresses of one /64 are one client's.
        """
        door = Door(Limits(sessionsPerAddress=1))
        door.enter("2001:db8::1")
        door.refuses("2001:db8::2")
        door.enter("2001:db8:0:1::1")

    def test_ended(self) -> None:
        """
        What has ended does not count, nor does it take room.
        """
        door = Door(Limits(sessionsPerAddress=1))
        for _ in range(3):
            door.enter("192.0.2.7").leave()
        assert door.admission._open == {}
        assert door.admission.strangers == {}


class TestTotal:
    """
    There are so many places.
    """

    def test_silentMakeRoom(self) -> None:
        """
        The oldest session without a login, of the address that has most.
        """
        door = Door(Limits(sessions=3))
        door.enter("192.0.2.8", "alone")
        door.enter("192.0.2.7", "first")
        door.enter("192.0.2.7", "second")
        door.enter("192.0.2.9", "new")
        assert door.dismissed == ["first"]

    def test_loggedInStay(self) -> None:
        """
        When all have logged in, nobody else is let in.
        """
        door = Door(Limits(sessions=2))
        places = [door.enter("192.0.2.7", "a"), door.enter("192.0.2.7", "b")]
        for place in places:
            place.keep()
        assert door.refuses("192.0.2.9") == "Too many connections, try again later"
        places[0].leave()
        door.enter("192.0.2.9")
        assert door.dismissed == []

    def test_loggedOutMakeRoomAgain(self) -> None:
        """
        As the youngest of those who have not logged in.
        """
        door = Door(Limits(sessions=2))
        old = door.enter("192.0.2.7", "old")
        old.keep()
        door.enter("192.0.2.7", "young")
        old.release()
        door.enter("192.0.2.8").keep()
        door.enter("192.0.2.8").keep()
        assert door.dismissed == ["young", "old"]

    def test_loggedOutWhenItHasEnded(self) -> None:
        """
        It takes no place any more.
        """
        door = Door(Limits(sessions=1))
        place = door.enter("192.0.2.7")
        place.keep()
        place.leave()
        place.release()
        assert door.admission.strangers == {}

    def test_sentAwayCountsNoMore(self) -> None:
        """
        Its place is free before it has closed, and is not freed twice.
        """
        door = Door(Limits(sessions=1))
        old = door.enter("192.0.2.7", "old")
        new = door.enter("192.0.2.7", "new")
        new.keep()
        old.leave()
        door.refuses("192.0.2.8")

    def test_asManyAsThereAreDescriptors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Without a limit, a crowd still leaves some for others.
        """
        monkeypatch.setattr(resource, "getrlimit", lambda which: (65, 65))
        assert mostSessions() == 3
        door = Door(Limits())
        for number in range(4):
            door.enter("192.0.2.7", str(number))
        assert door.dismissed == ["0"]

    def test_noLimitOfDescriptors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Then there are many.
        """
        endless = resource.RLIM_INFINITY
        monkeypatch.setattr(resource, "getrlimit", lambda which: (endless, endless))
        assert mostSessions() > 100_000


class TestNetworks:
    """
    Lists of networks.
    """

    def test_allow(self) -> None:
        """
        Only these.
        """
        door = Door(Limits(allow=networks("192.0.2.0/24", "2001:db8::/32")))
        door.enter("192.0.2.7")
        door.enter("::ffff:192.0.2.7")
        door.enter("2001:db8::1")
        assert door.refuses("198.51.100.1") == "You may not connect from your address"

    def test_deny(self) -> None:
        """
        These not, even if they are allowed.
        """
        door = Door(Limits(allow=networks("192.0.2.0/24"), deny=networks("192.0.2.7/32")))
        door.refuses("192.0.2.7")
        door.enter("192.0.2.8")

    def test_banned(self) -> None:
        """
        Who is banned is told for how long.
        """
        door = Door(Limits())
        door.banned["192.0.2.7"] = 12.3
        assert "try again in 12 seconds" in door.refuses("192.0.2.7")


def test_interfaces() -> None:
    """
    L{IAdmission} and L{IPlace} are provided.
    """
    door = Door(Limits())
    assert verifyObject(IAdmission, door.admission)
    assert verifyObject(IPlace, door.enter("192.0.2.7"))


def test_refusalsAreToldNowAndThen() -> None:
    """
    The first at once, and later one with the number of those in between.
    """
    clock, events = Clock(), list[Event]()
    refusals = Refusals(events.append, clock.seconds)
    for _ in range(100):
        refusals.tell(Address("192.0.2.7", 1), "full")
    clock.advance(10)
    refusals.tell(Address("192.0.2.8", 2), "full")
    told = [(each.peer, each.others) for each in events if isinstance(each, Refused)]
    assert told == [("192.0.2.7:1", 0), ("192.0.2.8:2", 99)]
