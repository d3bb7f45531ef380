"""
The options of C{twistd activeftp}.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from twisted.application.service import IService
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.portal import Portal
from twisted.cred.strcred import AuthOptionMixin
from twisted.internet import reactor
from twisted.internet.endpoints import (
    StandardIOEndpoint,
    UNIXServerEndpoint,
    serverFromString,
)
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.python import usage

from ftpactive.auth.checkers import EitherChecker, adapt, complaint
from ftpactive.core.command import printable
from ftpactive.core.ebcdic import CODE_PAGES
from ftpactive.core.policy import Network, TargetPolicy
from ftpactive.core.settings import AUTO, Settings
from ftpactive.daemon import FTPDaemon
from ftpactive.net.reactors import Reactor
from ftpactive.service import FTPFactory, makePortal, makeRealm

_DEFAULTS = Settings()
_HIGHEST_PORT = 65535


def _readPort(text: str) -> int:
    isNumber = text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_PORT))
    if not isNumber or not 0 < int(text) <= _HIGHEST_PORT:
        raise ValueError
    return int(text)


def _readDataPorts(text: str) -> tuple[int | str, tuple[int, ...]]:
    first, *others = text.split(",")
    spare = tuple(port for each in others for port in _readPorts(each))
    if first == AUTO:
        return AUTO, spare
    return 0 if first == "any" else _readPort(first), spare


def _readPorts(text: str) -> range:
    low, dash, high = text.partition("-")
    ports = range(_readPort(low), _readPort(high if dash else low) + 1)
    if not ports:
        raise ValueError
    return ports


def _readNetworks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(","))


def _readTargets(text: str) -> TargetPolicy:
    words = [each.strip() for each in text.split(",")]
    networks = [each for each in words if each not in ("peer", "substitute")]
    return TargetPolicy(
        substitutes="substitute" in words,
        networks=_readNetworks(",".join(networks)) if networks else (),
    )


def _readAddress(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _readSeconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError
    return seconds


def _readLine(text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return text


def _readPage(text: str) -> str:
    if text not in CODE_PAGES:
        raise ValueError
    return text


class Options(usage.Options, AuthOptionMixin):
    """
    What the command line says.
    """

    supportedInterfaces = (IUsernamePassword,)
    synopsis = "[options]"
    longdesc = (
        "An FTP server at home with active mode: it opens data connections from one"
        " port for any number of clients. Without options it shows the current folder,"
        " read-only, to anybody, on port 2121."
    )

    optFlags = (
        ("anonymous", None, "Let guests in, read-only (the default without --auth)."),
        ("reply-first", None, "Send 150 before an active connection is made, not after it."),
        (
            "no-default-connection",
            None,
            "Answer 425 to a transfer without PORT or PASV, and do not connect to the client's"
            " control port.",
        ),
    )
    FLAGS = frozenset(flag for flag, *_ in optFlags)
    optParameters = (
        ("root", None, ".", "The folder to serve."),
        ("user", None, None, "Shed root and be this user once all listeners are open."),
        ("homes", None, None, "Give each user a folder NAME in this one, made at first login."),
        (
            "data-port",
            None,
            AUTO,
            "Source port of active data connections: a number, auto (the listening port"
            " minus one), or any; behind commas, ports to use when it is busy: 20,2020-2029.",
        ),
        (
            "active-targets",
            None,
            "peer",
            "Where active connections may go: peer (the client itself), substitute (also for"
            " clients behind NAT that name their private address), and networks, joined by commas.",
        ),
        (
            "low-port-targets",
            None,
            None,
            "Networks whose ports below 1024 active connections may go to.",
        ),
        ("passive-ports", None, None, "Ports for passive mode: LOW-HIGH; any without it."),
        ("passive-address", None, None, "IPv4 address that PASV announces (behind NAT)."),
        ("login-timeout", None, _DEFAULTS.loginTimeout, "Seconds to log in."),
        ("idle-timeout", None, _DEFAULTS.idleTimeout, "Seconds between two commands."),
        ("stall-timeout", None, _DEFAULTS.stallTimeout, "Seconds for a transfer to move."),
        ("connect-timeout", None, _DEFAULTS.connectTimeout, "Seconds to open a data connection."),
        ("welcome", None, _DEFAULTS.welcome, "The text of the greeting."),
        ("ebcdic", None, _DEFAULTS.ebcdic, "Code page of TYPE E: " + ", ".join(CODE_PAGES) + "."),
    )

    #: option -> (how it is read, what it takes)
    _READERS = {
        "data-port": (_readDataPorts, f"1-{_HIGHEST_PORT}, auto or any, and perhaps ,LOW-HIGH"),
        "active-targets": (_readTargets, "peer, substitute or networks, joined by commas"),
        "low-port-targets": (_readNetworks, "networks, joined by commas"),
        "passive-ports": (_readPorts, "LOW-HIGH, two ports"),
        "passive-address": (_readAddress, "an IPv4 address"),
        "login-timeout": (_readSeconds, "a number of seconds above 0"),
        "idle-timeout": (_readSeconds, "a number of seconds above 0"),
        "stall-timeout": (_readSeconds, "a number of seconds above 0"),
        "connect-timeout": (_readSeconds, "a number of seconds above 0"),
        "welcome": (_readLine, "one line of text"),
        "ebcdic": (_readPage, " or ".join(CODE_PAGES)),
    }

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self["listen"] = []
        self["hosts"] = {}

    def opt_listen(self, description: str) -> None:
        """
        Listen there: an endpoint description such as tcp:21, may be repeated [default: tcp:2121].
        """
        self["listen"].append(description)

    opt_l = opt_listen

    def opt_virtual_host(self, text: str) -> None:
        """
        NAME=FOLDER: what HOST NAME shows instead of --root, may be repeated.
        """
        name, _, folder = text.partition("=")
        if not name or not os.path.isdir(folder):
            raise usage.UsageError(
                f"--virtual-host takes NAME=FOLDER, a name and a folder, not {printable(text)!r}"
            )
        self["hosts"][name] = folder

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Read the command line.

        @raise SystemExit: something is wrong with it; twistd prints this one
            line and ends with status 1.
        """
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except usage.UsageError as error:
            raise SystemExit(f"activeftp: {error}") from None

    def postOptions(self) -> None:
        """
        Read the values.

        @raise usage.UsageError: one of them is wrong; twistd prints that line
            and ends with status 1.
        """
        for name, (read, takes) in self._READERS.items():
            if self[name] is not None:
                self[name] = _read(name, str(self[name]), read, takes)
        for name in ("root", "homes"):
            if self[name] is not None and not os.path.isdir(self[name]):
                raise usage.UsageError(f"--{name} {printable(self[name])} is not a folder")
        for checker in self.get("credCheckers") or ():
            if wrong := complaint(checker):
                raise usage.UsageError(f"--auth: {printable(wrong)}")
        self["endpoints"] = [_endpoint(each) for each in self["listen"] or ["tcp:2121"]]

    def settings(self) -> Settings:
        """
        Give what the options say as settings.
        """
        return Settings(
            welcome=self["welcome"],
            dataPort=self["data-port"][0],
            spareDataPorts=self["data-port"][1],
            # Where there are others to try, we do not wait long for the first.
            retryDelays=_DEFAULTS.retryDelays[: 1 if self["data-port"][1] else None],
            targets=replace(self["active-targets"], lowPorts=self["low-port-targets"] or ()),
            repliesFirst=bool(self["reply-first"]),
            defaultDataConnection=not self["no-default-connection"],
            passivePorts=self["passive-ports"] or range(0),
            passiveAddress=self["passive-address"] or "",
            loginTimeout=self["login-timeout"],
            idleTimeout=self["idle-timeout"],
            stallTimeout=self["stall-timeout"],
            connectTimeout=self["connect-timeout"],
            passiveTimeout=self["connect-timeout"],
            ebcdic=self["ebcdic"],
        )


