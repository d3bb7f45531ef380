"""
Tests for transfers that are aborted, or whose client leaves: L{ftpactive.verbs.transfer}.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpactive.core.errors import TransferAborted
from ftpactive.core.events import Transferred
from ftpactive.testing.conversation import CLIENT, Conversation
from tests.verbs.watched import WatchedStorage

LoggedErrors = Callable[..., list[Failure]]

PORT = "PORT 192,0,2,7,78,52"


class TestAbort:
    """
    ABOR, RFC 959 section 4.1.3; Twisted's own server had none, and read no
    command during a transfer.
    """

    def test_nothingInProgress(self, conversation: Conversation) -> None:
        """
        It succeeds all the same.
        """
        assert conversation.hears("ABOR").codes() == [226]

    @pytest.mark.parametrize("arranged", [PORT, "PASV"])
    def test_dropsThePlan(self, conversation: Conversation, arranged: str) -> None:
        """
        Without a transfer the data connection is closed, RFC 959.
        """
        conversation.hears(arranged, "ABOR")
        assert conversation.codes()[1:] == [226]
        assert conversation.opener.abandoned == 1
        # Nothing is arranged any more but the default.
        conversation.hears("RETR a.txt")
        assert conversation.opener.planned[1:] == [CLIENT]

    def test_duringATransfer(self, conversation: Conversation) -> None:
        """
        426 for the transfer, 226 for ABOR, and then what follows.
        """
        conversation.during("RETR a.txt").hears("ABOR", "NOOP")
        assert conversation.codes() == [150, 426, 226, 200]
        assert conversation.downloaded == b""

    def test_withTelnetAroundIt(self, conversation: Conversation) -> None:
        """
        Most clients send IAC IP and IAC DM before it.
        """
        conversation.during("RETR a.txt").hears(b"\xff\xf4\xff\xf2ABOR")
        assert conversation.codes() == [150, 426, 226]

    def test_upload(self, watched: WatchedStorage) -> None:
        """
        An upload that is cut is not committed.
        """
        conversation = Conversation(watched).during("STOR a").hears("ABOR")
        assert conversation.codes() == [150, 426, 226]
        assert watched.file.ends == ["discard TransferAborted"]

    def test_commandsBeforeIt(self, conversation: Conversation) -> None:
        """
        They are answered before it, in order.
        """
        conversation.during("RETR a.txt").hearsBytes(b"NOOP\r\nPWD\r\nABOR\r\nNOOP\r\n")
        assert conversation.codes() == [150, 426, 200, 257, 226, 200]

    def test_transfersBeforeIt(self, conversation: Conversation) -> None:
        """
        A transfer that waits for its turn is cut as well.
        """
        conversation.during("RETR a.txt").hears("RETR b.txt", "ABOR")
        assert conversation.codes() == [150, 426, 426, 226]

    def test_transfersBehindIt(self, conversation: Conversation) -> None:
        """
        One that comes later is not.
        """
        conversation.during("RETR a.txt").hears("ABOR", PORT, "RETR b.txt")
        assert conversation.codes() == [150, 426, 226, 200, 150, 226]
        assert conversation.downloaded == b"0123456789"

    @pytest.mark.parametrize(("arranged", "codes"), [(PORT, []), ("PASV", [150])])
    def test_whileItOpens(
        self, conversation: Conversation, arranged: str, codes: list[int]
    ) -> None:
        """
        The client need not wait for a connection that it does not want.
        """
        conversation.opener.opensLate = True
        conversation.hears(arranged, "RETR a.txt", "ABOR", "NOOP")
        assert conversation.codes()[1:] == [*codes, 426, 226, 200]

    def test_inTheSameWrite(self, conversation: Conversation) -> None:
        """
        A transfer whose ABOR is there already is not begun.
        """
        conversation.hearsBytes(PORT.encode() + b"\r\nRETR a.txt\r\nABOR\r\n")
        assert conversation.codes() == [200, 426, 226]
        assert conversation.opener.channels == []

    def test_whileTheFileIsOpened(self, watched: WatchedStorage) -> None:
        """
        Nor one whose file took its time.
        """
        opening = watched.opening = Deferred()
        conversation = Conversation(watched).hears(PORT, "STOR a", "ABOR")
        opening.callback(None)
        assert conversation.codes() == [200, 426, 226]
        assert watched.file.ends == ["discard TransferAborted"]

    def test_afterTheTransfer(self, conversation: Conversation) -> None:
        """
        It was too late: the transfer is complete.
        """
        conversation.during("RETR a.txt").release().hears("ABOR")
        assert conversation.codes() == [150, 226, 226]
        assert conversation.downloaded == b"hello"

    def test_twice(self, conversation: Conversation) -> None:
        """
        Two of them get two replies.
        """
        conversation.during("RETR a.txt").hears("ABOR", "ABOR", "NOOP")
        assert conversation.codes() == [150, 426, 226, 226, 200]

    def test_malformed(self, conversation: Conversation) -> None:
        """
        With an argument it is a mistake, yet what it wants is clear.
        """
        conversation.during("RETR a.txt").hears("ABOR now")
        assert conversation.codes() == [150, 426, 501]


class TestLeaving:
    """
    The client goes away in the middle of a transfer; Twisted's own server sent
    the rest of it all the same.
    """

    def ends(self, conversation: Conversation) -> list[tuple[str, str]]:
        """
        Give the verb and the error of transfers that were told.
        """
        events = conversation.events
        return [(event.verb, event.error) for event in events if isinstance(event, Transferred)]

    def test_download(self, conversation: Conversation) -> None:
        """
        The data connection is cut, and the login ends once.
        """
        conversation.during("RETR a.txt").leaves()
        assert self.ends(conversation) == [("RETR", TransferAborted.text)]
        assert conversation.downloaded == b""
        assert conversation.authenticator.logouts == 1

    def test_upload(self, watched: WatchedStorage) -> None:
        """
        It is discarded.
        """
        Conversation(watched).during("STOR a").leaves()
        assert watched.file.ends == ["discard TransferAborted"]

    @pytest.mark.parametrize("arranged", [PORT, "PASV"])
    def test_whileItOpens(self, conversation: Conversation, arranged: str) -> None:
        """
        Nobody waits for the connection any more.
        """
        conversation.opener.opensLate = True
        conversation.hears(arranged, "RETR a.txt").leaves()
        assert self.ends(conversation) == [("RETR", TransferAborted.text)]
        assert conversation.opener.channels == []

    @pytest.mark.parametrize(("line", "end"), [("RETR a", "close"), ("STOR a", "discard")])
    def test_whileTheFileIsOpened(self, watched: WatchedStorage, line: str, end: str) -> None:
        """
        The file that is open at last is let go of at once.
        """
        opening = watched.opening = Deferred()
        conversation = Conversation(watched).hears(PORT, line)
        conversation.leaves()
        opening.callback(None)
        assert [each.split()[0] for each in watched.file.ends] == [end]
        assert conversation.opener.channels == []

    def test_commandsThatWaitAreDropped(self, conversation: Conversation) -> None:
        """
        Nothing is done for whom nobody can tell of it.
        """
        conversation.during("RETR a.txt").hears("DELE a.txt").leaves()
        assert conversation.codes() == [150]
        assert "a.txt" in conversation.storage.tree  # type: ignore[attr-defined]
