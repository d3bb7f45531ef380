"""
What happened lately, and how often: counts by key that forget.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from ftpactive.core.address import normalise

#: How many keys are remembered.  Whoever has a million addresses makes us
#: forget the oldest ones, not fill the memory.
CAPACITY = 10_000

#: Who has one IPv6 address has all of its /64.
_PREFIX = 64


# Asked several times for each connection and each login, and few hosts come at once.
@lru_cache(maxsize=1024)
def block(host: str) -> str:
    """
    Give what counts as one client: an IPv4 address, or the /64 of an IPv6 one.
    """
    address = ip_address(normalise(host).partition("%")[0])
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _PREFIX), strict=False))
    return str(address)


class Recent:
    """
    How often something happened within the last so many seconds, by key.
    """

    def __init__(self, seconds: float, *, most: int, capacity: int = CAPACITY) -> None:
        """
        @param most: what is counted up to.
        @param capacity: how many keys are remembered; the one to which
            nothing has happened for longest goes first.
        """
        self._seconds = seconds
        self._most = most
        self._capacity = capacity
        self._times: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """
        Give how many keys are remembered.
        """
        return len(self._times)

    def add(self, key: Hashable, now: float) -> int:
        """
        It happened.

        @return: the count.
        """
        times = self._times.setdefault(key, deque(maxlen=self._most))
        self._times.move_to_end(key)
        times.append(now)
        while len(self._times) > self._capacity:
            self._times.popitem(last=False)
        return self.count(key, now)

    def count(self, key: Hashable, now: float) -> int:
        """
        Tell how often it happened.
        """
        times = self._times.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if not times:
            del self._times[key]
        return len(times)


class Until:
    """
    What holds until a moment, by key.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._ends: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """
        Give how many keys are remembered.
        """
        return len(self._ends)

    def set(self, key: Hashable, end: float) -> None:
        """
        Let it hold from now on.
        """
        self._ends[key] = end
        self._ends.move_to_end(key)
        while len(self._ends) > self._capacity:
            self._ends.popitem(last=False)

    def left(self, key: Hashable, now: float) -> float:
        """
        Tell for how many seconds it still holds; 0 if it does not.
        """
        end = self._ends.get(key)
        if end is None:
            return 0.0
        if end <= now:
            del self._ends[key]
            return 0.0
        return end - now
