"""
What an operator wants of one user's uploads.
"""

from __future__ import annotations

from dataclasses import dataclass

_WEEK = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """
    How uploads reach the disk.

    @ivar atomic: do they show under their name only when they are whole?
    @ivar sync: are data and name on the disk before an upload is done?
    @ivar who: whose they are: only the same one finds again what came of an
        upload that was cut.  People who share a login share these.
    @ivar keep: seconds for which what came of a cut one is kept.
    """

    atomic: bool = False
    sync: bool = False
    who: str = ""
    keep: float = _WEEK
