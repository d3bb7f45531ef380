"""
Tests for L{ftpactive.core.address}.
"""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ftpactive.core.address import (
    Address,
    formatEpsv,
    formatLpsv,
    formatPasv,
    networkProtocol,
    normalise,
    parseEprt,
    parseLprt,
    parseNetworkProtocol,
    parsePort,
    sameHost,
)
from ftpactive.core.errors import (
    BadArgument,
    CannotOpenData,
    FTPError,
    WrongAddressFamily,
    WrongNetworkProtocol,
)

PORTS = st.integers(min_value=1, max_value=65535)
HOSTS = st.ip_addresses().map(str).map(normalise)
#: Text that is nearly an argument gets further into a parser than any text.
ARGUMENTS = st.text() | st.text("0123456789,|.:%² af-")
LOOPBACK6 = ",".join(["0"] * 15 + ["1"])


class TestAddress:
    """
    L{Address} is one end of a TCP connection.
    """

    def test_ipv4AsText(self) -> None:
        """
        Host and port are joined by a colon.
        """
        assert str(Address("192.0.2.7", 20)) == "192.0.2.7:20"

    def test_ipv6AsText(self) -> None:
        """
        Brackets tell the colons of the host from that of the port.
        """
        assert str(Address("::1", 20)) == "[::1]:20"


class TestNormalise:
    """
    L{normalise} has one text for one address.
    """

    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:DB8:0:0::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::FFFF:c000:207", "192.0.2.7"),
            ("FE80::1%eth0", "fe80::1%eth0"),
        ],
    )
    def test_oneText(self, host: str, expected: str) -> None:
        """
        IPv6 is compressed, IPv4 inside it is IPv4, a zone is kept.
        """
        assert normalise(host) == expected

    @given(st.ip_addresses())
    def test_twiceIsOnce(self, host: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        """
        What is normalised stays as it is.
        """
        assert normalise(normalise(str(host))) == normalise(str(host))

    @pytest.mark.parametrize("host", ["", "localhost", "192.0.2", "192.0.2.007", "::g"])
    def test_namesAreRefused(self, host: str) -> None:
        """
        Only addresses have a normal form.
        """
        with pytest.raises(ValueError):
            normalise(host)


class TestNetworkProtocol:
    """
    L{networkProtocol} gives RFC 2428's number of an address.
    """

    @pytest.mark.parametrize(
        ("host", "number"), [("192.0.2.7", 1), ("::ffff:192.0.2.7", 1), ("::1", 2)]
    )
    def test_number(self, host: str, number: int) -> None:
        """
        IPv4 is 1, also inside IPv6; IPv6 is 2.
        """
        assert networkProtocol(host) == number


class TestSameHost:
    """
    L{sameHost} compares what a client sends with where it calls from.
    """

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "::ffff:192.0.2.7"),
            ("2001:db8::7", "2001:DB8:0::7"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("fe80::1%eth0", "fe80::1"),
            ("fe80::1", "fe80::1%eth0"),
        ],
    )
    def test_same(self, a: str, b: str) -> None:
        """
        How it is written does not count, nor a zone that only one has.
        """
        assert sameHost(a, b)

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("192.0.2.7", "192.0.2.8"),
            ("::1", "127.0.0.1"),
            ("fe80::1%eth0", "fe80::2%eth0"),
            ("fe80::1%eth0", "fe80::1%eth1"),
        ],
    )
    def test_different(self, a: str, b: str) -> None:
        """
        The same link-local address on two links is two machines.
        """
        assert not sameHost(a, b)


