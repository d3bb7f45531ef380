"""
Tests for L{ftpactive.verbs.about}.
"""

from __future__ import annotations

import pytest

from ftpactive.testing.conversation import Conversation
from ftpactive.verbs import browse
from ftpactive.verbs.table import TABLE

PORT = "PORT 192,0,2,7,78,52"


class TestFeatures:
    """
    FEAT, RFC 2389 section 3.
    """

    def test_beforeTheLogin(self) -> None:
        """
        Clients ask first.
        """
        assert Conversation(login=False).hears("FEAT").codes() == [220, 211]

    def test_lines(self, conversation: Conversation) -> None:
        """
        What Twisted's own server left out is there, in order.
        """
        lines = conversation.hears("FEAT").last().split("\n")
        assert lines[0] == "211-Features:"
        assert lines[-1] == "211 End"
        assert lines[1:-1] == sorted(lines[1:-1])
        assert {" EPRT", " EPSV", " UTF8", " REST STREAM", " SIZE", " MDTM"} <= set(lines)

    def test_followsTheTable(self, conversation: Conversation) -> None:
        """
        Each verb that has a feature is told, and nothing is told twice.
        """
        lines = conversation.hears("FEAT").last().split("\n")[1:-1]
        told = {line.split()[0] for line in lines}
        fixed = {line[1:] for line in lines}
        assert {verb.feature for verb in TABLE.values() if isinstance(verb.feature, str)} <= {
            "",
            *fixed,
        }
        assert told - {"UTF8", "TVFS"} <= {verb.name for verb in TABLE.values() if verb.feature}
        assert len(told) == len(lines)

    def test_factsInUseAreMarked(self, conversation: Conversation) -> None:
        """
        RFC 3659 section 7.8.
        """
        conversation.hears("OPTS MLST size;", "FEAT")
        assert "\n MLST type;size*;modify;" in conversation.last()


class TestHelp:
    """
    HELP, RFC 959 section 4.1.3.
    """

    def test_allVerbs(self, conversation: Conversation) -> None:
        """
        Every verb, none of them on a line that could be taken for the last.
        """
        lines = conversation.hears("HELP").last().split("\n")
        assert " ".join(lines[1:-1]).split() == sorted(TABLE)
        assert max(map(len, lines)) < 80

    @pytest.mark.parametrize("argument", ["RETR", "retr", " retr "])
    def test_oneVerb(self, conversation: Conversation, argument: str) -> None:
        """
        How it is written, what it does, and where to read on.
        """
        conversation.hears(f"HELP {argument}")
        assert (
            conversation.last() == "214 RETR <SP> <path>: Send a file to the client (RFC 959 4.1.3)"
        )

    @pytest.mark.parametrize("name", sorted(TABLE))
    def test_everyVerb(self, conversation: Conversation, name: str) -> None:
        """
        There is help for each.
        """
        assert conversation.hears(f"HELP {name}").last().startswith(f"214 {name}")

    def test_unknownVerb(self, conversation: Conversation) -> None:
        """
        And none for what is not understood.
        """
        assert conversation.hears("HELP \x1bFOO").last().startswith("501 No help for \\x1bFOO:")


class TestSystem:
    """
    SYST and NOOP, RFC 959 section 4.1.3.
    """

    def test_system(self, conversation: Conversation) -> None:
        """
        Clients choose by it how to read listings.
        """
        assert conversation.hears("SYST").last() == "215 UNIX Type: L8"

    def test_noOperation(self, conversation: Conversation) -> None:
        """
        Nothing, successfully.
        """
        assert conversation.hears("NOOP").codes() == [200]

    @pytest.mark.parametrize(
        ("line", "code"),
        [("LANG", 200), ("LANG EN", 200), ("LANG en-GB", 200), ("LANG fr", 504)],
    )
    def test_language(self, conversation: Conversation, line: str, code: int) -> None:
        """
        LANG, RFC 2640 section 4.1: there is English.
        """
        assert conversation.hears(line).codes() == [code]

    @pytest.mark.parametrize(("line", "code"), [("CSID Name=x;", 200), ("CLNT x\x1b", 200)])
    def test_programs(self, conversation: Conversation, line: str, code: int) -> None:
        """
        What the client calls itself is noted, and harmless.
        """
        conversation.hears(line, "STAT")
        assert conversation.codes() == [code, 211]
        shown = line[5:].replace("\x1b", "\\x1b")
        assert f"\n The client is {shown}\n" in conversation.last()


