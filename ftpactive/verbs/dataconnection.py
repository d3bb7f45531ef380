"""
The data connection of one transfer: opened, announced, and told of at its end.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.events import Transferred
from ftpactive.core.reply import Reply
from ftpactive.verbs.conversation import ARRANGE, Conversation
from ftpactive.verbs.ongoing import Transfer


class DataConnection:
    """
    Opens what was arranged, says 150, gives the channel, and tells how the
    transfer ended::

        with DataConnection(c, "RETR", "/a", "Opening ...") as connection:
            channel = await connection.open()

    A passive client may wait for 150 before it connects, so there 150 comes
    first; to an active one we connect first, so that it can be told 425 in the
    place of 150 when that fails.
    """

    __slots__ = ("_c", "_isUpload", "_opening", "_path", "_transfer", "_verb")

    def __init__(
        self, c: Conversation, verb: str, path: str, opening: str, *, isUpload: bool = False
    ) -> None:
        """
        @param verb: what is being done.
        @param path: to or from which path, as text.
        @param opening: what 150 says.
        @param isUpload: does the client send?
        """
        self._isUpload = isUpload
        self._c = c
        self._verb = verb
        self._path = path
        self._opening = opening
        self._transfer: Transfer | None = None

    def __enter__(self) -> DataConnection:
        """
        The transfer may begin.
        """
        return self

    async def open(self) -> Any:
        """
        Open it, and give the channel.

        @raise CannotOpenData: (425)
        @raise SessionNotReused: (522)
        @raise TransferAborted: (426) the client left while the file was opened.
        """
        c = self._c
        plan = c.plan
        if c.isEnded:
            raise TransferAborted("The session ended before it began")
        assert plan is not None, "the table lets no transfer through without a plan"
        transfer = self._transfer = c.transfer = Transfer(plan, self._verb, self._path, c.now())
        if c.isInterrupted():
            raise TransferAborted("Aborted before it began")
        isAnnounced = plan.isPassive or c.settings.repliesFirst
        if isAnnounced:
            c.send(Reply(150, self._opening))
        try:
            channel: Any = await plan.open()
        except CannotOpenData as error:
            if plan.address != c.opener.peer:
                raise
            # Hardly a client listens where its control connection is.
            raise CannotOpenData(f"{error}. {ARRANGE}") from error
        transfer.channel = channel
        if not isAnnounced:
            c.send(Reply(150, self._opening))
        if c.login is not None and c.login.pace is not None:
            channel.pace = c.login.pace
        # Clients begin with TLS when they have seen 150, both ways round.
        if c.shield is not None and c.session.protectsData:
            await c.shield.protect(channel, isUpload=self._isUpload)
        return channel

    def __exit__(
        self,
        kind: type[BaseException] | None,
        reason: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """
        The transfer has ended, well or not.
        """
        c, transfer = self._c, self._transfer
        if transfer is None:
            return
        c.transfer = None
        error = "" if reason is None else str(reason) or type(reason).__name__
        if transfer.channel is not None and error:
            transfer.channel.abort()
        # RFC 959 section 4.1.2: what PORT said stays until it is changed; a
        # passive port is for one transfer, RFC 1123 section 4.1.2.6.
        if not transfer.plan.isLasting and c.plan is transfer.plan:
            c.arrange(None)
        if error or c.hears(Transferred):
            c.tell(transfer.ended(c.who, c.now(), error))
