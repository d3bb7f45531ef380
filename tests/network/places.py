"""
The networks that tests take place in.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.end_to_end.process import Server
from tests.network.caller import Caller
from tests.network.net import Host, Network, Switch

#: Addresses on the switch, and of the clients behind the router.
SERVER, CLIENT, ROUTER = "203.0.113.1", "203.0.113.7", "203.0.113.9"
SERVER6, CLIENT6 = "2001:db8::1", "2001:db8::7"
MEMBERS = ("192.168.1.11", "192.168.1.12", "192.168.1.13")

#: Every connection that leaves by the outer interface comes from its address.
MASQUERADE = """
table ip nat {
    chain postrouting {
        type nat hook postrouting priority srcnat
        oifname "eth0" masquerade
    }
}
"""

#: What comes from outside must belong to a connection of somebody at home.
CLOSED = """
table ip filter {
    chain forward {
        type filter hook forward priority filter
        iifname "eth0" ct state new drop
    }
}
"""

#: The kernel reads along on control connections: it puts the router's address
#: into PORT, and lets the server's connection to it through to the client.
FTP_HELPER = """
table ip helper {
    ct helper ftp {
        type "ftp" protocol tcp
    }
    chain prerouting {
        type filter hook prerouting priority filter
        iifname "eth1" tcp dport 21 ct helper set "ftp"
    }
}
"""


@dataclass(frozen=True)
class Lan:
    """
    A server and a client that see each other.
    """

    network: Network
    switch: Switch
    server: Host
    client: Host

    @classmethod
    def make(cls, network: Network) -> Lan:
        """
        Build it.
        """
        switch = network.switch("outside")
        server = network.host("server").plug(switch, f"{SERVER}/24", f"{SERVER6}/64")
        client = network.host("client").plug(switch, f"{CLIENT}/24", f"{CLIENT6}/64")
        return cls(network, switch, server, client)

    def call(self, server: str = SERVER, port: int = 21) -> Caller:
        """
        Let the client log in as a guest.
        """
        return login(self.client, server, port)


@dataclass(frozen=True)
class Home:
    """
    Clients behind a router that gives all of them its own address.
    """

    server: Host
    router: Host
    members: list[Host]

    @classmethod
    def make(cls, lan: Lan) -> Home:
        """
        Build it beside a server.
        """
        network, inside = lan.network, lan.network.switch("inside")
        router = network.host("router").plug(lan.switch, f"{ROUTER}/24")
        router.plug(inside, "192.168.1.1/24")
        router.set("net.ipv4.ip_forward", 1)
        router.firewall(MASQUERADE)
        members = [
            network.host("member").plug(inside, f"{address}/24", gateway="192.168.1.1")
            for address in MEMBERS
        ]
        return cls(lan.server, router, members)


@dataclass(frozen=True)
class Site:
    """
    Both, and the process on the server's host.
    """

    lan: Lan
    home: Home
    server: Server


def login(host: Host, server: str = SERVER, port: int = 21) -> Caller:
    """
    Log in from a host, as a guest.
    """
    return Caller(host, server, port).login()
