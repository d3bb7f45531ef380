"""
An FTP service on Twisted whose speciality is active mode done right.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ftpactive.core.settings import Settings
from ftpactive.core.version import VERSION as __version__

if TYPE_CHECKING:
    from ftpactive.folders import makePortal, makeRealm
    from ftpactive.service import FTPFactory, FTPService

__all__ = ["__version__", "FTPFactory", "FTPService", "Settings", "makePortal", "makeRealm"]

_HOMES = {
    "FTPFactory": "ftpactive.service",
    "FTPService": "ftpactive.service",
    "makePortal": "ftpactive.folders",
    "makeRealm": "ftpactive.folders",
}


def __getattr__(name: str) -> Any:
    # Not before it is asked for: twistd loads our plugins before it has chosen a
    # reactor, and Twisted's own module of FTP, whose shells we serve, imports one.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
