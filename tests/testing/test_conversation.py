"""
Tests for L{ftpactive.testing.conversation} and L{ftpactive.testing.data}.
"""

from __future__ import annotations

import pytest
from twisted.internet.interfaces import IAddress
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.errors import NotLoggedIn, TransferAborted
from ftpactive.core.events import Answered
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IDataChannel, IDataOpener, IDataPlan, IEventSink, IStorage
from ftpactive.logins import Attempt, IAuthenticator
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import CLIENT, Conversation, EventList, PlayedAuthenticator
from ftpactive.testing.data import PlayedChannel, PlayedOpener, PlayedPlan
from ftpactive.testing.storagecalls import run

HERE, THERE = Address("192.0.2.1", 21), Address("192.0.2.7", 50000)
PORT = "PORT 192,0,2,7,78,52"


class TestConversation:
    """
    L{Conversation} plays a client without sockets.
    """

    def test_example(self) -> None:
        """
        That of its documentation.
        """
        conversation = Conversation({"a.txt": b"hello"})
        conversation.hears("PASV", "RETR a.txt")
        assert conversation.codes() == [227, 150, 226]
        assert conversation.downloaded == b"hello"

    def test_storageIsATree(self) -> None:
        """
        A dict becomes a storage.
        """
        assert verifyObject(IStorage, Conversation({"a.txt": b""}).storage)

    def test_storageIsAStorage(self) -> None:
        """
        A storage is taken as it is.
        """
        storage = MemoryStorage({"a.txt": b""})
        assert Conversation(storage).storage is storage

    def test_loggedIn(self) -> None:
        """
        By default alice is in, and nothing of that is heard.
        """
        conversation = Conversation()
        assert (conversation.said, conversation.events) == (b"", [])
        assert conversation.hears("PWD").codes() == [257]

    def test_notLoggedIn(self) -> None:
        """
        Otherwise it begins with the greeting.
        """
        conversation = Conversation(login=False, settings=Settings(welcome="Hello"))
        assert conversation.replies() == ["220 Hello"]
        assert len(conversation.events) == 1

    @pytest.mark.parametrize("host", ["198.51.100.7", "2001:db8::7"])
    def test_ends(self, host: str) -> None:
        """
        Its two ends can be chosen, IPv4 or IPv6.
        """
        conversation = Conversation(local=Address(host, 2121), peer=Address(host, 4000))
        assert verifyObject(IAddress, conversation.transport.getPeer())
        assert conversation.transport.getPeer().host == host
        assert conversation.transport.getHost().port == 2121

    def test_hearsText(self) -> None:
        """
        A name that is not UTF-8 is written as C{os.fsdecode} gives it.
        """
        conversation = Conversation({"caf\udce9": {}})
        assert conversation.hears("CWD caf\udce9").codes() == [250]

    def test_hearsBytes(self) -> None:
        """
        Or as bytes; without an end the line is not over.
        """
        conversation = Conversation().hearsBytes(b"NO")
        before = conversation.said
        assert (before, conversation.hears(b"OP").codes()) == (b"", [200])

    def test_replies(self) -> None:
        """
        A long reply is one, also if a line of it looks like another's.
        """
        conversation = Conversation({"folder": {"a": b""}}).hears("STAT folder", "NOOP")
        first, second = conversation.replies()
        assert first.split("\n")[0] == "213-Status of folder"
        assert first.split("\n")[-1] == "213 End"
        assert second == conversation.last() == "200 NOOP command successful"

    def test_during(self) -> None:
        """
        A transfer may be held and let go.
        """
        conversation = Conversation({"a": b"data"}).during("RETR a")
        before = conversation.codes(), conversation.downloaded
        conversation.release()
        assert before == ([150], b"")
        assert (conversation.codes(), conversation.downloaded) == ([150, 226], b"data")

    def test_forget(self) -> None:
        """
        A reply that is of no interest is taken out, once.
        """
        conversation = Conversation().hears("NOOP", "NOOP", "PWD")
        conversation.forget("200 NOOP command successful\r\n")
        assert conversation.codes() == [200, 257]

    def test_leaves(self) -> None:
        """
        The control connection is gone, and the login with it.
        """
        conversation = Conversation()
        conversation.leaves()
        assert conversation.authenticator.logouts == 1

    def test_clock(self) -> None:
        """
        Time passes when it is told to.
        """
        conversation = Conversation(settings=Settings(idleTimeout=5))
        conversation.clock.advance(5)
        assert conversation.codes() == [421]

    def test_events(self) -> None:
        """
        What was told is kept.
        """
        (event,) = Conversation().hears("NOOP").events
        assert isinstance(event, Answered)


