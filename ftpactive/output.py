"""
What our commands print.
"""

from __future__ import annotations

import os
import sys


def say(line: str) -> None:
    """
    Print a line at once.

    @raise SystemExit: standard output takes nothing: its disk is full, say.
    """
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError as error:
        # Else Python would try it once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(f"Cannot print: {error.strerror}") from None
