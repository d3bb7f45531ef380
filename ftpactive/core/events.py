"""
What may be told to logs and metrics: values, never acts.

No event holds a password.  Each is told to everybody who listens, so nobody may
change it; it is not frozen, since frozen ones take three times as long to make,
and there are several for each transfer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(slots=True, unsafe_hash=True)
class Event:
    """
    Something that happened in one session.

    @ivar session: a number that is the session's own while the process lives.
    @ivar peer: the client's address, as text.
    @ivar user: who is logged in; empty before that.
    """

    session: int
    peer: str
    user: str


@dataclass(slots=True, unsafe_hash=True)
class Connected(Event):
    """
    A client opened a control connection.
    """


@dataclass(slots=True, unsafe_hash=True)
class Refused(Event):
    """
    Somebody was sent away before a session began: its number is 0.  Told of
    the first one, and then now and then, however many there are.

    @ivar reason: why, in words.
    @ivar others: how many were sent away since the last time.
    """

    reason: str
    others: int


@dataclass(slots=True, unsafe_hash=True)
class Banned(Event):
    """
    There were too many failed logins; its session's number is 0.

    @ivar whom: an address, or a user's name in words.
    @ivar seconds: for how long.
    """

    whom: str
    seconds: float


@dataclass(slots=True, unsafe_hash=True)
class Disconnected(Event):
    """
    The control connection ended.

    @ivar reason: why, in words.
    """

    reason: str


@dataclass(slots=True, unsafe_hash=True)
class Secured(Event):
    """
    TLS protects the control connection from now on.

    @ivar version: C{"TLSv1.3"}.
    @ivar cipher: as OpenSSL calls it.
    @ivar certificate: the common name in the client's; empty without one.
    """

    version: str
    cipher: str
    certificate: str


@dataclass(slots=True, unsafe_hash=True)
class LoggedIn(Event):
    """
    A login succeeded.
    """


@dataclass(slots=True, unsafe_hash=True)
class LoginFailed(Event):
    """
    A login was refused.

    @ivar name: who the client claimed to be.
    """

    name: str


@dataclass(slots=True, unsafe_hash=True)
class Answered(Event):
    """
    A command got its final reply.

    @ivar command: the command as it may be shown: no password in it.
    @ivar code: the reply's code.
    @ivar text: the reply's first line.
    """

    command: str
    code: int
    text: str


@dataclass(slots=True, unsafe_hash=True)
class Transferred(Event):
    """
    A transfer ended, well or not.

    @ivar verb: RETR, STOR, LIST ...
    @ivar path: what was transferred, seen from the user's root.
    @ivar size: bytes of the file that went through.
    @ivar seconds: how long it took, from the first reply on.
    @ivar mode: C{"active"} or C{"passive"}.
    @ivar error: why it failed; empty when it did not.
    """

    verb: str
    path: str
    size: int
    seconds: float
    mode: str
    error: str


class Outcome(Enum):
    """
    How an attempt to open a data connection ended.
    """

    CONNECTED = "connected"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    #: bind(): somebody listens on the data port.
    PORT_BUSY = "port busy"
    #: connect(): the same two ports are connected, or were a moment ago.
    ADDRESS_IN_USE = "address in use"
    #: bind(): the process may not use the data port.
    NOT_PERMITTED = "not permitted"
    #: The client named an address that it may not name.
    POLICY = "policy"
    #: A stranger connected to a passive port.
    STRANGER = "stranger"
    ABORTED = "aborted"
    FAILED = "failed"


@dataclass(slots=True, unsafe_hash=True)
class Opened(Event):
    """
    An attempt to open a data connection ended.

    @ivar mode: C{"active"} or C{"passive"}.
    @ivar source: our end, as text; where no connection was tried, the end of
        the control connection.
    @ivar target: the client's end, as text.
    @ivar seconds: how long it took.
    @ivar outcome: how.
    @ivar error: why it failed; empty when it did not.
    """

    mode: str
    source: str
    target: str
    seconds: float
    outcome: Outcome
    error: str
