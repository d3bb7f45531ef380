"""
Active mode as a client hears of it: where the data may go, where it goes when
nothing was said, and in which order.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpactive.abilities import IPreferences
from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.events import Event, Opened, Outcome
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IStorage
from ftpactive.logins import Attempt, Login
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import CLIENT, Conversation

PORT = "PORT 192,0,2,7,78,52"
HOME = "PORT 10,0,0,7,78,52"
FRIEND = "PORT 198,51,100,4,78,52"
FRIENDS = TargetPolicy(networks=(ip_network("198.51.100.0/24"),))

_ARRANGE = "Say first where the data goes: PORT, EPRT, PASV or EPSV"


def begin(peer: Address = CLIENT, **settings: object) -> Conversation:
    """
    Begin a conversation with these settings.
    """
    return Conversation({"a": b"1"}, settings=Settings(**settings), peer=peer)  # type: ignore[arg-type]


def refusals(conversation: Conversation) -> list[Event]:
    """
    Give what was told of data connections.
    """
    return [event for event in conversation.events if isinstance(event, Opened)]


class TestDefaultDataConnection:
    """
    A transfer for which nothing was arranged goes to the port of the client's
    control connection, RFC 959 section 3.2.
    """

    def test_goesToTheControlPort(self) -> None:
        """
        Nothing is connected before the transfer wants it.
        """
        conversation = begin()
        assert conversation.opener.planned == []
        assert conversation.hears("RETR a").codes() == [150, 226]
        assert conversation.opener.planned == [CLIENT]

    @pytest.mark.parametrize("line", ["RETR missing", "STOR", "NLST missing"])
    def test_otherChecksStay(self, line: str) -> None:
        """
        What is wrong with the command is said as ever.
        """
        assert begin().hears(line).codes()[-1] in (501, 550)

    def test_strangersHaveNone(self) -> None:
        """
        The login comes first.
        """
        conversation = begin().hears("USER alice", "RETR a")
        assert conversation.codes() == [331, 530]
        assert conversation.opener.planned == []

    def test_portTakesItsPlace(self) -> None:
        """
        And stays, RFC 959 section 4.1.2.
        """
        conversation = begin().hears("RETR a", PORT, "RETR a", "RETR a")
        assert conversation.opener.planned == [CLIENT, Address("192.0.2.7", 20020)]

    def test_failureSaysWhatToSend(self) -> None:
        """
        Hardly a client listens there, and its user should learn what is
        missing.
        """
        conversation = begin()
        conversation.opener.failure = CannotOpenData("Connection refused")
        assert conversation.hears("RETR a").last() == f"425 Connection refused. {_ARRANGE}"

    def test_otherFailuresDoNot(self) -> None:
        """
        Who has sent PORT need not be told.
        """
        conversation = begin()
        conversation.opener.failure = CannotOpenData("Connection refused")
        assert conversation.hears(PORT, "RETR a").last() == "425 Connection refused"

    @pytest.mark.parametrize("line", ["RETR a", "STOR b", "APPE a", "STOU", "LIST", "NLST", "MLSD"])
    def test_canBeTurnedOff(self, line: str) -> None:
        """
        Then the answer is 425 at once.
        """
        conversation = begin(defaultDataConnection=False)
        assert conversation.hears(line).replies() == [f"425 {_ARRANGE}"]
        assert conversation.opener.planned == []

    def test_portWorksWithoutIt(self) -> None:
        """
        What was arranged is used as ever.
        """
        conversation = begin(defaultDataConnection=False).hears(PORT, "RETR a")
        assert conversation.codes() == [200, 150, 226]

    def test_notAfterEpsvAll(self) -> None:
        """
        RFC 2428 section 4: firewalls count on EPSV being all there is.
        """
        conversation = begin().hears("EPSV ALL", "RETR a")
        assert conversation.replies()[1] == f"425 {_ARRANGE}"
        assert conversation.opener.planned == []

    @pytest.mark.parametrize("before", [PORT, "RETR a"])
    def test_notFromBeforeEpsvAll(self, before: str) -> None:
        """
        Nor does an active connection that was arranged before it stay.
        """
        conversation = begin().hears(before, "EPSV ALL", "RETR a")
        assert conversation.codes()[-1] == 425

    def test_epsvFromBeforeEpsvAll(self) -> None:
        """
        A passive one does.
        """
        conversation = begin().hears("EPSV", "EPSV ALL", "RETR a")
        assert conversation.codes() == [229, 200, 150, 226]


class TestOrder:
    """
    C{repliesFirst}: 150 is sent before an active connection is made.
    """

    def test_first(self) -> None:
        """
        For clients that accept only after it.
        """
        conversation = begin(repliesFirst=True)
        conversation.opener.opensLate = True
        before = conversation.hears(PORT, "RETR a").codes()
        conversation.opener.connect()
        assert (before, conversation.codes()) == ([200, 150], [200, 150, 226])

    def test_failure(self) -> None:
        """
        425 comes after 150 then.
        """
        conversation = begin(repliesFirst=True)
        conversation.opener.failure = CannotOpenData("Connection refused")
        assert conversation.hears(PORT, "RETR a").codes() == [200, 150, 425]

    def test_passiveIsNoDifferent(self) -> None:
        """
        There it is first anyhow, and said once.
        """
        assert begin(repliesFirst=True).hears("PASV", "RETR a").codes() == [227, 150, 226]

    def test_byDefaultAfterwards(self) -> None:
        """
        So that a client that cannot be reached hears no 150.
        """
        conversation = begin()
        conversation.opener.failure = CannotOpenData("Connection refused")
        assert conversation.hears(PORT, "RETR a").codes() == [200, 425]


class TestTargets:
    """
    Where PORT, EPRT and LPRT may lead is for the policy to say.
    """

    def test_substituted(self) -> None:
        """
        The reply tells both addresses.
        """
        conversation = begin(targets=TargetPolicy(substitutes=True)).hears(HOME)
        assert conversation.last() == (
            "200 PORT command successful: 192.0.2.7:20020 instead of 10.0.0.7:20020"
        )
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]

    @pytest.mark.parametrize(
        "line",
        ["EPRT |1|10.0.0.7|20020|", "LPRT 4,4,10,0,0,7,2,78,52"],
    )
    def test_substitutedHoweverItIsSaid(self, line: str) -> None:
        """
        The other commands are no different.
        """
        conversation = begin(targets=TargetPolicy(substitutes=True)).hears(line)
        assert conversation.opener.planned == [Address("192.0.2.7", 20020)]

    def test_networks(self) -> None:
        """
        Whoever is in one is connected to.
        """
        conversation = begin(targets=FRIENDS).hears(FRIEND, "RETR a")
        assert conversation.replies()[0] == "200 PORT command successful"
        assert conversation.opener.planned == [Address("198.51.100.4", 20020)]

    def test_lowPorts(self) -> None:
        """
        Where they are allowed.
        """
        policy = TargetPolicy(lowPorts=(ip_network("192.0.2.0/24"),))
        assert begin(targets=policy).hears("PORT 192,0,2,7,0,20").codes() == [200]

    @pytest.mark.parametrize(
        ("line", "asked"),
        [
            (HOME, "10.0.0.7:20020"),
            ("EPRT |1|10.0.0.7|20020|", "10.0.0.7:20020"),
            ("LPRT 4,4,10,0,0,7,2,78,52", "10.0.0.7:20020"),
            ("PORT 192,0,2,7,0,25", "192.0.2.7:25"),
        ],
    )
    def test_refusalIsTold(self, line: str, asked: str) -> None:
        """
        Operators learn who asked for what, though nothing was connected; the
        client is told the same.
        """
        conversation = begin().hears(line)
        (refused,) = refusals(conversation)
        error = conversation.last().removeprefix("504 ")
        who = (1, str(CLIENT), "alice")
        assert refused == Opened(*who, "active", "192.0.2.1:21", asked, 0, Outcome.POLICY, error)
        assert asked.partition(":")[0] in error and "you are 192.0.2.7: " in error

    @pytest.mark.parametrize("line", [PORT, "PORT 1,2", "EPRT |2|::1|5000|"])
    def test_nothingElseIsTold(self, line: str) -> None:
        """
        What is allowed is told when it is connected, and what is malformed is
        no refusal.
        """
        assert refusals(begin().hears(line)) == []


@implementer(IPreferences)
class Preferring(MemoryStorage):
    """
    The storage of a user who may have data sent to friends.
    """

    def settings(self, usual: Settings) -> Settings:
        """
        See L{IPreferences.settings}.
        """
        return replace(usual, targets=FRIENDS, repliesFirst=True, idleTimeout=7)


class TestPreferences:
    """
    A user may have settings of their own: L{IPreferences}.
    """

    @pytest.fixture
    def conversation(self) -> Conversation:
        """
        One with alice, who has settings of her own; bob has none.
        """
        conversation = Conversation(Preferring({"a": b"1"}))
        alice = conversation.authenticator.login
        bobs = MemoryStorage({"a": b"1"})

        async def login(attempt: Attempt) -> Login:
            if attempt.name == "bob":
                return Login(bobs, lambda: None)
            return await alice(attempt)

        conversation.authenticator.login = login  # type: ignore[method-assign]
        return conversation

    def test_interface(self) -> None:
        """
        It is beside what a storage must do.
        """
        storage = Preferring({})
        assert verifyObject(IPreferences, storage) and verifyObject(IStorage, storage)

    def test_hold(self, conversation: Conversation) -> None:
        """
        From the login on.
        """
        assert conversation.hears(FRIEND).codes() == [200]
        assert conversation.opener.planned == [Address("198.51.100.4", 20020)]

    @pytest.mark.parametrize("line", ["PASV", "EPSV", "LPSV"])
    def test_passive(self, conversation: Conversation, line: str) -> None:
        """
        The friends may connect to passive ports, too, as long as the user is
        in.
        """
        conversation.hears(line)
        assert conversation.opener.targets == FRIENDS
        conversation.hears("USER bob", "PASS x", line)
        assert conversation.opener.targets == TargetPolicy()

    def test_othersOfThem(self, conversation: Conversation) -> None:
        """
        Whatever a verb asks for, such as the order of 150; and how long the
        session may say nothing.
        """
        conversation.opener.failure = CannotOpenData()
        assert conversation.hears(PORT, "RETR a").codes() == [200, 150, 425]
        conversation.clock.advance(7)
        assert conversation.codes()[-1] == 421

    @pytest.mark.parametrize("way", ["USER bob", "REIN"])
    def test_endWithTheLogin(self, conversation: Conversation, way: str) -> None:
        """
        Who comes next has the usual ones.
        """
        conversation.hears(way, "USER bob", "PASS x", FRIEND)
        assert conversation.codes()[-2:] == [230, 504]

    @pytest.mark.parametrize("way", ["USER bob", "REIN"])
    def test_planEndsWithTheLogin(self, conversation: Conversation, way: str) -> None:
        """
        What one user may ask for, another cannot use.
        """
        conversation.hears(FRIEND, way, "USER bob", "PASS x", "RETR a")
        assert conversation.opener.abandoned == 1
        assert conversation.opener.planned == [Address("198.51.100.4", 20020), CLIENT]

    def test_comeBackWithTheUser(self, conversation: Conversation) -> None:
        """
        They are asked for at each login, and always of the usual ones.
        """
        conversation.hears("USER bob", "PASS x", "USER alice", "PASS secret", FRIEND)
        assert conversation.codes()[-1] == 200

    def test_endWithTheSession(self, conversation: Conversation) -> None:
        """
        The last event is told with nobody logged in.
        """
        conversation.leaves()
        assert conversation.protocol._conversation.settings == Settings()

    def test_fault(self, loggedErrors: object) -> None:
        """
        Settings that cannot be had keep the user out, rather than letting
        them in with those of others; the login ends as it must.
        """

        class Faulty(Preferring):
            def settings(self, usual: Settings) -> Settings:
                raise ZeroDivisionError

        conversation = Conversation(Faulty({}), login=False)
        conversation.transport.clear()
        conversation.hears("USER alice", "PASS secret", "PWD", "QUIT")
        loggedErrors(ZeroDivisionError)  # type: ignore[operator]
        assert conversation.codes() == [331, 451, 530, 221]
        assert conversation.authenticator.logouts == 1
