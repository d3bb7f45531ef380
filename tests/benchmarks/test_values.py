"""
The arithmetic of C{make bench}.
"""

from __future__ import annotations

import json

import pytest

from benchmarks.values import ASYNCIO, BARE, OURS, Amounts, Held, Results, Sample, Step, spread


def cost(cpu: float) -> Sample:
    """
    Make a sample in which all is the same but the clock.
    """
    return Sample(cpu, 2 * cpu, cpu)


def test_spreadIsMedianLeastAndGreatest() -> None:
    """
    The median comes first, then the ends of the range.
    """
    assert spread([3.0, 1.0, 9.0]) == (3.0, 1.0, 9.0)


def test_ratioIsTheMedianOfTheRounds() -> None:
    """
    A round in which the whole machine was slow does not move a ratio.
    """
    results = Results()
    for ours, other in ((1, 2), (10, 20), (3, 4)):
        results.add("w", OURS, cost(ours))
        results.add("w", "other", cost(other))
    assert results.ratio(("w", OURS), ("w", "other")) == 0.5


def test_failedRoundIsInNoRatio() -> None:
    """
    A round counts where both did the work; the others stay in step.
    """
    results = Results()
    for ours, other in ((cost(1), cost(4)), (None, cost(4)), (cost(2), cost(4))):
        results.add("w", OURS, ours)
        results.add("w", "other", other)
    assert results.ratio(("w", OURS), ("w", "other")) == 0.375
    assert results.of("w", OURS) == [1, 2]


def test_ratioOfWhatWasNotMeasuredIsNone() -> None:
    """
    There is no figure without both servers.
    """
    results = Results()
    results.add("w", OURS, cost(1))
    results.add("w", "other", None)
    assert results.ratio(("w", OURS), ("w", "other")) is None
    assert results.ratio(("w", OURS), ("w", "nobody")) is None


def test_heldComparesMedians() -> None:
    """
    One slow download among several is not what counts.
    """
    held = Held(10, 1.0, (cost(1), cost(1), cost(50)), (cost(2), cost(2), cost(2)))
    assert (held.slower(), held.longer()) == (2, 2)


@pytest.mark.parametrize(("server", "isOurs"), [(OURS, 1), (ASYNCIO, 1), (BARE, 1), ("vsftpd", 0)])
def test_faultsOfOthersAreNotOurs(server: str, isOurs: int) -> None:
    """
    What another server cannot do is told, and does not fail the run.
    """
    assert len(Results(faults=[("w", server, "why")]).ownFaults()) == isOurs


def test_resultsAreWrittenAsJson() -> None:
    """
    Everything that was measured is in the file.
    """
    results = Results(growth={OURS: [Step(1, 2.0, 3.0, 4.0)]}, idle={OURS: 5.0})
    results.add("w", OURS, cost(1))
    results.add("w", OURS, None)
    text = json.loads(json.dumps(results.asJson()))
    assert text["samples"][0]["rounds"] == [{"cpu": 1, "wall": 2, "busiest": 1}, None]
    assert text["growth"][OURS][0]["memory"] == 2.0


def test_part() -> None:
    """
    What is done in three parts is no more than what would be done in one.
    """
    amounts = Amounts(files=400, logins=200, seconds=1.2)
    part = amounts.part(3)
    assert (part.files, part.logins, part.big) == (133, 66, amounts.big)
    assert part.seconds == pytest.approx(0.4)
    assert amounts.part(1) == amounts
