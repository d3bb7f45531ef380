"""
C{make bench} knows what a server's processes cost, and ends them all.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.groups import Descendants
from benchmarks.measure import Running
from benchmarks.processors import Placing, placed
from benchmarks.values import Fault
from benchmarks.waits import Waits, finish, together

#: A child works and ends, and is waited for; then its parent sleeps.
FORKING = """
import os, sys, time
child = os.fork()
if not child:
    while time.process_time() < 0.3:
        pass
    os._exit(0)
os.waitpid(child, 0)
if not os.fork():
    os.setpgid(0, 0)
    time.sleep(600)
os.write(int(sys.argv[1]), b"!")
time.sleep(600)
"""


@pytest.fixture(params=["best", "descendants"])
def running(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """
    Start such a program, and wait until its first child has ended.
    """
    if request.param == "descendants":
        monkeypatch.setattr(measure, "makeGroup", lambda name: Descendants())
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    monkeypatch.setattr(measure, "INHERITED", (writing,))
    running = Running("test", [sys.executable, "-c", FORKING, str(writing)], {})
    os.close(writing)
    try:
        assert os.read(reading, 1) == b"!"
        yield running
    finally:
        os.close(reading)
        running.end()


def isThere(process: int) -> bool:
    """
    Has a process not ended?  One that nobody waits for leaves its entry.
    """
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_endedChildrenCount(running: Running) -> None:
    """
    What a forked session cost is not lost with it.
    """
    assert running.cpu() >= 0.25


def test_endLeavesNobody(running: Running) -> None:
    """
    A grandchild in a process group of its own is ended as well.
    """
    processes = list(running.each())
    assert len(processes) == 2
    running.end()
    assert not any(isThere(process) for process in processes)


def test_memoryIsThatOfAll(running: Running) -> None:
    """
    It is of the size of two processes of Python, which share most of it.
    """
    assert 1 << 20 < running.memory() < 200 << 20


def test_placed(running: Running) -> None:
    """
    All its processes run where they are told to, and then anywhere again.
    """
    every = os.sched_getaffinity(0)
    with placed(running, Placing.TOGETHER):
        assert os.sched_getaffinity(0) == {min(every)}
        assert [os.sched_getaffinity(each) for each in running.each()] == [{min(every)}] * 2
    assert os.sched_getaffinity(0) == every
    assert [os.sched_getaffinity(each) for each in running.each()] == [every] * 2


def test_silenceOfManyIsAFault(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Sessions to which nothing is said any more do not hold the run up.
    """
    monkeypatch.setattr("benchmarks.waits.PATIENCE", 0)
    ours, theirs = socket.socketpair()

    def wait() -> Waits[None]:
        yield ours, 1

    with ours, theirs, pytest.raises(Fault, match="1 sessions wait"):
        together([wait()])


def test_manyGoOnAsPlacesBecomeFree() -> None:
    """
    With two places for five, all five are done.
    """
    done = []
    pairs = [socket.socketpair() for _ in range(5)]

    def wait(number: int) -> Waits[None]:
        pairs[number][1].send(b"!")
        yield pairs[number][0], 1
        done.append(number)

    together((wait(number) for number in range(5)), atOnce=2)
    for pair in pairs:
        for each in pair:
            each.close()
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_resultOfOneIsGiven() -> None:
    """
    On sockets that block, a generator is a function.
    """

    def three() -> Waits[int]:
        return 3
        yield

    assert finish(three()) == 3
