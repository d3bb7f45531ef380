"""
Can the data port be used?  Asked when the service starts, so that the answer
does not wait for the first client.
"""

from __future__ import annotations

import errno
import socket

from ftpactive.core.address import Address, networkProtocol

_ADVICE = {
    errno.EACCES: (
        "this process may not bind ports below 1024: give it CAP_NET_BIND_SERVICE"
        " (docs/operations.md), or choose another with --data-port, or --data-port any"
    ),
    errno.EADDRINUSE: (
        "something listens there, and a listener keeps all connections off its port: end it,"
        " or choose another port with --data-port, or --data-port any"
    ),
    errno.EADDRNOTAVAIL: "the address is not on this machine",
}


def complaint(source: Address) -> str:
    """
    Try to bind a data port as an active connection would.

    @param source: the local address and the data port; port 0 always works.

    @return: what is wrong and what to do about it, in words; empty when the
        port can be used.
    """
    isIPv6 = networkProtocol(source.host) == 2
    with socket.socket(socket.AF_INET6 if isIPv6 else socket.AF_INET) as trial:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            trial.setsockopt(socket.SOL_SOCKET, option, 1)
        if isIPv6:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            # Only the long form of an address has room for its zone.
            known = socket.getaddrinfo(*source, flags=socket.AI_NUMERICHOST)
            trial.bind(known[0][4])
        except OSError as error:
            advice = _ADVICE.get(error.errno or 0, error.strerror or str(error))
            return f"active mode cannot work from data port {source.port}: {advice}"
    return ""
