"""
What an operator or an embedder may choose for a service's conversations.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpactive.core.ebcdic import DEFAULT_PAGE
from ftpactive.core.policy import TargetPolicy

#: The data port that RFC 959 section 3.2 gives: the control port minus one.
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The choices; times are seconds.

    @ivar welcome: the text of the greeting, one line.
    @ivar dataPort: the source port of active data connections: a number, 0
        for any, or L{AUTO}.
    @ivar spareDataPorts: source ports to try when the data port is busy for
        a connection.
    @ivar retryDelays: seconds before each further attempt from the data port,
        before the spare ones are tried.
    @ivar targets: where active connections may go.
    @ivar defaultDataConnection: does a transfer without PORT or PASV connect to
        the port of the client's control connection, RFC 959 section 3.2?
    @ivar repliesFirst: is 150 sent before an active connection is made, for
        clients that accept only after it?
    @ivar passivePorts: the ports to listen on for passive mode; empty for any.
    @ivar passiveAddress: the IPv4 address that C{PASV} announces, where it is
        not the one that the client called (NAT); empty for that one.
    @ivar loginTimeout: from the greeting to a login.
    @ivar idleTimeout: between two commands of somebody who is logged in.
    @ivar sessionTimeout: from the greeting to the end of the session, whatever
        it does; 0 for none.
    @ivar stallTimeout: without a byte on a data connection.
    @ivar connectTimeout: for the client to answer an active connection.
    @ivar passiveTimeout: for the client to connect after the command that
        needs its passive connection.
    @ivar loginFailures: how many wrong passwords end the session.
    @ivar loginDelay: before a wrong password is answered.
    @ivar lineLimit: the longest command, bytes.
    @ivar ebcdic: the code page of C{TYPE E}.
    @ivar asciiSizeLimit: the largest file that C{SIZE} reads to tell how many
        bytes it has in C{TYPE A}, bytes.
    @ivar diskThreads: how many threads may wait for each disk; with 0 there are
        none, and everybody waits.
    @ivar logLevel: what is logged at the least: C{"error"}, C{"warn"}, C{"info"} or
        C{"debug"}; of virtual hosts, those of the service count.
    @ivar tlsLogin: must TLS protect logins?  Where the service says so, it is
        so for everybody; of one user, it is known only after the password.
    @ivar tlsData: must TLS protect data connections?
    """

    welcome: str = "ftpactive ready"
    dataPort: int | str = AUTO
    spareDataPorts: tuple[int, ...] = ()
    retryDelays: tuple[float, ...] = (0.1, 0.4, 1.0)
    targets: TargetPolicy = TargetPolicy()
    defaultDataConnection: bool = True
    repliesFirst: bool = False
    passivePorts: range = range(0)
    passiveAddress: str = ""
    loginTimeout: float = 60
    idleTimeout: float = 300
    sessionTimeout: float = 0
    stallTimeout: float = 120
    connectTimeout: float = 30
    passiveTimeout: float = 30
    loginFailures: int = 3
    loginDelay: float = 1
    lineLimit: int = 8192
    ebcdic: str = DEFAULT_PAGE
    asciiSizeLimit: int = 256 * 1024 * 1024
    diskThreads: int = 8
    logLevel: str = "debug"
    tlsLogin: bool = False
    tlsData: bool = False
