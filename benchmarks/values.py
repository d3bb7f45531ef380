"""
What a run measures, and the arithmetic on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

#: Ours, as its users start it, and the two other ways to start it.
OURS, ASYNCIO, WORKERS = "ftpactive", "ftpactive asyncio", "ftpactive 2 workers"

#: A loop that does nothing but the work itself.
BARE = "bare loop"


class Fault(Exception):
    """
    Something did not go as it must for a figure to count.
    """


@dataclass(frozen=True)
class Amounts:
    """
    How much of everything one run does.

    @ivar big: bytes of the big file.
    @ivar medium: bytes of the file that each client of the crowd takes.
    @ivar crowd: its clients.
    @ivar files: small files in a row in each round, at most.
    @ivar folder: files in the folder that is listed.
    @ivar lists: how many times it is.
    @ivar logins: how many in a row in each round, at most.
    @ivar idle: sessions for the memory of an idle one.
    @ivar held: idle sessions beside a transfer.
    @ivar growth: the numbers of sessions that are compared.
    @ivar seconds: after these, a repeated work is not repeated any more.
    @ivar rounds: how many at most.
    """

    big: int = GIB
    medium: int = 16 * MIB
    crowd: int = 100
    files: int = 400
    folder: int = 5000
    lists: int = 5
    logins: int = 200
    idle: int = 1000
    held: int = 10_000
    growth: tuple[int, ...] = (1, 10, 100, 1000, 5000)
    seconds: float = 1.2
    rounds: int = 5

    def part(self, times: int) -> Amounts:
        """
        Give what to do of what is done so many times a round.  More connections
        than that within a minute would leave hardly a port to other servers.
        """
        files, logins, seconds = self.files // times, self.logins // times, self.seconds / times
        return replace(self, files=files, logins=logins, seconds=seconds)


#: For the development of the benchmark itself.
QUICK = Amounts(
    big=64 * MIB,
    medium=4 * MIB,
    crowd=20,
    files=100,
    lists=1,
    logins=50,
    idle=100,
    held=500,
    growth=(1, 10, 50),
    seconds=0.2,
    rounds=1,
)


@dataclass(frozen=True)
class Sample:
    """
    What one unit of a work cost in one round, seconds.

    @ivar cpu: processor time of all the server's processes.
    @ivar wall: time on the clock.
    @ivar busiest: processor time of the one process that had most.
    """

    cpu: float
    wall: float
    busiest: float


@dataclass(frozen=True)
class Step:
    """
    A server with so many sessions.

    @ivar memory: bytes of all its processes while they are idle.
    @ivar wall: files per second.
    @ivar cpu: files per second of processor time.
    """

    sessions: int
    memory: float
    wall: float
    cpu: float


@dataclass(frozen=True)
class Held:
    """
    A download with and without idle sessions beside it.

    @ivar sessions: how many there were.
    @ivar memory: bytes for each.
    @ivar alone: what the download cost without them, for each GiB.
    @ivar beside: what it cost with them.
    """

    sessions: int
    memory: float
    alone: tuple[Sample, ...]
    beside: tuple[Sample, ...]

    def slower(self) -> float:
        """
        Give how many times as much processor time it took beside them.
        """
        return median(s.cpu for s in self.beside) / median(s.cpu for s in self.alone)

    def longer(self) -> float:
        """
        Give how many times as long it took beside them.
        """
        return median(s.wall for s in self.beside) / median(s.wall for s in self.alone)


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """
    Give the median, the least and the greatest.
    """
    return median(values), min(values), max(values)


@dataclass
class Results:
    """
    All that a run found out.

    @ivar samples: by work and server: a sample for each round, None for one
        that failed.
    @ivar idle: by server: bytes of memory for each idle session.
    @ivar growth: by server.
    @ivar faults: what failed: the work, the server, and why.
    @ivar missing: by server: why it is not there.
    """

    samples: dict[tuple[str, str], list[Sample | None]] = field(default_factory=dict)
    idle: dict[str, float] = field(default_factory=dict)
    growth: dict[str, list[Step]] = field(default_factory=dict)
    held: Held | None = None
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, work: str, server: str, sample: Sample | None) -> None:
        """
        Take in the next round's sample.
        """
        self.samples.setdefault((work, server), []).append(sample)

    def of(self, work: str, server: str, what: str = "cpu") -> list[float]:
        """
        Give what the good rounds cost.

        @param what: a field of L{Sample}.
        """
        found = self.samples.get((work, server), [])
        return [float(getattr(each, what)) for each in found if each]

    def ratio(
        self, ours: tuple[str, str], other: tuple[str, str], what: str = "cpu"
    ) -> float | None:
        """
        Compare two works, or two servers.

        The median of the ratios of each turn, not the ratio of the medians:
        a machine that is slower for a while is so for both.

        @return: None where there is no round with both.
        """
        both = zip(self.samples.get(ours, []), self.samples.get(other, []), strict=False)
        found = [getattr(a, what) / getattr(b, what) for a, b in both if a and b]
        return median(found) if found else None

    def ownFaults(self) -> list[tuple[str, str, str]]:
        """
        Give those of ours; the others may have theirs.
        """
        return [fault for fault in self.faults if fault[1] in (OURS, ASYNCIO, WORKERS, BARE)]

    def asJson(self) -> dict[str, object]:
        """
        Give everything as values that C{json} writes.
        """
        samples = [
            {"work": work, "server": server, "rounds": [s and asdict(s) for s in rounds]}
            for (work, server), rounds in self.samples.items()
        ]
        growth = {server: [asdict(s) for s in steps] for server, steps in self.growth.items()}
        held = self.held and asdict(self.held)
        return {
            "samples": samples,
            "idle": self.idle,
            "growth": growth,
            "held": held,
            "faults": self.faults,
            "missing": self.missing,
        }
