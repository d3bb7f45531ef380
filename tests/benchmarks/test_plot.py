"""
The plots of C{make bench}.
"""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks import plot

SVG = "{http://www.w3.org/2000/svg}"


def test_logarithmicAxisHasEqualDecades() -> None:
    """
    Ten is half way between one and a hundred.
    """
    assert plot.scaled(10, 1, 100, 0, 50) == pytest.approx(25)


@pytest.mark.parametrize(
    ("values", "ends"), [([2, 50], (1, 100)), ([1], (1, 10)), ([1, 1000], (1, 1000))]
)
def test_axisEndsAtPowersOfTen(values: list[float], ends: tuple[float, float]) -> None:
    """
    All values are on the axis, also one alone.
    """
    assert plot.decades(values) == ends


def test_linesHaveEveryPoint() -> None:
    """
    Each point is marked, inside the picture, under the name of its line.
    """
    data = {"<a>": [(1, 5), (1000, 80)], "b": [(10, 7)]}
    root = ElementTree.fromstring(plot.lines("T", "x", "y", data))
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    assert len(places) == 3
    assert all(0 < x < plot.WIDTH and 0 < y < plot.HEIGHT for x, y in places)
    assert "<a>" in [text.text for text in root.iter(f"{SVG}text")]


def test_barsAreAsLongAsTheirValues() -> None:
    """
    Twice the value is twice the bar, and the least is on top.
    """
    root = ElementTree.fromstring(plot.bars("T", "ms", {"slow": 4, "fast": 2}))
    widths = [float(r.attrib["width"]) for r in root.iter(f"{SVG}rect") if "x" in r.attrib]
    assert widths[1] == pytest.approx(2 * widths[0])
