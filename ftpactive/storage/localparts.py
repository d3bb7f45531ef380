"""
What a directory tree of this machine is made of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.storage.atomic import AtomicUploads
from ftpactive.storage.blocking import Calls, Run, inline
from ftpactive.storage.bounds import BoundedJail
from ftpactive.storage.changes import Changes
from ftpactive.storage.durable import Durability
from ftpactive.storage.holdings import Holdings
from ftpactive.storage.jail import Jail
from ftpactive.storage.modes import Umask
from ftpactive.storage.ownership import Ownership
from ftpactive.storage.partials import Partials
from ftpactive.storage.sight import Sight
from ftpactive.storage.uploads import Uploads
from ftpactive.storage.viewpoint import Viewpoint

_USUAL = UploadPolicy()


class LocalParts:
    """
    The parts, each made when it is used first: every session has a tree, and
    few of them change what is in it.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | Jail | Callable[[], Jail],
        *,
        umask: int | None = None,
        owner: Ownership | None = None,
        uploads: UploadPolicy = _USUAL,
        aside: Run = inline,
    ) -> None:
        """
        @param root: the folder.  That it does not exist shows at the first
            use, as L{NotFound}.  Storages that share a L{Jail} share its
            descriptor; what gives one is called at the first use.
        @param umask: the bits that new files and folders do not have, at
            first; L{None} for those of this process.
        @param owner: whose new files and folders are; without it, this
            process'.
        @param uploads: when they get their names, and when they are on disk.
        @param aside: runs what may wait for the disk: see
            L{ftpactive.storage.blocking.inThreads}.
        """
        self._ownsJail = False
        if not (isinstance(root, Jail) or callable(root)):
            self._ownsJail, root = True, Jail(root)
        self._jail = BoundedJail(root)
        self._firstUmask = umask
        self._owner = owner
        self._policy = uploads
        self._aside = aside

    @cached_property
    def _umask(self) -> Umask:
        return Umask(self._firstUmask, self._owner)

    @cached_property
    def _root(self) -> Jail:
        # What passes no link is asked of the root, and not whether it may.
        return self._jail.inner

    @cached_property
    def _calls(self) -> Calls:
        jail = self._jail
        return Calls(self._aside, lambda: jail.disk)

    @cached_property
    def _sight(self) -> Sight:
        return Sight(self._jail, Viewpoint())

    @cached_property
    def _partials(self) -> Partials | None:
        if not self._policy.atomic:
            return None
        return Partials(self._jail, self._sight, self._policy, self._owner)

    @cached_property
    def _durability(self) -> Durability:
        return Durability(self._policy.sync)

    @cached_property
    def _uploads(self) -> Uploads | AtomicUploads:
        return self._uploadsWith(self._calls)

    @cached_property
    def _uploadsInMemory(self) -> Uploads | AtomicUploads:
        return self._uploadsWith(self._calls.atOnce)

    def _uploadsWith(self, calls: Calls) -> Uploads | AtomicUploads:
        parts = (self._jail, self._sight.viewpoint, self._umask, self._durability)
        if self._partials is not None:
            return AtomicUploads(*parts, self._partials, calls)
        return Uploads(*parts, calls)

    @cached_property
    def _changes(self) -> Changes:
        return Changes(self._jail, self._umask, self._durability, self._partials)

    @cached_property
    def _holdings(self) -> Holdings:
        return Holdings(self._jail, self._partials)
