"""
What an operator says of one user.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from ftpactive.core.limits import UNLIMITED, Rates
from ftpactive.core.path import Path
from ftpactive.core.policy import Network, TargetPolicy


class Permission(Enum):
    """
    What may be done at a path.
    """

    #: See names and facts: LIST, NLST, MLSD, SIZE, CWD.
    LIST = "list"
    #: Fetch files.
    READ = "read"
    #: Make new files, and replace files that are there.
    WRITE = "write"
    #: Add to files that are there: APPE, REST and STOR.
    APPEND = "append"
    #: Remove files and folders.
    DELETE = "delete"
    #: Give files and folders other names.
    RENAME = "rename"
    #: Make folders.
    FOLDER = "folder"
    #: Leave new files, see nothing, replace nothing: a drop box.
    DROP = "drop"


EVERYTHING = frozenset(Permission) - {Permission.DROP}
READING = frozenset((Permission.LIST, Permission.READ))


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What may be done at a path and below it; of several rules the one with the
    longest path holds.
    """

    path: Path
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Mount:
    """
    A folder of the machine that is seen at a path.  One of them is at C{()}.
    """

    path: Path
    folder: str


@dataclass(frozen=True, slots=True)
class Quota:
    """
    How much a user may have stored.  L{None}: as much as they like.

    @ivar size: bytes of all files together.
    @ivar files: how many names there may be: of files, folders and links.
    """

    size: int | None = None
    files: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """
    How much a user has stored, in the units of L{Quota}.
    """

    size: int = 0
    files: int = 0

    def __add__(self, other: Usage) -> Usage:
        """
        Give what both have stored.
        """
        return Usage(self.size + other.size, self.files + other.files)

    def __sub__(self, other: Usage) -> Usage:
        """
        Give how much more it is.
        """
        return Usage(self.size - other.size, self.files - other.files)


@dataclass(frozen=True, slots=True)
class Held:
    """
    What there is at a name.

    @ivar seen: of what has the name: of a folder, without what is in it; of a
        link, without what it leads to.
    @ivar hidden: of the user's upload of that name, if one was cut.
    """

    seen: Usage = Usage()
    hidden: Usage = Usage()

    @property
    def usage(self) -> Usage:
        """
        Give all of it.
        """
        return self.seen + self.hidden

    @property
    def largest(self) -> int:
        """
        Tell how many bytes an upload may have without that there are more once
        it is whole, or is cut again.
        """
        return max(self.seen.size, self.hidden.size)


@dataclass(frozen=True, slots=True)
class Account:
    """
    One user.

    @ivar name: what USER says.
    @ivar password: its argon2id hash, as C{ftpactive-password} makes it; empty
        when no password will do.
    @ivar certificates: the certificates that will do, see
        L{ftpactive.core.certificate.Certificate.isMeantBy}.
    @ivar mounts: what the user sees, and where.
    @ivar rules: what the user may do there; everything, without any.
    @ivar umask: the bits that new files and folders do not have; L{None} for
        those of the process.
    @ivar owner: the user who owns what is uploaded; empty for the process'.
    @ivar group: likewise the group.
    @ivar atomic: do uploads show under their name only when they are whole?
    @ivar sync: does 226 mean that an upload is on the disk?
    @ivar rates: the bandwidth of all sessions of the user together.
    @ivar perSession: that of each; it replaces the one of the service.
    @ivar sessions: logins at once; L{None} for what the service allows.
    @ivar tlsLogin: must the login be protected, also where the service does not
        say so?
    @ivar tlsData: must data connections be, likewise?
    @ivar targets: where active connections may go; L{None} for what the
        service allows.
    @ivar networks: from where the user may come; empty for anywhere.
    """

    name: str
    password: str = ""
    certificates: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    rules: tuple[Rule, ...] = ()
    umask: int | None = None
    owner: str = ""
    group: str = ""
    atomic: bool = False
    sync: bool = False
    rates: Rates = UNLIMITED
    perSession: Rates = UNLIMITED
    quota: Quota = Quota()
    sessions: int | None = None
    tlsLogin: bool | None = None
    tlsData: bool | None = None
    targets: TargetPolicy | None = None
    networks: tuple[Network, ...] = ()

    def __hash__(self) -> int:
        """
        Give the hash of the name: accounts that are known have different ones,
        and each login looks something up by its account.
        """
        return hash(self.name)


def alike(usual: Account) -> Callable[[str], Account]:
    """
    Make what gives the accounts of users who differ in their name only: for the
    same name mostly the same one, since it takes long to make.
    """

    @lru_cache(maxsize=1024)
    def named(name: str) -> Account:
        return replace(usual, name=name)

    return named
