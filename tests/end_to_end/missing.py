"""
Clients that C{make clients} could not install.
"""

from __future__ import annotations

import shutil

from tests.end_to_end.process import CHECKOUT

#: Written by tools/install-clients: lines of a program, a colon, and why.
RECORD = CHECKOUT / ".missing-clients"


def missing() -> dict[str, str]:
    """
    Give the programs that this machine cannot have, and why.
    """
    if not RECORD.exists():
        return {}
    lines = RECORD.read_text().splitlines()
    found = {program: reason for program, _, reason in (line.partition(": ") for line in lines)}
    # It may have come by another way since.
    return {each: reason for each, reason in found.items() if shutil.which(each) is None}


def why(program: str) -> str:
    """
    Tell why this machine cannot have a program; nothing when it can.
    """
    return missing().get(program, "")
