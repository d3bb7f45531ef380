"""
Where a data connection goes, and how commands and replies write it.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from ftpactive.core.errors import (
    BadArgument,
    CannotOpenData,
    WrongAddressFamily,
    WrongNetworkProtocol,
)

#: For each address family of LPRT, RFC 1639 section 3: how many bytes an
#: address of that family has.
_FAMILIES = {4: 4, 6: 16}

#: Characters of six numbers with leading zeros: nobody needs more.
_LONGEST = 35


class Address(NamedTuple):
    """
    One end of a TCP connection.

    @ivar host: an IPv4 or IPv6 address as text, never a name; IPv4 inside
        IPv6 (C{::ffff:192.0.2.7}) is written as IPv4.  A link-local address
        carries its zone (C{fe80::1%eth0}).
    @ivar port: 0-65535.
    """

    host: str
    port: int

    def __str__(self) -> str:
        """
        Write it for people: C{192.0.2.7:20}, C{[::1]:20}.
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# Few hosts are asked about, and each of them for every transfer.
@lru_cache(maxsize=1024)
def normalise(host: str) -> str:
    """
    Write an address in the one way that L{Address} has for it: IPv6
    compressed and in lower case, IPv4 inside IPv6 as IPv4.  A zone is kept.

    @raise ValueError: it is not an address.
    """
    parsed = ipaddress.ip_address(host)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def networkProtocol(host: str) -> int:
    """
    Give the number that EPRT and EPSV have for an address's protocol: 1 is
    IPv4, 2 is IPv6.  RFC 2428 section 2.

    @raise ValueError: it is not an address.
    """
    return 2 if ":" in normalise(host) else 1


def sameHost(a: str, b: str) -> bool:
    """
    Do two addresses mean the same machine?  Where only one has a zone, that
    zone does not count: clients do not know the name of our interface.

    @raise ValueError: they differ, and one is not an address.
    """
    if a == b:
        # Nearly always: they are written as the kernel writes them.
        return True
    first, _, zone = normalise(a).partition("%")
    second, _, otherZone = normalise(b).partition("%")
    return first == second and (not zone or not otherZone or zone == otherZone)


def parsePort(argument: str) -> Address:
    """
    Read the argument of C{PORT}.

    @param argument: six decimal numbers, 0-255, joined by commas: four of an
        IPv4 address, then the port, high byte first: C{"192,0,2,7,78,52"}.

    @return: the address the client asks us to connect to.

    @raise BadArgument: (501) not six numbers, one above 255, or port 0.

    @see: RFC 959 section 4.1.2.  RFC 2577 section 3 is why the caller must
        still compare the host with the control connection's peer.
    """
    text = argument.strip(" ")
    isPlausible = len(text) <= _LONGEST and text.count(",") == 5
    name, first, second = text.rsplit(",", 2) if isPlausible else ("", "", "")
    host, high, low = _dotted(name), _octet(first), _octet(second)
    if not host or high is None or low is None:
        raise BadArgument(f"PORT needs six numbers 0-255 joined by commas, not {argument!r:.60}")
    return Address(host, _joinPort("PORT", high, low))


def parseEprt(argument: str) -> Address:
    """
    Read the argument of C{EPRT}.

    @param argument: protocol, address and port, with the same character
        before, between and after them: C{"|2|2001:db8::7|6446|"}.

    @return: the address the client asks us to connect to, without a zone:
        the name that the client has for its own interface says nothing here.

    @raise BadArgument: (501) malformed, an address that is not of the
        protocol, or a port that is not within 1-65535.
    @raise WrongNetworkProtocol: (522) neither IPv4 nor IPv6.

    @see: RFC 2428 section 2.
    """
    text = argument.strip(" ")
    parts = text.split(text[0]) if text and "!" <= text[0] <= "~" else []
    if len(parts) != 5 or parts[4]:
        raise BadArgument(f"EPRT needs |protocol|address|port|, not {argument!r:.60}")
    _, protocol, host, port, _ = parts
    found = _readHost(_readProtocol(protocol), host)
    number = _decimal(port, 65535)
    if not number:
        raise BadArgument(f"EPRT needs a port 1-65535, not {port!r:.60}")
    return Address(found, number)


