"""
What a configuration says, all of it together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twisted.cred.checkers import ICredentialsChecker

from ftpactive.core.account import Account
from ftpactive.core.limits import Limits
from ftpactive.core.protection import Protection
from ftpactive.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """
    What one name of the service shows, and to whom.

    @ivar accounts: the users of the file.
    @ivar others: what holds for the users whom L{Configuration.checkers} know;
        in the folder of a mount, C{{user}} stands for the name.
    @ivar guests: what holds for guests; L{None} when there are none.
    """

    settings: Settings
    accounts: tuple[Account, ...] = ()
    others: Account = Account("")
    guests: Account | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """
    All choices.  Paths are absolute.

    @ivar site: what there is for whoever names no host.
    @ivar hosts: what there is for those who do, by name in small letters.
    @ivar checkers: who knows users beside those of the file.
    @ivar listeners: endpoint descriptions.
    @ivar implicit: likewise, of those with TLS from the first byte.
    @ivar user: who to become when all listeners are open; empty for nobody else.
    @ivar stateFolder: where to keep what survives a restart; empty for nowhere.
    @ivar workers: how many processes serve; 1 for the one that was started.
    @ivar stopTimeout: seconds for sessions to finish what they do at a stop.
    @ivar warnings: what its author should know, one line each.
    """

    site: Site
    limits: Limits = Limits()
    tls: Protection | None = None
    hosts: Mapping[str, Site] = field(default_factory=dict)
    checkers: tuple[ICredentialsChecker, ...] = ()
    listeners: tuple[str, ...] = ()
    implicit: tuple[str, ...] = ()
    user: str = ""
    stateFolder: str = ""
    workers: int = 1
    stopTimeout: float = 10
    warnings: tuple[str, ...] = ()