class TestParsePort:
    """
    L{parsePort} reads the argument of C{PORT}, RFC 959 section 4.1.2.
    """

    def test_portIsHighByteThenLowByte(self) -> None:
        """
        The fifth number counts 256s.
        """
        assert parsePort("192,0,2,7,78,52") == Address("192.0.2.7", 20020)

    def test_blanksAroundAreIgnored(self) -> None:
        """
        A blank too many after the verb, or at the end, does no harm.
        """
        assert parsePort("  192,0,2,7,0,20 ") == Address("192.0.2.7", 20)

    def test_leadingZerosAreDecimal(self) -> None:
        """
        C{010} is ten here, never eight.
        """
        assert parsePort("192,000,002,010,078,052") == Address("192.0.2.10", 20020)

    def test_portZeroIs501(self) -> None:
        """
        Port 0 is well formed, yet no one can listen there.
        """
        with pytest.raises(BadArgument, match="1-65535"):
            parsePort("192,0,2,7,0,0")

    @pytest.mark.parametrize(
        "argument",
        [
            "",
            "192,0,2,7,78",
            "192,0,2,7,78,52,1",
            "192,0,2,7,78,256",
            "192,0,2,7,78,-1",
            "192,0,2,7,78,+1",
            "192,0,2,7,78, 52",
            "192,0,2,7,,52",
            "192.0.2.7,78,52",
            "192,0,2,7,78,²",
            "192,0,2,7,78,٣",
            "192,0,2,7,78,0x1",
            "192,0,2,7 ,78,52",
            "192,0, 2,7,78,52",
            "192,0,2,256,78,52",
            "192,0,,7,78,52",
            "192,0,2,٣,78,52",
            "192,0,2,000007,78,52",
        ],
    )
    def test_anythingElseIs501(self, argument: str) -> None:
        """
        Six plain numbers 0-255 or nothing.
        """
        with pytest.raises(BadArgument, match="PORT needs six numbers 0-255 joined by commas"):
            parsePort(argument)

    def test_longArgumentIsCutInTheReply(self) -> None:
        """
        The client reads what it sent, but not all of a long line.
        """
        with pytest.raises(BadArgument) as caught:
            parsePort("1," * 5000)
        assert len(str(caught.value)) < 150

    def test_replyIsPrintable(self) -> None:
        """
        Nothing of the argument can act on a terminal or break a line.
        """
        with pytest.raises(BadArgument) as caught:
            parsePort("\x1b[2J\r\n\udcff")
        assert str(caught.value).isprintable()

    @given(ARGUMENTS)
    @example("9" * 5000)
    def test_onlyOurErrors(self, argument: str) -> None:
        """
        Whatever a client sends, it is an address or an FTP error.
        """
        try:
            assert parsePort(argument).port
        except FTPError:
            pass


