"""
Kinds of values that name ports, networks, listeners and checkers of logins.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import InvalidAuthType, StrcredException, makeChecker
from twisted.internet.endpoints import (
    StandardIOEndpoint,
    UNIXServerEndpoint,
    serverFromString,
)
from twisted.internet.interfaces import IStreamServerEndpoint

from ftpactive.auth.checkers import complaint
from ftpactive.config.kinds import Kind, asText, texts
from ftpactive.config.mistakes import Wrong
from ftpactive.core.command import printable
from ftpactive.core.policy import Network, TargetPolicy
from ftpactive.core.settings import AUTO

_HIGHEST_PORT = 65535

#: How many may wait to be let in, where a description does not say it.  When
#: more come within one turn of the reactor, the kernel lets them wait a second.
_BACKLOG = 512
_LISTENS = re.compile(r"(tcp6?|ssl):(?!.*:backlog=)", re.DOTALL)


def _port(text: str) -> int:
    isNumber = text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_PORT))
    if not isNumber or not 0 < int(text) <= _HIGHEST_PORT:
        raise ValueError
    return int(text)


def _numberOrText(value: Any) -> str:
    return str(value) if type(value) is int else asText(value)


def _range(text: str) -> range:
    low, dash, high = text.partition("-")
    ports = range(_port(low), _port(high if dash else low) + 1)
    if not ports:
        raise ValueError
    return ports


def _ports(value: Any, folder: str) -> range:
    # Nothing stands for any port in the file, where a key may be emptied.
    return range(0) if value == "any" else _range(_numberOrText(value))


def _portsOfText(text: str) -> str:
    if text == "any":
        raise ValueError
    return text


def _dataPorts(value: Any, folder: str) -> tuple[int | str, tuple[int, ...]]:
    first, *others = _numberOrText(value).split(",")
    spare = tuple(port for each in others for port in _range(each))
    if first == AUTO:
        return AUTO, spare
    return 0 if first == "any" else _port(first), spare


def _byCommas(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")]


def _networks(value: Any, folder: str = "") -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each) for each in texts(value))


def _targets(value: Any, folder: str) -> TargetPolicy:
    networks = [each for each in texts(value) if each not in ("peer", "substitute")]
    return TargetPolicy(substitutes="substitute" in value, networks=_networks(networks))


def _address(value: Any, folder: str) -> str:
    return "" if value == "" else str(ipaddress.IPv4Address(asText(value)))


def _addressOfText(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def endpointOf(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    Make a listener of its description.

    @raise Wrong: it is none, or not one for FTP.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, _withBacklog(description))
    except (ValueError, TypeError, LookupError, OSError, ImportError, NameError) as error:
        # What is wrong is in the words of whichever plugin reads that kind; the
        # last two are how those of TLS say that pyOpenSSL is not installed.
        raise Wrong(
            f"{printable(description)} is no endpoint description"
            f" ({printable(str(error))});"
            " try tcp:2121 or tcp:21:interface=192.0.2.1"
        ) from None
    if isinstance(endpoint, (UNIXServerEndpoint, StandardIOEndpoint)):
        raise Wrong(f"{printable(description)} is not TCP, as FTP needs it")
    return endpoint


def _withBacklog(description: str) -> str:
    return f"{description}:backlog={_BACKLOG}" if _LISTENS.match(description) else description


def _listeners(value: Any, folder: str) -> tuple[str, ...]:
    for description in texts(value):
        # A trial: descriptions are read without a reactor, listening needs one.
        endpointOf(None, description)
    return texts(value)


def _checkers(value: Any, folder: str) -> tuple[ICredentialsChecker, ...]:
    return tuple(map(_checker, texts(value)))


def _checker(description: str) -> ICredentialsChecker:
    # What follows the kind may be a password, and is not shown.
    kind = printable(description.partition(":")[0])
    try:
        checker: ICredentialsChecker = makeChecker(description)
    except InvalidAuthType:
        words = "is no kind of login: twistd activeftp --help-auth lists them"
        raise Wrong(f"{kind} {words}") from None
    except StrcredException as error:
        raise Wrong(f"{kind}: {printable(str(error))}") from None
    except (ValueError, TypeError, LookupError, OSError, ImportError) as error:
        raise Wrong(f"{kind} cannot be used: {printable(str(error))}") from None
    if IUsernamePassword not in checker.credentialInterfaces:
        raise Wrong(f"{kind} does not check passwords")
    if wrong := complaint(checker):
        raise Wrong(f"{kind} will let nobody in: {printable(wrong)}")
    return checker


DATA_PORTS = Kind(f"1-{_HIGHEST_PORT}, auto or any, and perhaps ,LOW-HIGH", _dataPorts)
PORTS = Kind("LOW-HIGH, two ports", _ports, "LOW-HIGH, two ports, or any", _portsOfText)
TARGETS = Kind(
    "peer, substitute or networks, joined by commas",
    _targets,
    "a list of peer, substitute and networks",
    _byCommas,
)
NETWORKS = Kind("networks, joined by commas", _networks, "a list of networks", _byCommas)
ADDRESS = Kind("an IPv4 address", _address, fromText=_addressOfText)
LISTENERS = Kind("a list of endpoint descriptions", _listeners)
CHECKERS = Kind("a list of kinds of logins", _checkers)
