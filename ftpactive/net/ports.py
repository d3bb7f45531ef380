"""
Which ports are tried for a passive data connection.

To be given any port, the kernel has to look for one that nobody holds, also not
the remains of a connection that was closed within the last minute.  Where small
files are served in a row, nearly all are held in that way, and the look takes
milliseconds.  A port that is asked for by its number may be such a one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import chain

#: Where Linux tells which ports it gives away by itself, and which of them not.
_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
_RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports"

#: How many are tried before the kernel is left to look.
_TRIES = 8


def candidates(ports: range) -> Iterator[int]:
    """
    Give the ports of a range, each once, from a random one on: a port that
    was just used comes last, and the next one cannot be foreseen.

    @param ports: where there are none: some of those that the kernel gives away,
        and last 0, for which it looks by itself.
    """
    if ports:
        return _from(ports)
    low, high = given()
    if high - low < 2:
        return iter((0,))
    # Every other one: those between them the kernel gives to who connects.
    begin = low + 1 + 2 * _random((high - low) // 2)
    return chain(range(begin, min(begin + 2 * _TRIES, high), 2), (0,))


def _from(ports: range) -> Iterator[int]:
    begin = _random(len(ports))
    return chain(ports[begin:], ports[:begin])


def _random(count: int) -> int:
    # Nobody minds that some are a little more likely than others.
    return int.from_bytes(os.urandom(4), "big") % count


@cache
def given() -> tuple[int, int]:
    """
    Give the first of the ports that the kernel gives away, and the one behind the
    last; the same port twice where that is not known, or some of them are meant
    for somebody else.
    """
    with suppress(OSError, ValueError):
        with open(_RESERVED) as reserved:
            isFree = not reserved.read().strip()
        with open(_RANGE) as found:
            low, high = map(int, found.read().split())
        if isFree:
            return low, high + 1
    return 0, 0
