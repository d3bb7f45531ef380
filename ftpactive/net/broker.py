"""
The port broker as the service sees it: two little processes that bind the data
port when the service itself may not any more.

See C{docs/active-mode.md}.  L{ftpactive.net.portguard} is their program.
"""

from __future__ import annotations

import errno
import os
import pwd
import select
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.logger import Logger

from ftpactive.core.address import Address
from ftpactive.net import portguard
from ftpactive.net.portchannel import Attached, PortChannel, written

#: Who the broker is when nothing is said, and the number that this user has
#: almost everywhere.
_NOBODY, _NOBODYS_NUMBER = "nobody", 65534

#: Seconds for the broker to begin.  It takes a few hundredths.
_PATIENCE = 10

#: Seconds between two looks at whether it has ended.
_INTERVAL = 0.02

#: <linux/capability.h>
_BIND_SERVICE = 1 << 10


class Reactor(IReactorFDSet, IReactorTime):
    """
    A reactor that watches descriptors, and has time.
    """


def needsBroker(ports: Iterable[int]) -> bool:
    """
    Is one of these ports privileged?
    """
    return any(0 < port < _firstUnprivilegedPort() for port in ports)


def _firstUnprivilegedPort() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        # Linux before 4.11, or none.
        return 1024


def holdsCapability() -> bool:
    """
    May this process bind every port?
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return os.geteuid() == 0
    (effective,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) & _BIND_SERVICE)


def canShed() -> bool:
    """
    May this process bind every port now, and not any more later?  Only root
    can become somebody else.
    """
    return os.geteuid() == 0 and holdsCapability()


def allowance(sources: Iterable[Address]) -> dict[int, list[str]]:
    """
    Say what a broker must be allowed to bind.

    @param sources: for every listener its address, with each port that its
        data connections may come from.

    @return: the privileged of those ports, each with its addresses; empty when
        no broker is needed.
    """
    allowed: dict[int, list[str]] = {}
    for host, port in sources:
        if needsBroker([port]):
            # A listener on :: takes IPv4, too.
            hosts = ["::", "0.0.0.0"] if host == "::" else [host]
            allowed.setdefault(port, []).extend(hosts)
    return allowed


class PortBroker:
    """
    Starts the broker, asks it for bound sockets, and ends it.
    """

    _log = Logger(namespace="ftpactive")

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: PortChannel | None = None

    @property
    def isRunning(self) -> bool:
        """
        Can it be asked?
        """
        return self._channel is not None and self._channel.fileno() >= 0

    def start(self, allowed: Mapping[int, Sequence[str]], uid: int | None = None) -> None:
        """
        Start it, and wait until it has shed its privileges but one.

        @param allowed: what it may bind: ports, each with local addresses, of
            which C{0.0.0.0} and C{::} stand for all of their family.  Nobody
            can add to that later.
        @param uid: who it shall be, not root; by default C{nobody}.

        @raise OSError: it cannot be started, with words.
        """
        if uid == 0:
            raise ValueError("the port broker cannot be root")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                process = _run(theirs.fileno(), _who(uid), _pairs(allowed))
            _waitForHello(ours, process)
        except OSError as error:
            ours.close()
            words = f"the port broker cannot start: {error.strerror or error}"
            raise OSError(error.errno, words) from error
        self._process = process
        self._channel = PortChannel(self._reactor, ours, told=process.poll)

    def bind(self, source: Address) -> Deferred[socket.socket]:
        """
        Get a bound socket.  See L{PortChannel.bind}.
        """
        if self._channel is None:
            return fail(OSError(errno.EACCES, "no port broker was started"))
        return self._channel.bind(source)

    def attach(self) -> Attached:
        """
        Make a way for a worker to ask it.  See L{PortChannel.attach}.

        @raise OSError: there is no broker.
        """
        if self._channel is None:
            raise OSError(errno.EACCES, "no port broker was started")
        return self._channel.attach()

    def detach(self, number: int) -> None:
        """
        A worker has ended.
        """
        if self._channel is not None:
            self._channel.detach(number)

    def stop(self) -> Deferred[None]:
        """
        End it.  Who waits for a socket gets an error.

        @return: fires when it has ended.
        """
        ended: Deferred[None] = Deferred()
        if self._channel is not None:
            self._channel.close()
        self._reap(ended, int(_PATIENCE / _INTERVAL))
        return ended

    def _reap(self, ended: Deferred[None], looks: int) -> None:
        if self._process is None or self._process.poll() is not None or not looks:
            self._process = None
            ended.callback(None)
        else:
            self._reactor.callLater(_INTERVAL, self._reap, ended, looks - 1)


def _who(uid: int | None) -> tuple[int, int]:
    """
    Give a user's number and group.
    """
    try:
        entry = pwd.getpwnam(_NOBODY) if uid is None else pwd.getpwuid(uid)
        return entry.pw_uid, entry.pw_gid
    except KeyError:
        number = _NOBODYS_NUMBER if uid is None else uid
        return number, number


def _pairs(allowed: Mapping[int, Sequence[str]]) -> list[str]:
    pairs = []
    for port, hosts in allowed.items():
        for host in hosts:
            _, _, zone = written(host)
            pairs.append(f"{port}/{host.partition('%')[0]}" + (f"%{zone}" if zone else ""))
    return pairs


def _run(end: int, who: tuple[int, int], pairs: list[str]) -> subprocess.Popen[bytes]:
    """
    Run the program.

    @raise OSError: it cannot be run.
    """
    numbers = [str(each) for each in (end, *who)]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", portguard.__file__, *numbers, *pairs],
        pass_fds=[end],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        env=kept,
    )


def _waitForHello(end: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """
    Wait until the broker says that it begins.

    @raise OSError: it does not.
    """
    poll = select.poll()
    poll.register(end, select.POLLIN)
    isLate = not poll.poll(_PATIENCE * 1000)
    if isLate:
        process.kill()
    if isLate or not end.recv(1, socket.MSG_PEEK):
        # The last line of a traceback, or what Python says when it cannot start.
        said = process.communicate()[1].decode(errors="replace").strip()
        words = said.rpartition("\n")[2] or f"it ended with {process.returncode}"
        raise OSError(errno.EACCES, words)
    assert process.stderr is not None
    process.stderr.close()
