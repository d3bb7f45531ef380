"""
Networks of this machine's own: hosts that are network namespaces, and the
switches between them.

Nothing of it touches the machine's own network, and nothing is left of it.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Seconds after which a command that sets something up has failed.
_PATIENCE = 20

#: Where iproute2 keeps them.
_NAMESPACES = "/run/netns/"

#: Of <linux/sched.h>; Python has os.setns() only since 3.12.
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)

_serial = itertools.count(1)


class CannotBuild(Exception):
    """
    This machine, or we on it, cannot do what a network needs.
    """


def run(*command: str, text: str = "") -> str:
    """
    Run a command to its end.

    @param text: what it reads.
    @return: what it printed.

    @raise CannotBuild: it failed, or there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise CannotBuild(f"{command[0]} is not installed: make clients")
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_PATIENCE)
    if done.returncode:
        raise CannotBuild(f"{' '.join(command)}: {done.stderr.strip()}\n{text}".strip())
    return done.stdout


def whyNot() -> str:
    """
    Tell why there can be no network here; nothing when there can be one.
    """
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    try:
        with Network() as network:
            host = network.host("host").plug(network.switch("lan"), "192.0.2.1/24")
            host.firewall("add table inet filter")
            with host.inside():
                return ""
    except CannotBuild as error:
        return str(error).partition("\n")[0]


class Namespace:
    """
    A network stack that knows nobody else.
    """

    def __init__(self, name: str) -> None:
        #: What it is called on this machine: no other process has the name.
        self.name = f"ftpactive-{os.getpid()}-{next(_serial)}-{name}"

    def build(self) -> None:
        """
        Make it.  Where that fails, L{remove} takes away what there is of it.
        """
        run("ip", "netns", "add", self.name)

    def ip(self, *lines: str) -> None:
        """
        Do what C{ip} can, each line one of its commands.
        """
        run("ip", "-netns", self.name, "-batch", "-", text="\n".join([*lines, ""]))

    @property
    def prefix(self) -> list[str]:
        """
        Give what goes before a command so that it runs in here.
        """
        return ["ip", "netns", "exec", self.name]

    def run(self, *command: str, text: str = "") -> str:
        """
        Run a command in here, to its end.  See L{run}.
        """
        return run(*self.prefix, *command, text=text)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """
        Be in here until the block ends: a socket that is made meanwhile
        belongs here for good, as does a process.
        """
        with open("/proc/thread-self/ns/net") as outside, open(_NAMESPACES + self.name) as here:
            _enter(here.fileno())
            try:
                yield
            finally:
                _enter(outside.fileno())

    def remove(self) -> None:
        """
        Take it away, with whatever still runs in it.
        """
        if not os.path.exists(_NAMESPACES + self.name):
            return
        with suppress(CannotBuild, subprocess.TimeoutExpired):
            for process in run("ip", "netns", "pids", self.name).split():
                with suppress(ProcessLookupError):
                    os.kill(int(process), 9)
        run("ip", "netns", "delete", self.name)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise CannotBuild(f"setns: {os.strerror(ctypes.get_errno())}")


class Switch(Namespace):
    """
    Joins hosts, as a cable with many ends.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ports = 0

    def build(self) -> None:
        """
        See L{Namespace.build}.
        """
        super().build()
        self.ip("link add name bridge type bridge", "link set bridge up")


class Host(Namespace):
    """
    A machine, whose interfaces are called C{eth0}, C{eth1} and so on.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._interfaces = 0

    def build(self) -> None:
        """
        See L{Namespace.build}.
        """
        super().build()
        # To find out first whether somebody has an address takes a second.
        for which in ("all", "default"):
            self.set(f"net.ipv6.conf.{which}.accept_dad", 0)
        # And a kernel sends only a few refusals a second.
        self.set("net.ipv4.icmp_ratelimit", 0)
        self.ip("link set lo up")

    def plug(self, switch: Switch, *addresses: str, gateway: str = "") -> Host:
        """
        Join a switch with the next interface.

        @param addresses: those of the interface, with their prefix lengths.
        @param gateway: the router to everywhere else.
        """
        interface, port = f"eth{self._interfaces}", f"port{switch.ports}"
        self._interfaces += 1
        switch.ports += 1
        self.ip(f"link add name {interface} type veth peer name {port} netns {switch.name}")
        switch.ip(f"link set {port} master bridge up")
        lines = [f"link set {interface} up"]
        lines += [f"address add {each} dev {interface}" for each in addresses]
        if gateway:
            lines.append(f"route add default via {gateway}")
        self.ip(*lines)
        return self

    def set(self, name: str, value: int) -> None:
        """
        Set a parameter of the kernel, one of C{net}.
        """
        with self.inside():
            Path("/proc/sys", *name.split(".")).write_text(str(value))

    def firewall(self, rules: str) -> None:
        """
        Add rules, in nftables' own language.
        """
        self.run("nft", "-f", "-", text=rules + "\n")

    def openFirewall(self) -> None:
        """
        Take all rules away.
        """
        self.firewall("flush ruleset")


class Network:
    """
    Hosts and switches; all are gone when its block ends.
    """

    def __init__(self) -> None:
        self._made: list[Namespace] = []

    def __enter__(self) -> Network:
        """
        Begin.
        """
        return self

    def __exit__(self, *reason: object) -> None:
        """
        Take everything away.
        """
        self.remove()

    def host(self, name: str) -> Host:
        """
        Make a host.
        """
        made = Host(name)
        self._build(made)
        return made

    def switch(self, name: str) -> Switch:
        """
        Make a switch.
        """
        made = Switch(name)
        self._build(made)
        return made

    def _build(self, made: Namespace) -> None:
        self._made.append(made)
        made.build()

    def remove(self) -> None:
        """
        Take everything away.

        @raise CannotBuild: something is still there; all else is gone.
        """
        failed: list[CannotBuild] = []
        while self._made:
            try:
                self._made.pop().remove()
            except CannotBuild as error:
                failed.append(error)
        if failed:
            raise failed[0]
