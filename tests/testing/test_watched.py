"""
Tests for L{ftpactive.testing.watched}.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ftpactive.core.errors import ServiceClosing
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.watched import allowed
from ftpactive.verbs.table import TABLE

PORT = "PORT 192,0,2,7,78,52"


def forbid(patch: pytest.MonkeyPatch, verb: str, code: int) -> None:
    """
    Take a code out of a row of the table.
    """
    row = TABLE[verb]
    patch.setitem(TABLE, verb, replace(row, replies=row.replies - {code}))


class TestAllowed:
    """
    L{allowed} knows what may be sent.
    """

    def test_known(self) -> None:
        """
        The row of the table.
        """
        assert allowed("NOOP") == TABLE["NOOP"].replies

    @pytest.mark.parametrize(("verb", "code"), [("FOO", 500), ("", 500), ("MAIL", 502)])
    def test_unknown(self, verb: str, code: int) -> None:
        """
        One code, or the end of the service.
        """
        assert allowed(verb) == {421, code}


class TestStrays:
    """
    A conversation fails when its table says that it should.
    """

    def test_final(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        It names the verb and the code.
        """
        forbid(monkeypatch, "NOOP", 200)
        with pytest.raises(AssertionError, match="^NOOP must not be answered 200$"):
            Conversation().hears("NOOP")

    def test_preliminary(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A 1xx answers the transfer that runs.
        """
        forbid(monkeypatch, "LIST", 150)
        with pytest.raises(AssertionError, match="^LIST must not be answered 150$"):
            Conversation().hears(PORT, "LIST")

    def test_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        One that comes when a transfer is released, or when time passes.
        """
        forbid(monkeypatch, "RETR", 226)
        conversation = Conversation({"a": b""}).during("RETR a")
        conversation.opener.channels[-1].release()
        with pytest.raises(AssertionError, match="^RETR must not be answered 226$"):
            conversation.codes()

    def test_lineTooLong(self) -> None:
        """
        It is no verb, and may be answered all the same.
        """
        assert Conversation().hears("a" * 10000).codes() == [500]

    def test_endOfService(self) -> None:
        """
        A 421 answers no command.
        """
        conversation = Conversation()
        conversation.protocol.shutDown()
        assert conversation.codes() == [ServiceClosing.code]

    def test_nobodyIsThere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        What is not sent any more may have any code.
        """
        forbid(monkeypatch, "RETR", 426)
        conversation = Conversation({"a": b""}).during("RETR a")
        conversation.leaves()
        assert conversation.codes() == [150]
