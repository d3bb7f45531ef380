"""
Kinds of values that are amounts: of bytes, and of time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ftpactive.config.kinds import Kind, asList, asText

#: Bytes, of sizes and of rates: both families of names, as they are meant.
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12} | {
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
#: More processes than this gain nothing on any machine.
MOST_WORKERS = 32

_SECONDS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)", re.ASCII)


def _quantity(value: Any, units: Mapping[str, int]) -> float:
    """
    Read a number, or a text of a number and a unit.

    @raise ValueError: it is neither.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        amount = float(value)
    else:
        found = _QUANTITY.fullmatch(asText(value))
        if found is None or found[2] not in units:
            raise ValueError
        amount = float(found[1]) * units[found[2]]
    if not 0 <= amount < 2**63:
        raise ValueError
    return amount


def _seconds(value: Any, folder: str = "") -> float:
    """
    Read a time, 0 included.

    @raise ValueError: it is none.
    """
    return _quantity(value, _SECONDS)


def _timeLimit(value: Any, folder: str) -> float:
    if not _seconds(value):
        raise ValueError
    return _seconds(value)


def _times(value: Any, folder: str) -> tuple[float, ...]:
    return tuple(_seconds(each) for each in asList(value))


def _numeric(text: str) -> Any:
    # The forms of float() that were always taken: 1e2, .5, +5.
    try:
        return float(text)
    except ValueError:
        return text


def _size(value: Any, folder: str = "") -> int:
    """
    Read bytes.

    @raise ValueError: it is no size.
    """
    if isinstance(value, str):
        value = _quantity(value.upper(), _BYTES)
    elif not isinstance(value, int):
        raise ValueError
    return int(_quantity(value, _BYTES))


def _rate(value: Any, folder: str) -> int:
    if isinstance(value, str):
        if not value.endswith("/s"):
            raise ValueError
        value = value.removesuffix("/s")
    return _size(value)


def _workers(value: Any, folder: str) -> int:
    if value == "auto":
        # Where the process may run, which may be less than the machine has.
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_WORKERS:
        raise ValueError
    return value


def _workersOfText(text: str) -> Any:
    return text if text == "auto" else int(text)


WORKERS = Kind(f"a number from 1 to {MOST_WORKERS}, or auto", _workers, fromText=_workersOfText)
SECONDS = Kind('a number of seconds or such as "10 min"', _seconds)
TIME = Kind(
    "a number of seconds above 0",
    _timeLimit,
    'a number of seconds above 0 or such as "10 min"',
    _numeric,
)
TIMES = Kind("a list of numbers of seconds", _times)
SIZE = Kind('a number of bytes or such as "10 MiB"', _size)
RATE = Kind('a number of bytes per second or such as "2 MB/s"', _rate)
