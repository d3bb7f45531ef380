"""
On which processors the client and a server run while they are measured.

Left to itself, the kernel puts whom a message wakes now beside who sent it, and
now on another processor, where waking costs twice as much, for days or for a
moment: logins of one server took 125 us each in one run, and 235 in the next.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from benchmarks.measure import Running


class Placing(Enum):
    """
    Who runs where.
    """

    #: One works while the other waits, as with small files: both on one processor.
    TOGETHER = "together"
    #: Both work at the same time: the client has one, the server all others.
    APART = "apart"
    #: Where the kernel puts them.
    FREE = "free"


@contextmanager
def placed(running: Running, placing: Placing) -> Iterator[None]:
    """
    Have this process, and those of a server, run where they are to be; those
    that the server makes meanwhile as well.
    """
    every = os.sched_getaffinity(0)
    own, servers = share(every, placing)
    running.keepTo(servers)
    os.sched_setaffinity(0, own)
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)
        running.keepTo(every)


def share(every: set[int], placing: Placing) -> tuple[set[int], set[int]]:
    """
    Give the processors of the client, and those of the server.

    @param every: all that there are; a single one is everybody's.
    """
    first = {min(every)}
    if placing is Placing.TOGETHER:
        return first, first
    if placing is Placing.APART:
        return first, every - first or every
    return every, every
