"""
Users, groups and guests of a configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ftpactive.auth.portal import isGuest
from ftpactive.config.accountkeys import GUESTS, USER_TABLE
from ftpactive.config.accountkinds import USER
from ftpactive.config.document import shown
from ftpactive.config.tables import Choices, Said
from ftpactive.core.account import EVERYTHING, READING, Account, Mount, Quota, Rule
from ftpactive.core.command import printable
from ftpactive.core.limits import Rates
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.protection import ClientCertificates
from ftpactive.storage.overlap import overlap

#: What a user is who says nothing.
_USUAL = {key.name: key.value for key in USER_TABLE.keys}


class People:
    """
    Makes the accounts of a configuration, for one root or another.
    """

    def __init__(self, choices: Choices, targets: TargetPolicy) -> None:
        """
        @param targets: where active connections of the service may go.
        """
        self._choices = choices
        self._targets = targets

    @property
    def defaults(self) -> Said:
        """
        What holds for users who say nothing else.
        """
        return self._choices.single["defaults"]

    def accounts(self, root: str) -> tuple[Account, ...]:
        """
        Give the users.

        @param root: what they see who say nothing of it; empty for nothing.
        @raise Mistake: one of them cannot be.
        """
        return tuple(
            self._user(name, said, root) for name, said in self._choices.named["users"].items()
        )

    def others(self, root: str) -> Account:
        """
        Give what holds for users whom the file does not name.

        @raise Mistake: there is nothing for them to see.
        """
        return self._account("", [self.defaults], root)

    def guests(self, root: str) -> Account | None:
        """
        Give what holds for guests; L{None} when there are none.

        @raise Mistake: there is nothing for them to see.
        """
        said = self._choices.single["guests"]
        if not said.values["enabled"]:
            if set(self._choices.document.data.get(GUESTS.name, {})) - {"enabled"}:
                if "enabled" not in self._choices.document.data[GUESTS.name]:
                    words = "has no enabled: say enabled = true to let guests in"
                    raise said.mistake("", words)
            return None
        return self._account("anonymous", [said], root, isGuest=True)

    def _user(self, name: str, said: Said, root: str) -> Account:
        if self._choices.value("guests", "enabled") and isGuest(name):
            raise said.mistake("", "is a name of guests: change it, or shut guests out")
        groups = [self._group(said, group) for group in said.values.get("groups", ())]
        values = said.values
        if not values.get("password") and not values.get("certificates"):
            raise said.mistake("", "has no way to log in: give it a password or certificates")
        asked = self._choices.value("tls", "client-certificates")
        if values.get("certificates") and asked is ClientCertificates.OFF:
            words = "are never asked for: set tls.client-certificates to offer or require"
            raise said.mistake("certificates", words)
        return self._account(name, [said, *groups, self.defaults], root)

    def _group(self, said: Said, name: str) -> Said:
        groups = self._choices.named["groups"]
        if name not in groups:
            near = get_close_matches(name, groups, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else f"declare it as [groups.{printable(name)}]"
            )
            raise said.mistake("groups", f"names {shown(name)}, which is no group here; {hint}")
        return groups[name]

    def _account(
        self, name: str, layers: Sequence[Said], root: str, *, isGuest: bool = False
    ) -> Account:
        """
        @param layers: who says something of the user; the first one counts.
        """
        values: dict[str, Any] = dict(_USUAL)
        for said in reversed(layers):
            values |= said.values
        if values["require-tls"] not in (None, (False, False)) and not self._hasTLS:
            raise _sayer(layers, "require-tls").mistake(
                "require-tls", "needs TLS: set tls.certificate"
            )
        single = {key.field: values[key.name] for key in USER_TABLE.keys if key.field}
        single["mounts"] = _mounts(name, layers, values, root)
        single["rules"] = _rules(values["permissions"], isGuest=isGuest)
        login, data = values["require-tls"] or (None, None)
        return Account(
            name,
            **single,
            rates=Rates(values["download"], values["upload"]),
            perSession=Rates(values["session-download"], values["session-upload"]),
            quota=Quota(values["quota-size"], values["quota-files"]),
            tlsLogin=login,
            tlsData=data,
            targets=self._targetsOf(values),
        )

    @property
    def _hasTLS(self) -> bool:
        return self._choices.value("tls", "certificate") is not None

    def _targetsOf(self, values: Mapping[str, Any]) -> TargetPolicy | None:
        targets, low = values["active-targets"], values["low-port-targets"]
        if targets is None and low is None:
            return None
        base = self._targets if targets is None else targets
        lowPorts = self._targets.lowPorts if low is None else low
        return TargetPolicy(base.substitutes, base.networks, lowPorts)


def _mounts(
    name: str, layers: Sequence[Said], values: Mapping[str, Any], root: str
) -> tuple[Mount, ...]:
    mounts: tuple[Mount, ...] = values["mounts"]
    sayer = _sayer(layers, "mounts")
    if any(mount.path == () for mount in mounts):
        if values["root"]:
            raise sayer.mistake("mounts", 'names "/", where root is already: leave one of them out')
    else:
        folder = values["root"] or root
        if not folder:
            raise layers[0].mistake(
                "", "has nothing to see: give it a root, or set service.root or service.homes"
            )
        mounts = (Mount((), folder), *mounts)
    # Without a name, they are all whom the file does not name.
    seen = [Mount(each.path, each.folder.replace(USER, name or USER)) for each in mounts]
    if words := overlap(seen):
        raise sayer.mistake("mounts", words)
    return mounts


def _rules(rules: tuple[Rule, ...], *, isGuest: bool) -> tuple[Rule, ...]:
    # Where a table of paths says nothing of "/", the usual holds there.
    if all(rule.path for rule in rules):
        rules = (Rule((), READING if isGuest else EVERYTHING), *rules)
    return rules


def _sayer(layers: Sequence[Said], key: str) -> Said:
    """
    Find who has said it.
    """
    return next((said for said in layers if key in said.values), layers[0])


def homesRoot(homes: str) -> str:
    """
    Give the folder of a user among others.
    """
    return f"{homes}/{USER}"