class TestStatus:
    """
    STAT, RFC 959 section 4.1.3.
    """

    def told(self, conversation: Conversation) -> list[str]:
        """
        Ask, and give the lines between the first and the last.
        """
        lines = conversation.hears("STAT").last().split("\n")
        assert lines[0] == "211-Status of this session"
        return lines[1:-1]

    def test_stranger(self) -> None:
        """
        Whoever is connected may ask for that much.
        """
        assert self.told(Conversation(login=False)) == [
            " Connected from 192.0.2.7:50000",
            " Not logged in",
            " TYPE A N, MODE S, STRU F",
            " No data connection",
        ]

    def test_session(self, conversation: Conversation) -> None:
        """
        Who, where, and how files are sent.
        """
        told = self.told(conversation.hears("CWD sub", "TYPE I"))
        assert told[1:3] == [" Logged in as alice, folder /sub", " TYPE I, MODE S, STRU F"]

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            (PORT, " Active data connection arranged: 192.0.2.7:20020"),
            ("PASV", " Passive data connection arranged: 192.0.2.1:20020"),
        ],
    )
    def test_plan(self, conversation: Conversation, line: str, told: str) -> None:
        """
        What is arranged for the next transfer.
        """
        assert self.told(conversation.hears(line))[-1] == told

    def test_transfer(self, conversation: Conversation) -> None:
        """
        How far it has come; Twisted's own server heard nothing during a
        transfer.
        """
        conversation.during("RETR a.txt")
        conversation.opener.channels[-1].transferred = 3
        assert self.told(conversation)[-1].startswith(" RETR /a.txt: 3 bytes so far, ")
        conversation.leaves()

    def test_transferThatOpens(self, conversation: Conversation) -> None:
        """
        Before the data connection is there, nothing went through.
        """
        conversation.opener.opensLate = True
        conversation.hears("PASV", "RETR a.txt")
        assert self.told(conversation)[-1].startswith(" RETR /a.txt: 0 bytes so far, ")
        conversation.leaves()

    def test_folder(self, conversation: Conversation) -> None:
        """
        A listing without a data connection.
        """
        lines = conversation.hears("STAT sub").last().split("\n")
        assert (lines[0], lines[-1]) == ("213-Status of sub", "213 End")
        assert lines[1].endswith(" c.txt")

    def test_file(self, conversation: Conversation) -> None:
        """
        One line.
        """
        lines = conversation.hears("STAT a.txt").last().split("\n")
        assert lines[0] == "213-Status of a.txt"
        assert lines[1].endswith(" a.txt")

    def test_options(self, conversation: Conversation) -> None:
        """
        C{STAT -l} is the listing of the current folder.
        """
        assert conversation.hears("STAT -l").last().startswith("213-Status of .\n")

    def test_missing(self, conversation: Conversation) -> None:
        """
        As LIST would say it.
        """
        assert conversation.hears("STAT missing").codes() == [550]

    def test_strangersSeeNoFiles(self) -> None:
        """
        With a path it needs a login.
        """
        assert Conversation({"a": b""}, login=False).hears("STAT a").codes() == [220, 530]

    def test_waitsForTheTransferToList(self, conversation: Conversation) -> None:
        """
        Only the bare form is heard meanwhile.
        """
        conversation.during("RETR a.txt").hears("STAT sub").release()
        assert conversation.codes() == [150, 226, 213]

    def test_tooMuch(self) -> None:
        """
        A listing that does not fit into memory needs a data connection.
        """
        conversation = Conversation({"big": {str(number): b"" for number in range(5001)}})
        assert conversation.hears("STAT big").last().startswith("451 Too much to list")

    @pytest.mark.parametrize("line", ["STAT big", "STAT -t big", "STAT big/*"])
    def test_tooMuchCostsLittle(self, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Names are counted before lines are made of them.
        """
        conversation = Conversation({"big": {str(number): b"" for number in range(5001)}})
        monkeypatch.setattr(browse, "listLines", pytest.fail)
        assert conversation.hears(line).last().startswith("451 Too much to list")

    def test_foldersCount(self) -> None:
        """
        So do the headings of folders that are empty.
        """
        conversation = Conversation({str(number): {} for number in range(2501)})
        assert conversation.hears("STAT -R").last().startswith("451 Too much to list")

    def test_namesCannotForgeReplies(self) -> None:
        """
        Neither by a line feed nor by looking like the last line.
        """
        conversation = Conversation({"folder": {"a\r\n212 End": b""}})
        assert conversation.hears("STAT folder").said.count(b"\r\n") == 3


class TestListedStatus:
    """
    STAT with a path is a listing on the control connection.
    """

    @pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\r\nb", "\udcff", "\u00e4", "2 x"])
    def test_names(self, name: str) -> None:
        """
        They are written once as on a data connection, not twice.
        """
        conversation = Conversation({"folder": {name: b""}})
        wire = name.encode("utf-8", "surrogateescape").replace(b"\r", b"\r\0").replace(b"\n", b"\0")
        wire = wire.replace(b"\xff", b"\xff\xff")
        assert conversation.hears("STAT folder").said.split(b"\r\n")[1].endswith(b" " + wire)

    def test_tree(self, conversation: Conversation) -> None:
        """
        Every option of LIST is known to it.
        """
        lines = conversation.hears("STAT -1R").last().split("\n")
        assert lines[1:-1] == [".:", "a.txt", "b.txt", "sub", "", "./sub:", "c.txt"]


class TestLanguage:
    """
    LANG, RFC 2640 section 4.1.
    """

    @pytest.mark.parametrize("line", ["LANG", "LANG en", "LANG EN-us", "LANG  en ", "LANG "])
    def test_english(self, conversation: Conversation, line: str) -> None:
        """
        In all its kinds, and where none is named.
        """
        assert conversation.hears(line).codes() == [200]

    @pytest.mark.parametrize("line", ["LANG fr", "LANG english", "LANG -", "LANG *"])
    def test_others(self, conversation: Conversation, line: str) -> None:
        """
        504: replies are in English only.
        """
        assert conversation.hears(line).codes() == [504]


class TestPrograms:
    """
    CSID and CLNT tell what the client is.
    """

    @pytest.mark.parametrize("line", ["CSID", "CLNT", "CSID ", "CLNT "])
    def test_nothing(self, conversation: Conversation, line: str) -> None:
        """
        Without a name there is nothing to note.
        """
        assert conversation.hears(line).codes() == [501]

    def test_ours(self, conversation: Conversation) -> None:
        """
        CSID tells who we are in turn.
        """
        conversation.hears("CSID Name=x; Version=1;")
        assert conversation.last().startswith("200 Name=ftpactive; Version=")

    def test_isBounded(self, conversation: Conversation) -> None:
        """
        A client that calls itself a novel is noted with its beginning.
        """
        conversation.hears(f"CLNT {'x' * 5000}", "STAT")
        assert "\n The client is " + "x" * 256 + "...\n" in conversation.last()

    def test_reinitializing(self, conversation: Conversation) -> None:
        """
        REIN forgets it.
        """
        assert "client is" not in conversation.hears("CLNT x", "REIN", "STAT").last()