class TestSeams:
    """
    What is played provides the interface of what it plays.
    """

    def test_authenticator(self) -> None:
        """
        L{PlayedAuthenticator} knows its users, and counts logouts.
        """
        storage: IStorage = MemoryStorage()
        authenticator = PlayedAuthenticator(storage, {"bob": "word"})
        assert verifyObject(IAuthenticator, authenticator)
        login = run(authenticator.login(Attempt("bob", "word", CLIENT)))
        login.logout()
        assert (login.storage, authenticator.logouts) == (storage, 1)

    @pytest.mark.parametrize(("name", "password"), [("bob", "guess"), ("carol", "word")])
    def test_authenticatorRefuses(self, name: str, password: str) -> None:
        """
        Everybody else.
        """
        storage: IStorage = MemoryStorage()
        with pytest.raises(NotLoggedIn):
            run(
                PlayedAuthenticator(storage, {"bob": "word"}).login(Attempt(name, password, CLIENT))
            )

    def test_events(self) -> None:
        """
        L{EventList} is an event sink.
        """
        assert verifyObject(IEventSink, EventList())

    def test_opener(self) -> None:
        """
        L{PlayedOpener} tells what was planned.
        """
        opener = PlayedOpener(HERE, THERE)
        assert verifyObject(IDataOpener, opener)
        opener.active(THERE)
        run(opener.passive(TargetPolicy()))
        assert opener.planned == [THERE, None]

    def test_plans(self) -> None:
        """
        L{PlayedPlan} is one for either way round.
        """
        opener = PlayedOpener(HERE, THERE)
        assert verifyObject(IDataPlan, PlayedPlan(opener, HERE, isPassive=True))
        active, passive = opener.active(THERE), run(opener.passive(TargetPolicy()))
        assert (active.isPassive, active.isLasting) == (False, True)
        assert (passive.isPassive, passive.isLasting) == (True, False)

    def test_channel(self) -> None:
        """
        L{PlayedChannel} is a data connection.
        """
        assert verifyObject(IDataChannel, PlayedChannel(b"", None, False))


class TestData:
    """
    How data connections come out can be chosen.
    """

    def test_toReceive(self) -> None:
        """
        What the client uploads.
        """
        conversation = Conversation({})
        conversation.opener.toReceive = b"a long upload"
        conversation.hears(PORT, "STOR a", "RETR a")
        assert conversation.downloaded == b"a long upload"
        assert conversation.opener.channels[0].transferred == 13

    def test_cut(self) -> None:
        """
        How an upload ends badly.
        """
        conversation = Conversation({})
        conversation.opener.cut = TransferAborted("Cut")
        assert conversation.hears(PORT, "STOR a").last() == "426 Cut"

    def test_opensLate(self) -> None:
        """
        Opening may take its time.
        """
        conversation = Conversation({"a": b""})
        conversation.opener.opensLate = True
        conversation.hears("PASV", "RETR a")
        before = conversation.codes()
        conversation.opener.connect()
        assert (before, conversation.codes()) == ([227, 150], [227, 150, 226])

    def test_releasingTwice(self) -> None:
        """
        A transfer that goes on already is left alone, and so is one that has
        ended.
        """
        conversation = Conversation({"a": b"data"}).during("RETR a").release().release()
        conversation.opener.channels[-1].abort()
        assert conversation.codes() == [150, 226]
