"""
ftpactive-check HOST:PORT: can this server reach a client in active mode?

It opens a connection to the client's address from the data port, exactly as
the service does, and explains what comes of it.
"""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from ftpactive.core.address import Address, networkProtocol, normalise
from ftpactive.core.command import printable
from ftpactive.core.errors import FTPError
from ftpactive.core.events import Outcome
from ftpactive.net.active import ActivePlan, Attempts
from ftpactive.net.channel import DataChannel
from ftpactive.net.occupants import listeners, tracksFTP
from ftpactive.net.probe import complaint
from ftpactive.output import say

_ADVICE = {
    Outcome.CONNECTED: "Active mode works to this address and port.",
    Outcome.REFUSED: (
        "The packet arrived and was sent back. Is the client listening there at this moment?"
        " A NAT without a helper for FTP, or a firewall that rejects, answers the same."
    ),
    Outcome.TIMED_OUT: (
        "Nothing came back. A firewall before the client drops connections from outside:"
        " let it admit those from the server's data port, or use its helper for FTP."
    ),
    Outcome.UNREACHABLE: "There is no way to this address from here: look at the routes.",
    Outcome.PORT_BUSY: (
        "Something listens on the data port, and a listener keeps all connections off it."
    ),
    Outcome.ADDRESS_IN_USE: (
        "These two ports were connected a moment ago. It passes within a minute; spare ports"
        " (--data-port 20,2020-2029) avoid the wait."
    ),
    Outcome.NOT_PERMITTED: "Run it with the service's privileges: see docs/operations.md.",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command; the exit status is 0 when the client was reached.
    """
    options = _options().parse_args(arguments)
    try:
        target = _target(options.target)
        source = _source(options.source, target, options.data_port)
    except ValueError as error:
        raise SystemExit(f"ftpactive-check: {error}") from None
    except OSError as error:
        raise SystemExit(f"ftpactive-check: no way to {target}: {error.strerror}") from None
    for line in portReport(source):
        say(line)
    react(
        lambda reactor: Deferred.fromCoroutine(_connect(reactor, source, target, options.timeout))
    )


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ftpactive-check", description=__doc__)
    parser.add_argument("target", metavar="HOST:PORT", help="the address that the client names")
    parser.add_argument("--data-port", type=int, default=20, help="the source port [default: 20]")
    parser.add_argument("--source", metavar="ADDRESS", help="the source address")
    parser.add_argument("--timeout", type=float, default=10, help="seconds [default: 10]")
    return parser


def _target(text: str) -> Address:
    host, _, port = text.rpartition(":")
    try:
        address = Address(normalise(host.strip("[]")), int(port))
    except ValueError:
        raise ValueError(
            f"{printable(text)!r} is no HOST:PORT: give an IP address and a port"
        ) from None
    if not 0 < address.port <= 0xFFFF:
        raise ValueError(f"there is no port {address.port}")
    return address


def _source(host: str | None, target: Address, port: int) -> Address:
    """
    Give our end: as asked for, or the address that the kernel would choose.
    """
    if not 0 <= port <= 0xFFFF:
        raise ValueError(f"there is no port {port}")
    if host is not None:
        return Address(normalise(host), port)
    family = socket.AF_INET6 if networkProtocol(target.host) == 2 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        # Of a datagram socket nothing is sent; it only asks for the route.
        trial.connect(tuple(target))
        return Address(normalise(trial.getsockname()[0]), port)


def portReport(source: Address) -> Iterator[str]:
    """
    Tell in lines how this machine stands to the data port.
    """
    wrong = complaint(source)
    yield f"Data port: {wrong or f'{source} can be used'}"
    for listener in listeners(source.port) if source.port else ():
        holder = listener.process or "a process that we may not look into"
        yield f"Listening on it: {holder}, at {Address(listener.host, listener.port)}"
    loaded = "loaded" if tracksFTP() else "not loaded"
    yield f"The kernel's FTP helper (nf_conntrack_ftp) is {loaded} on this machine"


async def _connect(reactor: Any, source: Address, target: Address, timeout: float) -> None:
    outcomes: list[Outcome] = []

    def tell(
        mode: str, end: Address, target: Address, seconds: float, outcome: Outcome, error: str
    ) -> None:
        outcomes.append(outcome)
        said = error or f"Connected to {target} from {end}"
        say(f"{said} (after {seconds:.3f} seconds)")

    plan = ActivePlan(
        reactor,
        target,
        Attempts(sources=[source], delays=(), timeout=timeout),
        makeChannel=lambda connected: DataChannel(reactor, timeout, connected),
        tell=tell,
    )
    try:
        channel = await plan.open()
    except FTPError:
        say(_ADVICE.get(outcomes[-1], ""))
        sys.exit(1)
    say(_ADVICE[Outcome.CONNECTED])
    channel.transport.loseConnection()
