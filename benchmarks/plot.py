"""
Plots, as SVG and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 40, 50

#: Distinct in print and for most eyes; the first one is ours.
COLORS = ("#c0392b", "#2c6fbb", "#2e8b57", "#b8860b", "#7d3c98", "#555555", "#008b8b", "#d35400")

#: By name: points of a line.
Lines = Mapping[str, Sequence[tuple[float, float]]]


def scaled(value: float, low: float, high: float, begin: float, end: float) -> float:
    """
    Give where a value is on a logarithmic axis.
    """
    part = math.log(value / low) / math.log(high / low) if high > low else 0.5
    return begin + part * (end - begin)


def decades(values: Sequence[float]) -> tuple[float, float]:
    """
    Give the powers of ten around values.
    """
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def label(value: float) -> str:
    """
    Write a number short.
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {place} {more}>{escape(words)}</text>"


def _ticks(low: float, high: float) -> list[float]:
    count = round(math.log10(high / low))
    return [low * 10**power for power in range(count + 1)]


def lines(title: str, across: str, upward: str, data: Lines) -> str:
    """
    Draw lines between two logarithmic axes.

    @param across: what goes to the right.
    @param upward: what goes up.
    """
    points = [point for line in data.values() for point in line]
    x0, x1 = decades([x for x, _ in points])
    y0, y1 = decades([y for _, y in points])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = _frame(title, across, upward)
    for x in _ticks(x0, x1):
        place = scaled(x, x0, x1, LEFT, right)
        parts += [_rule(place, TOP, place, bottom), _text(place, bottom + 18, label(x))]
    for y in _ticks(y0, y1):
        place = scaled(y, y0, y1, bottom, TOP)
        parts += [_rule(LEFT, place, right, place), _text(LEFT - 8, place + 4, label(y), "end")]
    for number, (name, line) in enumerate(data.items()):
        places = [(scaled(x, x0, x1, LEFT, right), scaled(y, y0, y1, bottom, TOP)) for x, y in line]
        parts += _line(name, places, number)
    return _document(parts)


def bars(title: str, unit: str, data: Mapping[str, float]) -> str:
    """
    Draw a bar for each value, the least on top.
    """
    greatest = max(data.values())
    parts = [_text(WIDTH / 2, 24, f"{title} ({unit}, less is better)", more='font-size="15"')]
    step = (HEIGHT - TOP - 10) / len(data)
    for number, (name, value) in enumerate(sorted(data.items(), key=lambda pair: pair[1])):
        y, width = TOP + number * step, (WIDTH - 330) * value / greatest
        color = COLORS[0] if name.startswith("ftpactive") else COLORS[1]
        area = f'x="170" y="{y:.1f}" width="{width:.1f}" height="{step * 0.7:.1f}"'
        parts.append(f'<rect {area} fill="{color}"/>')
        parts.append(_text(162, y + step * 0.5, name, "end"))
        parts.append(_text(176 + width, y + step * 0.5, f"{value:,.4g}", "start"))
    return _document(parts)


def _rule(x0: float, y0: float, x1: float, y1: float) -> str:
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="#dddddd"/>'


def _frame(title: str, across: str, upward: str) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        _text(WIDTH / 2, 24, title, more='font-size="15"'),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across),
        _text(18, middle, upward, more=f'transform="rotate(-90 18 {middle:.1f})"'),
    ]


def _line(name: str, places: list[tuple[float, float]], number: int) -> list[str]:
    color = COLORS[number % len(COLORS)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    width = 3 if number == 0 else 1.8
    parts = [f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in places]
    y = TOP + 20 + 22 * number
    parts.append(
        f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 10}" width="14" height="10" fill="{color}"/>'
    )
    parts.append(_text(WIDTH - RIGHT + 32, y, name, "start"))
    return parts


def _document(parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12"'
    area = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    return "\n".join([f"{head} {style}>", area, *parts, "</svg>", ""])
