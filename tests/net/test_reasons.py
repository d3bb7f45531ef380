"""
Tests for L{ftpactive.net.reasons}.
"""

from __future__ import annotations

import errno
from socket import EAI_NONAME, gaierror

import pytest
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    NoRouteError,
    TCPTimedOutError,
    TimeoutError,
    UserError,
    getConnectError,
)

from ftpactive.core.address import Address
from ftpactive.core.events import Outcome
from ftpactive.net.reasons import meaning

SOURCE = Address("192.0.2.1", 20)
ANY_PORT = Address("192.0.2.1", 0)

#: What a connector fails with, what that is, and words that tell it.
REASONS = [
    (ConnectionRefusedError(errno.ECONNREFUSED), Outcome.REFUSED, "nobody listens there, or a"),
    (ConnectionRefusedError(), Outcome.REFUSED, "nobody listens there, or a"),
    (TimeoutError(), Outcome.TIMED_OUT, "no answer within 7.5 seconds"),
    (TCPTimedOutError(errno.ETIMEDOUT), Outcome.TIMED_OUT, "no answer within 7.5 seconds"),
    (NoRouteError(errno.ENETUNREACH), Outcome.UNREACHABLE, "no route to this network"),
    (NoRouteError(), Outcome.UNREACHABLE, "no route to this network"),
    (ConnectError(errno.EHOSTUNREACH), Outcome.UNREACHABLE, "no route to this host"),
    (ConnectError(errno.EPERM), Outcome.UNREACHABLE, "a firewall on the server"),
    (ConnectError(errno.EADDRNOTAVAIL), Outcome.ADDRESS_IN_USE, "has not been forgotten yet"),
    (ConnectError(errno.EADDRINUSE), Outcome.ADDRESS_IN_USE, "has not been forgotten yet"),
    (ConnectError(errno.EIO, "some fault"), Outcome.FAILED, "some fault"),
    # An ICMP message that came before connect() had returned.
    (ConnectError(string="gone"), Outcome.REFUSED, "rejected: nobody listens there"),
    (ConnectError(errno.EACCES), Outcome.UNREACHABLE, "a firewall on the way"),
    (ConnectBindError(errno.EADDRINUSE), Outcome.PORT_BUSY, "a listener occupies the data port"),
    (ConnectBindError(errno.EADDRNOTAVAIL), Outcome.FAILED, "address is no longer on the server"),
    (ConnectBindError(errno.EACCES), Outcome.NOT_PERMITTED, "CAP_NET_BIND_SERVICE"),
    # As of a socket that could not be made.
    (ConnectBindError(errno.EMFILE), Outcome.FAILED, "too many connections and files"),
    # As of bind(), not of connect().
    (ConnectBindError(errno.ECONNREFUSED, "odd"), Outcome.FAILED, "odd"),
    # Of a link-local address.
    (gaierror(EAI_NONAME, "Name or service not known"), Outcome.FAILED, "interface of this"),
    (OSError("odd fault"), Outcome.FAILED, "odd fault"),
    (UserError(), Outcome.ABORTED, "Aborted while the data connection was being opened"),
]


class TestMeaning:
    """
    L{meaning} says in words what a connector failed with.
    """

    @pytest.mark.parametrize(("error", "outcome", "words"), REASONS, ids=repr)
    def test_reason(self, error: Exception, outcome: Outcome, words: str) -> None:
        """
        Each kind has an outcome and words of its own.
        """
        found, said = meaning(error, SOURCE, 7.5)
        assert found is outcome
        assert words in said

    @pytest.mark.parametrize(
        ("number", "outcome"),
        [
            (errno.ECONNREFUSED, Outcome.REFUSED),
            (errno.ENETUNREACH, Outcome.UNREACHABLE),
            (errno.EHOSTUNREACH, Outcome.UNREACHABLE),
            (errno.ETIMEDOUT, Outcome.TIMED_OUT),
            (errno.EADDRNOTAVAIL, Outcome.ADDRESS_IN_USE),
            (errno.EADDRINUSE, Outcome.ADDRESS_IN_USE),
            (errno.EINVAL, Outcome.FAILED),
        ],
    )
    def test_asTwistedMakesIt(self, number: int, outcome: Outcome) -> None:
        """
        Twisted has classes of its own for some numbers of connect().
        """
        error = getConnectError((number, "words"))
        assert meaning(error, SOURCE, 30)[0] is outcome

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (ConnectBindError(errno.EADDRINUSE), Outcome.PORT_BUSY),
            (ConnectError(errno.EADDRNOTAVAIL), Outcome.ADDRESS_IN_USE),
        ],
    )
    def test_anyPort(self, error: Exception, outcome: Outcome) -> None:
        """
        Where the kernel chooses the port, no listener is in the way: there is
        none left to choose.
        """
        found, said = meaning(error, ANY_PORT, 30)
        assert found is outcome
        assert said.startswith("no port is free on the server")

    def test_anyPortIsNoDifferentElse(self) -> None:
        """
        An address that is gone is gone with any port.
        """
        gone = ConnectBindError(errno.EADDRNOTAVAIL)
        assert meaning(gone, ANY_PORT, 30) == meaning(gone, SOURCE, 30)
