"""
The public names: what they are is a promise.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

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


def test_noOthers() -> None:
    """
    What is not there is told as of any module.
    """
    with pytest.raises(AttributeError, match="no attribute 'FTPServer'"):
        ftpactive.FTPServer  # noqa: B018


def test_pluginsChooseNoReactor() -> None:
    """
    The plugins leave that to C{twistd --reactor}, also when it has to load them
    first, to write its list of plugins.
    """
    names = "ftpactive.auth.hashfile, ftpactive.core.version, twisted.application.service"
    words = f"import sys, {names}; sys.exit('twisted.internet.reactor' in sys.modules)"
    subprocess.run([sys.executable, "-c", words], check=True, timeout=60)
