"""
One client's conversation, as verbs see it: what it remembers, whom it may
ask, what it holds open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ftpactive.abilities import IPreferences
from ftpactive.core.address import Address
from ftpactive.core.certificate import Certificate
from ftpactive.core.errors import (
    CannotOpenData,
    DataUnprotected,
    NotLoggedIn,
    ServiceClosing,
    TransferAborted,
)
from ftpactive.core.events import Event
from ftpactive.core.reply import Reply
from ftpactive.core.session import Security, Session
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IDataOpener, IDataPlan, IStorage
from ftpactive.logins import Attempt, IAuthenticator, Login, VirtualHost
from ftpactive.shield import IShield
from ftpactive.verbs.ongoing import Transfer

#: What is missing where nobody listens for the default data connection.
ARRANGE = "Say first where the data goes: PORT, EPRT, PASV or EPSV"


@dataclass(slots=True, eq=False)
class Conversation:
    """
    What a verb is given as C{c}.

    @ivar number: tells this session from all others of the process.
    @ivar default: what holds where no virtual host was named.
    @ivar opener: arranges data connections.
    @ivar send: sends a preliminary reply (1xx); the final one is returned.
    @ivar tell: tells an event to whoever listens.
    @ivar hears: is an event of a class of any use, where it tells of no failure?
    @ivar now: the time, seconds since the epoch.
    @ivar login: who is in, if anybody.
    @ivar plan: the data connection that is arranged, if any.
    @ivar transfer: the transfer that runs, if any.
    @ivar isInterrupted: does ABOR wait behind the command that is being done?
    @ivar hosts: the virtual hosts by name, in small letters.
    @ivar turn: gives what fires when everybody else had a turn.
    @ivar hostName: what HOST named, in small letters.
    @ivar shield: TLS; L{None} where there is none.
    @ivar afterwards: what is to be done when the reply has been sent.
    @ivar isEnded: is the control connection gone?
    @ivar isChanged: may somebody else be logged in since this was last set back, or
        the time that nothing need be said be another?
    """

    number: int
    default: VirtualHost
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
    hears: Callable[[type[Event]], bool] = lambda kind: True
    hostName: str = ""
    shield: IShield | None = None
    afterwards: Callable[[], None] | None = None
    isEnded: bool = False
    isChanged: bool = False
    authenticator: IAuthenticator = field(init=False)
    settings: Settings = field(init=False)
    _host: VirtualHost = field(init=False)
    _peer: Address = field(init=False)

    def __post_init__(self) -> None:
        self._peer = self.opener.peer
        self._host = self.default
        self.authenticator, self.settings = self.default
        if self.shield is not None:
            self.forget()

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
        return (self.number, str(self._peer), "" if self.login is None else self.session.user)

    @property
    def idleTimeout(self) -> float:
        """
        Give the seconds that this session may say nothing.
        """
        return self.session.idleTimeout or self.settings.idleTimeout

    @property
    def certificate(self) -> Certificate | None:
        """
        Give what the client has proved by TLS.
        """
        if self.shield is None or not self.session.isSecure:
            return None
        return self.shield.certificate  # type: ignore[no-any-return]

    def attempt(self, password: str | None) -> Attempt:
        """
        Give what is shown to log in as whom USER named.

        @param password: what PASS said; without it, the certificate alone.
        """
        return Attempt(
            self.session.user,
            password,
            self.opener.peer,
            self.certificate,
            isGone=lambda: self.isEnded,
        )

    def forget(self, security: Security = Security.CLEAR, *, protectsData: bool = False) -> None:
        """
        Begin anew, as if just connected, but for how many logins failed.
        """
        if self.shield is not None and self.shield.isImplicit:
            security, protectsData = Security.SIZED, True
        self.isChanged = True
        self.session = Session(
            failures=self.session.failures, security=security, protectsData=protectsData
        )

    def answered(self) -> None:
        """
        The reply has been sent: do what waited for that, as something does.
        """
        afterwards, self.afterwards = self.afterwards, None
        assert afterwards is not None, "who says that it was sent has looked"
        afterwards()

    def visit(self, host: VirtualHost | None, name: str = "") -> None:
        """
        Be a virtual host from now on, or the default one again.

        @param name: what it was called by, in small letters.
        """
        self.isChanged = True
        self.hostName = name
        self._host = host or self.default
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

    def prepareData(self) -> None:
        """
        A transfer is to begin.  Where nothing was arranged, the data connection
        goes to the port of the client's control connection, RFC 959 section 3.2.

        @raise DataUnprotected: (521) data may not travel as PROT left it: in the
            clear.
        @raise CannotOpenData: (425) there is no such default here, or not after
            C{EPSV ALL}.
        """
        if self.settings.tlsData and not self.session.protectsData:
            raise DataUnprotected
        if self.plan is None:
            if not self.settings.defaultDataConnection or self.session.epsvOnly:
                raise CannotOpenData(ARRANGE)
            self.arrange(self.opener.active(self.opener.peer))

    def enter(self, login: Login) -> None:
        """
        Somebody is logged in.

        @raise ServiceClosing: (421) the connection was lost meanwhile; the
            login has ended already.
        @raise NotLoggedIn: (530) this user must be protected, and is not.  That
            tells that the password was right.  Whoever guesses could ask over
            TLS as well, and the user learns what to do.
        """
        self.login = login
        self.isChanged = True
        if self.isEnded:
            self.logOut()
            raise ServiceClosing
        if IPreferences.providedBy(login.storage):
            self.settings = login.storage.settings(self.settings)
        if self.settings.tlsLogin and not self.session.isSecure:
            self.logOut()
            raise NotLoggedIn("This user must log in over TLS: send AUTH TLS first")

    def logOut(self) -> None:
        """
        End the login, if there is one; its logout runs exactly once.
        """
        login, self.login = self.login, None
        if login is not None:
            self.isChanged = True
            self.settings = self._host.settings
            # Where this user's data could go, that of the next perhaps cannot.
            if self.plan is not None:
                self.arrange(None)
            login.logout()

    def end(self) -> None:
        """
        The control connection is gone, and everything goes with it.
        """
        self.isEnded = True
        if self.transfer is not None:
            self.cut()
        if self.plan is not None:
            self.arrange(None)
        self.logOut()

    def letGo(self) -> None:
        """
        It has ended, and nothing is being done any more: hold nothing that holds
        it.  What goes round in circles would wait for the collector, and its
        memory with it; the next session is faster in memory that was just used.
        """
        del self.opener, self.send, self.isInterrupted, self.turn

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
