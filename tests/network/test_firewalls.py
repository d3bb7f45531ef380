"""
Firewalls on the client's side, and clients that cannot be reached.
"""

from __future__ import annotations

import re

from tests.end_to_end.rawclient import readAll
from tests.network.caller import naming
from tests.network.conftest import Serve
from tests.network.places import SERVER6, Lan, Site

#: Seconds that the server waits for an answer in these tests.
TIMEOUT = 1


def incoming(rule: str, family: str = "ip") -> str:
    """
    Give the rules of a host that does this with whatever wants in and does not
    belong to what it has begun itself.
    """
    return f"""
table {family} filter {{
    chain input {{
        type filter hook input priority filter
        ct state established,related accept
        {rule}
    }}
}}
"""


ONLY_PORT_20 = incoming("tcp sport 20 accept\n        meta l4proto tcp drop")
DROP = incoming("meta l4proto tcp drop")


class TestOnlyPort20:
    """
    A firewall that lets nothing in but connections from port 20.
    """

    def test_worksByDefault(self, site: Site) -> None:
        """
        The data port is the control port minus one.
        """
        site.lan.client.firewall(ONLY_PORT_20)
        with site.lan.call() as client:
            assert client.fetch("old", isActive=True) == b"what was there"

    def test_anyPortDoesNot(self, lan: Lan, serve: Serve) -> None:
        """
        It is what servers without the right to port 20 do: 425 in words.
        """
        serve(lan.server, "--data-port=any", f"--connect-timeout={TIMEOUT}")
        lan.client.firewall(ONLY_PORT_20)
        with lan.call() as client:
            client.listen()
            refusal = client.expect(425, "RETR old")
            assert "a firewall or NAT may drop it" in refusal


class TestNoAnswer:
    """
    A client that does not answer is given up in time, and can go on.
    """

    def test_isToldInTime(self, lan: Lan, serve: Serve) -> None:
        """
        425 when C{--connect-timeout} is over.  Once the firewall is open, the same
        session has its transfer.
        """
        server = serve(lan.server, f"--connect-timeout={TIMEOUT}")
        lan.client.firewall(DROP)
        with lan.call() as client:
            client.listen()
            refusal = client.expect(425, "RETR old")
            assert f"no answer within {TIMEOUT} seconds" in refusal
            lan.client.openFirewall()
            assert client.fetch("old", isActive=True) == b"what was there"
        server.wait(f"active data connection failed after {TIMEOUT}.*, timed out: ")

    def test_othersDoNotWait(self, site: Site) -> None:
        """
        While the server waits for one client, it serves another.  ABOR ends the
        waiting.
        """
        site.lan.client.firewall(incoming("tcp dport 30000 drop"))
        with site.lan.call() as client, site.lan.call() as another:
            client.listen(port=30000)
            client.send("RETR old")
            assert another.fetch("old", isActive=True) == b"what was there"
            assert client.ask("ABOR").startswith("426 ")
            assert client.reply().startswith("226 ")


#: What a firewall at the client sends at once -> what the client is told.
AT_ONCE = {
    "tcp reset": "connection refused: nobody listens there, or a firewall or NAT rejects it",
    "icmp type port-unreachable": "connection refused|rejected",
}

#: Nothing happens at once any more: the server's kernel tries again in a second.
ONE_LOST = "meta l4proto tcp limit rate 1/hour burst 1 packets drop\n        "

#: The same, when it comes a moment later, as from farther away.
LATER = {
    "icmp type admin-prohibited": "unreachable: .*or a firewall on the way forbids it",
    "icmp type net-unreachable": "unreachable: .*no route to this network",
}


class TestRejection:
    """
    A client that says no.
    """

    def test_isToldAtOnce(self, site: Site) -> None:
        """
        425 does not wait for C{--connect-timeout} to be over, of which it would
        tell.
        """
        with site.lan.call() as client:
            # Without any firewall, it is the client's own kernel that says no.
            client.expect(200, naming(client.bound()))
            assert "connection refused: nobody listens there" in client.expect(425, "RETR old")
            for answer, words in AT_ONCE.items():
                site.lan.client.firewall(incoming(f"meta l4proto tcp reject with {answer}"))
                assert re.search(words, client.expect(425, "RETR old"))
                site.lan.client.openFirewall()

    def test_eachHasItsWords(self, site: Site) -> None:
        """
        The log tells what kind of no it was, and where to look.
        """
        with site.lan.call() as client:
            client.listen()
            for answer, words in LATER.items():
                rules = f"{ONE_LOST}meta l4proto tcp reject with {answer}"
                site.lan.client.firewall(incoming(rules))
                client.expect(425, "RETR old")
                site.server.wait(f"active data connection failed after 1.*{words}")
                site.lan.client.openFirewall()
            assert client.fetch("old", isActive=True) == b"what was there"

    def test_firewallOverIpv6(self, site: Site) -> None:
        """
        There the kernel has another word for what is forbidden.
        """
        forbidding = "meta l4proto tcp reject with icmpv6 type admin-prohibited"
        site.lan.client.firewall(incoming(f"{ONE_LOST}{forbidding}", family="ip6"))
        with site.lan.call(SERVER6) as client:
            client.listen()
            assert "a firewall on the way" in client.expect(425, "RETR old")


class TestNoRoute:
    """
    Addresses that the server cannot reach.
    """

    def test_isToldApart(self, lan: Lan, serve: Serve) -> None:
        """
        The routing table has nothing for the one, and nobody on the cable has
        the other.
        """
        serve(lan.server, "--active-targets=203.0.113.0/24,198.51.100.0/24")
        lan.server.set("net.ipv4.neigh.eth0.retrans_time_ms", 100)
        with lan.call() as client:
            client.expect(200, "PORT 198,51,100,5,195,80")
            assert "no route to this network" in client.expect(425, "RETR old")
            client.expect(200, "PORT 203,0,113,99,195,80")
            assert "no route to this host" in client.expect(425, "RETR old")


def test_firewallThatOpensAfter150(lan: Lan, serve: Serve) -> None:
    """
    A client that can be reached only when it has read 150 is served with
    C{--reply-first}; by default the connection comes first.
    """
    serve(lan.server, "--reply-first")
    with lan.call() as client:
        listener = client.listen()
        lan.client.firewall(incoming("tcp sport 20 drop"))
        client.send("RETR old")
        assert client.reply().startswith("150 ")
        lan.client.openFirewall()
        assert readAll(client.accept(listener)) == b"what was there"
        assert client.reply().startswith("226 ")
