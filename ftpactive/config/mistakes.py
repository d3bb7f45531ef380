"""
What can be wrong with a configuration.
"""

from __future__ import annotations


class Mistake(Exception):
    """
    A configuration cannot be used.  Its text is the one line for its author:
    where, what is wrong, and what to do.
    """


class Wrong(ValueError):
    """
    A value is wrong, in words of its own, which follow the name of its key.
    A plain C{ValueError} is told as what the key takes.
    """
