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


#: In these nothing but an 0xFF matters.
_PLAIN = (_State.TEXT, _State.SUBNEGOTIATION)


class TelnetFilter:
    """
    Takes the Telnet commands out of a stream, wherever it is cut.
    """

    def __init__(self) -> None:
        self._state = _State.TEXT
        self._verb = 0

    @property
    def isPlain(self) -> bool:
        """
        Is no command of Telnet under way?
        """
        return self._state is _State.TEXT

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """
        Split a chunk.

        @return: what is text, and what to answer at once: refusals of the
            options that the client offered or asked for.
        """
        if self._state is _State.TEXT and IAC not in data:
            return data, b""
        text, answers = bytearray(), bytearray()
        position = 0
        while position < len(data):
            if self._state in _PLAIN:
                # Byte by byte only what must be: a flood should be cheap.
                end = data.find(IAC, position)
                end = len(data) if end < 0 else end
                if self._state is _State.TEXT:
                    text += data[position:end]
                position = end
            for byte in data[position : position + 1]:
                self._state = self._step(byte, text, answers)
            position += 1
        return bytes(text), bytes(answers)

    def _step(self, byte: int, text: bytearray, answers: bytearray) -> _State:
        # What is plain up to the next 0xFF has been passed over.
        if self._state is _State.TEXT:
            return _State.COMMAND
        elif self._state is _State.COMMAND:
            return self._command(byte, text)
        elif self._state is _State.OPTION:
            if self._verb in _REFUSAL:
                answers += bytes((IAC, _REFUSAL[self._verb], byte))
        elif self._state is _State.SUBNEGOTIATION:
            return _State.SUBNEGOTIATION_COMMAND
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
