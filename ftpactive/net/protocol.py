"""
The control connection's socket: feeds bytes to the core, drives the verbs,
sends replies.
"""

from __future__ import annotations

from time import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.command import Command
from ftpactive.core.control import ControlChannel, Signal
from ftpactive.core.errors import FTPError, LocalError, ServiceClosing
from ftpactive.core.events import Answered, Connected, Disconnected, Event, Opened, Secured
from ftpactive.core.reply import Reply
from ftpactive.core.session import Login
from ftpactive.net.ends import fromTransport
from ftpactive.net.reactors import Transport
from ftpactive.net.reasons import HandshakeFailed
from ftpactive.net.services import Services
from ftpactive.net.socketoptions import prepareControl
from ftpactive.net.watchdog import Watchdog
from ftpactive.shield import IShield
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.vocabulary import isInterrupt, isUrgent, perform

#: Seconds for the last reply to leave before the connection is cut.
_LINGER = 10

#: Replies after which the control connection is closed.
_LAST = (221, 421)

#: What need not be told to a client that does not read: each restart marker
#: makes the one before it worthless.
_DROPPED = (110,)

#: Seconds after which pipelined commands wait for everybody else's turn.
_TURN = 0.01


@implementer(IPushProducer)
class ControlProtocol(Protocol):
    """
    One control connection.

    It is also the producer of its own replies: a client that does not read
    them is not listened to either.
    """

    transport: Transport
    _log = Logger()
    _conversation: Conversation
    _watchdog: Watchdog

    def __init__(self, services: Services, number: int, *, isImplicit: bool = False) -> None:
        """
        @param number: tells this session from all others of the process.
        @param isImplicit: does TLS begin at once, without AUTH?
        """
        self._services = services
        self._number = number
        self._isImplicit = isImplicit
        self._control = ControlChannel(
            limit=services.settings.lineLimit, isUrgent=isUrgent, isInterrupt=isInterrupt
        )
        self._isBackedUp = False
        self._isWorking = False
        self._isOver = False
        self._why = "the client left"
        self._later: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """
        Greet.
        """
        prepareControl(self.transport)
        services = self._services
        local = fromTransport(self.transport.getHost())
        peer = fromTransport(self.transport.getPeer())
        self._conversation = Conversation(
            number=self._number,
            settings=services.settings,
            authenticator=services.authenticator,
            opener=services.makeOpener(local, peer, self._opened),
            send=self._send,
            tell=services.events.emit,
            now=time,
            isInterrupted=lambda: self._control.isInterrupted,
            hosts=services.hosts,
            shield=self._makeShield(),
            turn=lambda: deferLater(services.reactor, 0),
        )
        self._watchdog = Watchdog(
            services.reactor,
            services.settings,
            isLoggedIn=lambda: self._conversation.session.login is Login.DONE,
            isBusy=lambda: not self._control.isIdle,
            idleTimeout=lambda: self._conversation.idleTimeout,
            expire=self.dismiss,
        )
        self.transport.registerProducer(self, True)
        self._tell(Connected(*self._conversation.who))
        shield = self._conversation.shield
        if shield is not None and self._isImplicit:
            # The greeting waits for it.
            shield.prepare("")
            shield.begin()
        self._send(Reply(220, services.settings.welcome))

    def _makeShield(self) -> IShield | None:
        if self._services.tls is None:
            return None
        return self._services.tls.shield(
            self,
            forget=self._control.forgetPlaintext,
            secured=lambda *how: self._tell(Secured(*self._conversation.who, *how)),
            isImplicit=self._isImplicit,
        )

    def dataReceived(self, data: bytes) -> None:
        """
        Take in commands, and do what can be done now.
        """
        if answers := self._control.receiveData(data):
            self.transport.write(answers)
        if self._control.foreign and not self._isOver:
            self.dismiss(f"This port speaks FTP, not {self._control.foreign}")
        if self._control.isInterrupted:
            self._conversation.cut()
        self._work()

    def _work(self) -> None:
        """
        Do commands until there is none, or one takes its time.
        """
        if self._isWorking or self._later is not None:
            return
        self._isWorking = True
        clock = self._services.reactor
        end = clock.seconds() + _TURN
        while not self._isBackedUp and not self._isOver and self._doNext():
            if clock.seconds() >= end:
                self._later = clock.callLater(0, self._goOn)
                break
        self._isWorking = False
        if self._isOver:
            return
        if self._isBackedUp or self._control.isFull:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _goOn(self) -> None:
        self._later = None
        self._work()

    def _doNext(self) -> bool:
        """
        Begin the next command.

        @return: was there one?
        """
        try:
            command = self._control.nextCommand()
        except FTPError as error:
            self._answer(error.reply(), Command("", ""))
            return True
        if isinstance(command, Signal):
            return False
        done = Deferred.fromCoroutine(perform(self._conversation, command))
        done.addErrback(self._fault, command)
        done.addCallback(self._answer, command)
        done.addErrback(lambda failure: self._log.failure("Cannot answer", failure))
        return True

    def _fault(self, failure: Failure, command: Command) -> Reply:
        """
        A fault of ours, or of a storage: the only place where the unforeseen
        becomes a reply.
        """
        self._log.failure(
            "Session {number}: {command} failed",
            failure,
            number=self._number,
            command=command.shown(),
        )
        return LocalError("Internal fault, see the server's log").reply()

    def _answer(self, reply: Reply, command: Command) -> None:
        self._tell(
            Answered(
                *self._conversation.who, command=command.shown(), code=reply.code, text=reply.text
            )
        )
        self._send(reply)
        self._conversation.answered()
        self._watchdog.answered()
        self._work()

    def _send(self, reply: Reply) -> None:
        """
        Send a reply to the command in flight.
        """
        if self._isOver or (self._isBackedUp and reply.code in _DROPPED):
            return
        self.transport.write(self._control.send(reply))
        if reply.code in _LAST:
            self._close(f"{reply.code} {reply.text}")

    def dismiss(self, why: str) -> None:
        """
        Send the client away: 421 needs no command, RFC 959 section 5.4.
        """
        if not self._isOver:
            self.transport.write(self._control.close(ServiceClosing(f"{why}, goodbye").reply()))
            self._close(why)

    def _close(self, why: str) -> None:
        """
        Close once the last reply has left, or after a while without that.
        """
        self._isOver = True
        self._why = why
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self._linger = self._services.reactor.callLater(_LINGER, self.transport.abortConnection)
        self._end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The client is gone, and its data connection and login with it.
        """
        if isinstance(reason.value, HandshakeFailed):
            self._why = f"TLS handshake failed: {reason.value.args[0]}"
        self._tell(Disconnected(*self._conversation.who, reason=self._why))
        if self._isOver:
            if self._linger.active():
                self._linger.cancel()
            return
        self._isOver = True
        self._end()

    def _end(self) -> None:
        """
        Let go of everything.  An avatar's logout is not ours, and may raise;
        that must not keep anybody's connection open.
        """
        self._control.close()
        self._watchdog.stop()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        try:
            self._conversation.end()
        except Exception:
            self._log.failure("Session {number}: logout failed", number=self._number)

    def pauseProducing(self) -> None:
        """
        The client does not read its replies.
        """
        self._isBackedUp = True

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

    def shutDown(self) -> None:
        """
        The service stops.
        """
        self.dismiss("The service stops")

    def cutOff(self) -> None:
        """
        Close now, whatever has not been sent.
        """
        self.transport.abortConnection()

    def _tell(self, event: Event) -> None:
        self._services.events.emit(event)

    def _opened(self, *attempt: Any) -> None:
        self._tell(Opened(*self._conversation.who, *attempt))
