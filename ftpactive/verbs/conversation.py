"""
One client's conversation, as verbs see it: what it remembers, whom it may
ask, what it holds open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ftpactive.abilities import IPreferences
from ftpactive.core.errors import CannotOpenData, NotLoggedIn, ServiceClosing, TransferAborted
from ftpactive.core.events import Event, Transferred
from ftpactive.core.reply import Reply
from ftpactive.core.session import Session
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IDataOpener, IDataPlan, IStorage
from ftpactive.logins import IAuthenticator, Login, VirtualHost
from ftpactive.verbs.ongoing import Transfer

#: What is missing where nobody listens for the default data connection.
_ARRANGE = "Say first where the data goes: PORT, EPRT, PASV or EPSV"


@dataclass(slots=True, eq=False)
class Conversation:
    """
    What a verb is given as C{c}.

    @ivar number: tells this session from all others of the process.
    @ivar opener: arranges data connections.
    @ivar send: sends a preliminary reply (1xx); the final one is returned.
    @ivar tell: tells an event to whoever listens.
    @ivar now: the time, seconds since the epoch.
    @ivar login: who is in, if anybody.
    @ivar plan: the data connection that is arranged, if any.
    @ivar transfer: the transfer that runs, if any.
    @ivar isInterrupted: does ABOR wait behind the command that is being done?
    @ivar hosts: the virtual hosts by name, in small letters.
    @ivar turn: gives what fires when everybody else had a turn.
    @ivar isEnded: is the control connection gone?
    """

    number: int
    settings: Settings
    authenticator: IAuthenticator
    opener: IDataOpener
    send: Callable[[Reply], None]
    tell: Callable[[Event], None]
    now: Callable[[], float]
    session: Session = field(default_factory=Session)
    login: Login | None = None
    plan: IDataPlan | None = None
    transfer: Transfer | None = None
    isInterrupted: Callable[[], bool] = lambda: False
    hosts: Mapping[str, VirtualHost] = field(default_factory=dict)
    turn: Callable[[], Awaitable[object]] | None = None
    isEnded: bool = False
    _default: VirtualHost = field(init=False)
    _host: VirtualHost = field(init=False)

    def __post_init__(self) -> None:
        self._default = self._host = VirtualHost(self.authenticator, self.settings)

    @property
    def storage(self) -> IStorage:
        """
        Give the files of whoever is logged in.

        @raise NotLoggedIn: (530) nobody is.
        """
        if self.login is None:
            raise NotLoggedIn
        return self.login.storage  # type: ignore[return-value]

    @property
    def who(self) -> tuple[int, str, str]:
        """
        Give what every event begins with.
        """
        user = self.session.user if self.login is not None else ""
        return (self.number, str(self.opener.peer), user)

    @property
    def idleTimeout(self) -> float:
        """
        Give the seconds that this session may say nothing.
        """
        return self.session.idleTimeout or self.settings.idleTimeout

    def visit(self, host: VirtualHost | None) -> None:
        """
        Be a virtual host from now on, or the default one again.
        """
        self._host = host or self._default
        self.authenticator, self.settings = self._host

    async def breathe(self) -> None:
        """
        Let everybody else have a turn, in the middle of long work.

        @raise TransferAborted: (426) nobody waits for the end of it any more.
        """
        if self.turn is not None:
            await self.turn()
        if self.isEnded:
            raise TransferAborted("The session has ended")
        if self.isInterrupted():
            raise TransferAborted("Aborted")

    def arrange(self, plan: IDataPlan | None) -> None:
        """
        Put a plan for the next data connection in the place of the old one.
        """
        old, self.plan = self.plan, plan
        if old is not None:
            old.abandon()
        if self.isEnded and plan is not None:
            # The client left while a port was being opened: it would stay open.
            self.arrange(None)

    def arrangeDefault(self) -> None:
        """
        Nothing was arranged: the data connection goes to the port of the
        client's control connection, RFC 959 section 3.2.

        @raise CannotOpenData: (425) not here, or not after C{EPSV ALL}.
        """
        if not self.settings.defaultDataConnection or self.session.epsvOnly:
            raise CannotOpenData(_ARRANGE)
        self.arrange(self.opener.active(self.opener.peer))

    async def _open(self, plan: IDataPlan) -> Any:
        try:
            return await plan.open()
        except CannotOpenData as error:
            if plan.address != self.opener.peer:
                raise
            # Hardly a client listens where its control connection is.
            raise CannotOpenData(f"{error}. {_ARRANGE}") from error

    def enter(self, login: Login) -> None:
        """
        Somebody is logged in.

        @raise ServiceClosing: (421) the connection was lost meanwhile; the
            login has ended already.
        """
        self.login = login
        if self.isEnded:
            self.logOut()
            raise ServiceClosing
        if IPreferences.providedBy(login.storage):
            self.settings = login.storage.settings(self.settings)

    def logOut(self) -> None:
        """
        End the login, if there is one; its logout runs exactly once.
        """
        login, self.login = self.login, None
        if login is not None:
            self.settings = self._host.settings
            # Where this user's data could go, that of the next perhaps cannot.
            self.arrange(None)
            login.logout()

    def end(self) -> None:
        """
        The control connection is gone, and everything goes with it.
        """
        self.isEnded = True
        self.cut()
        self.arrange(None)
        self.logOut()

    def cut(self) -> None:
        """
        Cut the transfer that runs, if one does, at whatever point it is.
        """
        if self.transfer is None:
            return
        if self.transfer.channel is not None:
            self.transfer.channel.abort()
        else:
            self.transfer.plan.abandon()

    @asynccontextmanager
    async def dataConnection(self, verb: str, path: str, opening: str) -> AsyncIterator[Any]:
        """
        Open what was arranged, say 150, give the channel, and tell how the
        transfer ended.

        A passive client may wait for 150 before it connects, so there 150
        comes first; to an active one we connect first, so that it can be told
        425 in the place of 150 when that fails.

        @raise CannotOpenData: (425)
        @raise TransferAborted: (426) the client left while the file was opened.
        """
        if self.isEnded:
            raise TransferAborted("The session ended before it began")
        plan = self.plan
        assert plan is not None, "the table lets no transfer through without a plan"
        transfer = self.transfer = Transfer(plan, verb, path, self.now())
        error = ""
        try:
            if self.isInterrupted():
                raise TransferAborted("Aborted before it began")
            isAnnounced = plan.isPassive or self.settings.repliesFirst
            if isAnnounced:
                self.send(Reply(150, opening))
            transfer.channel = await self._open(plan)
            if not isAnnounced:
                self.send(Reply(150, opening))
            yield transfer.channel
        except BaseException as reason:
            error = str(reason) or type(reason).__name__
            raise
        finally:
            self._endTransfer(transfer, error)

    def _endTransfer(self, transfer: Transfer, error: str) -> None:
        self.transfer = None
        plan = transfer.plan
        if transfer.channel is not None and error:
            transfer.channel.abort()
        # RFC 959 section 4.1.2: what PORT said stays until it is changed; a
        # passive port is for one transfer, RFC 1123 section 4.1.2.6.
        if not plan.isLasting and self.plan is plan:
            self.arrange(None)
        self.tell(
            Transferred(
                *self.who,
                verb=transfer.verb,
                path=transfer.path,
                size=transfer.size,
                seconds=self.now() - transfer.began,
                mode="passive" if plan.isPassive else "active",
                error=error,
            )
        )
