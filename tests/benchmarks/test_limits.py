"""
C{make bench} fails when it has to.
"""

from __future__ import annotations

import pytest

from benchmarks.limits import LIMITS, Limit, Verdict, judge, missed
from benchmarks.table import WORKS
from benchmarks.values import OURS, WORKERS, Results, Sample


@pytest.mark.parametrize(("figure", "holds"), [(0.75, True), (0.76, False), (None, False)])
def test_limitHoldsUpToItself(figure: float | None, holds: bool) -> None:
    """
    What was not measured does not hold.
    """
    limit = Limit("it", lambda _: figure, (), most=0.75)
    assert Verdict(limit, figure).holds is holds


def test_lessThanTheLeastIsMissed() -> None:
    """
    A limit from below is one as well.
    """
    limit = Limit("it", lambda _: 1.6, (), least=1.7)
    assert missed([Verdict(limit, 1.6)])
    assert not missed([Verdict(limit, 1.7)])


def test_wholeRunWithoutFiguresMissesEveryLimit() -> None:
    """
    A benchmark that measured nothing has not passed.
    """
    verdicts = judge(Results(), None)
    assert len(missed(verdicts)) == sum(not limit.isAim for limit in LIMITS) > 10


def test_aimIsNotALimit() -> None:
    """
    What is only aimed at is told, and fails nothing.
    """
    verdict = Verdict(Limit("it", lambda _: 2, (), most=1, isAim=True), 2)
    assert verdict.line() == "not reached: it: 2 (aim: at most 1)"
    assert not missed([verdict])


def test_partOfTheWorksIsJudgedByItsOwnLimits() -> None:
    """
    With C{--only}, limits of other works are not asked.
    """
    texts = [verdict.limit.text for verdict in judge(Results(), {"login"})]
    assert texts == ["login and quit, to pyftpdlib's"]


def test_missedLimitIsOneLineWithFigureAndLimit() -> None:
    """
    The line says which, what was found, and what may be.
    """
    results = Results()
    results.add("login", OURS, Sample(2, 2, 2))
    results.add("login", "pyftpdlib", Sample(1, 1, 1))
    (verdict,) = judge(results, {"login"})
    assert verdict.line() == "MISSED: login and quit, to pyftpdlib's: 2 (limit: at most 1.5)"


def test_workersAreComparedByTheBusiest() -> None:
    """
    Two workers of which one does everything are no faster than one.
    """
    results = Results()
    results.add("many-small", OURS, Sample(1, 1, 1))
    results.add("many-small", WORKERS, Sample(1, 1, 1))
    (verdict,) = judge(results, {"many-small"})
    assert verdict.figure == 1
    assert not verdict.holds


def test_handshakeIsWhatTlsAddsToAFile() -> None:
    """
    The cost of the file itself is in neither handshake.
    """
    results = Results()
    costs = {"tls-retr-small-clear": 1, "tls-retr-small": 5, "tls-retr-small-resumed": 2}
    for work, seconds in costs.items():
        results.add(work, OURS, Sample(seconds, seconds, seconds))
    figures = {v.limit.text: v.figure for v in judge(results, set(costs))}
    assert figures["the handshake of a resumed TLS session, to a full one's"] == 0.25


def test_everyLimitIsOfWorksThatThereAre() -> None:
    """
    A work that nobody measures would never miss its limit in a part of a run.
    """
    known = {entry.name for entry in WORKS} | {"idle", "growth", "held"}
    assert all(known.issuperset(limit.works) and limit.works for limit in LIMITS)
