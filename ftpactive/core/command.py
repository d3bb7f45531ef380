"""
Commands: a verb and its argument, as one line of the control connection.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ftpactive.core.reply import decodeLine

#: Verbs whose argument is a secret, also where a blank or a byte before them,
#: or no blank behind them, makes them no command any more; or a verb before
#: them, which some clients have for what they shall send as it stands.
_SECRET = re.compile(
    r"[^A-Za-z]*((?:(?:QUOTE|LITERAL|SITE|HELP)[^A-Za-z]+)*(?:PASS|ACCT|XPAS))", re.IGNORECASE
)

#: The most frequent verbs of those whose argument is no secret.
FREQUENT = frozenset("PORT EPRT PASV EPSV RETR STOR LIST NLST MLSD CWD TYPE SIZE MDTM REST".split())

#: No log line grows longer than this, whatever a client sends.
_SHOWN = 256


class Command(NamedTuple):
    """
    One command.

    @ivar verb: in capitals; may be anything that a client came up with.
    @ivar argument: all that stands behind the one space after the verb, so
        that names may begin and end with spaces; empty when there is none.
    """

    verb: str
    argument: str

    def shown(self) -> str:
        """
        Give the command as it may be shown to anyone: no password in it,
        nothing that could forge a log line, and not longer than needed.
        """
        text = f"{self.verb} {self.argument}" if self.argument else self.verb
        if self.verb in FREQUENT and text.isprintable() and len(text) <= _SHOWN:
            return text
        found = _SECRET.match(text)
        if found and text[found.end() :]:
            return f"{found[1].upper()} ****"
        return printable(text)


def printable(text: str) -> str:
    """
    Give a text with everything escaped that a terminal or a log could take
    for something else than a letter, cut to a bounded length.
    """
    if len(text) > _SHOWN:
        text = text[:_SHOWN] + "..."
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        # A byte that is not UTF-8: show the byte, not the surrogate.
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def parseCommand(line: bytes) -> Command:
    """
    Read one line, given without its line feed.

    A carriage return that was padded with NUL is part of a name (RFC 2640
    section 3.1), and a NUL by itself stands for a line feed in a name, the
    reverse of L{ftpactive.core.reply.encodeLine}.  Never fails: a line that
    makes no sense gives a verb that nobody knows.
    """
    if line.endswith(b"\r"):
        line = line[:-1]
    if line.isascii() and 0 not in line:
        name, _, rest = line.decode().partition(" ")
        return Command(name.upper(), rest)
    # A Synch whose data mark was lost on its way leaves a single 0xFF.
    verb, _, argument = line.lstrip(b"\xff").partition(b" ")
    # The capitals are those of ASCII: letters of others are no part of a verb.
    return Command(decodeLine(verb.upper()), decodeLine(argument))
