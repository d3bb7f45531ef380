"""
Tests for L{ftpactive.verbs.access}.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpactive.core.command import Command
from ftpactive.core.errors import NotLoggedIn
from ftpactive.core.events import LoggedIn, LoginFailed
from ftpactive.core.reply import Reply
from ftpactive.core.settings import Settings
from ftpactive.logins import Attempt, Login, VirtualHost
from ftpactive.testing.conversation import CLIENT, Conversation, PlayedAuthenticator
from ftpactive.testing.storagecalls import run
from ftpactive.verbs.conversation import Conversation as VerbsConversation
from ftpactive.verbs.vocabulary import perform

LoggedErrors = Callable[..., list[Failure]]

PORT = "PORT 192,0,2,7,78,52"


@pytest.fixture
def stranger() -> Conversation:
    """
    A conversation without a login, whose greeting has been read.
    """
    return Conversation({"a.txt": b"hello"}, login=False).forget("220 ftpactive ready\r\n")


class TestLogin:
    """
    USER and PASS, RFC 959 section 4.1.1.
    """

    def test_login(self, stranger: Conversation) -> None:
        """
        A name, then a password.
        """
        stranger.hears("USER alice", "PASS secret")
        assert stranger.replies() == ["331 Password required for alice", "230 User alice logged in"]

    def test_wrongPassword(self, stranger: Conversation) -> None:
        """
        The words do not tell which of the two was wrong.
        """
        stranger.hears("USER alice", "PASS guess", "USER bob", "PASS secret")
        assert stranger.replies()[1::2] == ["530 Login incorrect"] * 2

    def test_emptyPassword(self, stranger: Conversation) -> None:
        """
        It is a password like any other, and a wrong one.
        """
        assert stranger.hears("USER alice", "PASS").codes() == [331, 530]

    def test_passwordWithBlanks(self, stranger: Conversation) -> None:
        """
        Every byte behind the one blank belongs to it.
        """
        stranger.authenticator.users = {"alice": " my secret "}
        assert stranger.hears("USER alice", "PASS  my secret ").codes() == [331, 230]

    def test_passwordFirst(self, stranger: Conversation) -> None:
        """
        It has no name to belong to.
        """
        assert stranger.hears("PASS secret").codes() == [503]

    def test_passwordTwice(self, conversation: Conversation) -> None:
        """
        Who is in already hears 503 and stays in; Twisted's own server
        stumbled over itself and said 550.
        """
        assert conversation.hears("PASS secret", "PWD").codes() == [503, 257]
        assert conversation.authenticator.logouts == 0

    def test_afterAFailureTheNameComesFirst(self, stranger: Conversation) -> None:
        """
        One USER is good for one try.
        """
        stranger.hears("USER alice", "PASS guess", "PASS secret", "USER alice", "PASS secret")
        assert stranger.codes() == [331, 530, 503, 331, 230]

    def test_nameTwice(self, stranger: Conversation) -> None:
        """
        The last one counts.
        """
        assert stranger.hears("USER bob", "USER alice", "PASS secret").codes() == [331, 331, 230]

    def test_nobodyIsInBeforeThePassword(self, stranger: Conversation) -> None:
        """
        The name alone opens nothing.
        """
        assert stranger.hears("USER alice", "PWD").codes() == [331, 530]

    def test_loginBeginsInTheRoot(self, conversation: Conversation) -> None:
        """
        The folder of who was there before is not the new one's.
        """
        conversation.hears("CWD sub", "USER alice", "PASS secret", "PWD")
        assert conversation.last() == '257 "/" is the current directory'

    def test_nameWithALineFeed(self, stranger: Conversation) -> None:
        """
        It cannot write a reply of its own.
        """
        stranger.hears(b"USER a\0b")
        assert stranger.said == b"331 Password required for a\0b\r\n"

    def test_eventsHoldNoPassword(self, stranger: Conversation) -> None:
        """
        Neither a wrong one nor the right one, however PASS is written.
        """
        stranger.hears("USER alice", "PASS guess", "USER alice", "pass secret", "PASS again")
        told = repr(stranger.events)
        assert not [word for word in ("guess", "secret", "again") if word in told]
        assert "PASS ****" in told

    def test_eventsOfALogin(self, stranger: Conversation) -> None:
        """
        Failures say who was claimed, a success who it is.
        """
        stranger.hears("USER bob", "PASS x", "USER alice", "PASS secret")
        told = [event for event in stranger.events if isinstance(event, LoggedIn | LoginFailed)]
        assert told == [
            LoginFailed(1, "192.0.2.7:50000", "", name="bob"),
            LoggedIn(1, "192.0.2.7:50000", "alice"),
        ]

    def test_nobodyHears(self, stranger: Conversation) -> None:
        """
        A failure is told all the same.
        """
        stranger.protocol._conversation.hears = lambda kind: False
        stranger.hears("USER bob", "PASS x", "USER alice", "PASS secret")
        told = [type(e) for e in stranger.events if isinstance(e, LoggedIn | LoginFailed)]
        assert told == [LoginFailed]


class TestGuessing:
    """
    Passwords cannot be tried without end; Twisted's own server let a session
    try hundreds.
    """

    def guess(self, conversation: Conversation, times: int) -> Conversation:
        """
        Try wrong passwords.
        """
        return conversation.hears(*["USER alice", "PASS guess"] * times)

    def test_threeTries(self, stranger: Conversation) -> None:
        """
        The third wrong password ends the session.
        """
        assert self.guess(stranger, 3).codes() == [331, 530, 331, 530, 331, 421]
        assert stranger.transport.disconnecting

    def test_isSettable(self) -> None:
        """
        How many are enough is the operator's choice.
        """
        strict = Conversation(settings=Settings(loginFailures=1), login=False)
        assert self.guess(strict, 1).codes() == [220, 331, 421]

    def test_nothingIsHeardAfterwards(self, stranger: Conversation) -> None:
        """
        Commands that were sent already are dropped.
        """
        assert self.guess(stranger, 5).codes()[-1] == 421

    def test_successBeginsAnew(self, stranger: Conversation) -> None:
        """
        Who got in has shown to be no guesser.
        """
        self.guess(stranger, 2).hears("USER alice", "PASS secret")
        assert self.guess(stranger, 2).codes()[-1] == 530

    def test_reinitializingDoesNot(self, stranger: Conversation) -> None:
        """
        REIN is no way around.
        """
        self.guess(stranger, 2).hears("REIN")
        assert self.guess(stranger, 1).codes()[-1] == 421


class TestLogout:
    """
    The avatar's logout runs exactly once for every login; in Twisted's own
    server it never ran.
    """

    def test_quit(self, conversation: Conversation) -> None:
        """
        QUIT ends the login, and that the connection goes then adds nothing.
        """
        conversation.hears("QUIT").leaves()
        assert conversation.last() == "221 Goodbye"
        assert conversation.authenticator.logouts == 1

    def test_leaving(self, conversation: Conversation) -> None:
        """
        So does going without a word.
        """
        conversation.leaves()
        assert conversation.authenticator.logouts == 1

    def test_strangersHaveNone(self, stranger: Conversation) -> None:
        """
        Nobody who was not in is logged out.
        """
        stranger.hears("USER alice", "PASS guess").leaves()
        assert stranger.authenticator.logouts == 0

    def test_newName(self, conversation: Conversation) -> None:
        """
        USER at any time begins anew: the old login ends there and then.
        """
        conversation.hears("USER alice", "PWD")
        assert conversation.codes() == [331, 530]
        assert conversation.authenticator.logouts == 1

    def test_oncePerLogin(self, conversation: Conversation) -> None:
        """
        Two logins, two logouts.
        """
        conversation.hears("USER alice", "PASS secret").leaves()
        assert conversation.authenticator.logouts == 2

    def test_leavingWhileTheLoginIsDone(self, stranger: Conversation) -> None:
        """
        A login that comes out after the client has left ends at once, and is
        not told as one.
        """
        slow = _slowLogin(stranger)
        stranger.hears("USER alice", "PASS secret").leaves()
        slow.callback(None)
        assert stranger.authenticator.logouts == 1
        assert not [event for event in stranger.events if isinstance(event, LoggedIn)]

    def test_failingAfterLeaving(self, stranger: Conversation) -> None:
        """
        If it comes out badly, nothing was to be ended.
        """
        slow = _slowLogin(stranger)
        stranger.hears("USER alice", "PASS secret").leaves()
        slow.errback(NotLoggedIn())
        assert stranger.authenticator.logouts == 0

    def test_commandsWaitForTheLogin(self, stranger: Conversation) -> None:
        """
        What was sent behind PASS is not refused for being early.
        """
        slow = _slowLogin(stranger)
        stranger.hears("USER alice", "PASS secret", "PWD")
        before = stranger.codes()
        slow.callback(None)
        assert (before, stranger.codes()) == ([331], [331, 230, 257])

    def test_logoutThatFails(self, conversation: Conversation, loggedErrors: LoggedErrors) -> None:
        """
        A fault in it is logged, and the connection closed all the same.
        """

        def fault() -> None:
            raise ZeroDivisionError

        conversation.authenticator._logout = fault  # type: ignore[method-assign]
        conversation.hears("REIN", "USER alice", "PASS secret", "QUIT")
        assert len(loggedErrors(ZeroDivisionError)) == 1
        assert conversation.transport.disconnecting


def _slowLogin(conversation: Conversation) -> Deferred[None]:
    """
    Let logins wait until the Deferred fires.
    """
    waiting: Deferred[None] = Deferred()
    quick = conversation.authenticator.login

    async def login(attempt: Attempt) -> Login:
        await waiting
        return await quick(attempt)

    conversation.authenticator.login = login  # type: ignore[method-assign]
    return waiting


class TestReinitialize:
    """
    REIN begins anew, RFC 959 section 4.1.1.
    """

    def test_logsOut(self, conversation: Conversation) -> None:
        """
        It greets as at the beginning, and nobody is in.
        """
        assert conversation.hears("REIN", "PWD").codes() == [220, 530]
        assert conversation.authenticator.logouts == 1

    def test_forgetsEverything(self, conversation: Conversation) -> None:
        """
        Folder, type and C{EPSV ALL} are as at the beginning.
        """
        conversation.hears("CWD sub", "TYPE I", "EPSV ALL", "REIN")
        conversation.hears("USER alice", "PASS secret", "PWD", PORT, "REST 4")
        assert conversation.codes()[-3:] == [257, 200, 504]
        assert conversation.replies()[-3] == '257 "/" is the current directory'

    @pytest.mark.parametrize("how", ["REIN", "USER alice"])
    def test_abandonsThePlan(self, conversation: Conversation, how: str) -> None:
        """
        A port that was opened for the old user is closed.
        """
        conversation.hears("PASV", how, "USER alice", "PASS secret", "RETR a.txt")
        assert conversation.opener.abandoned == 1
        # Nothing is arranged any more but the default.
        assert conversation.opener.planned == [None, CLIENT]

    def test_waitsForTheTransfer(self, conversation: Conversation) -> None:
        """
        RFC 959: a transfer in progress is allowed to be completed.
        """
        conversation.during("RETR a.txt").hears("REIN").release()
        assert conversation.codes() == [150, 226, 220]
        assert conversation.downloaded == b"hello"


class TestQuit:
    """
    QUIT closes, RFC 959 section 4.1.1.
    """

    def test_closes(self, conversation: Conversation) -> None:
        """
        221, and the connection goes once that has left.
        """
        assert conversation.hears("QUIT").codes() == [221]
        assert conversation.transport.disconnecting

    def test_strangersMay(self, stranger: Conversation) -> None:
        """
        No login is needed to leave.
        """
        assert stranger.hears("QUIT").codes() == [221]

    def test_nothingIsHeardAfterIt(self, conversation: Conversation) -> None:
        """
        Not even what came in the same write.
        """
        assert conversation.hearsBytes(b"QUIT\r\nDELE a.txt\r\n").codes() == [221]
        assert conversation.hears("NOOP").codes() == [221]

    def test_waitsForTheTransfer(self, conversation: Conversation) -> None:
        """
        RFC 959: the connection stays open for the result of the transfer.
        """
        conversation.during("RETR a.txt").hears("QUIT")
        before = conversation.codes(), conversation.transport.disconnecting
        conversation.release()
        assert before == ([150], False)
        assert conversation.codes() == [150, 226, 221]
        assert conversation.downloaded == b"hello"

    def test_isCutOffAtLast(self, conversation: Conversation) -> None:
        """
        A client that neither reads nor leaves does not keep its connection.
        """
        conversation.hears("QUIT").clock.advance(10)
        assert conversation.transport.disconnected
        conversation.leaves()


class TestAccount:
    """
    ACCT, RFC 959 section 4.1.1.
    """

    def test_isNotNeeded(self, conversation: Conversation) -> None:
        """
        Nobody is asked for one.
        """
        assert conversation.hears("ACCT sales").codes() == [202]

    def test_nothingToMount(self, conversation: Conversation) -> None:
        """
        SMNT finds everything in its place.
        """
        assert conversation.hears("SMNT /").codes() == [202]


class TestHost:
    """
    HOST, RFC 7151.
    """

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("ftp.example.com", 220),
            ("FTP.Example.COM.", 220),
            ("[2001:db8::1]", 220),
            ("a b", 501),
            ("..", 501),
            ("ftp.example.com\n", 501),
        ],
    )
    def test_withoutVirtualHosts(self, stranger: Conversation, name: str, code: int) -> None:
        """
        Any name is ours, if it is one.
        """
        assert stranger.hears(f"HOST {name}".replace("\n", "\0")).codes() == [code]

    @pytest.mark.parametrize("lines", [["USER alice"], ["USER alice", "PASS secret"]])
    def test_comesFirst(self, stranger: Conversation, lines: list[str]) -> None:
        """
        After USER it is too late.
        """
        assert stranger.hears(*lines, "HOST ftp.example.com").codes()[-1] == 503

    def ask(self, *lines: tuple[str, str]) -> list[Reply]:
        """
        Ask a service that has the host C{b.example} beside itself.
        """
        played = Conversation({})
        nobody = PlayedAuthenticator(played.storage, {"bob": "other"})
        c = VerbsConversation(
            number=1,
            default=VirtualHost(played.authenticator, Settings(welcome="a")),
            opener=played.opener,
            send=lambda reply: None,
            tell=lambda event: None,
            now=lambda: 0,
            hosts={"b.example": VirtualHost(nobody, Settings(welcome="b"))},
        )
        return [run(perform(c, Command(*line))) for line in lines]

    def test_hostHasItsOwnWelcome(self) -> None:
        """
        Whatever the case of its name.
        """
        assert self.ask(("HOST", "B.example")) == [Reply(220, "b")]

    def test_hostHasItsOwnUsers(self) -> None:
        """
        And not those of another.
        """
        login = [("USER", "alice"), ("PASS", "secret"), ("USER", "bob"), ("PASS", "other")]
        replies = self.ask(("HOST", "b.example"), *login)
        assert [reply.code for reply in replies] == [220, 331, 530, 331, 230]

    def test_unknownHost(self) -> None:
        """
        504, RFC 7151 section 3.2.
        """
        assert self.ask(("HOST", "c.example"))[0].code == 504

    def test_reinitializing(self) -> None:
        """
        REIN leads back to where the connection began, RFC 7151 section 3.3.
        """
        assert self.ask(("HOST", "b.example"), ("REIN", ""))[1] == Reply(220, "a")


class TestSecrets:
    """
    However PASS is misspelt, no event and no log shows the password.
    """

    @pytest.mark.parametrize(
        "line",
        [
            b" PASS hunter2",
            b"  pass hunter2 x",
            b"PASS\thunter2",
            b"PASS\thunter2 hunter2",
            b"\tPASS hunter2",
            b"PASS\0hunter2",
            b"pass\0 hunter2",
            b"PASShunter2",
            b"PASS:hunter2",
            b"\x03PASS\rhunter2",
            b"\xff\xffPASS hunter2",
            b"\xc2\xa0PASS hunter2",
            b"ACCT\thunter2",
            b"PASS hunter2",
        ],
    )
    def test_misspelt(self, stranger: Conversation, line: bytes) -> None:
        """
        Neither the command, nor the reply to it, holds any of it.
        """
        stranger.hears("USER alice", line, b"SITE x", line)
        assert "hunter2" not in repr(stranger.events).lower()
        assert b"hunter2" not in stranger.said.lower()


class TestVirtualHosts:
    """
    HOST in a whole session, RFC 7151.
    """

    def test_session(self, stranger: Conversation) -> None:
        """
        The host's own users and welcome, until REIN; its own files.
        """
        other = Conversation({"b": b""})
        bobs = PlayedAuthenticator(other.storage, {"bob": "other"})
        host = VirtualHost(bobs, Settings(welcome="This is b"))
        stranger.protocol._conversation.hosts = {"b.example": host}
        stranger.hears("HOST c.example", "HOST B.Example.", "USER bob", "PASS other", "SIZE b")
        stranger.hears("HOST b.example", "REIN", "USER bob", "PASS other")
        stranger.hears("USER alice", "PASS secret", "SIZE a.txt").leaves()
        assert stranger.codes() == [504, 220, 331, 230, 213, 503, 220, 331, 530, 331, 230, 213]
        assert [reply for reply in stranger.replies() if reply[:3] == "220"] == [
            "220 This is b",
            "220 ftpactive ready",
        ]
        assert (bobs.logouts, stranger.authenticator.logouts) == (1, 1)

    def test_strangeName(self, stranger: Conversation) -> None:
        """
        A name that is none is repeated without harm, and not at length.
        """
        stranger.hears("HOST " + "\x1b" * 300)
        assert len(stranger.last()) < 300
        assert "\x1b" not in stranger.last()
