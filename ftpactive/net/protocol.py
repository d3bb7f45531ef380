"""
The control connection's socket: feeds bytes to the core, drives the verbs,
sends replies.
"""

from __future__ import annotations

from time import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import deferLater
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.control import ControlChannel
from ftpactive.core.events import Answered, Connected, Opened, Outcome, Secured
from ftpactive.core.session import Login
from ftpactive.net.ends import fromTransport
from ftpactive.net.replies import Replies
from ftpactive.net.services import Services
from ftpactive.net.socketoptions import prepareControl
from ftpactive.net.tls import TLS
from ftpactive.net.watchdog import Watchdog
from ftpactive.net.working import Working
from ftpactive.shield import IShield
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.vocabulary import isInterrupt, isUrgent


@implementer(IPushProducer)
class ControlProtocol(Working):
    """
    One control connection.

    It is also the producer of its own replies: a client that does not read
    them is not listened to either.
    """

    def __init__(
        self, services: Services, number: int, peer: Address, *, isImplicit: bool = False
    ) -> None:
        """
        @param number: tells this session from all others of the process.
        @param peer: where it comes from.
        @param isImplicit: does TLS begin at once, without AUTH?
        """
        super().__init__(services, number)
        self._peer = peer
        self._isImplicit = isImplicit
        self._control = ControlChannel(
            limit=services.settings.lineLimit, isUrgent=isUrgent, isInterrupt=isInterrupt
        )

    def connectionMade(self) -> None:
        """
        Greet.
        """
        prepareControl(self.transport)
        producer: Any = self
        self._replies = Replies(self.transport, producer)
        services = self._services
        self._hears = services.hears
        self._tellsAnswers = self._hears(Answered)
        getHost = self.transport.getHost
        self._conversation = Conversation(
            number=self._number,
            default=services.host,
            opener=services.makeOpener(lambda: fromTransport(getHost()), self._peer, self._opened),
            send=self._send,
            tell=services.events.emit,
            now=time,
            isInterrupted=self._isInterrupted,
            hosts=services.hosts,
            shield=None if services.tls is None else self._makeShield(services.tls),
            turn=self._turn,
            hears=self._hears,
        )
        self._watchdog = Watchdog(services.reactor, services.settings, self)
        if self._hears(Connected):
            self._tell(Connected(*self._who))
        shield = self._conversation.shield
        if shield is not None and self._isImplicit:
            # The greeting waits for it.
            shield.prepare("")
            shield.begin()
        self._send(services.greeting)
        self._readOn()

    @property
    def _who(self) -> tuple[int, str, str]:
        return self._conversation.who

    def _makeShield(self, tls: TLS) -> IShield:
        return tls.shield(
            self,
            forget=self._control.forgetPlaintext,
            secured=lambda *how: self._tell(Secured(*self._who, *how)),
            isImplicit=self._isImplicit,
        )

    def _isInterrupted(self) -> bool:
        return self._control.isInterrupted

    def _turn(self) -> Deferred[None]:
        return deferLater(self._services.reactor, 0)

    @property
    def isLoggedIn(self) -> bool:
        return self._conversation.session.login is Login.DONE

    @property
    def isBusy(self) -> bool:
        """
        Is a command being done?
        """
        return not self._control.isIdle

    @property
    def idleTimeout(self) -> float:
        """
        Give how long the client may say nothing, seconds.
        """
        return self._conversation.idleTimeout

    def dataReceived(self, data: bytes) -> None:
        """
        Take in commands, and do what can be done now.
        """
        self._take(data)
        self._readOn()

    def _take(self, data: bytes) -> None:
        if not (self._isBackedUp or self._isOver or self._isWorking):
            command = self._control.receiveAlone(data)
            if command is not None:
                self._workOn(command)
                return
        if answers := self._control.receiveData(data):
            self._replies.write(self.transport, answers)
        if self._control.foreign and not self._isOver:
            self.dismiss(f"This port speaks FTP, not {self._control.foreign}")
        if self._control.isInterrupted:
            self._conversation.cut()
        self._work()

    def pauseProducing(self) -> None:
        """
        The client does not read its replies.
        """
        self._isBackedUp = True
        # Not even what is no command: TLS answers by itself.
        self._listen()

    def resumeProducing(self) -> None:
        """
        It does again.
        """
        self._isBackedUp = False
        self._work()

    def stopProducing(self) -> None:
        """
        Nobody is there any more; L{connectionLost} says so too.
        """

    def _opened(
        self,
        mode: str,
        source: Address,
        target: Address,
        seconds: float,
        outcome: Outcome,
        error: str,
    ) -> None:
        if error or self._hears(Opened):
            ends = str(source), str(target)
            self._tell(Opened(*self._who, mode, *ends, seconds, outcome, error))
