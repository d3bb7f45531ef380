"""
Doing the commands of a control connection, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, cast

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpactive.core.command import Command
from ftpactive.core.control import Signal
from ftpactive.core.errors import FTPError, LocalError
from ftpactive.core.events import Answered
from ftpactive.core.reply import Reply
from ftpactive.logins import Login
from ftpactive.net.ending import Ending
from ftpactive.net.services import Services
from ftpactive.net.watchdog import Watchdog
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.vocabulary import perform

#: Replies after which the control connection is closed.
_LAST = (221, 421)

#: What need not be told to a client that does not read: each restart marker
#: makes the one before it worthless.
_DROPPED = (110,)

#: Seconds after which pipelined commands wait for everybody else's turn.
_TURN = 0.01


class Working(Ending):
    """
    A control connection, as far as its commands go: each is done in its turn,
    and answered, and what is answered in one turn of the reactor leaves at once.
    """

    _log = Logger()
    _conversation: Conversation
    _watchdog: Watchdog
    _tellsAnswers: bool

    def __init__(self, services: Services, number: int) -> None:
        """
        @param number: tells this session from all others of the process.
        """
        self._services = services
        self._number = number
        self._isOver = self._isLast = False
        self._isBackedUp = False
        self._isPaused = False
        self._isWorking = False
        self._later: IDelayedCall | None = None
        self._login: Login | None = None
        self._seconds = services.reactor.seconds

    def _work(self) -> None:
        """
        Do commands that wait, until there is none, or one takes its time.
        """
        if not self._isWorking and self._later is None:
            self._isWorking = True
            self._workOff()

    def _workOn(self, command: Command) -> None:
        """
        Do a command, and those that wait behind it.  No other is being done.
        """
        self._isWorking = True
        doing = perform(self._conversation, command)
        self._goOn(command, doing, copy_context(), doing.send)
        if self._control.waiting or self._isPaused or self._isBackedUp:
            self._workOff()
        else:
            self._isWorking = False

    def _workOff(self) -> None:
        waiting = self._control.waiting
        if waiting and self._later is None:
            self._doWaiting()
        self._isWorking = False
        if (waiting or self._isPaused or self._isBackedUp) and not self._isOver:
            self._listen()

    def _doWaiting(self) -> None:
        clock = self._services.reactor
        end = clock.seconds() + _TURN
        self._replies.isHolding = True
        while not self._isBackedUp and not self._isOver and self._doNext():
            if clock.seconds() >= end:
                self._later = clock.callLater(0, self._workLater)
                break
        self._replies.flush()

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

    def _workLater(self) -> None:
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
        doing = perform(self._conversation, command)
        self._goOn(command, doing, copy_context(), doing.send)
        return True

    def _goOn(
        self,
        command: Command,
        doing: Coroutine[Any, Any, Reply],
        context: Context,
        step: Callable[[Any], Any],
        value: object = None,
    ) -> None:
        """
        Do a command until it waits, for a L{Deferred}, or is done; the only place
        where the unforeseen, a fault of ours or of a storage, becomes a reply.

        Most commands wait for nothing.  A Deferred of their own, and a task for it,
        would cost more than all that they do.

        @param context: that of the command: what it sets there, others do not see.
        @param step: does so much of it, given C{value}.
        """
        try:
            waiting = context.run(step, value)
            waiting.addBoth(self._resumed, command, doing, context)
            return
        except StopIteration as end:
            reply = end.value
        except BaseException:
            self._log.failure(
                "Session {number}: {command} failed",
                number=self._number,
                command=command.shown(),
            )
            reply = LocalError("Internal fault, see the server's log").reply()
        try:
            self._answer(reply, command)
        except Exception:
            self._log.failure("Cannot answer")

    def _resumed(
        self,
        result: object,
        command: Command,
        doing: Coroutine[Any, Any, Reply],
        context: Context,
    ) -> None:
        isFirst = not self._isWorking
        if isFirst:
            self._isWorking = True
        if isinstance(result, Failure):
            self._goOn(command, doing, context, result.throwExceptionIntoGenerator, doing)
        else:
            self._goOn(command, doing, context, doing.send)
        if isFirst:
            # Else what is being done meanwhile has woken it, and goes on afterwards.
            self._workOff()
            self._readOn()

    def _take(self, data: bytes) -> None:
        """
        Take in commands, and do what can be done now.
        """
        raise NotImplementedError

    def _readOn(self) -> None:
        """
        Do what a client who is near has sent meanwhile, for as long as others can
        wait.
        """
        end = 0.0
        look, transport = self._services.nearby.look, cast(Any, self.transport)
        while self._isAwaiting and (data := look(transport.getHandle())):
            end = end or self._seconds() + _TURN
            self._take(data)
            if self._seconds() >= end:
                break

    @property
    def _isAwaiting(self) -> bool:
        """
        Is there nothing to do but for what the client says next, and may it be heard,
        by its socket?
        """
        return not (
            self._isOver
            or self._isPaused
            or self._later is not None
            or not self._control.isIdle
            or not self._replies.isSent(self.transport)
        )

    def _answer(self, reply: Reply, command: Command) -> None:
        if self._tellsAnswers:
            shown = command.shown()
            self._tell(Answered(*self._who, command=shown, code=reply.code, text=reply.text))
        self._send(reply)
        if self._isOver:
            return
        c = self._conversation
        if c.afterwards is not None:
            self._replies.flush()
            c.answered()
        self._watchdog.lastAnswer = self._seconds()
        if c.isChanged:
            c.isChanged = False
            self._changed()
        if self._isLast and self._control.isIdle:
            self.shutDown()

    def _changed(self) -> None:
        """
        Somebody has logged in or out, or may now be idle for another time.
        """
        c = self._conversation
        self._login = c.login
        self._watchdog.answered()

    def _send(self, reply: Reply) -> None:
        """
        Send a reply to the command in flight.
        """
        if self._isOver or (self._isBackedUp and reply.code in _DROPPED):
            return
        code, replies = reply.code, self._replies
        if code in _LAST:
            replies.isHolding = True
            replies.write(self.transport, self._control.send(reply))
            self._close(f"{code} {reply.text}")
            return
        replies.write(self.transport, self._control.send(reply))
        if code < 200 and replies.isHolding:
            # Small clients read once for 150, and drop what stands behind it.
            replies.flush()
            replies.isHolding = True

    def _end(self) -> None:
        """
        Let go of everything.  An avatar's logout is not ours, and may raise;
        that must not keep anybody's connection open.
        """
        self._control.close()
        self._replies.letGo()
        self._watchdog.stop()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        try:
            self._conversation.end()
        except Exception:
            self._log.failure("Session {number}: logout failed", number=self._number)
        if self._control.isIdle:
            self._conversation.letGo()
