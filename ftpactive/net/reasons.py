"""
How an active connection came out: what the kernel says in numbers, and why it failed
in words that tell what to look at.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from socket import gaierror

from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionLost,
    ConnectionRefusedError,
    NoRouteError,
    TCPTimedOutError,
    TimeoutError,
    UserError,
)

from ftpactive.core.address import Address
from ftpactive.core.events import Outcome

#: Told of an attempt: (mode, source, target, seconds, how it ended, why it
#: failed).
TellAttempt = Callable[[str, Address, Address, float, Outcome, str], None]

#: What connect() says of a connection that there is, and of one that may come yet.
CONNECTED = (0, errno.EISCONN)
UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)

#: What bind() says of the data port.
_BIND = {
    errno.EADDRINUSE: (
        Outcome.PORT_BUSY,
        "a listener occupies the data port on the server",
    ),
    errno.EADDRNOTAVAIL: (
        Outcome.FAILED,
        "this address is no longer on the server",
    ),
    errno.EMFILE: (
        Outcome.FAILED,
        "the server has too many connections and files open (ulimit -n)",
    ),
    errno.EACCES: (
        Outcome.NOT_PERMITTED,
        "the server may not use this port (CAP_NET_BIND_SERVICE)",
    ),
    errno.EPERM: (
        Outcome.NOT_PERMITTED,
        "the port broker does not give out this port and address",
    ),
    errno.ETIMEDOUT: (
        Outcome.NOT_PERMITTED,
        "the server's port broker does not answer",
    ),
}

_SAME_PORTS = (
    Outcome.ADDRESS_IN_USE,
    "the last connection between these two ports has not been forgotten yet; name another port",
)

#: What connect() says.
_CONNECT = {
    # Linux and, of the same thing, others.
    errno.EADDRNOTAVAIL: _SAME_PORTS,
    errno.EADDRINUSE: _SAME_PORTS,
    errno.ECONNREFUSED: (
        Outcome.REFUSED,
        "connection refused: nobody listens there, or a firewall or NAT rejects it",
    ),
    errno.ENETUNREACH: (Outcome.UNREACHABLE, "no route to this network"),
    # Firewalls that say that they forbid something are heard as the first of
    # these over IPv4, and as the second over IPv6.
    errno.EHOSTUNREACH: (
        Outcome.UNREACHABLE,
        "no route to this host, or a firewall on the way forbids it",
    ),
    errno.EACCES: (Outcome.UNREACHABLE, "a firewall on the way, or a route, forbids it"),
    errno.EPERM: (Outcome.UNREACHABLE, "a firewall on the server forbids it"),
}

_REJECTED = "rejected: nobody listens there, or a firewall, NAT or router on the way says no"

#: What is different when the kernel chooses the port, anew for each attempt.
_ANY_PORT = {
    Outcome.PORT_BUSY: "no port is free on the server, try again later",
    Outcome.ADDRESS_IN_USE: "no port is free on the server for this one, try again later",
}


class HandshakeFailed(ConnectionLost):
    """
    There is no TLS; the words say why.
    """


def meaning(error: BaseException, source: Address, timeout: float) -> tuple[Outcome, str]:
    """
    Tell what became of an attempt.

    @param error: what a connector failed with.
    @param source: our end; port 0 for any.
    @param timeout: how long the client had to answer, seconds.
    """
    # Not a subclass: Twisted's timeout is one of them.
    if type(error) is UserError:
        return Outcome.ABORTED, "Aborted while the data connection was being opened"
    number = error.osError if isinstance(error, ConnectError) else 0
    known = _BIND if isinstance(error, ConnectBindError) else _CONNECT
    if number in known:
        outcome, words = known[number]
        return outcome, words if source.port else _ANY_PORT.get(outcome, words)
    if isinstance(error, (TCPTimedOutError, TimeoutError)):
        return Outcome.TIMED_OUT, (
            f"no answer within {timeout:g} seconds: a firewall or NAT may drop it"
        )
    if isinstance(error, ConnectionRefusedError):
        return _CONNECT[errno.ECONNREFUSED]
    if isinstance(error, NoRouteError):
        return _CONNECT[errno.ENETUNREACH]
    if isinstance(error, gaierror):
        return Outcome.FAILED, "the interface of this address is no longer on the server"
    if type(error) is ConnectError and number is None:
        # An ICMP message came before connect() returned: epoll tells of it in a
        # way that makes the reactor close the socket, and the number is lost.
        return Outcome.REFUSED, _REJECTED
    return Outcome.FAILED, str(error)
