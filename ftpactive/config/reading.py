"""
From a file and a command line to one L{Configuration}.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ftpactive.config.configuration import Configuration, Site
from ftpactive.config.document import Document, readDocument
from ftpactive.config.keys import Table
from ftpactive.config.limitkeys import LIMITS, TIMEOUTS
from ftpactive.config.people import People, homesRoot
from ftpactive.config.servicekeys import DATA, SERVICE
from ftpactive.config.tables import Choices, Given, Said, readChoices
from ftpactive.config.tlskeys import TLS
from ftpactive.core.limits import Limits, Rates
from ftpactive.core.protection import KeyPair, Protection
from ftpactive.core.settings import Settings


@dataclass(frozen=True)
class Sources:
    """
    Where a configuration is read from, now and at each C{SIGHUP}.

    @ivar file: an absolute path; empty when there is none.
    @ivar given: what the command line says.
    """

    file: str
    given: Given

    def read(self) -> Configuration:
        """
        Read all of it.

        @raise Mistake: it cannot be used.
        """
        document = readDocument(self.file) if self.file else Document()
        found = readConfiguration(document, self.given)
        return replace(found, warnings=tuple(_exposed(self.file, document)))


def _exposed(file: str, document: Document) -> Iterator[str]:
    """
    Warn of hashes that everybody on the machine may try passwords against.
    """
    hasHash = any(user.get("password") for user in document.data.get("users", {}).values())
    if hasHash and os.stat(file).st_mode & stat.S_IROTH:
        yield f"{file} holds hashes of passwords and everybody may read it: chmod o-r {file}"


def readConfiguration(document: Document, given: Given | None = None) -> Configuration:
    """
    Make a configuration.

    @param given: what the command line says: by table and key, what the key's
        kind makes of it.  It counts for more than the file.

    @raise Mistake: it cannot be used; the text says why.
    """
    choices = readChoices(document, given or {})
    _refuseUnknownUser(choices)
    settings = _settings(choices)
    tls = _protection(choices)
    people = People(choices, settings.targets)
    homes = choices.value("service", "homes")
    root = choices.value("service", "root") or ""
    site = _site(people, settings, choices, root, homes)
    return Configuration(
        site=site,
        limits=_limits(choices),
        tls=tls,
        hosts=dict(_hosts(choices, people, settings, homes)),
        checkers=choices.value("service", "auth"),
        listeners=choices.value("service", "listen"),
        implicit=choices.value("service", "listen-implicit"),
        user=choices.value("service", "user"),
        stateFolder=choices.value("service", "state"),
        workers=choices.value("service", "workers"),
        stopTimeout=choices.value("timeouts", "stop"),
    )


def _site(
    people: People, settings: Settings, choices: Choices, root: str, homes: str | None
) -> Site:
    ours = homesRoot(homes) if homes else root
    accounts, guests = people.accounts(ours), people.guests(root)
    checkers = choices.value("service", "auth")
    if not accounts and guests is None and not checkers:
        words = "nobody can log in: add a [users.NAME], or service.auth, or guests.enabled = true"
        raise choices.document.mistake((), words)
    site = Site(settings, accounts, guests=guests)
    return replace(site, others=people.others(ours)) if checkers else site


def _hosts(
    choices: Choices, people: People, settings: Settings, homes: str | None
) -> Iterator[tuple[str, Site]]:
    for name, said in _roots(choices).items():
        welcome = said.values.get("welcome") or f"{settings.welcome} ({name})"
        theirs = replace(settings, welcome=welcome)
        yield name.lower(), _site(people, theirs, choices, said.values["root"], homes)


def _roots(choices: Choices) -> Mapping[str, Said]:
    """
    Give the hosts that have a root of their own; the others have certificates.
    """
    found = {name: said for name, said in _hostTables(choices).items() if "root" in said.values}
    for name, folder in choices.hosts.items():
        old = next((each for each in found if each.lower() == name.lower()), None)
        values = {**(found.pop(old).values if old else {}), "root": folder}
        found[name] = Said(choices.document, ("hosts", name), values)
    return found


def _hostTables(choices: Choices) -> Mapping[str, Said]:
    names: dict[str, str] = {}
    for name, said in choices.named["hosts"].items():
        if name.lower() in names:
            raise said.mistake("", f"is the same host as {names[name.lower()]}")
        names[name.lower()] = name
    return choices.named["hosts"]


def _refuseUnknownUser(choices: Choices) -> None:
    user = choices.value("service", "user")
    # Of the command line it is told when the service starts.
    if user and choices.single["service"].options.get("user") is None:
        try:
            pwd.getpwnam(user)
        except KeyError:
            words = f'names "{user}": this machine has no such user'
            raise choices.mistake("service", "user", words) from None


def _fields(choices: Choices, *tables: Table) -> dict[str, Any]:
    """
    Give what becomes a field as it is.
    """
    return {
        key.field: choices.value(table.name, key.name)
        for table in tables
        for key in table.keys
        if key.field
    }


def _settings(choices: Choices) -> Settings:
    dataPort, spare = choices.value("data", "port")
    tlsLogin, tlsData = choices.value("tls", "require")
    return Settings(
        **_fields(choices, SERVICE, DATA, TIMEOUTS),
        dataPort=dataPort,
        spareDataPorts=spare,
        # Where there are others to try, we do not wait long for the first.
        retryDelays=choices.value("data", "retry-delays")[: 1 if spare else None],
        targets=replace(
            choices.value("data", "active-targets"),
            lowPorts=choices.value("data", "low-port-targets"),
        ),
        passiveTimeout=choices.value("timeouts", "connect"),
        loginFailures=choices.value("limits", "login-failures"),
        loginDelay=choices.value("limits", "login-delay"),
        tlsLogin=tlsLogin,
        tlsData=tlsData,
    )


def _limits(choices: Choices) -> Limits:
    def rates(prefix: str) -> Rates:
        down, up = (choices.value("limits", f"{prefix}{way}") for way in ("download", "upload"))
        return Rates(down, up)

    return Limits(**_fields(choices, LIMITS), total=rates(""), perSession=rates("session-"))


def _protection(choices: Choices) -> Protection | None:
    certificate = choices.value("tls", "certificate")
    if certificate is None:
        _refuseWithoutCertificate(choices)
        return None
    said = choices.single["tls"].values
    if said["client-certificates"].value != "off" and not said["client-authority"]:
        words = "needs tls.client-authority, a file of those who sign certificates of clients"
        raise choices.mistake("tls", "client-certificates", words)
    pair = KeyPair(certificate, choices.value("tls", "key") or "")
    return Protection(pair=pair, hosts=dict(_pairs(choices)), **_fields(choices, TLS))


def _pairs(choices: Choices) -> Iterator[tuple[str, KeyPair]]:
    for name, said in _hostTables(choices).items():
        if "certificate" in said.values:
            yield name.lower(), KeyPair(said.values["certificate"], said.values.get("key", ""))
        elif "key" in said.values:
            raise said.mistake("key", "needs a certificate beside it")


def _refuseWithoutCertificate(choices: Choices) -> None:
    words = "needs a certificate: set tls.certificate, or --tls-certificate"
    if choices.value("service", "listen-implicit"):
        raise choices.mistake("service", "listen-implicit", words)
    for key in TLS.keys:
        if choices.value("tls", key.name) != key.value:
            raise choices.mistake("tls", key.name, words)
    for said in _hostTables(choices).values():
        if "certificate" in said.values:
            raise said.mistake("certificate", "needs one for all other hosts: set tls.certificate")
