"""
Mounts that show the same files twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import combinations

from ftpactive.core.account import Mount
from ftpactive.core.command import printable
from ftpactive.core.path import Path, toText


def overlap(mounts: Iterable[Mount]) -> str:
    """
    Tell which of them show the same files: what is ruled for one path could
    be gone round by the other.

    @return: words that follow the name of a key; empty when all is well.
    """
    for one, other in combinations(mounts, 2):
        if one.path == other.path:
            return f"puts two folders at {_shown(one.path)}"
        inner, outer = one, other
        if len(_real(inner)) < len(_real(outer)):
            inner, outer = outer, inner
        if _real(inner).startswith(_real(outer)):
            return (
                f"overlap: {printable(inner.folder)} at {_shown(inner.path)} is seen at"
                f" {_shown(outer.path)} as well; choose folders that are not in each other"
            )
    return ""


def _shown(path: Path) -> str:
    return f'"{printable(toText(path))}"'


def _real(mount: Mount) -> str:
    return os.path.realpath(mount.folder).rstrip("/") + "/"
