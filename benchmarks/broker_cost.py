"""
What a socket through the port broker costs more than one bound directly.

Run it as root::

    python benchmarks/broker_cost.py [SOCKETS [ROUNDS]]

Each way is taken in turns, round by round, and the table shows the medians, in
microseconds for one socket: how long it took, and how much time of a processor
it cost the service and the broker.  Then what the two processes occupy, and
how long a socket takes at most when the broker is killed meanwhile.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.task import react

from ftpactive.core.address import Address
from ftpactive.net.broker import PortBroker, Reactor

SOURCE = Address("127.0.0.1", 20)

#: How many are asked for at once, as by so many clients.
CLIENTS = 50

#: Does a number of sockets.
Way = Callable[[int], Awaitable[None]]

#: Microseconds for one socket: in all, of the service, of the broker.
Cost = tuple[float, float, float]


async def bindDirectly(count: int) -> None:
    """
    Bind as the service would with the privilege.
    """
    for _ in range(count):
        with socket.socket() as bound:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(SOURCE)


def oneByOne(broker: PortBroker) -> Way:
    """
    Ask for the next when there is the last.
    """

    async def way(count: int) -> None:
        for _ in range(count):
            (await broker.bind(SOURCE)).close()

    return way


def manyAtOnce(broker: PortBroker) -> Way:
    """
    Ask as many clients do.
    """

    async def way(count: int) -> None:
        for _ in range(count // CLIENTS):
            asked: list[Deferred[None]] = [
                broker.bind(SOURCE).addCallback(socket.socket.close) for _ in range(CLIENTS)
            ]
            await gatherResults(asked)

    return way


def childOf(process: int | str) -> int:
    """
    Give the only child of a process.
    """
    (folder,) = Path(f"/proc/{process}/task").iterdir()
    return int((folder / "children").read_text())


def processorTime(process: int) -> float:
    """
    Give how much time of a processor a process has had, seconds.
    """
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def residentBytes(process: int) -> tuple[int, int]:
    """
    Give how much memory a process occupies, and how much of it by itself.
    """
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines}
    return sizes["Rss:"], sizes["Private_Clean:"] + sizes["Private_Dirty:"]


async def measure(way: Way, count: int, broker: int) -> Cost:
    """
    Take one round.
    """
    began = time.perf_counter(), time.process_time(), processorTime(broker)
    await way(count)
    ended = time.perf_counter(), time.process_time(), processorTime(broker)
    wall, service, other = (1e6 * (b - a) / count for a, b in zip(began, ended, strict=True))
    return wall, service, other


async def longestWait(broker: PortBroker, victim: int | None, count: int = 1000) -> float:
    """
    Ask for sockets, kill a process of the broker in between, and go on.

    @return: the seconds that the slowest one took.
    """
    longest = 0.0
    for number in range(count):
        if victim is not None and number == count // 2:
            os.kill(victim, signal.SIGKILL)
        began = time.perf_counter()
        await manyAtOnce(broker)(CLIENTS)
        longest = max(longest, time.perf_counter() - began)
    return longest


async def compare(count: int, rounds: int) -> None:
    """
    Print the table.
    """
    broker = PortBroker(cast(Reactor, reactor))
    began = time.perf_counter()
    broker.start({SOURCE.port: [SOURCE.host]})
    seconds = time.perf_counter() - began
    guard = childOf("self")
    process = childOf(guard)
    ways = {
        "bound directly": bindDirectly,
        "broker, one by one": oneByOne(broker),
        f"broker, {CLIENTS} at once": manyAtOnce(broker),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for way in ways.values():
        await way(count // 10)
    for _ in range(rounds):
        for name, way in ways.items():
            costs[name].append(await measure(way, count, process))
    print(f"{'us for one socket':24}{'in all':>10}{'service':>10}{'broker':>10}")
    for name, each in costs.items():
        medians = [statistics.median(column) for column in zip(*each, strict=True)]
        print(f"{name:24}" + "".join(f"{median:10.1f}" for median in medians))
    print(f"started in {seconds * 1000:.0f} ms")
    for name, each_ in (("guard", guard), ("broker", process)):
        rss, own = residentBytes(each_)
        print(f"{name}: {rss / 1e6:.1f} MB resident, {own / 1e6:.1f} MB of them its own")
    usual = await longestWait(broker, None)
    print(f"{CLIENTS} sockets at once, the slowest of 1,000 times: {usual * 1000:.1f} ms")
    victims: dict[str, Callable[[], int]] = {
        "broker": lambda: childOf(guard),
        "guard": lambda: guard,
    }
    for name, find in victims.items():
        longest = await longestWait(broker, find())
        print(f"the same while the {name} is killed: {longest * 1000:.1f} ms")
    await broker.stop()


def main(_: Any, count: str = "2000", rounds: str = "15") -> Deferred[None]:
    """
    Run it in the reactor.
    """
    return ensureDeferred(compare(int(count), int(rounds)))


if __name__ == "__main__":
    react(main, sys.argv[1:])