class TestParseEprt:
    """
    L{parseEprt} reads the argument of C{EPRT}, RFC 2428 section 2.
    """

    @pytest.mark.parametrize(
        ("argument", "expected"),
        [
            ("|1|192.0.2.7|6446|", Address("192.0.2.7", 6446)),
            ("|2|2001:DB8:0::7|6446|", Address("2001:db8::7", 6446)),
            (" !1!192.0.2.7!6446! ", Address("192.0.2.7", 6446)),
            ("~1~192.0.2.7~6446~", Address("192.0.2.7", 6446)),
            ("|1|192.0.2.7|65535|", Address("192.0.2.7", 65535)),
        ],
    )
    def test_addresses(self, argument: str, expected: Address) -> None:
        """
        Both protocols, and any printable character between the parts.
        """
        assert parseEprt(argument) == expected

    def test_ipv4InsideIpv6(self) -> None:
        """
        A client on a dual-stack socket may know its IPv4 address as IPv6.
        """
        assert parseEprt("|2|::ffff:192.0.2.7|6446|") == Address("192.0.2.7", 6446)

    def test_zoneIsDropped(self) -> None:
        """
        The client's name for its interface means nothing to us.
        """
        assert parseEprt("|2|fe80::1%en0|6446|") == Address("fe80::1", 6446)

    @pytest.mark.parametrize("protocol", ["0", "3", "11", "", "x", "²"])
    def test_otherProtocolsAre522(self, protocol: str) -> None:
        """
        The reply ends with the protocols that we have, as the RFC wants.
        """
        with pytest.raises(WrongNetworkProtocol, match=r"use \(1,2\)$"):
            parseEprt(f"|{protocol}|192.0.2.7|6446|")

    @pytest.mark.parametrize(
        "argument",
        [
            "",
            " ",
            "|",
            "|1|192.0.2.7|6446",
            "|1|192.0.2.7|6446|x",
            "|1|192.0.2.7|6446||",
            "x|1|192.0.2.7|6446|",
            "\x7f1\x7f192.0.2.7\x7f6446\x7f",
            "\t1\t192.0.2.7\t6446\t",
            "§1§192.0.2.7§6446§",
            ":2:::1:6446:",
        ],
    )
    def test_malformedIs501(self, argument: str) -> None:
        """
        Three parts, the delimiter before, between and after them.
        """
        with pytest.raises(BadArgument, match="EPRT needs .protocol.address.port."):
            parseEprt(argument)

    @pytest.mark.parametrize(
        "argument",
        [
            "|1|::1|6446|",
            "|1|::ffff:192.0.2.7|6446|",
            "|2|192.0.2.7|6446|",
            "|1|localhost|6446|",
            "|1|192.0.2.1/24|6446|",
            "|1|3221225991|6446|",
            "|2||6446|",
        ],
    )
    def test_addressMustMatchProtocol(self, argument: str) -> None:
        """
        The reply says which kind of address was wanted.
        """
        with pytest.raises(BadArgument, match="EPRT needs an IPv[46] address with protocol [12]"):
            parseEprt(argument)

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "", " 20", "²", "9" * 5000])
    def test_portIs1To65535(self, port: str) -> None:
        """
        Anything else is 501.
        """
        with pytest.raises(BadArgument, match="port 1-65535"):
            parseEprt(f"|1|192.0.2.7|{port}|")

    @given(HOSTS, PORTS)
    def test_anyAddress(self, host: str, port: int) -> None:
        """
        What a client writes as the RFC says is what we read.
        """
        argument = f"|{networkProtocol(host)}|{host.partition('%')[0]}|{port}|"
        assert parseEprt(argument) == Address(host.partition("%")[0], port)

    @given(ARGUMENTS | st.builds("|{}|{}|{}|".format, ARGUMENTS, ARGUMENTS, ARGUMENTS))
    def test_onlyOurErrors(self, argument: str) -> None:
        """
        Whatever a client sends, it is an address or an FTP error.
        """
        try:
            assert parseEprt(argument).port
        except FTPError:
            pass


