"""
Tests for L{ftpactive.verbs.security}, and for what TLS changes in other verbs.
"""

from __future__ import annotations

from typing import Any

import pytest
from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpactive.abilities import IPreferences
from ftpactive.core.certificate import Certificate
from ftpactive.core.errors import CannotOpenData, ProtectionUnavailable, SessionNotReused
from ftpactive.core.events import LoggedIn, LoginFailed, Transferred
from ftpactive.core.session import Security
from ftpactive.core.settings import Settings
from ftpactive.logins import Attempt, Login
from ftpactive.shield import IShield
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.shield import PlayedTLS

PORT = "PORT 192,0,2,7,78,52"
ALICE = Certificate("alice", "ab" * 32)


@pytest.fixture
def tls() -> PlayedTLS:
    """
    The TLS of the service.
    """
    return PlayedTLS()


@pytest.fixture
def stranger(tls: PlayedTLS) -> Conversation:
    """
    A client who may use TLS, and has said nothing.
    """
    return said(Conversation({"a.txt": b"hello"}, login=False, tls=tls))


def said(conversation: Conversation) -> Conversation:
    """
    Forget what was said so far.
    """
    conversation.transport.clear()
    return conversation


def protected(conversation: Conversation, *lines: str) -> Conversation:
    """
    Do what every client does for TLS, then what is wanted.
    """
    conversation.hears("AUTH TLS", "PBSZ 0", "PROT P", "USER alice", "PASS secret")
    return said(conversation).hears(*lines)


