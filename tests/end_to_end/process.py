"""
The server as its users run it: C{twistd activeftp} in a process of its own.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

#: Seconds after which something that must happen has not happened.
PATIENCE = 20

CHECKOUT = Path(__file__).resolve().parents[2]

#: The script beside the interpreter, or, where there is none, what it does.
_SCRIPT = Path(sys.executable).with_name("twistd")
_TWISTD = (
    [str(_SCRIPT)]
    if _SCRIPT.exists()
    else ["-c", "import sys; from twisted.scripts.twistd import run; sys.argv[0] = 'twistd'; run()"]
)

#: What a log line of a fault holds.
_FAULT = re.compile(r"Traceback|Unhandled|#critical|#error|Exception ignored")


def twistd(*arguments: str) -> list[str]:
    """
    Give the command that runs C{twistd}, in which a warning is an error.
    """
    # Twisted leaves it to Python to close a socket that could not be bound.
    warnings = ["-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning"]
    return [sys.executable, *warnings, *_TWISTD, *arguments]


def environment() -> dict[str, str]:
    """
    Give the environment in which C{twistd} finds the checkout under test.
    """
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


def eventually(isSo: Callable[[], bool]) -> None:
    """
    Wait until something is so of which nobody tells.
    """
    deadline = time.monotonic() + PATIENCE
    while not isSo():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def freePort() -> int:
    """
    Give a port that is free, as the one below it is, on both loopback addresses.

    They are below those that the kernel gives to whoever asks for any, so
    that no other test takes them by chance.
    """
    for port in random.sample(range(20001, 32000), 500):
        if all(_isFree(host, each) for host in ("127.0.0.1", "::1") for each in (port, port - 1)):
            return port
    raise AssertionError("no pair of ports is free")


def _isFree(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        # Connections that were closed lately do not keep us from listening.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True


def listenOptions(port: int) -> list[str]:
    """
    Give the options to listen on both loopback addresses, and nowhere else.
    """
    return [
        f"--listen=tcp:{port}:interface=127.0.0.1",
        rf"--listen=tcp6:{port}:interface=\:\:1",
    ]


class Server:
    """
    A server process and what it has logged so far.

    @ivar port: its control port; the one below is its data port.
    @ivar root: the folder that it serves.
    @ivar lines: its log.
    """

    def __init__(
        self,
        root: Path,
        options: Sequence[str] = (),
        *,
        port: int = 0,
        prefix: Sequence[str] = (),
        daemon: Sequence[str] = (),
    ) -> None:
        """
        @param port: where it listens; any free one without it.
        @param prefix: what is put before the command.
        @param daemon: options of C{twistd} itself.
        """
        self.root = root
        self.port = port or freePort()
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._isEnded = False
        self._isTold = False
        # Where a later option says the same, that one counts.
        arguments = ["-n", "--pidfile=", *daemon, "activeftp", f"--root={root}"]
        arguments += listenOptions(self.port)
        self.process = subprocess.Popen(
            [*prefix, *twistd(*arguments, *options)],
            cwd=root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._isEnded = True
            self._changed.notify_all()

    def wait(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """
        Wait for a log line.

        @param pattern: a regular expression for a part of it.
        @param after: how many lines at the beginning of the log do not count.
        @return: the match.
        """
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if found := re.search(pattern, line):
                        return found
                after = max(after, len(self.lines))
                if self._isEnded or not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"the server never logged {pattern!r}:\n{self.log}")

    def ready(self) -> Server:
        """
        Wait until it serves on both addresses.
        """
        self.wait(r"FTP on 127\.0\.0\.1:")
        self.wait(r"FTP on \[::1\]:")
        return self

    @property
    def log(self) -> str:
        """
        Give its whole log so far.
        """
        return "\n".join(self.lines)

    @property
    def residentBytes(self) -> int:
        """
        Give how much memory it occupies.
        """
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None, status
        return int(found[1]) * 1024

    @property
    def isIdle(self) -> bool:
        """
        Did it do next to nothing for a while?
        """
        before = self._cpuTicks()
        time.sleep(0.1)
        return self._cpuTicks() - before <= 1

    def _cpuTicks(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def terminate(self) -> None:
        """
        Ask it to stop.
        """
        if not self._isTold:
            self._isTold = True
            # Before its reactor runs, the signal would end it unprepared; a
            # greeting comes from the reactor.
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as probe:
                assert probe.recv(1)
            self.process.send_signal(signal.SIGTERM)

    def stopUnheard(self) -> None:
        """
        Stop it, where it does not greet us.
        """
        self._isTold = True
        self.process.send_signal(signal.SIGTERM)
        self.stop()

    def ended(self) -> int:
        """
        Wait for its end.

        @return: its exit status.
        """
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """
        Make sure that nothing is left of it.
        """
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> None:
        """
        Stop it, and see that it ended as it should and that no fault of its own
        was logged.
        """
        self.terminate()
        # twistd cleans up, and then ends from the very signal.
        status = self.ended()
        assert status in (0, -signal.SIGTERM), self.log
        assert "Server Shut Down" in self.lines[-1], self.log
        assert not _FAULT.search(self.log), self.log
