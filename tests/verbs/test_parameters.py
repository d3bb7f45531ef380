"""
Tests for L{ftpactive.verbs.parameters}.
"""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred

from ftpactive.core.account import Quota
from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IDataPlan
from ftpactive.testing.conversation import CLIENT, Conversation
from tests.verbs.limited import Limited

PORT = "PORT 192,0,2,7,78,52"
SERVER6 = Address("2001:db8::1", 21)
CLIENT6 = Address("2001:db8::7", 50000)


@pytest.fixture
def conversation6() -> Conversation:
    """
    A conversation over IPv6.
    """
    return Conversation({"a.txt": b"hello"}, local=SERVER6, peer=CLIENT6)


class TestType:
    """
    TYPE, RFC 959 section 4.1.2.
    """

    @pytest.mark.parametrize(
        ("argument", "reply"),
        [
            ("A", "200 Type set to A N"),
            ("A N", "200 Type set to A N"),
            ("I", "200 Type set to I"),
            ("L 8", "200 Type set to I"),
            ("i", "200 Type set to I"),
        ],
    )
    def test_types(self, conversation: Conversation, argument: str, reply: str) -> None:
        """
        C{A N} and C{L 8} are required; Twisted's own server refused both.
        """
        assert conversation.hears(f"TYPE {argument}").last() == reply

    @pytest.mark.parametrize(("argument", "code"), [("A C", 504), ("L 7", 504), ("X", 501)])
    def test_others(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        What is not supported is told from what does not exist.
        """
        assert conversation.hears(f"TYPE {argument}").codes() == [code]

    @pytest.mark.parametrize("line", ["TYPE", "TYPE ", "TYPE  "])
    def test_empty(self, conversation: Conversation, line: str) -> None:
        """
        Twisted's own server gave no reply at all.
        """
        assert conversation.hears(line).codes() == [501]

    def test_refusedTypeChangesNothing(self, conversation: Conversation) -> None:
        """
        The one before stays.
        """
        assert conversation.hears("TYPE I", "TYPE X", "SIZE a.txt").last() == "213 5"


class TestModeAndStructure:
    """
    MODE and STRU, RFC 959 section 4.1.2.
    """

    @pytest.mark.parametrize("line", ["MODE S", "mode s", "STRU F", "STRU f "])
    def test_supported(self, conversation: Conversation, line: str) -> None:
        """
        A stream, no structure; other modes have tests of their own.
        """
        assert conversation.hears(line).codes() == [200]

    @pytest.mark.parametrize("line", ["MODE C", "STRU R", "STRU P"])
    def test_known(self, conversation: Conversation, line: str) -> None:
        """
        504 for what the RFCs know beside it.
        """
        assert conversation.hears(line).codes() == [504]

    @pytest.mark.parametrize("line", ["MODE X", "MODE \x1b", "STRU FF"])
    def test_unknown(self, conversation: Conversation, line: str) -> None:
        """
        501 for anything else.
        """
        assert conversation.hears(line).codes() == [501]


class TestPort:
    """
    PORT, RFC 959 section 4.1.2 and RFC 2577 section 3.
    """

    def test_isRecorded(self, conversation: Conversation) -> None:
        """
        The address is kept for the transfer to come.
        """
        assert conversation.hears(PORT).last() == "200 PORT command successful"
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]

    def test_connectsNothing(self, conversation: Conversation) -> None:
        """
        The transfer command does that (RFC 959 section 3.2); Twisted's own
        server connected at once, and answered only when it had.
        """
        conversation.hears(PORT)
        assert conversation.opener.channels == []

    def test_foreignAddress(self, conversation: Conversation) -> None:
        """
        The server talks to the client and to nobody else (the bounce attack);
        Twisted's own server connected to anybody.
        """
        conversation.hears("PORT 192,0,2,99,78,52")
        assert conversation.last() == (
            "504 PORT names 192.0.2.99, you are 192.0.2.7: data goes to your own address only"
        )
        assert conversation.opener.planned == []

    @pytest.mark.parametrize("last", ["0,22", "3,255"])
    def test_portOfAService(self, conversation: Conversation, last: str) -> None:
        """
        Nothing below 1024 is connected to; Twisted's own server did it.
        """
        assert conversation.hears(f"PORT 192,0,2,7,{last}").codes() == [504]
        assert conversation.opener.planned == []

    def test_lowestPort(self, conversation: Conversation) -> None:
        """
        1024 is the first that may be.
        """
        assert conversation.hears("PORT 192,0,2,7,4,0").codes() == [200]

    @pytest.mark.parametrize(
        "argument", ["192,0,2,7,78", "192,0,2,7,256,1", "a", "192,0,2,7,0,0", "192.0.2.7,78,52"]
    )
    def test_malformed(self, conversation: Conversation, argument: str) -> None:
        """
        501; Twisted's own server called it an internal error, and took
        numbers above 255.
        """
        assert conversation.hears(f"PORT {argument}").codes() == [501]
        assert conversation.opener.planned == []

    def test_refusalKeepsTheOldPlan(self, conversation: Conversation) -> None:
        """
        A PORT that is refused has not been sent, so to speak.
        """
        conversation.hears(PORT, "PORT 192,0,2,99,78,52", "RETR a.txt")
        assert conversation.codes() == [200, 504, 150, 226]

    def test_staysForTheNextTransfer(self, conversation: Conversation) -> None:
        """
        RFC 959 section 4.1.2: it holds until it is changed.
        """
        conversation.hears(PORT, "RETR a.txt", "RETR a.txt")
        assert conversation.codes() == [200, 150, 226, 150, 226]

    def test_newOneAbandonsTheOld(self, conversation: Conversation) -> None:
        """
        Twisted's own server left the old connection open.
        """
        conversation.hears(PORT, "PORT 192,0,2,7,78,53")
        assert conversation.opener.abandoned == 1

    def test_overIPv6(self, conversation6: Conversation) -> None:
        """
        PORT can only name an IPv4 address, which is not the client's.
        """
        assert conversation6.hears(PORT).codes() == [504]


class TestExtendedPort:
    """
    EPRT, RFC 2428 section 2.
    """

    def test_IPv4(self, conversation: Conversation) -> None:
        """
        The same as PORT.
        """
        conversation.hears("EPRT |1|192.0.2.7|20020|")
        assert conversation.last() == "200 EPRT command successful"
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]

    def test_IPv6(self, conversation6: Conversation) -> None:
        """
        However the client spells its address.
        """
        conversation6.hears("EPRT |2|2001:DB8:0::7|20020|")
        assert conversation6.opener.planned == [Address("2001:db8::7", 20020)]

    def test_zoneIsThePeers(self) -> None:
        """
        A link-local address is good for nothing without the name of our
        interface, which the client does not know.
        """
        conversation = Conversation(
            local=Address("fe80::1%eth0", 21), peer=Address("fe80::7%eth0", 50000)
        )
        conversation.hears("EPRT |2|fe80::7|20020|")
        assert conversation.opener.planned == [Address("fe80::7%eth0", 20020)]

    @pytest.mark.parametrize("argument", ["|2|2001:db8::7|20020|", "|3|192.0.2.7|20020|"])
    def test_otherProtocol(self, conversation: Conversation, argument: str) -> None:
        """
        522 names what can be used, in the form that RFC 2428 gives.
        """
        last = conversation.hears(f"EPRT {argument}").last()
        assert last.startswith("522 ")
        assert last.endswith(")")

    def test_foreignAddress(self, conversation6: Conversation) -> None:
        """
        No bounce here either.
        """
        conversation6.hears("EPRT |2|2001:db8::99|20020|")
        assert conversation6.last() == (
            "504 EPRT names 2001:db8::99, you are 2001:db8::7: data goes to your own address only"
        )
        assert conversation6.opener.planned == []

    def test_portOfAService(self, conversation: Conversation) -> None:
        """
        Nor services.
        """
        assert conversation.hears("EPRT |1|192.0.2.7|25|").codes() == [504]

    def test_malformed(self, conversation: Conversation) -> None:
        """
        501, as for PORT.
        """
        assert conversation.hears("EPRT |1|192.0.2.7|").codes() == [501]

    def test_unknownOwnAddress(self, conversation: Conversation) -> None:
        """
        A client that does not know its address writes zeros, as lftp does.
        """
        conversation.hears("EPRT |1|0.0.0.0|20020|")
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]


class TestLong:
    """
    LPRT and LPSV, RFC 1639.
    """

    def test_port(self, conversation: Conversation) -> None:
        """
        Lengths before address and port.
        """
        conversation.hears("LPRT 4,4,192,0,2,7,2,78,52")
        assert conversation.last() == "200 LPRT command successful"
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]

    def test_foreignAddress(self, conversation: Conversation) -> None:
        """
        No bounce here either.
        """
        assert conversation.hears("LPRT 4,4,192,0,2,99,2,78,52").codes() == [504]

    def test_passive(self, conversation: Conversation) -> None:
        """
        The reply has the same form.
        """
        conversation.hears("LPSV")
        assert conversation.last() == "228 Entering Long Passive Mode (4,4,192,0,2,1,2,78,52)"

    @pytest.mark.parametrize("line", ["LPRT 4,4,192,0,2,7,2,78,52", "LPSV"])
    def test_afterEpsvAll(self, conversation: Conversation, line: str) -> None:
        """
        Not any more.
        """
        assert conversation.hears("EPSV ALL", line).codes() == [200, 501]


class TestPassive:
    """
    PASV, RFC 959 section 4.1.2.
    """

    def test_tellsWhereToConnect(self, conversation: Conversation) -> None:
        """
        Where the client called; in brackets, where clients look for it.
        """
        conversation.hears("PASV")
        assert conversation.last() == "227 Entering Passive Mode (192,0,2,1,78,52)"
        assert conversation.opener.planned == [None]

    def test_announcedAddress(self) -> None:
        """
        Behind NAT the client must be told another one; Twisted's own server
        has no setting for it.
        """
        conversation = Conversation(settings=Settings(passiveAddress="198.51.100.5"))
        conversation.hears("PASV")
        assert conversation.last() == "227 Entering Passive Mode (198,51,100,5,78,52)"

    def test_isForOneTransfer(self, conversation: Conversation) -> None:
        """
        The port is closed after it (RFC 1123 section 4.1.2.6), and for the
        next transfer nothing is arranged; Twisted's own server opened with 150
        and failed then.
        """
        conversation.hears("PASV", "RETR a.txt", "RETR a.txt")
        assert conversation.codes() == [227, 150, 226, 150, 226]
        assert conversation.opener.planned == [None, CLIENT]
        assert conversation.opener.abandoned == 1

    def test_commandsAreHeardAfterIt(self, conversation: Conversation) -> None:
        """
        Whether or not somebody connects; Twisted's own server waited for it
        and heard nothing meanwhile.
        """
        assert conversation.hears("PASV", "NOOP").codes() == [227, 200]

    def test_noPortIsFree(self, conversation: Conversation) -> None:
        """
        425 with the reason; Twisted's own server called it an internal error.
        """
        conversation.opener.failure = CannotOpenData("No port is free")
        assert conversation.hears("PASV").last() == "425 No port is free"

    def test_oldPortIsGivenBackFirst(self, conversation: Conversation) -> None:
        """
        In a small range there may be no other, even if then none is had.
        """
        conversation.hears("PASV")
        conversation.opener.failure = CannotOpenData("No port is free")
        conversation.hears("PASV", "RETR a.txt")
        assert conversation.opener.abandoned == 1
        assert conversation.codes() == [227, 425, 425]

    def test_takesThePlaceOfPort(self, conversation: Conversation) -> None:
        """
        Whatever was said last, counts.
        """
        conversation.hears(PORT, "PASV")
        assert conversation.opener.abandoned == 1
        conversation.hears("RETR a.txt", "RETR a.txt")
        assert conversation.codes() == [200, 227, 150, 226, 150, 226]
        assert conversation.opener.planned == [Address("192.0.2.7", 20020), None, CLIENT]

    def test_overIPv6(self, conversation6: Conversation) -> None:
        """
        The reply has no room for an IPv6 address.
        """
        assert conversation6.hears("PASV").codes() == [425]
        assert conversation6.opener.planned == []

    def test_leavingWhileAPortIsOpened(self, conversation: Conversation) -> None:
        """
        A port that is open only after the client has left is closed at once.
        """
        waiting: Deferred[None] = Deferred()
        quick = conversation.opener.passive

        async def passive(targets: TargetPolicy) -> IDataPlan:
            await waiting
            return await quick(targets)

        conversation.opener.passive = passive  # type: ignore[method-assign]
        conversation.hears("PASV").leaves()
        waiting.callback(None)
        assert conversation.opener.planned == [None]
        assert conversation.opener.abandoned == 1


class TestExtendedPassive:
    """
    EPSV, RFC 2428 section 3.
    """

    def test_tellsThePort(self, conversation: Conversation) -> None:
        """
        And nothing but the port.
        """
        conversation.hears("EPSV")
        assert conversation.last() == "229 Entering Extended Passive Mode (|||20020|)"

    @pytest.mark.parametrize(("protocol", "code"), [("1", 229), ("2", 522), ("3", 522), ("x", 522)])
    def test_protocol(self, conversation: Conversation, protocol: str, code: int) -> None:
        """
        Only that of the control connection can be used.
        """
        assert conversation.hears(f"EPSV {protocol}").codes() == [code]

    @pytest.mark.parametrize(("protocol", "code"), [("", 229), ("1", 522), ("2", 229)])
    def test_protocolOverIPv6(self, conversation6: Conversation, protocol: str, code: int) -> None:
        """
        In Twisted's own server C{EPSV 2} listened on IPv4.
        """
        assert conversation6.hears(f"EPSV {protocol}").codes() == [code]

    @pytest.mark.parametrize("line", [PORT, "EPRT |1|192.0.2.7|20020|", "PASV"])
    def test_allRefusesTheOthers(self, conversation: Conversation, line: str) -> None:
        """
        RFC 2428 section 4: firewalls count on it.
        """
        conversation.hears("EPSV all", line, "EPSV")
        assert conversation.codes() == [200, 501, 229]
        assert conversation.opener.planned == [None]


class TestRestart:
    """
    REST, RFC 3659 section 5.
    """

    def test_download(self, conversation: Conversation) -> None:
        """
        RETR begins at the offset.
        """
        conversation.hears("TYPE I", PORT, "REST 4", "RETR b.txt")
        assert conversation.codes()[2:] == [350, 150, 226]
        assert conversation.downloaded == b"456789"

    def test_upload(self, conversation: Conversation) -> None:
        """
        STOR keeps what stands before the offset.
        """
        conversation.opener.toReceive = b"XY"
        conversation.hears("TYPE I", PORT, "REST 4", "STOR b.txt", "REST 4", "RETR b.txt")
        assert conversation.downloaded == b"XY"

    @pytest.mark.parametrize(
        "between", ["PASV", PORT, "EPSV", "TYPE I", "NOOP", "PWD", "SIZE b.txt", "STAT"]
    )
    def test_survives(self, conversation: Conversation, between: str) -> None:
        """
        Many clients send something between REST and RETR.
        """
        conversation.hears("TYPE I", PORT, "REST 4", between, "RETR b.txt")
        assert conversation.downloaded == b"456789"

    @pytest.mark.parametrize(
        "between", ["CWD /", "LIST", "MKD new", "RETR a.txt", "RETR", "RETR x"]
    )
    def test_endsWith(self, conversation: Conversation, between: str) -> None:
        """
        It is for the next transfer and no other, even if that one fails.
        """
        conversation.hears("TYPE I", PORT, "REST 4", between, "RETR b.txt")
        assert conversation.downloaded == b"0123456789"

    def test_pastTheEnd(self, conversation: Conversation) -> None:
        """
        The file ends before it.
        """
        assert conversation.hears("TYPE I", PORT, "REST 11", "RETR b.txt").codes()[-1] == 554

    def test_zero(self, conversation: Conversation) -> None:
        """
        It takes back what was said, also in TYPE A.
        """
        conversation.hears("TYPE I", PORT, "REST 4", "TYPE A", "REST 0", "RETR b.txt")
        assert conversation.downloaded == b"0123456789"

    def test_ascii(self, conversation: Conversation) -> None:
        """
        Bytes on the wire are not those of the file.
        """
        assert conversation.hears("REST 4").codes() == [504]

    @pytest.mark.parametrize("argument", ["x", "-1", "1.5", "²", "1" * 20, " "])
    def test_malformed(self, conversation: Conversation, argument: str) -> None:
        """
        A number of bytes, and nothing else.
        """
        assert conversation.hears("TYPE I", f"REST {argument}").codes() == [200, 501]


class TestAllocate:
    """
    ALLO, RFC 959 section 4.1.3.
    """

    @pytest.mark.parametrize("argument", ["100", "100 R 10", "100 r 10"])
    def test_isNotNeeded(self, conversation: Conversation, argument: str) -> None:
        """
        Nothing has to be reserved.
        """
        assert conversation.hears(f"ALLO {argument}").codes() == [202]

    @pytest.mark.parametrize("argument", ["x", "100 R", "100 R x", "100 X 10", "R 10", " "])
    def test_malformed(self, conversation: Conversation, argument: str) -> None:
        """
        Still, it must make sense.
        """
        assert conversation.hears(f"ALLO {argument}").codes() == [501]

    @pytest.mark.parametrize(
        ("quota", "code"), [(Quota(size=100), 202), (Quota(size=99), 552), (Quota(files=1), 202)]
    )
    def test_quota(self, quota: Quota, code: int) -> None:
        """
        Where it is more than there may ever be, the client is told so now.
        """
        storage = Limited(quota)
        assert Conversation(storage).hears("ALLO 100").codes() == [code]


class TestOptions:
    """
    OPTS, RFC 2389 section 4.
    """

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("UTF8 ON", 200),
            ("utf8 on", 200),
            ("UTF8", 200),
            ("UTF-8 ON", 200),
            ("UTF8 OFF", 501),
            ("UTF8 NLST", 501),
            ("NLST", 501),
            (" ", 501),
        ],
    )
    def test_utf8(self, argument: str, code: int) -> None:
        """
        Names are UTF-8 anyway; many clients ask before they log in, and
        Twisted's own server knew no OPTS.
        """
        assert Conversation(login=False).hears(f"OPTS {argument}").codes() == [220, code]

    @pytest.mark.parametrize(
        ("argument", "reply"),
        [
            ("MLST type;size;", "200 MLST OPTS type;size;"),
            ("MLST SIZE;Type;", "200 MLST OPTS type;size;"),
            ("MLST type;nonsense;", "200 MLST OPTS type;"),
            ("MLST nonsense", "200 MLST OPTS"),
            ("MLST", "200 MLST OPTS"),
        ],
    )
    def test_facts(self, conversation: Conversation, argument: str, reply: str) -> None:
        """
        RFC 3659 section 7.9: what is not known is left out.
        """
        assert conversation.hears(f"OPTS {argument}").last() == reply

    def test_factsAreChosen(self, conversation: Conversation) -> None:
        """
        MLST and MLSD tell those and no others.
        """
        conversation.hears("OPTS MLST size;", "MLST a.txt", PORT, "MLSD sub")
        assert "\n size=5; /a.txt\n" in conversation.replies()[1]
        assert conversation.downloaded == b"size=5; c.txt\r\n"


class TestMode:
    """
    MODE B and Z, RFC 959 section 3.4 and draft-preston-ftpext-deflate.
    """

    @pytest.mark.parametrize(
        ("argument", "code"), [("B", "B"), ("b", "B"), ("Z", "Z"), (" z ", "Z")]
    )
    def test_choose(self, conversation: Conversation, argument: str, code: str) -> None:
        """
        STAT shows it.
        """
        conversation.hears(f"MODE {argument}", "STAT")
        assert conversation.replies()[0] == f"200 MODE set to {code}"
        assert f", MODE {code}, " in conversation.last()

    def test_staysUntilItIsChanged(self, conversation: Conversation) -> None:
        """
        For any number of transfers; REIN is back to a stream.
        """
        conversation.hears("MODE B", "TYPE I", PORT, "RETR a.txt", "RETR a.txt")
        assert conversation.downloaded == b"\0\0\5hello\x40\0\0"
        conversation.hears("REIN", "USER alice", "PASS secret", "TYPE I", PORT, "RETR a.txt")
        assert conversation.downloaded == b"hello"


class TestTypes:
    """
    What RFC 959 has beside A and I.
    """

    @pytest.mark.parametrize(
        ("argument", "reply"),
        [
            ("A T", "200 Type set to A N"),
            ("E", "200 Type set to E N"),
            ("E N", "200 Type set to E N"),
            ("E T", "200 Type set to E N"),
            ("A C", "504 Type A C is for printers: use A N"),
            ("E C", "504 Type E C is for printers: use E N"),
            ("L 7", "504 Bytes have 8 bits here, not 7: use L 8"),
            ("L", "501 TYPE takes A, E, I or L 8"),
        ],
    )
    def test_answers(self, conversation: Conversation, argument: str, reply: str) -> None:
        """
        T is N where nothing is printed, RFC 1123 section 4.1.2.2.
        """
        assert conversation.hears(f"TYPE {argument}").last() == reply

    def test_codePage(self) -> None:
        """
        That of TYPE E is the operator's choice.
        """
        conversation = Conversation({"a": b"[\n"}, settings=Settings(ebcdic="cp1047"))
        conversation.hears("TYPE E", PORT, "RETR a")
        assert conversation.downloaded == b"\xad\x15"

    def test_upload(self, conversation: Conversation) -> None:
        """
        It is translated back.
        """
        conversation.opener.toReceive = b"\xc1\x15"
        conversation.hears("TYPE E", PORT, "STOR new", "TYPE I", "RETR new")
        assert conversation.downloaded == b"A\n"


class TestLongPassive:
    """
    LPSV and LPRT over IPv6 and behind NAT, RFC 1639.
    """

    def test_overIPv6(self, conversation6: Conversation) -> None:
        """
        Family 6 has addresses of 16 bytes.
        """
        conversation6.hears("LPSV", "LPRT 6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,7,2,78,52")
        address = "32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1"
        assert conversation6.replies() == [
            f"228 Entering Long Passive Mode (6,16,{address},2,78,52)",
            "200 LPRT command successful",
        ]
        assert conversation6.opener.planned == [None, Address("2001:db8::7", 20020)]

    def test_announcedAddress(self) -> None:
        """
        As PASV tells it.
        """
        conversation = Conversation(settings=Settings(passiveAddress="198.51.100.5"))
        conversation.hears("LPSV")
        assert conversation.last() == "228 Entering Long Passive Mode (4,4,198,51,100,5,2,78,52)"

    def test_announcedAddressIsIPv4(self) -> None:
        """
        Over IPv6 there is no NAT to speak of.
        """
        settings = Settings(passiveAddress="198.51.100.5")
        conversation = Conversation(settings=settings, local=SERVER6, peer=CLIENT6).hears("LPSV")
        assert conversation.last().startswith("228 Entering Long Passive Mode (6,16,32,1,")

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("5,4,192,0,2,7,2,78,52", 521),
            ("4,4,192,0,2,7,2,78", 501),
            ("4,16,192,0,2,7,2,78,52", 501),
            ("4,4,192,0,2,7,2,0,0", 501),
            ("4,4,192,0,2,7,2,0,25", 504),
            ("x", 501),
        ],
    )
    def test_mistakes(self, conversation: Conversation, argument: str, code: int) -> None:
        """
        521 is for a family that nobody here has.
        """
        assert conversation.hears(f"LPRT {argument}").codes() == [code]
        assert conversation.opener.planned == []
