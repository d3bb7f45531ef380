"""
Tests for L{ftpactive.verbs.table}.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.python.failure import Failure

from ftpactive.core.command import Command
from ftpactive.core.errors import LocalError, NotFound
from ftpactive.core.facts import Facts
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.verbs.table import NOT_IMPLEMENTED, Needs, Verb
from ftpactive.verbs.vocabulary import FAMILIES, TABLE, isInterrupt, isUrgent

LoggedErrors = Callable[..., list[Failure]]


class Faulty(MemoryStorage):
    """
    A storage whose C{stat} has a fault.
    """

    async def stat(self, path: Path) -> Facts:
        """
        Fail in a way that nobody foresaw.
        """
        raise ZeroDivisionError("not for the client's eyes")


class TestDeclarations:
    """
    Each row of the table is complete.
    """

    @pytest.mark.parametrize("verb", TABLE.values(), ids=list(TABLE))
    def test_isComplete(self, verb: Verb) -> None:
        """
        HELP has a sentence for every verb, and says where it is defined.
        """
        assert verb.summary
        assert verb.rfc
        assert TABLE[verb.name] is verb

    @pytest.mark.parametrize("verb", TABLE.values(), ids=list(TABLE))
    def test_dataNeedsALogin(self, verb: Verb) -> None:
        """
        No data connection is opened for a stranger.
        """
        assert Needs.DATA not in verb.needs or Needs.LOGIN in verb.needs

    def test_everyFamilyAddsToIt(self) -> None:
        """
        A module that is not imported would be missing in silence.
        """
        families = {verb.function.__module__ for verb in TABLE.values()}
        assert families == {family.__name__ for family in FAMILIES}

    def test_nothingIsBothDoneAndNot(self) -> None:
        """
        A verb that is implemented leaves the list of those that are not.
        """
        assert not NOT_IMPLEMENTED & set(TABLE)

    @pytest.mark.parametrize("name", ["XCWD", "XCUP", "XPWD", "XMKD", "XRMD"])
    def test_oldNames(self, name: str) -> None:
        """
        RFC 1123 section 4.1.3.1 wants the X forms; Twisted's own server had
        none of them.
        """
        assert TABLE[name].function is TABLE[{"XCUP": "CDUP"}.get(name, name[1:])].function

    @pytest.mark.parametrize(
        ("name", "syntax"),
        [
            ("NOOP", "NOOP"),
            ("RETR", "RETR <SP> <path>"),
            ("LIST", "LIST [<SP> <options path>]"),
            ("ALLO", "ALLO <SP> <bytes [R size]>"),
        ],
    )
    def test_syntax(self, name: str, syntax: str) -> None:
        """
        As RFC 959 section 5.3.1 writes it.
        """
        assert TABLE[name].syntax == syntax


class TestOrderOfChecks:
    """
    Whatever is wrong first in this order is what the client hears.
    """

    @pytest.fixture
    def stranger(self) -> Conversation:
        """
        A conversation without a login.
        """
        return Conversation(login=False)

    def test_unknownIs500(self, stranger: Conversation) -> None:
        """
        Nobody ever heard of it.
        """
        assert stranger.hears("FOO bar").last() == "500 Unknown command FOO"

    def test_knownElsewhereIs502(self, stranger: Conversation) -> None:
        """
        RFC 959 section 5.4 tells the two apart.
        """
        assert stranger.hears("MAIL").last() == "502 MAIL is not implemented"

    def test_missingArgumentIs501(self, stranger: Conversation) -> None:
        """
        It comes before 530: the line can never be right.
        """
        assert stranger.hears("RETR").last() == "501 RETR needs an argument: RETR <SP> <path>"

    def test_missingArgumentWithAnOptionalPart(self, stranger: Conversation) -> None:
        """
        Of C{ALLO bytes [R size]} only the end may be left out.
        """
        assert stranger.hears("ALLO").last().startswith("501 ")

    def test_needlessArgumentIs501(self, stranger: Conversation) -> None:
        """
        The reverse of it.
        """
        assert stranger.hears("PWD here").last() == "501 PWD takes no argument"

    def test_blanksAreNoArgument(self, conversation: Conversation) -> None:
        """
        Some clients leave them behind a verb.
        """
        assert conversation.hears("PWD  ").codes() == [257]

    def test_strangerIs530(self, stranger: Conversation) -> None:
        """
        It comes before 425, which would tell that the login is there.
        """
        assert stranger.hears("RETR a.txt").last().startswith("530 ")

    def test_nothingArrangedIs425(self) -> None:
        """
        It comes before the file is looked for.
        """
        conversation = Conversation(settings=Settings(defaultDataConnection=False))
        assert conversation.hears("RETR missing").codes() == [425]

    def test_wrongOrderIs503(self, conversation: Conversation) -> None:
        """
        And only then, what the verb itself has to say.
        """
        assert conversation.hears("RNTO", "RNTO new").codes() == [501, 503]

    # STAT looks itself: alone it is for everybody, with a path it is not.
    @pytest.mark.parametrize("name", sorted(TABLE.keys() - {"STAT"}))
    def test_strangersMayDoLittle(self, stranger: Conversation, name: str) -> None:
        """
        Whatever needs a login says so, and nothing else of it happens.
        """
        codes = stranger.hears(f"{name} x", name).codes()
        assert (530 in codes) is (Needs.LOGIN in TABLE[name].needs)


class TestPerform:
    """
    C{perform} gives one final reply, whatever happens.
    """

    def test_verbOfAnyBytes(self, conversation: Conversation) -> None:
        """
        An unknown verb with 0xFF in it got no reply at all from Twisted's own
        server.
        """
        conversation.hears(b"FOO\xff\xff", b"NOOP")
        assert conversation.replies() == [
            "500 Unknown command FOO\\xff",
            "200 NOOP command successful",
        ]

    @pytest.mark.parametrize("name", sorted(TABLE))
    @pytest.mark.parametrize("argument", [" ", "   ", "\r", '"', "-", ";", "."])
    def test_hardlyAnArgument(self, conversation: Conversation, name: str, argument: str) -> None:
        """
        No verb stumbles over what is not quite nothing.
        """
        conversation.hears("PORT 192,0,2,7,78,52", f"{name} {argument}".replace("\r", "\r\0"))
        assert "Internal fault" not in conversation.last()

    def test_emptyLine(self, conversation: Conversation) -> None:
        """
        It is a command as well, if none that anybody knows.
        """
        assert conversation.hears("").codes() == [500]

    def test_replyNamesTheReasonOnly(self, conversation: Conversation) -> None:
        """
        The client is told in words; Twisted's own server wrote a Python list
        of the path into its replies.
        """
        assert conversation.hears("CWD missing").last() == f"550 {NotFound.text}"

    def test_faultIs451(self, loggedErrors: LoggedErrors) -> None:
        """
        What nobody foresaw is told once, in words that give nothing away.
        """
        conversation = Conversation(Faulty())
        conversation.hears("CWD sub")
        loggedErrors(ZeroDivisionError)
        assert conversation.replies() == ["451 Internal fault, see the server's log"]

    def test_faultIsLoggedOnce(self, loggedErrors: LoggedErrors) -> None:
        """
        With its traceback, for whoever mends it.
        """
        Conversation(Faulty()).hears("CWD sub")
        (failure,) = loggedErrors(ZeroDivisionError)
        assert "not for the client's eyes" in failure.getTraceback()
        assert "in stat" in failure.getTraceback()

    def test_faultEndsNothing(self, loggedErrors: LoggedErrors) -> None:
        """
        The session goes on, and so do commands that wait.
        """
        conversation = Conversation(Faulty())
        conversation.hearsBytes(b"CWD sub\r\nNOOP\r\n")
        loggedErrors(ZeroDivisionError)
        assert conversation.hears("PWD").codes() == [451, 200, 257]

    def test_foreseenErrorIsNotLogged(self) -> None:
        """
        A storage may raise any error of FTP, on purpose.
        """

        class Broken(MemoryStorage):
            async def stat(self, path: Path) -> Facts:
                raise LocalError

        assert Conversation(Broken()).hears("CWD sub").codes() == [451]


class TestQuestions:
    """
    What the control channel asks about a command.
    """

    def test_bareStatIsUrgent(self) -> None:
        """
        It is heard during a transfer.
        """
        assert isUrgent(Command("STAT", ""))

    @pytest.mark.parametrize(
        "command", [Command("STAT", "/"), Command("NOOP", ""), Command("FOO", "")]
    )
    def test_nothingElseIs(self, command: Command) -> None:
        """
        A STAT that lists waits for its turn like any other command.
        """
        assert not isUrgent(command)

    def test_abortInterrupts(self) -> None:
        """
        And nothing else does.
        """
        assert [isInterrupt(Command(name, "")) for name in ("ABOR", "QUIT")] == [True, False]
