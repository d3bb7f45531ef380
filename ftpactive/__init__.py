"""
An FTP service on Twisted whose speciality is active mode done right.
"""

from ftpactive.core.settings import Settings
from ftpactive.core.version import VERSION as __version__
from ftpactive.folders import makePortal, makeRealm
from ftpactive.service import FTPFactory, FTPService

__all__ = ["__version__", "FTPFactory", "FTPService", "Settings", "makePortal", "makeRealm"]
