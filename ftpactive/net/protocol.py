"""
The control connection's socket: feeds bytes to the core, drives the verbs,
sends replies.
"""

from __future__ import annotations

from time import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.task import deferLater
from twisted.logger import Logger
from zope.interface import implementer

from ftpactive.core.command import Command
from ftpactive.core.control import ControlChannel, Signal
from ftpactive.core.errors import FTPError, LocalError
from ftpactive.core.events import Answered, Connected, Opened, Secured
from ftpactive.core.reply import Reply
from ftpactive.core.session import Login
from ftpactive.interfaces import ILevelledSink
from ftpactive.net.doing import Doing
from ftpactive.net.ending import Ending
from ftpactive.net.ends import fromTransport
from ftpactive.net.replies import Replies
from ftpactive.net.services import Services
from ftpactive.net.socketoptions import prepareControl
from ftpactive.net.watchdog import Watchdog
from ftpactive.shield import IShield
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.vocabulary import isInterrupt, isUrgent, perform

#: Replies after which the control connection is closed.
_LAST = (221, 421)

#: What need not be told to a client that does not read: each restart marker
#: makes the one before it worthless.
_DROPPED = (110,)

#: Seconds after which pipelined commands wait for everybody else's turn.
_TURN = 0.01


@implementer(IPushProducer)
class ControlProtocol(Ending):
    """
    One control connection.

    It is also the producer of its own replies: a client that does not read
    them is not listened to either.
    """

    _log = Logger()
    _conversation: Conversation
    _watchdog: Watchdog

    def __init__(self, services: Services, number: int, *, isImplicit: bool = False) -> None:
        """
        @param number: tells this session from all others of the process.
        @param isImplicit: does TLS begin at once, without AUTH?
        """
        super().__init__(services)
        self._number = number
        self._isImplicit = isImplicit
        self._control = ControlChannel(
            limit=services.settings.lineLimit, isUrgent=isUrgent, isInterrupt=isInterrupt
        )
        self._isBackedUp = False
        self._isPaused = False
        self._isWorking = False
        self._later: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """
        Greet.
        """
        prepareControl(self.transport)
        self._replies = Replies(self.transport)
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
            isInterrupted=self._isInterrupted,
            hosts=services.hosts,
            shield=self._makeShield(),
            turn=self._turn,
        )
        sink = services.events
        self._tellsAnswers = not ILevelledSink.providedBy(sink) or sink.hears(Answered)
        self._watchdog = Watchdog(services.reactor, services.settings, self)
        self.transport.registerProducer(self, True)
        self._tell(Connected(*self._who))
        shield = self._conversation.shield
        if shield is not None and self._isImplicit:
            # The greeting waits for it.
            shield.prepare("")
            shield.begin()
        self._send(Reply(220, services.settings.welcome))

    @property
    def _who(self) -> tuple[int, str, str]:
        return self._conversation.who

    def _makeShield(self) -> IShield | None:
        if self._services.tls is None:
            return None
        return self._services.tls.shield(
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
        if answers := self._control.receiveData(data):
            self._replies.write(self.transport, answers)
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
        self._replies.hold()
        clock = self._services.reactor
        end = clock.seconds() + _TURN
        while not self._isBackedUp and not self._isOver and self._doNext():
            if clock.seconds() >= end:
                self._later = clock.callLater(0, self._workOn)
                break
        self._replies.release()
        self._isWorking = False
        if not self._isOver:
            self._listen()

    def _listen(self) -> None:
        """
        Read on, or do not for now.
        """
        if self._isBackedUp or self._control.isFull:
            self._isPaused = True
            self.transport.pauseProducing()
        elif self._isPaused:
            self._isPaused = False
            self.transport.resumeProducing()

    def _workOn(self) -> None:
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
        self._goOn(None, Doing(perform(self._conversation, command), command))
        return True

    def _goOn(self, result: object, doing: Doing) -> None:
        """
        Do more of a command; the only place where the unforeseen, a fault of
        ours or of a storage, becomes a reply.
        """
        try:
            doing.goOn(result).addBoth(self._resumed, doing)
            return
        except StopIteration as end:
            reply = end.value
        except BaseException:
            self._log.failure(
                "Session {number}: {command} failed",
                number=self._number,
                command=doing.command.shown(),
            )
            reply = LocalError("Internal fault, see the server's log").reply()
        try:
            self._answer(reply, doing.command)
        except Exception:
            self._log.failure("Cannot answer")

    def _resumed(self, result: object, doing: Doing) -> None:
        self._replies.hold()
        self._goOn(result, doing)
        self._replies.release()

    def _answer(self, reply: Reply, command: Command) -> None:
        if self._tellsAnswers:
            shown = command.shown()
            self._tell(Answered(*self._who, command=shown, code=reply.code, text=reply.text))
        self._send(reply)
        if self._conversation.afterwards is not None:
            self._replies.flush()
        self._conversation.answered()
        self._watchdog.answered()
        self._work()

    def _send(self, reply: Reply) -> None:
        """
        Send a reply to the command in flight.
        """
        if self._isOver or (self._isBackedUp and reply.code in _DROPPED):
            return
        self._replies.write(self.transport, self._control.send(reply))
        if not reply.isFinal:
            # Small clients read once for 150, and drop what stands behind it.
            self._replies.flush()
        if reply.code in _LAST:
            self._close(f"{reply.code} {reply.text}")

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

    def _opened(self, *attempt: Any) -> None:
        self._tell(Opened(*self._who, *attempt))
