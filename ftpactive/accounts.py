"""
From accounts to logins: who comes in, and what each of them sees.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import LoginDenied
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import Interface, implementer

from ftpactive.abilities import IPreferences
from ftpactive.auth.accounts import AccountsChecker
from ftpactive.auth.checkers import EitherChecker, adapt
from ftpactive.auth.verifier import Verifier
from ftpactive.core.account import Account, Mount, alike
from ftpactive.core.settings import Settings
from ftpactive.core.uploadpolicy import UploadPolicy
from ftpactive.interfaces import IStorage
from ftpactive.storage.blocking import Run, inline
from ftpactive.storage.jails import Jails
from ftpactive.storage.local import LocalStorage
from ftpactive.storage.looking import Looks, NoFolder, look
from ftpactive.storage.mounts import MountedStorage
from ftpactive.storage.overlap import overlap
from ftpactive.storage.ownership import UNCHANGED, Ownership
from ftpactive.storage.permitted import PermittedStorage

_log = Logger()

#: In the folder of a mount: the name of whoever logs in.
USER = "{user}"

#: Holds what an account stores to limits, such as a quota.
Hold = Callable[[Account, IStorage], IStorage]

#: What a realm gives.
Avatar = tuple[type[Interface], object, Callable[[], None]]

#: Calls a function sooner or later.
Call = Callable[[Callable[[], object]], object]


class BadAccount(ValueError):
    """
    An account cannot be had on this machine; one line says why.
    """


def makeAccountsPortal(
    accounts: Iterable[Account],
    *,
    guests: Account | None = None,
    others: Account | None = None,
    checkers: Sequence[ICredentialsChecker] = (),
    hold: Hold = lambda account, storage: storage,
    aside: Run = inline,
    verifier: Verifier | None = None,
    atStart: Call = lambda function: function(),
) -> Portal:
    """
    Make a portal of accounts.

    @param guests: what holds for C{anonymous} and C{ftp}; without it, they are
        not let in.
    @param others: what holds for users whom only C{checkers} know.
    @param checkers: further ways to know users, as C{strcred} makes them.  An
        account is let in by its own password only.
    @param hold: puts limits around what a user's uploads go to.
    @param aside: runs what may wait for a disk: see
        L{ftpactive.storage.blocking.inThreads}.
    @param verifier: verifies passwords; a service needs only one.
    @param atStart: calls what looks at the rights of this process, when it has
        those that it will serve with.

    @raise BadAccount: an account names an owner that there is not.
    """
    everybody = [*accounts, *(each for each in (guests, others) if each is not None)]
    portal = Portal(AccountsRealm(everybody, hold, aside, atStart, others=others))
    portal.registerChecker(
        AccountsChecker(
            accounts,
            verifier or Verifier(),
            guests=guests,
            others=others,
            checker=_either([adapt(each) for each in checkers]),
        )
    )
    return portal


def _either(checkers: Sequence[ICredentialsChecker]) -> ICredentialsChecker | None:
    return EitherChecker(checkers) if len(checkers) > 1 else next(iter(checkers), None)


@implementer(IPreferences)
class AccountStorage(PermittedStorage):
    """
    What a user sees and may do, and the user's own settings.
    """

    def __init__(self, storage: IStorage, account: Account) -> None:
        super().__init__(storage, account.rules)
        self._account = account

    def settings(self, usual: Settings) -> Settings:
        """
        See L{IPreferences.settings}.
        """
        account = self._account
        if account.targets is None and not account.tlsLogin and not account.tlsData:
            return usual
        return replace(
            usual,
            targets=usual.targets if account.targets is None else account.targets,
            # A user can only be held to more.
            tlsLogin=usual.tlsLogin or bool(account.tlsLogin),
            tlsData=usual.tlsData or bool(account.tlsData),
        )


@dataclass(frozen=True, slots=True)
class _Home:
    """
    What the logins of an account have in common.

    @ivar mounts: with the user's name in the folders of the user's own.
    @ivar owner: whose new files are; without it, this process'.
    """

    account: Account
    mounts: tuple[Mount, ...]
    owner: Ownership | None
    uploads: UploadPolicy


@implementer(IRealm)
class AccountsRealm:
    """
    Gives each account its storage.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        hold: Hold,
        aside: Run,
        atStart: Call,
        *,
        others: Account | None = None,
    ) -> None:
        """
        @param accounts: all of which it will be asked for, but for the name.
        @param others: what holds for those of whom there is nothing but a name.
        @raise BadAccount: one of them names an owner that there is not.
        """
        self._named = alike(others or Account(""))
        self._homeOf = lru_cache(maxsize=1024)(self._makeHome)
        self._hold = hold
        self._aside = aside
        self._jails = Jails()
        self._looks = Looks()
        names = {(each.owner, each.group): each.name for each in accounts}
        self._owners = {owner: _ownership(*owner, name) for owner, name in names.items()}
        atStart(lambda: self._warn(names))

    def _warn(self, names: Mapping[tuple[str, str], str]) -> None:
        for owner, found in self._owners.items():
            if found is not None and not found.isPossible:
                _log.warn(
                    "What user {name} uploads cannot be given to {owner}:"
                    " that needs root, or CAP_CHOWN",
                    name=names[owner],
                    owner=":".join(filter(None, owner)),
                )

    def requestAvatar(
        self, avatarId: object, mind: object, *interfaces: type[Interface]
    ) -> Avatar | Deferred[Avatar]:
        """
        See C{IRealm.requestAvatar}.

        @param avatarId: an L{Account}, or the name of one of the others.
        @return: at once where all folders are in the kernel's memory; nobody
            else has to wait for a disk.
        """
        if IStorage not in interfaces:
            raise NotImplementedError("This realm gives IStorage only")
        home = self._homeOf(avatarId)
        folders: list[tuple[Mount, os.stat_result]] = []
        for mount in home.mounts:
            known = self._looks.known(mount.folder)
            if known is None:
                return Deferred.fromCoroutine(self._lookAndLetIn(home))
            folders.append((mount, known))
        return self._avatar(home, folders)

    def _makeHome(self, avatarId: Account | str | bytes) -> _Home:
        if isinstance(avatarId, bytes):
            avatarId = avatarId.decode("utf-8", "surrogateescape")
        account = self._named(avatarId) if isinstance(avatarId, str) else avatarId
        mounts = _mounts(account)
        if not any(each.path == () for each in mounts):
            raise _denial(account, "no folder is mounted at /")
        owner = self._owners[account.owner, account.group]
        uploads = UploadPolicy(atomic=account.atomic, sync=account.sync, who=account.name)
        return _Home(account, mounts, owner, uploads)

    async def _lookAndLetIn(self, home: _Home) -> Avatar:
        folders = [each.folder for each in home.mounts]
        own = [each.folder for each in home.mounts if each not in home.account.mounts]
        try:
            found = await self._aside(look, folders, own, home.owner)
        except NoFolder as error:
            raise _denial(home.account, str(error)) from None
        for each in zip(folders, found, strict=True):
            self._looks.seen(*each)
        return self._avatar(home, zip(home.mounts, found, strict=True))

    def _avatar(self, home: _Home, folders: Iterable[tuple[Mount, os.stat_result]]) -> Avatar:
        trees = {}
        for mount, folder in folders:
            tree = trees[mount.path] = LocalStorage(
                partial(self._jails.seen, mount.folder, folder),
                umask=home.account.umask,
                owner=home.owner,
                uploads=home.uploads,
                aside=self._aside,
            )
        # What is held to limits is seen whole, and permissions come before it:
        # what is forbidden is not even counted.
        mounted = MountedStorage(trees) if len(trees) > 1 else tree
        held = self._hold(home.account, mounted)
        storage = AccountStorage(held, home.account)
        if held is not mounted:
            mounted.boundLinks(storage.mayLead)
        return IStorage, storage, storage.close


