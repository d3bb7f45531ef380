"""
The public names: what they are is a promise.
"""

from __future__ import annotations

import re

import ftpactive


def test_publicNames() -> None:
    """
    These names, no others, and each of them is there.
    """
    assert sorted(ftpactive.__all__) == [
        "FTPFactory",
        "FTPService",
        "Settings",
        "__version__",
        "makePortal",
        "makeRealm",
    ]
    for name in ftpactive.__all__:
        assert getattr(ftpactive, name)


def test_version() -> None:
    """
    A version that packaging tools understand.
    """
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", ftpactive.__version__)
