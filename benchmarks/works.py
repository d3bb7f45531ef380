"""
The works that are measured, each on one screen of its own.

A work is opened with a session that is logged in, where it needs one; what it
yields is measured, and gives how many units it did; then it is checked.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from benchmarks import contents
from benchmarks.client import ACTIVE, HOST, PIECE, Session, Target, give
from benchmarks.contents import BIG, MANY, MEDIUM, SMALL, SMALL_SIZE, UPLOADS
from benchmarks.crowd import MANY_SESSIONS, crowd, takeTurns
from benchmarks.values import GIB, Amounts, Fault
from benchmarks.waits import PATIENCE, finish, together

#: Does the work, and gives the number of units done.
Act = Callable[[], float]

#: Prepares a work and checks it afterwards.
Work = Callable[[Target, Amounts], AbstractContextManager[Act]]

#: How many times the big file is taken for one figure, if there is time.
REPEATS = 2

_numbers = itertools.count()


@contextmanager
def loggedIn(target: Target) -> Iterator[Session]:
    """
    Have a session for binary transfers.
    """
    with Session(target) as session:
        finish(session.login())
        finish(session.ask("TYPE I", b"200"))
        yield session


def repeat(act: Callable[[], object], count: int, seconds: float) -> int:
    """
    Do something again and again.

    @return: how many times it was done before the time was over, at least once.
    """
    deadline = time.monotonic() + seconds
    done = 0
    while done < count and (not done or time.monotonic() < deadline):
        act()
        done += 1
    return done


def settle(act: Callable[[], object], count: int, seconds: float) -> None:
    """
    Do an eighth of it before it is measured: a server that has done nothing
    for a minute finds its memory in no cache, and one at work does.
    """
    repeat(act, count // 8, seconds / 8)


@contextmanager
def retrieveBig(target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Take the big file, a few times where that is quick.
    """
    with loggedIn(target) as session:
        once = partial(retrieveOnce, session, amounts.big)
        yield lambda: repeat(once, REPEATS, amounts.seconds) * amounts.big / GIB


def retrieveOnce(session: Session, size: int) -> None:
    """
    Take the big file.
    """
    finish(session.retrieve(BIG, size, ACTIVE))


@contextmanager
def storeBig(target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Send a big file under a name that is new.
    """
    name, size = f"{UPLOADS}/{next(_numbers)}", amounts.big
    path = target.root / name
    with loggedIn(target) as session:
        contents.warm(target.root, size)
        try:
            yield lambda: finish(session.store(name, target.root / BIG, size, ACTIVE)) / GIB
            contents.verify(path, size)
        finally:
            path.unlink(missing_ok=True)


def retrieveSmall(mode: str, resume: bool | None = None, *, isClear: bool = False) -> Work:
    """
    Take the small file again and again.

    @param isClear: under TLS, is the file not?
    """

    @contextmanager
    def work(target: Target, amounts: Amounts) -> Iterator[Act]:
        with loggedIn(target) as session:
            if isClear:
                finish(session.clear())

            def once() -> None:
                finish(session.retrieve(SMALL, SMALL_SIZE, mode, resume=resume))

            settle(once, amounts.files, amounts.seconds)
            yield lambda: repeat(once, amounts.files, amounts.seconds)

    return work


def storeSmall(mode: str) -> Work:
    """
    Send small files, each under a name that is new.
    """

    @contextmanager
    def work(target: Target, amounts: Amounts) -> Iterator[Act]:
        stored: list[str] = []

        def once() -> None:
            stored.append(f"{UPLOADS}/{next(_numbers)}")
            finish(session.store(stored[-1], target.root / SMALL, SMALL_SIZE, mode))

        with loggedIn(target) as session:
            try:
                settle(once, amounts.files, amounts.seconds)
                yield lambda: repeat(once, amounts.files, amounts.seconds)
                for name in stored:
                    contents.verify(target.root / name, SMALL_SIZE, 2)
            finally:
                for name in stored:
                    (target.root / name).unlink(missing_ok=True)

    return work


@contextmanager
def logIn(target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Connect, log in, say goodbye.
    """

    def once() -> None:
        with Session(target) as session:
            finish(session.login())
            finish(session.quit())

    settle(once, amounts.logins, amounts.seconds)
    yield lambda: repeat(once, amounts.logins, amounts.seconds)


def listFolder(command: str) -> Work:
    """
    List the folder of many files.
    """

    @contextmanager
    def work(target: Target, amounts: Amounts) -> Iterator[Act]:
        with loggedIn(target) as session:
            finish(session.ask(f"CWD {MANY}", b"250"))

            def once() -> None:
                found = finish(session.listing(command)).count(b"file-")
                if found != amounts.folder:
                    raise Fault(f"{command} shows {found} of {amounts.folder} files")

            once()
            yield lambda: repeat(once, amounts.lists, 2 * amounts.seconds)

    return work


@contextmanager
def crowdRetrieves(target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Many clients take a file of medium size at the same time.
    """

    def act() -> float:
        together(each.retrieve(MEDIUM, amounts.medium, ACTIVE) for each in sessions)
        return len(sessions) * amounts.medium / GIB

    with crowd(target, amounts.crowd) as sessions:
        yield act


@contextmanager
def manySmall(target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Some sessions take small files at the same time.
    """
    with crowd(target, MANY_SESSIONS) as sessions:
        # Each process of a server has served some before, and is at its pace.
        takeTurns(sessions, ACTIVE, 4 * MANY_SESSIONS, amounts.seconds)
        yield lambda: takeTurns(sessions, ACTIVE, 5 * amounts.files, 2 * amounts.seconds)


@contextmanager
def bare(command: str, target: Target, amounts: Amounts) -> Iterator[Act]:
    """
    Let a loop without a protocol do it: see L{benchmarks.floor}.
    """
    if command.endswith("send"):
        once = partial(_takeBare, command, target, amounts.big)
        yield lambda: repeat(once, REPEATS, amounts.seconds) * amounts.big / GIB
        return
    name = f"{UPLOADS}/{next(_numbers)}"
    contents.warm(target.root, amounts.big)
    try:
        yield partial(_giveBare, command, target, name, amounts.big)
        contents.verify(target.root / name, amounts.big)
    finally:
        (target.root / name).unlink(missing_ok=True)


def _connectBare(command: str, target: Target, name: str) -> socket.socket:
    connection = socket.create_connection((HOST, target.port), PATIENCE)
    connection.sendall(f"{command} {name}\n".encode())
    if command.startswith("tls-"):
        assert target.tls
        return target.tls.wrap_socket(connection)
    return connection


def _takeBare(command: str, target: Target, size: int) -> None:
    total, buffer = 0, memoryview(bytearray(PIECE))
    with _connectBare(command, target, BIG) as connection:
        while count := connection.recv_into(buffer):
            contents.compare(buffer[:count], total)
            total += count
    if total != size:
        raise Fault(f"the loop gave {total} of {size} bytes")


def _giveBare(command: str, target: Target, name: str, size: int) -> float:
    with _connectBare(command, target, name) as connection:
        give(connection, target.root / BIG, size)
        # It closes when it has written all.
        while connection.recv(PIECE):
            pass
    return size / GIB
