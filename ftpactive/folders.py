"""
The simplest users: all in one folder, or each in a folder of their own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from twisted.cred.checkers import AllowAnonymousAccess, ICredentialsChecker
from twisted.cred.error import LoginDenied
from twisted.cred.portal import Portal
from twisted.logger import Logger

from ftpactive.auth.realm import StorageRealm
from ftpactive.interfaces import IStorage
from ftpactive.storage.blocking import Run, inline
from ftpactive.storage.jails import Jails
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.readonly import ReadOnlyStorage

_log = Logger(namespace="ftpactive")


def makeRealm(root: str, homes: str = "", *, aside: Run = inline) -> StorageRealm:
    """
    Make a realm of folders.

    @param root: what guests see, read-only, and what users share unless
        C{homes} is given.
    @param homes: the folder in which each user has one, made at first login.
    @param aside: runs what may wait for the disk, so that others need not: see
        L{ftpactive.storage.blocking.inThreads}.
    """

    jails = Jails()

    def forUser(name: str) -> IStorage:
        return LocalStorage(jails.at(_home(homes, name) if homes else root), aside=aside)

    def forGuests() -> IStorage:
        return ReadOnlyStorage(LocalStorage(jails.at(root), aside=aside))

    return StorageRealm(forUser, forGuests)


def _home(homes: str, name: str) -> str:
    """
    Give a user's folder; it is made when it is not there.

    @raise LoginDenied: the name is not one that a folder can have, or the
        folder cannot be made.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise LoginDenied(f"{name!r} cannot be the name of a folder")
    home = os.path.join(homes, name)
    try:
        os.makedirs(home, mode=0o750, exist_ok=True)
    except OSError as error:
        _log.warn("User {name} has no folder: {error}", name=name, error=str(error))
        raise LoginDenied(str(error)) from error
    return home


def makePortal(
    realm: StorageRealm, checkers: Sequence[ICredentialsChecker], *, anonymous: bool
) -> Portal:
    """
    Make a portal of a realm and checkers.

    @param anonymous: may guests come in?
    """
    portal = Portal(realm, checkers)
    if anonymous:
        portal.registerChecker(AllowAnonymousAccess())
    return portal