class TestAuthenticate:
    """
    AUTH begins with TLS.
    """

    def test_begins(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        After the reply, which is sent in the clear.
        """
        assert stranger.hears("AUTH TLS").codes() == [234]
        assert tls.done == ["prepare", "begin"]

    @pytest.mark.parametrize("name", ["TLS", "tls", "TLS-C", "SSL", "TLS-P"])
    def test_mechanisms(self, stranger: Conversation, name: str) -> None:
        """
        TLS has several names, in any case.
        """
        assert stranger.hears(f"AUTH {name}").codes() == [234]

    @pytest.mark.parametrize("name", ["KERBEROS_V4", "GSSAPI", "TLS-X"])
    def test_otherMechanisms(self, stranger: Conversation, tls: PlayedTLS, name: str) -> None:
        """
        There are no others.
        """
        assert stranger.hears(f"AUTH {name}").codes() == [504]
        assert tls.done == []

    def test_twice(self, stranger: Conversation) -> None:
        """
        What is protected cannot be protected again.
        """
        assert stranger.hears("AUTH TLS", "AUTH TLS").codes() == [234, 503]

    def test_unavailable(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        Then all is as before.
        """
        tls.refusal = ProtectionUnavailable()
        assert stranger.hears("AUTH TLS", "PBSZ 0").codes() == [431, 503]

    def test_withoutTLS(self) -> None:
        """
        The commands are known, and not done; FEAT does not name them.
        """
        conversation = Conversation()
        conversation.hears("AUTH TLS", "PBSZ 0", "PROT P", "CCC")
        assert conversation.codes() == [502, 502, 502, 502]
        assert "AUTH" not in conversation.hears("FEAT").last()

    def test_features(self, stranger: Conversation) -> None:
        """
        With TLS they are named; CCC is not, which is off.
        """
        lines = stranger.hears("FEAT").last().split("\n")
        assert {" AUTH TLS", " PBSZ", " PROT"} <= {*lines}
        assert " CCC" not in lines

    def test_plaintextIsDropped(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        What somebody on the way has put behind AUTH never runs inside TLS.
        """
        stranger.hearsBytes(b"AUTH TLS\r\nUSER mallory\r\nPASS x\r\nNO")
        assert stranger.hears("OP", "NOOP").codes() == [234, 500, 200]

    def test_loginEnds(self, tls: PlayedTLS) -> None:
        """
        Who was in has to come in again: RFC 2228 section 3.
        """
        conversation = Conversation({}, tls=tls).hears("AUTH TLS", "PWD", "PASS secret")
        assert conversation.codes() == [234, 530, 503]
        assert conversation.authenticator.logouts == 1

    def test_settingsAreForgotten(self, stranger: Conversation) -> None:
        """
        What came in the clear may be somebody else's: where data goes, and all
        that holds for the session.
        """
        protected(stranger.hears(PORT, "EPSV ALL", "TYPE I", "REST 3"), "STAT")
        assert " TYPE A N, MODE S, STRU F" in stranger.last()
        assert " No data connection" in stranger.last()

    def test_failuresCount(self, stranger: Conversation) -> None:
        """
        TLS gives no new tries at a password.
        """
        stranger.hears("USER alice", "PASS a", "USER alice", "PASS b", "AUTH TLS")
        assert stranger.hears("USER alice", "PASS c").codes()[-1] == 421

    def test_host(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        HOST chooses the certificate.
        """
        stranger.hears("HOST Files.example.org", "AUTH TLS")
        assert tls.done[0] == "prepare files.example.org"

    def test_isAShield(self, tls: PlayedTLS) -> None:
        """
        What plays TLS is like TLS.
        """
        verifyObject(IShield, tls)


class TestProtectionBufferSize:
    """
    PBSZ names a size that TLS has no use for.
    """

    @pytest.mark.parametrize("size", ["0", "4096"])
    def test_zero(self, stranger: Conversation, size: str) -> None:
        """
        It is always 0.
        """
        assert stranger.hears("AUTH TLS", f"PBSZ {size}").last() == "200 PBSZ=0"

    @pytest.mark.parametrize("size", ["x", "-1", "99999999999", "\u0662"])
    def test_noNumber(self, stranger: Conversation, size: str) -> None:
        """
        It is a number of 32 bits.
        """
        assert stranger.hears("AUTH TLS", f"PBSZ {size}").codes() == [234, 501]

    def test_inTheClear(self, stranger: Conversation) -> None:
        """
        AUTH comes first.
        """
        assert stranger.hears("PBSZ 0").codes() == [503]


class TestProtectionLevel:
    """
    PROT chooses for data connections.
    """

    def test_private(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        TLS begins when 150 has been sent.
        """
        protected(stranger, PORT, "RETR a.txt")
        assert stranger.codes() == [200, 150, 226]
        assert tls.done[-1] == "protect"

    @pytest.mark.parametrize("verb", ["STOR", "APPE", "STOU"])
    def test_upload(self, stranger: Conversation, tls: PlayedTLS, verb: str) -> None:
        """
        TLS is told which way the bytes will go.
        """
        protected(stranger, PORT, f"{verb} b.txt")
        assert tls.done[-1] == "protect upload"

    @pytest.mark.parametrize("how", [PORT, "PASV"])
    def test_clear(self, stranger: Conversation, tls: PlayedTLS, how: str) -> None:
        """
        It may be taken back.
        """
        assert protected(stranger, "PROT C", how, "RETR a.txt").codes()[-1] == 226
        assert "protect" not in tls.done

    @pytest.mark.parametrize(("name", "count"), [("SSL", 1), ("TLS", 0)])
    def test_withoutIt(self, stranger: Conversation, tls: PlayedTLS, name: str, count: int) -> None:
        """
        Data is in the clear, but for clients of an old draft.
        """
        stranger.hears(f"AUTH {name}", "USER alice", "PASS secret", PORT, "RETR a.txt")
        assert tls.done.count("protect") == count

    @pytest.mark.parametrize(("level", "code"), [("S", 536), ("E", 536), ("X", 504), ("p", 200)])
    def test_levels(self, stranger: Conversation, level: str, code: int) -> None:
        """
        Two of four are possible.
        """
        assert protected(stranger, f"PROT {level}").codes() == [code]

    @pytest.mark.parametrize("lines", [(), ("AUTH TLS",)])
    def test_order(self, stranger: Conversation, lines: tuple[str, ...]) -> None:
        """
        PBSZ comes first, even if it says nothing.
        """
        assert stranger.hears(*lines, "PROT P").codes()[-1] == 503

    @pytest.mark.parametrize("error", [CannotOpenData("No TLS"), SessionNotReused("Not yours")])
    def test_fails(self, stranger: Conversation, tls: PlayedTLS, error: Any) -> None:
        """
        The transfer is told as failed, its connection is cut.
        """
        protected(stranger, PORT)
        tls.refusal = error
        assert stranger.hears("RETR a.txt").last() == f"{error.code} {error}"
        (event,) = [event for event in stranger.events if isinstance(event, Transferred)]
        assert event.error == str(error)


class TestRequired:
    """
    The operator may want TLS.
    """

    def test_login(self, tls: PlayedTLS) -> None:
        """
        USER is refused before a password can be given away.
        """
        conversation = Conversation({}, settings=Settings(tlsLogin=True), login=False, tls=tls)
        said(conversation).hears("USER alice", "PASS secret")
        assert conversation.codes() == [530, 503]
        assert "AUTH TLS" in conversation.replies()[0]

    def test_loginUnderTLS(self, tls: PlayedTLS) -> None:
        """
        Under TLS all is as ever.
        """
        conversation = Conversation({}, settings=Settings(tlsLogin=True), login=False, tls=tls)
        assert protected(conversation, "PWD").codes() == [257]

    def test_data(self, tls: PlayedTLS) -> None:
        """
        Nothing is sent in the clear, nor may PROT ask for that.
        """
        conversation = Conversation({"a": b""}, settings=Settings(tlsData=True), tls=tls)
        assert conversation.hears(PORT, "RETR a").codes() == [200, 521]
        assert protected(conversation, "PROT C", PORT, "RETR a").codes() == [534, 200, 150, 226]

    @pytest.mark.parametrize("password", ["secret", "wrong"])
    def test_user(self, password: str) -> None:
        """
        Of one user it is known only when they are: the login is refused and has
        ended, and counts as failed.
        """
        conversation = Conversation(Wanting({}), login=False)
        said(conversation).hears("USER alice", f"PASS {password}", "PWD")
        assert conversation.codes() == [331, 530, 530]
        assert ("TLS" in conversation.replies()[1]) is (password == "secret")
        assert conversation.authenticator.logouts == (password == "secret")
        assert len([e for e in conversation.events if isinstance(e, LoginFailed)]) == 1

    def test_userUnderTLS(self, tls: PlayedTLS) -> None:
        """
        Who does what is wanted comes in.
        """
        assert protected(Conversation(Wanting({}), login=False, tls=tls), "PWD").codes() == [257]

    def test_userWithOtherPreferences(self) -> None:
        """
        A user may have settings that want no TLS.
        """
        storage = Wanting({})
        storage.wants = False
        assert Conversation(storage).hears("PWD").codes() == [257]


@implementer(IPreferences)
class Wanting(MemoryStorage):
    """
    The storage of a user who must use TLS.
    """

    wants = True

    def settings(self, usual: Settings) -> Settings:
        """
        Give the user's settings.
        """
        return Settings(tlsLogin=self.wants)


class Certified:
    """
    Lets alice in without a password if she proves that she is.
    """

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    async def login(self, attempt: Attempt) -> Login:
        """
        Note the attempt; the rest is as ever.
        """
        self.attempts.append(attempt)
        password = attempt.password
        if password is None and attempt.certificate is not None:
            password = "secret" if attempt.certificate.isMeantBy(attempt.name) else None
        return await self._rest.login(attempt._replace(password=password))

    def put(self, conversation: Conversation) -> None:
        """
        Be the one who decides.
        """
        self._rest = conversation.authenticator
        conversation.protocol._conversation.authenticator = self


def test_leavesDuringALogin() -> None:
    """
    Whoever decides can see that nobody waits for it any more.
    """
    conversation, certified = Conversation({}, login=False), Certified()
    certified.put(conversation)
    conversation.hears("USER alice", "PASS secret")
    (attempt,) = certified.attempts
    assert not attempt.isGone()
    conversation.leaves()
    assert attempt.isGone()


class TestCertificate:
    """
    A certificate may be a login, RFC 4217.
    """

    @pytest.fixture
    def logins(self, stranger: Conversation, tls: PlayedTLS) -> Certified:
        """
        A client who has a certificate for alice.
        """
        tls.certificate = ALICE
        logins = Certified()
        logins.put(stranger)
        return logins

    def test_isEnough(self, stranger: Conversation, logins: Certified) -> None:
        """
        No password is asked for.
        """
        assert stranger.hears("AUTH TLS", "USER alice", "PWD").codes() == [234, 232, 257]
        assert [type(event) for event in stranger.events].count(LoggedIn) == 1

    def test_isNotEnough(self, stranger: Conversation, logins: Certified) -> None:
        """
        Then a password is, and nothing has failed; both are shown with it.
        """
        stranger.hears("AUTH TLS", "USER bob", "PASS secret", "USER bob")
        assert stranger.codes() == [234, 331, 530, 331]
        assert logins.attempts[1].certificate == ALICE
        assert logins.attempts[1].password == "secret"
        assert [type(event) for event in stranger.events].count(LoginFailed) == 1

    def test_isNotProvenInTheClear(self, stranger: Conversation, logins: Certified) -> None:
        """
        Without TLS nothing is proven.
        """
        assert stranger.hears("USER alice").codes() == [331]
        assert logins.attempts == []


class TestClear:
    """
    CCC takes commands out of TLS, if the operator lets it.
    """

    def test_isOff(self, stranger: Conversation) -> None:
        """
        By default it does not.
        """
        assert protected(stranger, "CCC").codes() == [534]

    def test_inTheClear(self, stranger: Conversation) -> None:
        """
        There is nothing to take away.
        """
        assert stranger.hears("CCC").codes() == [533]

    def test_on(self) -> None:
        """
        The login and what PROT said stay; a new AUTH may follow.
        """
        tls = PlayedTLS(allowsClear=True)
        conversation = Conversation({"a": b""}, login=False, tls=tls)
        protected(conversation, "CCC", PORT, "RETR a", "PROT C", "AUTH TLS")
        assert conversation.codes() == [200, 200, 150, 226, 503, 234]
        assert tls.done == ["prepare", "begin", "end", "protect", "prepare", "begin"]
        assert " CCC" in conversation.hears("FEAT").last()

    def test_beforeTheLogin(self) -> None:
        """
        The password would be in the clear.
        """
        tls = PlayedTLS(allowsClear=True)
        conversation = said(Conversation({}, login=False, tls=tls))
        conversation.hears("AUTH TLS", "CCC", "USER alice", "CCC", "PASS secret")
        assert conversation.codes() == [234, 534, 331, 534, 230]
        assert tls.done == ["prepare", "begin"]

    def test_passwordInTheClear(self) -> None:
        """
        Where logins must be protected, it is not even looked at.
        """
        tls = PlayedTLS(allowsClear=True)
        conversation = Conversation({}, settings=Settings(tlsLogin=True), login=False, tls=tls)
        protected(conversation, "USER alice")
        conversation.protocol._conversation.session.security = Security.CLEARED
        certified = Certified()
        certified.put(conversation)
        said(conversation).hears("PASS secret")
        assert conversation.codes() == [530]
        assert certified.attempts == []


class TestReinitialize:
    """
    REIN ends TLS, RFC 4217.
    """

    def test_ends(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        Commands and data are in the clear again.
        """
        assert protected(stranger, "REIN", "PBSZ 0").codes() == [220, 503]
        assert tls.done[-1] == "end"

    def test_inTheClear(self, stranger: Conversation, tls: PlayedTLS) -> None:
        """
        What has not begun does not end.
        """
        stranger.hears("REIN")
        assert tls.done == []


class TestImplicit:
    """
    Where TLS begins with the first byte.
    """

    @pytest.fixture
    def implicit(self) -> Conversation:
        """
        A client of such a listener.
        """
        return said(Conversation({"a": b""}, tls=PlayedTLS(isImplicit=True)))

    def test_everythingIsProtected(self, implicit: Conversation) -> None:
        """
        Data too, without a word.
        """
        assert implicit.hears(PORT, "RETR a").codes() == [200, 150, 226]
        tls = implicit.protocol._conversation.shield
        assert isinstance(tls, PlayedTLS) and tls.done == ["prepare", "begin", "protect"]

    def test_authenticate(self, implicit: Conversation) -> None:
        """
        There is nothing to begin.
        """
        assert implicit.hears("AUTH TLS", "PBSZ 0", "PROT C").codes() == [503, 200, 200]

    def test_reinitialize(self, implicit: Conversation) -> None:
        """
        TLS stays, as at the beginning.
        """
        assert implicit.hears("REIN", "PROT P").codes() == [220, 200]


class TestStatus:
    """
    STAT tells what is protected.
    """

    def test_protected(self, stranger: Conversation) -> None:
        """
        And by what.
        """
        protected(stranger, "STAT")
        line = " Commands are protected by TLSv1.3, PLAYED; data connections are protected"
        assert line in stranger.last().split("\n")

    def test_clear(self, stranger: Conversation) -> None:
        """
        Also that it is not.
        """
        line = " Commands are in the clear; data connections are in the clear"
        assert line in stranger.hears("STAT").last().split("\n")
