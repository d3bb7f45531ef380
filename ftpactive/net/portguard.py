"""
The program of the two processes that can bind the data port when the service
cannot any more.  It is run by its path: C{python -I -S -B portguard.py ...}.

The broker does what it is asked, see L{ftpactive.net.portbroker}.  The guard
waits, and when the broker dies it forks another, which goes on with the same
socket.  When the guard dies, the broker forks, and one of the two is the guard.
So nobody needs privileges a second time, whichever of them is killed.

Both end when the other end of their socket is closed, as it is when the service
dies, however it dies.

They may bind ports below 1024, and have no other privilege.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from typing import Any, NoReturn

#: The limit of descriptors.  Those that wait to be received count, too.
_DESCRIPTORS = 2048

#: Seconds from one broker to the next at least, should they all die at once.
_SUCCESSION = 0.1

# From <linux/prctl.h> and <linux/capability.h>.
_PDEATHSIG, _DUMPABLE, _KEEPCAPS, _NAME = 1, 4, 8, 15
_BOUNDING_DROP, _SECUREBITS, _NO_NEW_PRIVS = 24, 28, 38
_SETPCAP, _BIND_SERVICE, _VERSION = 1 << 8, 1 << 10, 0x20080522
#: All of <linux/securebits.h> and their locks, but of KEEP_CAPS only the lock.
_LOCKED = 0xEF

_libc = ctypes.CDLL(None, use_errno=True)


def main(number: int, uid: int, gid: int, *pairs: str) -> NoReturn:
    """
    Be the guard.

    @param number: the descriptor of the socket to the service.
    @param pairs: see L{ftpactive.net.portbroker.Allowance}.
    """
    # Isolated as this is, Python does not look for modules beside it.
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    broker = importlib.import_module("portbroker")
    allowance = broker.Allowance(pairs)
    _restrict()
    _shed(uid, gid)
    os.dup2(number, 0, inheritable=False)
    os.closerange(1, 1 << 16)
    sys.stdout = sys.stderr = None
    Pair(socket.socket(fileno=0), broker.Broker, allowance).guard()


class Pair:
    """
    The two processes, as either of them sees it.
    """

    def __init__(self, primary: socket.socket, makeBroker: Any, allowance: object) -> None:
        """
        @param primary: the socket to the service.
        @param makeBroker: L{ftpactive.net.portbroker.Broker}.
        """
        self._primary = primary
        self._makeBroker = makeBroker
        self._allowance = allowance
        #: The process of the guard.
        self._guard = 0

    def guard(self, broker: int | None = None) -> NoReturn:
        """
        Keep a broker alive until the service is gone.

        @param broker: the process of one that lives already.
        """
        self._guard = os.getpid()
        _setName(b"ftpactive-guard")
        status, again = 0, 0.0
        while broker or not self._isHungUp(again - time.monotonic()):
            again = time.monotonic() + _SUCCESSION
            broker = broker or _fork()
            if broker == 0:
                self._serve(status)
            if broker:
                status = os.waitstatus_to_exitcode(os.waitpid(broker, 0)[1])
            broker = None
        os._exit(0)

    def _isHungUp(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._primary, 0)
        return bool(poll.poll(max(0, seconds * 1000)))

    def _serve(self, status: int) -> NoReturn:
        try:
            self._broker = self._makeBroker(self._primary, self._allowance, status)
            self._watch()
            self._broker.run()
            os._exit(0)
        finally:
            # Not back into the guard's part, whatever happened.
            os._exit(1)

    def _watch(self) -> None:
        """
        Begin to be the broker of a guard.
        """
        _setName(b"ftpactive-port")
        signal.signal(signal.SIGUSR1, self._split)
        _prctl(_PDEATHSIG, signal.SIGUSR1)
        # It may have died before it was watched.
        self._split()

    def _split(self, *unused: object) -> None:
        """
        If the guard is dead, fork: the child goes on with what this process is
        just doing, and this process is the guard.
        """
        if os.getppid() == self._guard:
            return
        self._guard = os.getpid()
        # There is never a moment with two of the name that the child will take.
        _setName(b"ftpactive-guard")
        broker = _fork()
        if broker:
            _prctl(_PDEATHSIG, 0)
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            os.closerange(1, 1 << 16)
            self.guard(broker)
        if broker is None:
            # Then the broker goes on without a guard, as long as it lives.
            _setName(b"ftpactive-port")
        if broker == 0:
            self._watch()
            self._broker.note("the guard of the port broker died, there is another")


def _fork() -> int | None:
    """
    Fork; give L{None} where there is no room for another process.
    """
    try:
        return os.fork()
    except OSError:
        return None


def _restrict() -> None:
    """
    Give up what is not a matter of privileges.
    """
    # The terminal and the service manager mean the service with these, which
    # may need us while it stops; we end when it has ended.
    for each in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    for each in (signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(each, signal.SIG_DFL)
    os.chdir("/")
    os.umask(0o077)
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    descriptors = _DESCRIPTORS if highest < 0 else min(highest, _DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _shed(uid: int, gid: int) -> None:
    """
    Give up every privilege but one, for good.
    """
    os.setgroups([])
    _prctl(_KEEPCAPS, 1)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    try:
        _setCapabilities(_BIND_SERVICE | _SETPCAP)
    except PermissionError:
        # Some containers have none.  Without new privileges, which is below,
        # the bounds are a second lock on the same door.
        pass
    else:
        _lockBounds()
    _setCapabilities(_BIND_SERVICE)
    _prctl(_NO_NEW_PRIVS, 1)
    # A change of user undoes this, so it comes last.
    _prctl(_DUMPABLE, 0)


def _lockBounds() -> None:
    for capability in range(64):
        try:
            _prctl(_BOUNDING_DROP, capability)
        except OSError:
            # The kernel knows no more of them.
            break
    _prctl(_SECUREBITS, _LOCKED)


def _prctl(option: int, value: int = 0) -> None:
    zero = ctypes.c_ulong(0)
    _call(_libc.prctl, option, ctypes.c_ulong(value), zero, zero, zero)


def _setName(name: bytes) -> None:
    _call(_libc.prctl, _NAME, name)


def _setCapabilities(mask: int) -> None:
    # Effective, permitted, inheritable: the lower 32, and the others.
    sets = struct.pack("6I", mask, mask, 0, 0, 0, 0)
    _call(_libc.capset, ctypes.create_string_buffer(struct.pack("Ii", _VERSION, 0)), sets)


def _call(function: Any, *arguments: object) -> None:
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:])  # type: ignore[arg-type]
