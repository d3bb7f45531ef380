"""
Many conversations in one thread.

They are generators that yield a socket and what they wait for.  On a socket that
blocks they never yield, so that one alone needs nobody who waits for it.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Generator, Iterable
from itertools import islice
from typing import TypeVar

from benchmarks.values import Fault

#: Seconds after which something that must happen has not happened.
PATIENCE = 10

T = TypeVar("T")

#: Does something, and waits now and then.
Waits = Generator[tuple[socket.socket, int], None, T]


def finish(waits: Waits[T]) -> T:
    """
    Run one on sockets that block.
    """
    try:
        next(waits)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits on a socket that does not block")


def together(many: Iterable[Waits[object]], atOnce: int = 1000) -> None:
    """
    Run many on sockets that do not block, each as far as it goes.

    @param atOnce: no more than these at a time.
    """
    rest = iter(many)
    waiting: dict[int, Waits[object]] = {}
    with select.epoll() as poll:
        ready = list(islice(rest, atOnce))
        while ready or waiting:
            for waits in ready:
                _advance(waits, rest, waiting, poll)
            ready = [waiting.pop(descriptor) for descriptor in _wait(poll, waiting)]


def _advance(
    waits: Waits[object],
    rest: Iterable[Waits[object]],
    waiting: dict[int, Waits[object]],
    poll: select.epoll,
) -> None:
    following: Waits[object] | None = waits
    while following:
        try:
            awaited, events = next(following)
        except StopIteration:
            # Its place is free for one that has not begun.
            following = next(iter(rest), None)
            continue
        descriptor = awaited.fileno()
        waiting[descriptor] = following
        try:
            poll.modify(descriptor, events | select.EPOLLONESHOT)
        except FileNotFoundError:
            poll.register(descriptor, events | select.EPOLLONESHOT)
        return


def _wait(poll: select.epoll, waiting: dict[int, Waits[object]]) -> list[int]:
    if not waiting:
        return []
    deadline = time.monotonic() + PATIENCE
    while not (ready := poll.poll(1)):
        if time.monotonic() > deadline:
            raise Fault(f"{len(waiting)} sessions wait for something that does not come")
    return [descriptor for descriptor, _ in ready]