def _mounts(account: Account) -> tuple[Mount, ...]:
    """
    Give the mounts with the user's name in the folders of the user's own.
    """
    if not any(USER in each.folder for each in account.mounts):
        return account.mounts
    if account.name in ("", ".", "..") or "/" in account.name or "\0" in account.name:
        raise _denial(account, "a folder cannot have the user's name")
    mounts = tuple(
        replace(each, folder=each.folder.replace(USER, account.name)) for each in account.mounts
    )
    # Without the name it could not be told, when they were written down.
    if words := overlap(mounts):
        raise _denial(account, f"the mounts {words}")
    return mounts


def _denial(account: Account, reason: str) -> LoginDenied:
    _log.warn("User {name} cannot come in: {reason}", name=account.name, reason=reason)
    return LoginDenied(reason)


def _ownership(owner: str, group: str, name: str) -> Ownership | None:
    if not owner and not group:
        return None
    try:
        uid = pwd.getpwnam(owner).pw_uid if owner else UNCHANGED
    except KeyError:
        raise BadAccount(f"user {name}: this machine has no user {owner}") from None
    try:
        gid = grp.getgrnam(group).gr_gid if group else UNCHANGED
    except KeyError:
        raise BadAccount(f"user {name}: this machine has no group {group}") from None
    return Ownership(uid, gid)
