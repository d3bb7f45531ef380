"""
The control connection without its socket: bytes in, commands out; replies in,
bytes out.

Two rules hold whatever arrives in whatever pieces:

1. Every command gets exactly one final reply, in the order of the commands.
2. A command is released when the one before it has been answered.  Only an
   urgent one (STAT during a transfer, RFC 959 section 4.1.3) is released
   while a transfer runs, and then only if it is next in line, so that no
   reply can be taken for the answer to another command.

ABOR needs no exception to the second rule: it is seen at its arrival
(L{ControlChannel.isInterrupted}), which cuts the commands before it short, and it is
answered in its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from ftpactive.core.command import FREQUENT, Command, parseCommand
from ftpactive.core.errors import UnknownCommand
from ftpactive.core.foreign import foreign, isHandshake
from ftpactive.core.reply import SHORT, Reply, usual
from ftpactive.core.telnet import IAC, TelnetFilter

#: Commands that are all of their line, as nearly all clients write it.
_BARE = {
    f"{verb}\r\n".encode(): Command(verb, "")
    for verb in "PASV EPSV LIST NLST MLSD PWD NOOP SYST FEAT QUIT".split()
}

#: Those that have more in it, as nearly all clients write them.
_VERBS = {
    verb.encode(): verb
    for verb in (FREQUENT | frozenset("USER PASS OPTS AUTH PBSZ PROT FEAT".split()))
}

#: What no other protocol's request begins with, and nearly all commands do;
#: none of them cuts another short.
_USUAL = FREQUENT | frozenset("USER PASS QUIT NOOP PWD SYST FEAT OPTS AUTH PBSZ PROT".split())


class Signal(Enum):
    """
    Why there is no next command.
    """

    #: Nothing complete has arrived.
    NEED_DATA = "need data"
    #: One is there, yet its turn has not come.
    PAUSED = "paused"


NEED_DATA = Signal.NEED_DATA
PAUSED = Signal.PAUSED


class ControlChannel:
    """
    One control connection's bytes and order.

    @ivar isFull: so much waits that no more should be read for now.
    @ivar waiting: what L{nextCommand} will release, each with its cost; L{None}
        stands for a line that was too long.
    @ivar foreign: the name of another protocol that the client speaks; empty
        for FTP.  From then on nothing is released or taken in any more.
    """

    #: How many bytes of waiting commands are enough: a thousand short ones.
    BACKLOG = 64 * 1024

    def __init__(
        self,
        *,
        limit: int = 8192,
        isUrgent: Callable[[Command], bool] = lambda command: False,
        isInterrupt: Callable[[Command], bool] = lambda command: False,
    ) -> None:
        """
        @param limit: the longest line, in bytes without its end.
        @param isUrgent: may this command be released during a transfer?
        @param isInterrupt: does it cut short the commands before it?
        """
        self._limit = limit
        self._isUrgent = isUrgent
        self._isInterrupt = isInterrupt
        # Made for those who send more than commands, each alone.
        self._telnet: TelnetFilter | None = None
        self._partial = b""
        self._skipping = False
        self.waiting: deque[tuple[Command | None, int]] = deque()
        self._waitingBytes = 0
        self._interrupts = 0
        # To have connected counts as the first command: RFC 959 section 5.4
        # lists the greeting as the reply to it.
        self._inFlight = 1
        self._isTransferring = False
        self._isClosed = False
        self._hasLine = False
        # Nothing of a line has come, nor of a command of Telnet.
        self._isAtStart = True
        self.foreign = ""

    @property
    def isFull(self) -> bool:
        return self._waitingBytes > self.BACKLOG

    @property
    def isIdle(self) -> bool:
        """
        Has every command that was released been answered?
        """
        return self._inFlight == 0

    @property
    def isInterrupted(self) -> bool:
        """
        Does a command wait that cuts short those before it?
        """
        return self._interrupts > 0

    def receiveAlone(self, data: bytes) -> Command | None:
        """
        Take in one usual command, whole and with no other before it, and release
        it: so nearly all of them come.

        @return: the command, as L{nextCommand} would give it; L{None} where it is
            none of these, and nothing was taken in.
        """
        if self._inFlight or self.waiting or not self._isAtStart:
            return None
        command = _BARE.get(data)
        if command is None:
            name, _, rest = data.partition(b" ")
            verb = _VERBS.get(name)
            end = len(rest) - 2
            if verb is None or rest.find(b"\n") != end + 1 or len(data) > self._limit or end < 0:
                return None
            if rest.find(b"\r") == end and rest.isascii() and 0 not in rest:
                command = Command(verb, rest[:end].decode())
            elif IAC in rest:
                return None
            else:
                command = parseCommand(data[:-1])
        self._hasLine = True
        self._inFlight = 1
        return command

    def receiveData(self, data: bytes) -> bytes:
        """
        Store what arrived.  Nothing is acted upon here.

        @return: bytes to send at once: refusals of Telnet options.
        """
        if self._isClosed:
            return b""
        if self._telnet is None:
            self._telnet = TelnetFilter()
        text, answers = self._telnet.feed(data)
        text = self._partial + text
        if not self._hasLine and isHandshake(text):
            self._refuse("TLS")
            return b""
        lines = text.split(b"\n")
        self._partial = lines.pop()
        for line in lines:
            self._receiveLine(line)
            if self._isClosed:
                return b""
        # One more byte than the limit may be the CR of a CR LF.
        if len(self._partial) > self._limit + 1:
            self._tooLong()
            self._skipping = True
        if self._skipping:
            self._partial = b""
        self._isAtStart = not (self._partial or self._skipping) and self._telnet.isPlain
        return answers

    def _receiveLine(self, line: bytes) -> None:
        self._hasLine = True
        if self._skipping:
            self._skipping = False
            return
        command = parseCommand(line)
        if command.verb not in _USUAL and (name := foreign(line)):
            self._refuse(name)
        elif len(line) - line.endswith(b"\r") > self._limit:
            self._tooLong()
        else:
            self._interrupts += self._isInterrupt(command)
            self._push(command, len(line))

    def _refuse(self, name: str) -> None:
        self.foreign = name
        self.close()

    def _tooLong(self) -> None:
        if not self._skipping:
            self._push(None, self._limit)

    def _push(self, command: Command | None, length: int) -> None:
        # A fixed share keeps a flood of empty lines bounded as well.
        cost = length + 64
        self.waiting.append((command, cost))
        self._waitingBytes += cost

    def nextCommand(self) -> Command | Signal:
        """
        Release the next command if its turn has come.

        @return: the command, which must then be answered with one final
            reply; L{NEED_DATA} or L{PAUSED} otherwise.

        @raise UnknownCommand: (500) the line was too long.  It counts as a
            command: send the error's reply.
        """
        if self._isClosed or not self.waiting:
            return NEED_DATA
        command, cost = self.waiting[0]
        if self._inFlight and not self._mayOvertake(command):
            return PAUSED
        self.waiting.popleft()
        self._waitingBytes -= cost
        self._inFlight += 1
        if command is None:
            raise UnknownCommand(f"Line too long: more than {self._limit} bytes")
        self._interrupts -= self._isInterrupt(command)
        return command

    def _mayOvertake(self, command: Command | None) -> bool:
        return (
            self._isTransferring
            and self._inFlight == 1
            and command is not None
            and self._isUrgent(command)
        )

    def send(self, reply: Reply) -> bytes:
        """
        Answer the command in flight; 1xx any number of times, then once with
        a final code.

        @return: the bytes to send.
        @raise RuntimeError: no command is in flight: a fault in our code.
        """
        if self._isClosed or not self._inFlight:
            raise RuntimeError(f"{reply.code} answers no command")
        code, text, lines, _ = reply
        if code < 200:
            self._isTransferring = True
        else:
            self._inFlight -= 1
            if not self._inFlight:
                self._isTransferring = False
        return reply.encode() if lines or len(text) >= SHORT else usual(code, text)

    def close(self, reply: Reply | None = None) -> bytes:
        """
        End the conversation, at any moment; nothing is released after it.

        @param reply: a 421, which needs no command (RFC 959 section 5.4).
        @return: the bytes to send.
        """
        self._isClosed = True
        self._isAtStart = False
        self._partial = b""
        self.waiting.clear()
        self._waitingBytes = self._interrupts = 0
        return b"" if reply is None else reply.encode()

    def forgetPlaintext(self) -> None:
        """
        Drop all that has arrived and was not released: what came in the
        clear must never run inside TLS.
        """
        self.waiting.clear()
        self._waitingBytes = self._interrupts = 0
        self._partial = b""
        self._skipping = False
        self._telnet = None
