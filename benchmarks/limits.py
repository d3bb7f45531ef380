"""
What must hold, in one table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.values import BARE, KIB, OURS, WORKERS, Results

#: Finds a figure; None where it was not measured.
Figure = Callable[[Results], float | None]


@dataclass(frozen=True)
class Limit:
    """
    One figure and what it may be.

    @ivar text: what it is.
    @ivar most: the greatest that is allowed.
    @ivar least: the least that is allowed.
    @ivar works: what must be measured for it: works, or C{idle}, C{held}.
    @ivar isAim: is it only aimed at?
    """

    text: str
    figure: Figure
    works: tuple[str, ...]
    most: float = float("inf")
    least: float = 0
    isAim: bool = False

    def bound(self) -> str:
        """
        Give the limit in words.
        """
        return f"at least {self.least:g}" if self.least else f"at most {self.most:g}"

    def holds(self, figure: float | None) -> bool:
        """
        Is a figure allowed?  One that is not there is not.
        """
        return figure is not None and self.least <= figure <= self.most


def _against(other: str, work: str) -> Figure:
    return lambda results: results.ratio((work, OURS), (work, other))


def _handshakes(results: Results) -> float | None:
    clear = results.of("tls-retr-small-clear", OURS)
    full, resumed = (results.of(f"tls-retr-small{e}", OURS) for e in ("", "-resumed"))
    rounds = list(zip(full, resumed, clear, strict=False))
    # A handshake is what a file costs more under TLS.  That its commands are
    # under TLS as well is none, and costs the same in all three.
    ratios = sorted((b - c) / (a - c) for a, b, c in rounds if a > c)
    return ratios[len(ratios) // 2] if ratios else None


def _workers(results: Results) -> float | None:
    return results.ratio(("many-small", OURS), ("many-small", WORKERS), "busiest")


def _idle(results: Results) -> float | None:
    return results.idle[OURS] / KIB if OURS in results.idle else None


def _held(results: Results) -> float | None:
    return results.held.sessions if results.held else None


def _slower(results: Results) -> float | None:
    return results.held.slower() if results.held else None


def _longer(results: Results) -> float | None:
    return results.held.longer() if results.held else None


_SMALL = {
    "retr-small": "RETR 10 KiB, active",
    "retr-small-passive": "RETR 10 KiB, passive",
    "stor-small": "STOR 10 KiB, active",
    "stor-small-passive": "STOR 10 KiB, passive",
}


def _times(what: str, other: str, work: str, most: float, *, isAim: bool = False) -> Limit:
    return Limit(f"{what}, to {other}'s", _against(other, work), (work,), most, isAim=isAim)


#: Times are the server's processor time.
LIMITS = (
    *(_times(title, "pyftpdlib", work, 0.75) for work, title in _SMALL.items()),
    _times("login and quit", "pyftpdlib", "login", 1.5),
    _times("LIST of 5,000 files", "pyftpdlib", "list", 0.5),
    _times("MLSD of 5,000 files", "pyftpdlib", "mlsd", 0.5),
    Limit("memory of an idle session, KiB", _idle, ("idle",), 8),
    _times("RETR 1 GiB", BARE, "retr-big", 1.15),
    _times("STOR 1 GiB", BARE, "stor-big", 1.15),
    _times("100 active clients at once", "pyftpdlib", "crowd", 1),
    _times("RETR 1 GiB, TLS", "pyftpdlib", "tls-retr-big", 0.5),
    _times("STOR 1 GiB, TLS", "pyftpdlib", "tls-stor-big", 0.5),
    Limit(
        "the handshake of a resumed TLS session, to a full one's",
        _handshakes,
        ("tls-retr-small-clear", "tls-retr-small", "tls-retr-small-resumed"),
        0.5,
    ),
    Limit(
        "small files of two workers, to one's, by the busiest process",
        _workers,
        ("many-small",),
        least=1.7,
    ),
    Limit("idle sessions held beside a transfer", _held, ("held",), least=10_000),
    # "Full speed": as much as two downloads in a row differ without anybody.
    Limit("processor time of a download beside them, to alone", _slower, ("held",), 1.25),
    Limit("seconds of a download beside them, to alone", _longer, ("held",), 1.25),
    *(_times(t, "pyftpdlib", w, 0.65, isAim=True) for w, t in _SMALL.items()),
    *(_times(t, "ProFTPD", w, 1, isAim=True) for w, t in _SMALL.items()),
)


@dataclass(frozen=True)
class Verdict:
    """
    A limit and what was found.
    """

    limit: Limit
    figure: float | None

    @property
    def holds(self) -> bool:
        """
        Is it kept?
        """
        return self.limit.holds(self.figure)

    def line(self) -> str:
        """
        Say it in one line.
        """
        found = "not measured" if self.figure is None else f"{self.figure:.3g}"
        word = "holds" if self.holds else "not reached" if self.limit.isAim else "MISSED"
        kind = "aim" if self.limit.isAim else "limit"
        return f"{word}: {self.limit.text}: {found} ({kind}: {self.limit.bound()})"


def judge(results: Results, works: set[str] | None) -> list[Verdict]:
    """
    Compare all figures with their limits.

    @param works: only limits of these works; None for all.
    """
    asked = [each for each in LIMITS if works is None or works.issuperset(each.works)]
    return [Verdict(each, each.figure(results)) for each in asked]


def missed(verdicts: list[Verdict]) -> list[Verdict]:
    """
    Give those that must hold and do not.
    """
    return [each for each in verdicts if not each.limit.isAim and not each.holds]
