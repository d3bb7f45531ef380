"""
The server's end of a conversation, held to its own table of verbs.
"""

from __future__ import annotations

from ftpactive.core.command import Command
from ftpactive.core.reply import Reply
from ftpactive.net.protocol import ControlProtocol
from ftpactive.verbs.table import NOT_IMPLEMENTED
from ftpactive.verbs.vocabulary import TABLE


def allowed(verb: str) -> frozenset[int]:
    """
    Give the codes that a verb may be answered with, known or not.
    """
    if verb in TABLE:
        return TABLE[verb].replies
    return frozenset((421, 502 if verb in NOT_IMPLEMENTED else 500))


class WatchedProtocol(ControlProtocol):
    """
    Keeps a list of the replies that no row of the table has.  To raise here
    would be one more fault for the server to catch; L{Conversation} does it.

    @ivar strays: what was answered with which code, in words.

    @see: L{ftpactive.testing.conversation.Conversation}
    """

    strays: list[str]

    def connectionMade(self) -> None:
        """
        Greet.
        """
        self.strays = []
        super().connectionMade()

    def _answer(self, reply: Reply, command: Command) -> None:
        self._watch(command.verb, reply)
        super()._answer(reply, command)

    def _send(self, reply: Reply) -> None:
        if not reply.isFinal:
            transfer = self._conversation.transfer
            self._watch(transfer.verb if transfer is not None else "", reply)
        super()._send(reply)

    def _watch(self, verb: str, reply: Reply) -> None:
        # Who has left is told nothing, whatever the code would have been.
        if not self._isOver and reply.code not in allowed(verb):
            self.strays.append(f"{verb or 'nothing'} must not be answered {reply.code}")