def parseLprt(argument: str) -> Address:
    """
    Read the argument of C{LPRT}.

    @param argument: numbers, 0-255, joined by commas: the address family,
        the length of the address and its bytes, the length of the port and
        its bytes: C{"4,4,192,0,2,7,2,78,52"}.

    @return: the address the client asks us to connect to.

    @raise BadArgument: (501) malformed, lengths that are not those of the
        family, or port 0.
    @raise WrongAddressFamily: (521) neither IPv4 nor IPv6.

    @see: RFC 1639 section 3.
    """
    numbers = _numbers(argument.strip(" "))
    if not numbers:
        raise BadArgument(f"LPRT needs numbers 0-255 joined by commas, not {argument!r:.60}")
    length = _FAMILIES.get(numbers[0])
    if length is None:
        raise WrongAddressFamily(
            f"Address family {numbers[0]} not supported, supported address families are (4,6)"
        )
    if len(numbers) != length + 5 or numbers[1] != length or numbers[-3] != 2:
        raise BadArgument(
            f"LPRT of family {numbers[0]} needs {length} bytes of address and 2 of port,"
            f" not {argument!r:.60}"
        )
    host = ipaddress.ip_address(numbers[2:-3])
    return Address(normalise(str(host)), _joinPort("LPRT", *numbers[-2:]))


def parseNetworkProtocol(argument: str) -> int:
    """
    Read the argument that C{EPSV} may have.

    @return: 1 for IPv4, 2 for IPv6.

    @raise WrongNetworkProtocol: (522) anything else; the text names the two,
        as RFC 2428 section 3 wants it.
    """
    return _readProtocol(argument.strip(" "))


def formatPasv(address: Address) -> str:
    """
    Write an address for reply 227, without parentheses: C{"192,0,2,7,78,52"}.

    @raise CannotOpenData: (425) it is IPv6, which this reply cannot tell.
    """
    if ":" in address.host:
        raise CannotOpenData("PASV can only tell an IPv4 address, use EPSV")
    return f"{address.host.replace('.', ',')},{address.port // 256},{address.port % 256}"


def formatEpsv(port: int) -> str:
    """
    Write a port for reply 229, without parentheses: C{"|||6446|"}.
    """
    return f"|||{port}|"


def formatLpsv(address: Address) -> str:
    """
    Write an address for reply 228, without parentheses:
    C{"4,4,192,0,2,7,2,78,52"}.
    """
    host = ipaddress.ip_address(address.host)
    family = 4 if host.version == 4 else 6
    numbers = ",".join(map(str, host.packed))
    return f"{family},{len(host.packed)},{numbers},2,{address.port // 256},{address.port % 256}"


# There are few, but for those with many zeros before them.
@lru_cache(maxsize=1024)
def _octet(text: str) -> int | None:
    return _decimal(text, 255)


def _decimal(text: str, highest: int) -> int | None:
    """
    Read a plain number; L{None} when it is none or too high.
    """
    # isdigit() alone would let "²" and Arabic-Indic digits through to int(),
    # and int() refuses thousands of digits with an error of its own.
    if len(text) > 5 or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= highest else None


# A client names its own host for every transfer.
@lru_cache(maxsize=1024)
def _dotted(text: str) -> str:
    """
    Read four numbers 0-255 joined by commas, and write them as an IPv4 address;
    nothing when they are none.
    """
    numbers = _numbers(text)
    return ".".join(map(str, numbers)) if len(numbers) == 4 else ""


def _numbers(text: str) -> bytes:
    """
    Read numbers 0-255 joined by commas; none at all when one is malformed.
    """
    parts = text.split(",")
    # int() would also take signs, "_" and digits of other scripts.
    if not (text.isascii() and text.replace(",", "").isdecimal()) or max(map(len, parts)) > 5:
        return b""
    try:
        return bytes(map(int, parts))
    except ValueError:
        # One is empty, or too high.
        return b""


def _readProtocol(text: str) -> int:
    """
    Read the number of a network protocol, RFC 2428 section 2.
    """
    if text not in ("1", "2"):
        raise WrongNetworkProtocol(f"Network protocol {text!r:.60} not supported, use (1,2)")
    return int(text)


def _readHost(protocol: int, text: str) -> str:
    """
    Read the address of an EPRT.
    """
    read = ipaddress.IPv4Address if protocol == 1 else ipaddress.IPv6Address
    try:
        read(text)
    except ValueError:
        raise BadArgument(
            f"EPRT needs an IPv{4 if protocol == 1 else 6} address"
            f" with protocol {protocol}, not {text!r:.60}"
        ) from None
    return normalise(text).partition("%")[0]


def _joinPort(verb: str, high: int, low: int) -> int:
    """
    Make a port of its two bytes.
    """
    port = high * 256 + low
    if port == 0:
        raise BadArgument(f"{verb} needs a port 1-65535, not 0")
    return port