class TestParseLprt:
    """
    L{parseLprt} reads the argument of C{LPRT}, RFC 1639 section 3.
    """

    def test_ipv4(self) -> None:
        """
        Family 4 has four bytes of address.
        """
        assert parseLprt(" 4,4,192,0,2,7,2,78,52 ") == Address("192.0.2.7", 20020)

    def test_ipv6(self) -> None:
        """
        Family 6 has sixteen.
        """
        assert parseLprt(f"6,16,{LOOPBACK6},2,78,52") == Address("::1", 20020)

    def test_ipv4InsideIpv6(self) -> None:
        """
        It is the same address as in a PORT.
        """
        argument = "6,16,0,0,0,0,0,0,0,0,0,0,255,255,192,0,2,7,2,78,52"
        assert parseLprt(argument) == Address("192.0.2.7", 20020)

    @pytest.mark.parametrize("argument", ["5,4,192,0,2,7,2,78,52", "0", "16,1,1,1,1"])
    def test_otherFamilies(self, argument: str) -> None:
        """
        The reply ends with the families that we have, as the RFC wants.
        """
        with pytest.raises(WrongAddressFamily, match=r"supported address families are \(4,6\)$"):
            parseLprt(argument)

    @pytest.mark.parametrize(
        "argument",
        [
            "4",
            "4,4,192,0,2,7,2,78",
            "4,4,192,0,2,7,2,78,52,1",
            "4,5,192,0,2,7,2,78,52",
            "4,4,192,0,2,7,3,78,52",
            "6,4,192,0,2,7,2,78,52",
            f"6,15,{LOOPBACK6},2,78,52",
        ],
    )
    def test_lengthsMustBeThoseOfTheFamily(self, argument: str) -> None:
        """
        The reply says how many bytes were wanted.
        """
        with pytest.raises(BadArgument, match="LPRT of family [46] needs (4|16) bytes"):
            parseLprt(argument)

    @pytest.mark.parametrize(
        "argument", ["", "x", "4,4,192,0,2,256,2,78,52", "4,4,192,0,2,7,2,78,"]
    )
    def test_malformedIs501(self, argument: str) -> None:
        """
        Plain numbers 0-255 or nothing.
        """
        with pytest.raises(BadArgument, match="LPRT needs numbers 0-255 joined by commas"):
            parseLprt(argument)

    def test_portZeroIs501(self) -> None:
        """
        Port 0 is well formed, yet no one can listen there.
        """
        with pytest.raises(BadArgument, match="LPRT needs a port 1-65535"):
            parseLprt("4,4,192,0,2,7,2,0,0")

    @given(ARGUMENTS | st.lists(st.integers(0, 255)).map(lambda n: ",".join(map(str, n))))
    def test_onlyOurErrors(self, argument: str) -> None:
        """
        Whatever a client sends, it is an address or an FTP error.
        """
        try:
            assert parseLprt(argument).port
        except FTPError:
            pass


class TestParseNetworkProtocol:
    """
    L{parseNetworkProtocol} reads the argument of C{EPSV}, RFC 2428 section 3.
    """

    @pytest.mark.parametrize(("argument", "number"), [("1", 1), (" 2 ", 2)])
    def test_number(self, argument: str, number: int) -> None:
        """
        There are two.
        """
        assert parseNetworkProtocol(argument) == number

    @pytest.mark.parametrize("argument", ["", "0", "3", "01", "ALL", "²", "9" * 5000])
    def test_anythingElseIs522(self, argument: str) -> None:
        """
        The reply ends with the two.
        """
        with pytest.raises(WrongNetworkProtocol, match=r"use \(1,2\)$"):
            parseNetworkProtocol(argument)


class TestFormat:
    """
    What replies to PASV, EPSV and LPSV say, clients can send back.
    """

    def test_pasv(self) -> None:
        """
        High byte of the port first.
        """
        assert formatPasv(Address("192.0.2.7", 20020)) == "192,0,2,7,78,52"

    def test_pasvCannotTellIpv6(self) -> None:
        """
        The reply tells the client what to use instead.
        """
        with pytest.raises(CannotOpenData, match="EPSV"):
            formatPasv(Address("::1", 20020))

    def test_epsv(self) -> None:
        """
        Only the port: the client knows the host.
        """
        assert formatEpsv(6446) == "|||6446|"

    def test_lpsvWithIpv4(self) -> None:
        """
        Family and lengths stand before what they count.
        """
        assert formatLpsv(Address("192.0.2.7", 20020)) == "4,4,192,0,2,7,2,78,52"

    def test_lpsvWithIpv6(self) -> None:
        """
        A zone is not sent: it is our name for our interface.
        """
        assert formatLpsv(Address("::1%lo", 20020)) == f"6,16,{LOOPBACK6},2,78,52"

    @given(st.ip_addresses(v=4).map(str), PORTS)
    def test_pasvIsReadAsPort(self, host: str, port: int) -> None:
        """
        What C{PASV} answers, C{PORT} takes: that is how FXP works.
        """
        assert parsePort(formatPasv(Address(host, port))) == Address(host, port)

    @given(HOSTS, PORTS)
    def test_lpsvIsReadAsLprt(self, host: str, port: int) -> None:
        """
        What C{LPSV} answers, C{LPRT} takes.
        """
        assert parseLprt(formatLpsv(Address(host, port))) == Address(host.partition("%")[0], port)
