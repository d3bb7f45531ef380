"""
Telnet as far as FTP uses it: what begins with 0xFF in a control connection.

RFC 959 section 2.3 makes the control connection a Telnet connection, RFC 1123
section 4.1.2.12 wants options refused, and clients send C{IAC IP}, C{IAC DM}
before C{ABOR}.
"""

from __future__ import annotations

from enum import Enum

IAC = 0xFF
_SE, _SB, _WILL, _WONT, _DO, _DONT = 0xF0, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE

#: What refuses an option; WONT and DONT are not answered, or the two ends
#: would never stop.
_REFUSAL = {_WILL: _DONT, _DO: _WONT}


class _State(Enum):
    TEXT = "text"
    #: After 0xFF.
    COMMAND = "command"
    #: After IAC WILL, WONT, DO or DONT: one byte names the option.
    OPTION = "option"
    #: Between IAC SB and IAC SE: dropped.
    SUBNEGOTIATION = "subnegotiation"
    SUBNEGOTIATION_COMMAND = "subnegotiation command"


class TelnetFilter:
    """
    Takes the Telnet commands out of a stream, wherever it is cut.
    """

    def __init__(self) -> None:
        self._state = _State.TEXT
        self._verb = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """
        Split a chunk.

        @return: what is text, and what to answer at once: refusals of the
            options that the client offered or asked for.
        """
        if self._state is _State.TEXT and IAC not in data:
            return data, b""
        text, answers = bytearray(), bytearray()
        for byte in data:
            self._state = self._step(byte, text, answers)
        return bytes(text), bytes(answers)

    def _step(self, byte: int, text: bytearray, answers: bytearray) -> _State:
        if self._state is _State.TEXT:
            if byte == IAC:
                return _State.COMMAND
            text.append(byte)
        elif self._state is _State.COMMAND:
            return self._command(byte, text)
        elif self._state is _State.OPTION:
            if self._verb in _REFUSAL:
                answers += bytes((IAC, _REFUSAL[self._verb], byte))
        elif self._state is _State.SUBNEGOTIATION:
            return _State.SUBNEGOTIATION_COMMAND if byte == IAC else self._state
        elif byte != _SE:
            return _State.SUBNEGOTIATION
        return _State.TEXT

    def _command(self, byte: int, text: bytearray) -> _State:
        if byte == _SB:
            return _State.SUBNEGOTIATION
        if _WILL <= byte <= _DONT:
            self._verb = byte
            return _State.OPTION
        if byte == IAC:
            text.append(IAC)
        elif byte < _SE:
            # Not Telnet at all: a client that does not double the 0xFF of a
            # Latin-1 name, or a Synch that lost its mark.
            text += bytes((IAC, byte))
        return _State.TEXT
