"""
Where an active data connection may go: what PORT and EPRT may ask for.  And
where a passive one may come from.

Without a rule, a client could make the server talk to anybody (the bounce
attack): RFC 2577 section 3, whose code for a refusal is 504.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NamedTuple

from ftpactive.core.address import Address, networkProtocol, normalise, sameHost
from ftpactive.core.errors import BadParameter

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: RFC 2577 section 3: below it live services, not data connections.
_LOWEST_PORT = 1024

#: Addresses of somebody's own network, which mean nothing elsewhere: private
#: (RFC 1918, 4193), behind a provider's NAT (6598), link-local (3927, 4291),
#: loopback.  C{is_private} of the standard library holds others as well, not
#: the same ones in each version.
_HOMES = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "100.64.0.0/10")
    + ("169.254.0.0/16", "fe80::/10", "127.0.0.0/8", "::1/128")
)


class Target(NamedTuple):
    """
    What a policy made of an address.

    @ivar address: where to connect.
    @ivar asked: what the client asked for instead, if that was replaced.
    """

    address: Address
    asked: Address | None = None


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """
    What is allowed beside the client's own address and ports from 1024 on.

    The client's own address is also what C{0.0.0.0} and C{::} stand for: some
    clients do not know it and mean themselves.

    @ivar substitutes: is a private address, from a client that comes from
        elsewhere, replaced by the one it comes from?  So a client behind NAT
        that names its address at home can be reached through a port forward.
    @ivar networks: addresses that any client may name, and that may connect
        to any passive port, for transfers from server to server; what is in
        one of them is not replaced.
    @ivar lowPorts: networks whose ports below 1024 may be named as well.
    """

    substitutes: bool = False
    networks: tuple[Network, ...] = ()
    lowPorts: tuple[Network, ...] = ()

    def target(self, name: str, asked: Address, peer: Address) -> Target:
        """
        Decide where to connect.

        @param name: the command, for the words of a refusal.
        @param asked: what the client asked for.
        @param peer: where the control connection comes from.

        @raise BadParameter: (504) not there; the text names both addresses.
        """
        target = self._host(name, asked, peer)
        if asked.port < _LOWEST_PORT and not isIn(target.address.host, self.lowPorts):
            raise _refusal(name, str(asked), peer, f"use a port from {_LOWEST_PORT} on")
        return target

    def admits(self, client: Address, peer: Address) -> bool:
        """
        May somebody connect to a passive port?  The client may, and, for
        transfers from server to server, who is in one of the networks.

        @param client: who connects.
        @param peer: where the control connection comes from.
        """
        return sameHost(client.host, peer.host) or isIn(client.host, self.networks)

    def _host(self, name: str, asked: Address, peer: Address) -> Target:
        if asked.host == peer.host:
            # Nearly always.
            return Target(asked)
        # The peer's own spelling keeps the zone of a link-local address.
        home = Address(peer.host, asked.port)
        if sameHost(asked.host, peer.host) or _address(asked.host).is_unspecified:
            return Target(home)
        if isIn(asked.host, self.networks):
            if networkProtocol(asked.host) != networkProtocol(peer.host):
                # We connect from the address that the client called.
                raise _refusal(name, asked.host, peer, "both must be IPv4, or both IPv6")
            return Target(asked)
        if self.substitutes and isIn(asked.host, _HOMES):
            return Target(home, asked)
        raise _refusal(name, asked.host, peer, "data goes to your own address only")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(normalise(host).partition("%")[0])


def isIn(host: str, networks: tuple[Network, ...]) -> bool:
    """
    Is an address in one of some networks?
    """
    address = _address(host)
    return any(address in network for network in networks)


def _refusal(name: str, asked: str, peer: Address, why: str) -> BadParameter:
    return BadParameter(f"{name} names {asked}, you are {peer.host}: {why}")
