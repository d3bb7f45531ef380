"""
Tests for L{ftpactive.core.policy}.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpactive.core.address import Address, normalise, parseEprt, parseLprt, parsePort, sameHost
from ftpactive.core.errors import BadParameter
from ftpactive.core.policy import Target, TargetPolicy

PEER = Address("203.0.113.9", 50000)
PEER6 = Address("2001:db8::9", 50000)
LINK_LOCAL = Address("fe80::9%eth0", 50000)
HOME = Address("192.168.1.7", 20020)

PEER_ONLY = TargetPolicy()
SUBSTITUTE = TargetPolicy(substitutes=True)
NETWORKS = TargetPolicy(networks=(ip_network("198.51.100.0/24"), ip_network("2001:db8:1::/48")))


def refusal(policy: TargetPolicy, asked: Address, peer: Address = PEER) -> str:
    """
    Give the words in which an address is refused.
    """
    with pytest.raises(BadParameter) as raised:
        policy.target("PORT", asked, peer)
    assert raised.value.reply().code == 504
    return str(raised.value)


class TestPeer:
    """
    Whatever the policy, the client itself may be named.
    """

    @pytest.mark.parametrize("policy", [PEER_ONLY, SUBSTITUTE, NETWORKS])
    @pytest.mark.parametrize("peer", [PEER, PEER6])
    def test_itself(self, policy: TargetPolicy, peer: Address) -> None:
        """
        At any port from 1024 on.
        """
        for port in (1024, 65535):
            asked = Address(peer.host, port)
            assert policy.target("PORT", asked, peer) == Target(asked)

    @pytest.mark.parametrize("peer", [PEER, PEER6, LINK_LOCAL])
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "::ffff:0.0.0.0"])
    def test_unspecified(self, host: str, peer: Address) -> None:
        """
        Some clients do not know their own address; to connect to it as it
        stands would be to connect to ourselves.
        """
        everywhere = TargetPolicy(True, (ip_network("0.0.0.0/0"), ip_network("::/0")))
        target = everywhere.target("EPRT", Address(host, 5000), peer)
        assert target == Target(Address(peer.host, 5000))

    def test_zoneIsThePeers(self) -> None:
        """
        The client does not know the name of our interface.
        """
        target = PEER_ONLY.target("EPRT", Address("fe80::9", 5000), LINK_LOCAL)
        assert target == Target(Address("fe80::9%eth0", 5000))

    def test_mapped(self) -> None:
        """
        IPv4 inside IPv6 is the IPv4 address that it holds.
        """
        target = PEER_ONLY.target("EPRT", Address("::ffff:203.0.113.9", 5000), PEER)
        assert target == Target(Address("203.0.113.9", 5000))

    @pytest.mark.parametrize(
        "asked",
        [
            parsePort("203,0,113,9,78,52"),
            parseEprt("|1|203.0.113.9|20020|"),
            parseEprt("|2|::ffff:203.0.113.9|20020|"),
            parseLprt("4,4,203,0,113,9,2,78,52"),
            parseLprt("6,16,0,0,0,0,0,0,0,0,0,0,255,255,203,0,113,9,2,78,52"),
        ],
    )
    def test_everySpelling(self, asked: Address) -> None:
        """
        However a command writes it.
        """
        assert PEER_ONLY.target("PORT", asked, PEER).address == Address("203.0.113.9", 20020)

    @pytest.mark.parametrize("host", ["203.0.113.10", "127.0.0.1", "192.168.1.7", "2001:db8::9"])
    def test_nobodyElse(self, host: str) -> None:
        """
        A refusal names the address asked for and the address seen.
        """
        words = f"PORT names {host}, you are 203.0.113.9: data goes to your own address only"
        assert refusal(PEER_ONLY, Address(host, 5000)) == words


class TestSubstitutes:
    """
    C{substitutes}: an address of a network at home, from a client that comes
    from elsewhere, stands for the address that it comes from.
    """

    @pytest.mark.parametrize(
        "host",
        ["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.7", "100.64.0.1", "169.254.3.4"]
        + ["127.0.0.1", "fc00::1", "fd12::1", "fe80::1", "::1", "::ffff:10.0.0.1"],
    )
    def test_private(self, host: str) -> None:
        """
        The port is the one that was asked for, and what was replaced is told.
        """
        asked = Address(host, 20020)
        target = SUBSTITUTE.target("PORT", asked, PEER)
        assert target == Target(Address(PEER.host, 20020), asked)

    @pytest.mark.parametrize(
        "host", ["8.8.8.8", "192.0.2.1", "172.32.0.1", "100.128.0.1", "224.0.0.1", "2001:db8::1"]
    )
    def test_public(self, host: str) -> None:
        """
        Whoever names somebody who can be reached means them, and may not.
        """
        assert f"PORT names {host}, you are" in refusal(SUBSTITUTE, Address(host, 5000))

    def test_neighbour(self) -> None:
        """
        A client in a private network that names another one there gets the
        connection itself.
        """
        neighbour = Address("192.168.1.8", 5000)
        target = SUBSTITUTE.target("PORT", neighbour, Address("192.168.1.7", 50000))
        assert target == Target(HOME._replace(port=5000), neighbour)

    def test_itself(self) -> None:
        """
        A client that comes from its private address names the right one:
        nothing is replaced.
        """
        assert SUBSTITUTE.target("PORT", HOME, Address(HOME.host, 50000)) == Target(HOME)

    def test_networksCountFirst(self) -> None:
        """
        A private address in a network of the operator's is one that we reach.
        """
        policy = TargetPolicy(True, (ip_network("192.168.0.0/16"),))
        assert policy.target("PORT", HOME, PEER) == Target(HOME)


class TestNetworks:
    """
    C{networks}: addresses that any client may name.
    """

    @pytest.mark.parametrize("host", ["198.51.100.1", "198.51.100.255"])
    def test_inside(self, host: str) -> None:
        """
        It is connected to as it was asked for.
        """
        asked = Address(host, 5000)
        assert NETWORKS.target("PORT", asked, PEER) == Target(asked)

    def test_overIPv6(self) -> None:
        """
        The same with IPv6.
        """
        asked = Address("2001:db8:1::7", 5000)
        assert NETWORKS.target("EPRT", asked, PEER6) == Target(asked)

    def test_outside(self) -> None:
        """
        One number further it is refused.
        """
        assert "198.51.101.0" in refusal(NETWORKS, Address("198.51.101.0", 5000))

    @pytest.mark.parametrize(
        ("host", "peer"), [("198.51.100.1", PEER6), ("2001:db8:1::7", PEER)], ids=str
    )
    def test_otherProtocol(self, host: str, peer: Address) -> None:
        """
        We connect from the address that the client called, which is of the
        protocol of the control connection.
        """
        words = refusal(NETWORKS, Address(host, 5000), peer)
        assert words == f"PORT names {host}, you are {peer.host}: both must be IPv4, or both IPv6"


class TestLowPorts:
    """
    Ports below 1024 are those of services.
    """

    @pytest.mark.parametrize("port", [0, 1, 25, 1023])
    @pytest.mark.parametrize("policy", [PEER_ONLY, SUBSTITUTE, NETWORKS])
    def test_refused(self, policy: TargetPolicy, port: int) -> None:
        """
        They cannot be named, not even one's own.
        """
        words = f"PORT names 203.0.113.9:{port}, you are 203.0.113.9: use a port from 1024 on"
        assert refusal(policy, Address(PEER.host, port)) == words

    def test_allowed(self) -> None:
        """
        But in the networks of C{lowPorts}.
        """
        policy = TargetPolicy(lowPorts=(ip_network("203.0.113.0/24"),))
        asked = Address(PEER.host, 20)
        assert policy.target("PORT", asked, PEER) == Target(asked)

    def test_areNoTargetsByThemselves(self) -> None:
        """
        Somebody else in these networks is somebody else still.
        """
        policy = TargetPolicy(lowPorts=(ip_network("0.0.0.0/0"),))
        assert "your own address" in refusal(policy, Address("203.0.113.10", 20))

    def test_ofTheAddressThatIsConnectedTo(self) -> None:
        """
        Where one was replaced, the address asked for does not count.
        """
        policy = TargetPolicy(substitutes=True, lowPorts=(ip_network("192.168.0.0/16"),))
        words = refusal(policy, HOME._replace(port=20))
        assert words.startswith("PORT names 192.168.1.7:20, you are 203.0.113.9: use a port")

    def test_zone(self) -> None:
        """
        The zone of an address does not matter for its network.
        """
        policy = TargetPolicy(lowPorts=(ip_network("fe80::/10"),))
        target = policy.target("EPRT", Address("fe80::9", 20), LINK_LOCAL)
        assert target.address == Address("fe80::9%eth0", 20)


#: Few, so that what is asked for is often near the peer or in a network.
_NEARBY = ["0.0.0.0", "::", "127.0.0.1", "::1", "10.0.0.1", "192.168.1.7", "198.51.100.1"]
_NEARBY += ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::9", "2001:db8:1::7", "fe80::9"]
HOSTS = st.sampled_from(_NEARBY) | st.ip_addresses().map(str)
PEERS = st.builds(Address, HOSTS.map(normalise), st.integers(1, 65535))
PARTS = st.lists(
    st.sampled_from(_NEARBY).flatmap(
        lambda host: st.integers(0, ip_address(host).max_prefixlen).map(
            lambda size: ip_network((host, size), strict=False)
        )
    ),
    max_size=3,
).map(tuple)
POLICIES = st.builds(TargetPolicy, st.booleans(), PARTS, PARTS)


@given(POLICIES, st.builds(Address, HOSTS, st.integers(0, 65535)), PEERS)
def test_nobodyElseEver(policy: TargetPolicy, asked: Address, peer: Address) -> None:
    """
    Whatever is asked for, the target is the peer, or in a network that the
    operator named, or it is refused; so it is with low ports; and the port is
    the one that was asked for.
    """
    try:
        address, replaced = policy.target("PORT", asked, peer)
    except BadParameter:
        return
    host = ip_address(normalise(address.host))
    isPeer = sameHost(address.host, peer.host)
    assert isPeer or any(host in network for network in policy.networks)
    assert address.port == asked.port
    assert address.port >= 1024 or any(host in network for network in policy.lowPorts)
    assert replaced is None or (isPeer and replaced == asked and policy.substitutes)


@given(HOSTS, PEERS)
def test_byDefaultOnlyThePeer(host: str, peer: Address) -> None:
    """
    Without a word of the operator nobody can be sent against others.
    """
    try:
        target = TargetPolicy().target("PORT", Address(host, 5000), peer)
    except BadParameter:
        return
    assert target == Target(Address(peer.host, 5000))


class TestAdmits:
    """
    L{TargetPolicy.admits} says who may connect to a passive port.
    """

    @pytest.mark.parametrize(
        ("policy", "host", "isAdmitted"),
        [
            (PEER_ONLY, PEER.host, True),
            (PEER_ONLY, "198.51.100.7", False),
            (NETWORKS, PEER.host, True),
            (NETWORKS, "198.51.100.7", True),
            (NETWORKS, "198.51.101.7", False),
            (SUBSTITUTE, HOME.host, False),
        ],
    )
    def test_hosts(self, policy: TargetPolicy, host: str, isAdmitted: bool) -> None:
        """
        The client, from whatever port, and who is in one of the networks.
        """
        assert policy.admits(Address(host, 1), PEER) is isAdmitted
