"""
What one conversation remembers, and which command may follow which.

The login is a table of three states, the protection one of four.  Beside them
stand facts that do not touch each other: the folder, the representation, what
C{EPSV ALL} promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ftpactive.core.codec import IDENTITY, Chain
from ftpactive.core.deflate import DEFAULT_LEVEL
from ftpactive.core.errors import BadSequence
from ftpactive.core.listing import FACTS
from ftpactive.core.modes import STREAM, Mode
from ftpactive.core.path import Path
from ftpactive.core.representation import ASCII, BINARY, Representation

#: What MLST and MLSD tell unless asked for more: C{create} costs a look-up of
#: its own for every file.
USUAL_FACTS = frozenset(FACTS) - {"create"}


class Login(Enum):
    """
    How far the login has come, RFC 959 section 5.4 and figure in section 6.
    """

    #: Nobody: USER must come.
    NOBODY = "nobody"
    #: USER came: PASS must come.
    NAMED = "named"
    #: In.
    DONE = "done"

    #: C{Enum} has one that is written in Python, and these are looked up.
    __hash__ = object.__hash__


class Step(Enum):
    """
    What moves a login on.
    """

    #: USER for somebody who needs a password.
    NAME = "name"
    #: The credentials were good.
    ACCEPT = "accept"
    #: They were not, or REIN.
    RESET = "reset"

    __hash__ = object.__hash__


#: (state, step) -> state.  A pair that is not here is a bad sequence.
_LOGIN = {
    (Login.NOBODY, Step.NAME): Login.NAMED,
    (Login.NOBODY, Step.ACCEPT): Login.DONE,
    (Login.NOBODY, Step.RESET): Login.NOBODY,
    (Login.NAMED, Step.NAME): Login.NAMED,
    (Login.NAMED, Step.ACCEPT): Login.DONE,
    (Login.NAMED, Step.RESET): Login.NOBODY,
    # A new USER begins anew: the old login has been reset before.
    (Login.DONE, Step.RESET): Login.NOBODY,
}


class Security(Enum):
    """
    How far the protection of commands has come, RFC 4217.

    AUTH leads from C{CLEAR} or C{CLEARED} to C{SECURED}, PBSZ from there to
    C{SIZED}, CCC from both to C{CLEARED}, REIN from anywhere to C{CLEAR}.
    """

    #: AUTH must come before PBSZ.
    CLEAR = "clear"
    #: PBSZ must come before PROT.
    SECURED = "secured"
    #: PROT may come.
    SIZED = "sized"
    #: CCC came: data goes on as PROT said, commands are in the clear.
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Carry:
    """
    What one command leaves for the next, and for no other.

    @ivar renameFrom: the path that RNFR named.
    @ivar copyFrom: the path that SITE CPFR named.
    @ivar restart: the offset that REST or RANG named, bytes.
    @ivar rangeEnd: the first byte that RANG leaves out.
    """

    renameFrom: Path | None = None
    copyFrom: Path | None = None
    restart: int = 0
    rangeEnd: int | None = None


NOTHING = Carry()


@dataclass(slots=True)
class Session:
    """
    One control connection's memory.

    @ivar user: the name that USER gave; only L{Login.DONE} makes it true.
    @ivar failures: how many logins failed.
    @ivar security: how far the protection of commands has come.
    @ivar protectsData: did PROT ask for TLS on data connections?
    @ivar cwd: the current folder.
    @ivar representation: what C{TYPE} chose.
    @ivar mode: what C{MODE} chose.
    @ivar deflateLevel: what C{OPTS MODE Z LEVEL} chose.
    @ivar facts: what MLST and MLSD tell, as C{OPTS MLST} chose.
    @ivar epsvOnly: C{EPSV ALL} was sent, RFC 2428 section 4.
    @ivar hashAlgorithm: what HASH uses, as C{OPTS HASH} chose.
    @ivar idleTimeout: what C{SITE IDLE} chose, seconds.
    @ivar client: what CLNT or CSID said that the client is.
    @ivar carried: what the command before left for this one.
    @ivar carry: what this command leaves for the next.
    """

    login: Login = Login.NOBODY
    user: str = ""
    failures: int = 0
    security: Security = Security.CLEAR
    protectsData: bool = False
    cwd: Path = ()
    representation: Representation = ASCII
    mode: Mode = STREAM
    deflateLevel: int = DEFAULT_LEVEL
    facts: frozenset[str] = USUAL_FACTS
    epsvOnly: bool = False
    hashAlgorithm: str = "SHA-256"
    idleTimeout: float | None = None
    client: str = ""
    carried: Carry = field(default=NOTHING)
    carry: Carry = field(default=NOTHING)

    @property
    def isSecure(self) -> bool:
        """
        Do commands come through TLS?
        """
        return self.security in (Security.SECURED, Security.SIZED)

    @property
    def isPlain(self) -> bool:
        """
        Do the bytes of a file travel as they are?
        """
        return self.representation is BINARY and self.mode is STREAM

    def encoder(self, offset: int) -> Chain:
        """
        Give what turns a file into what is sent, for one transfer.

        @param offset: where in the file it begins.
        """
        if self.isPlain:
            return IDENTITY
        converted = (make() for make in self.representation.encoders)
        return Chain(*self.mode.first(offset), *converted, *self.mode.encoders(self.deflateLevel))

    def decoder(self) -> Chain:
        """
        Give what turns what is received into a file, for one transfer.
        """
        if self.isPlain:
            return IDENTITY
        return Chain(*self.mode.decoders(), *(make() for make in self.representation.decoders))

    def lineEncoder(self) -> Chain:
        """
        Give what turns the lines of a listing into what is sent.
        """
        converted = (make() for make in self.representation.lineEncoders)
        return Chain(*converted, *self.mode.encoders(self.deflateLevel))

    def advance(self, step: Step) -> None:
        """
        Move the login on.

        @raise BadSequence: (503) not from this state.
        """
        try:
            self.login = _LOGIN[self.login, step]
        except KeyError:
            raise BadSequence from None

    def begin(self, *, isTransparent: bool) -> None:
        """
        A command begins.  What must follow at once (RNTO after RNFR, a
        transfer after REST) finds in C{carried} what was left for it; a
        transparent command, such as the PASV that most clients send between
        REST and RETR, hands it on to the next.
        """
        self.carried = self.carry
        if not isTransparent:
            self.carry = NOTHING