def _read(name: str, text: str, read: Callable[[str], Any], takes: str) -> Any:
    try:
        return read(text)
    except ValueError:
        raise usage.UsageError(f"--{name} takes {takes}, not {printable(text)!r}") from None


def _endpoint(description: str) -> IStreamServerEndpoint:
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    except (ValueError, TypeError, LookupError, OSError, ImportError, NameError) as error:
        # What is wrong is in the words of whichever plugin reads that kind; the
        # last two are how those of TLS say that pyOpenSSL is not installed.
        raise usage.UsageError(
            f"--listen {printable(description)} is no endpoint description ({error});"
            " try tcp:2121 or tcp:21:interface=192.0.2.1"
        ) from None
    if isinstance(endpoint, (UNIXServerEndpoint, StandardIOEndpoint)):
        raise usage.UsageError(f"--listen {printable(description)} is not TCP, as FTP needs it")
    return endpoint


def makeService(options: Options) -> IService:
    """
    Make the service that the options describe.
    """
    checkers = [adapt(checker) for checker in options.get("credCheckers") or ()]
    settings = options.settings()

    def portal(root: str) -> Portal:
        return makePortal(
            makeRealm(root, options["homes"] or ""),
            [EitherChecker(checkers)] if checkers else [],
            anonymous=bool(options["anonymous"]) or not checkers,
        )

    hosts = {
        name: (portal(root), replace(settings, welcome=f"{settings.welcome} ({name})"))
        for name, root in options["hosts"].items()
    }
    factory = FTPFactory(portal(options["root"]), cast(Reactor, reactor), settings, hosts=hosts)
    return FTPDaemon(factory, options["endpoints"], options["user"] or "")
