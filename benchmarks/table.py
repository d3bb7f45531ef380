"""
The works, in the order in which the page shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.client import ACTIVE, PASSIVE
from benchmarks.processors import Placing
from benchmarks.works import (
    Work,
    crowdRetrieves,
    listFolder,
    logIn,
    manySmall,
    retrieveBig,
    retrieveSmall,
    storeBig,
    storeSmall,
)


@dataclass(frozen=True)
class Entry:
    """
    A work in the table.

    @ivar name: what C{--only} calls it.
    @ivar title: what the page calls it.
    @ivar unit: what a figure is, behind "server's processor time".
    @ivar scale: what seconds are multiplied with for that.
    @ivar bare: the command of the loop that does the same, if there is one.
    @ivar isProtected: is it done under TLS?
    @ivar times: in how many parts it is done in a round.
    @ivar placing: where client and server run meanwhile.
    """

    name: str
    title: str
    unit: str
    scale: float
    work: Work
    bare: str = ""
    isProtected: bool = False
    times: int = 1
    placing: Placing = Placing.TOGETHER


#: What takes a moment is a matter of chance when it is done in one go.
_OFTEN = 3

#: All of them.
WORKS = (
    Entry("retr-big", "RETR 1 GiB", "s per GiB", 1, retrieveBig, "send", placing=Placing.APART),
    Entry("stor-big", "STOR 1 GiB", "s per GiB", 1, storeBig, "receive", placing=Placing.APART),
    Entry("retr-small", "RETR 10 KiB, active", "us", 1e6, retrieveSmall(ACTIVE), times=_OFTEN),
    Entry(
        "retr-small-passive",
        "RETR 10 KiB, passive",
        "us",
        1e6,
        retrieveSmall(PASSIVE),
        times=_OFTEN,
    ),
    Entry("stor-small", "STOR 10 KiB, active", "us", 1e6, storeSmall(ACTIVE), times=_OFTEN),
    Entry(
        "stor-small-passive", "STOR 10 KiB, passive", "us", 1e6, storeSmall(PASSIVE), times=_OFTEN
    ),
    Entry(
        "many-small",
        "RETR 10 KiB, active, 32 sessions at once",
        "us",
        1e6,
        manySmall,
        placing=Placing.FREE,
    ),
    Entry("login", "login and quit", "us", 1e6, logIn, times=_OFTEN),
    Entry(
        "crowd",
        "100 active clients at once, each 16 MiB",
        "s per GiB",
        1,
        crowdRetrieves,
        placing=Placing.FREE,
    ),
    Entry("list", "LIST of 5,000 files", "ms", 1e3, listFolder("LIST")),
    Entry("mlsd", "MLSD of 5,000 files", "ms", 1e3, listFolder("MLSD")),
    Entry(
        "tls-retr-big",
        "RETR 1 GiB, TLS",
        "s per GiB",
        1,
        retrieveBig,
        "tls-send",
        True,
        placing=Placing.APART,
    ),
    Entry(
        "tls-stor-big",
        "STOR 1 GiB, TLS",
        "s per GiB",
        1,
        storeBig,
        "tls-receive",
        True,
        placing=Placing.APART,
    ),
    Entry(
        "tls-retr-small-clear",
        "RETR 10 KiB, passive, TLS for the control connection alone",
        "us",
        1e6,
        retrieveSmall(PASSIVE, isClear=True),
        isProtected=True,
    ),
    Entry(
        "tls-retr-small",
        "RETR 10 KiB, passive, TLS, each with a full handshake",
        "us",
        1e6,
        retrieveSmall(PASSIVE, resume=False),
        isProtected=True,
    ),
    Entry(
        "tls-retr-small-resumed",
        "RETR 10 KiB, passive, TLS, each with a resumed session",
        "us",
        1e6,
        retrieveSmall(PASSIVE, resume=True),
        isProtected=True,
    ),
)
