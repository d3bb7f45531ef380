"""
The servers that are compared, each with a configuration that is fair to it.

All of them serve the same folder, do not log transfers, look up no names, and
check a password without a slow hash.  See C{benchmarks/configurations}.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from benchmarks.client import HOST
from benchmarks.installs import PYTHON, registry, run, unpack, versionOf
from benchmarks.table import Entry
from benchmarks.values import ASYNCIO, BARE, OURS, WORKERS, Fault
from ftpactive.core.version import VERSION

CHECKOUT = Path(__file__).resolve().parent.parent
CONFIGURATIONS = CHECKOUT / "benchmarks/configurations"

#: Who logs in, and the old and cheap hash of the password, which is the same word.
USER = "bench"
HASH = "beXASnuSGSZa."


@dataclass(frozen=True)
class Place:
    """
    Where one server is to serve.

    @ivar state: a folder for its own files.
    @ivar tls: is TLS asked of it?
    """

    port: int
    root: Path
    state: Path
    certificate: Path
    key: Path
    tls: bool = False

    def filled(self, name: str) -> str:
        """
        Give a configuration with this place's values in it.
        """
        values = {"user": "nobody", "group": "nogroup", "data_port": str(self.port - 1)}
        values |= {name: str(getattr(self, name)) for name in self.__dataclass_fields__}
        values["passwords"] = str(self.state / "passwords")
        return Template((CONFIGURATIONS / name).read_text()).substitute(values)

    def write(self, name: str, text: str) -> str:
        """
        Write one of its files.

        @return: the path.
        """
        path = self.state / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)


@dataclass(frozen=True)
class Launch:
    """
    How a server is started.

    @ivar user: who logs in.
    """

    command: list[str]
    environment: dict[str, str]
    user: str = USER


def _unpacked(package: str, program: str) -> tuple[str, dict[str, str]]:
    if os.geteuid():
        raise Fault("it needs root")
    folder = unpack(package)
    libraries = ":".join(str(p) for p in folder.glob("usr/lib/*-linux-*") if p.is_dir())
    return str(folder / program), {"LD_LIBRARY_PATH": libraries}


def vsftpd(place: Place) -> Launch:
    """
    Guests may write there, so that PAM is not asked.
    """
    program, environment = _unpacked("vsftpd", "usr/sbin/vsftpd")
    text = place.filled("vsftpd.conf")
    if place.tls:
        text += place.filled("vsftpd-tls.conf")
    return Launch([program, place.write("vsftpd.conf", text)], environment, "anonymous")


def proftpd(place: Place) -> Launch:
    """
    A user of a file of its own.
    """
    program, environment = _unpacked("proftpd-core", "usr/sbin/proftpd")
    place.write("passwords", f"{USER}:{HASH}:65534:65534::{place.root}:/bin/false\n")
    path = place.write("proftpd.conf", place.filled("proftpd.conf"))
    return Launch([program, "--nodaemon", "--quiet", "--config", path], environment)


def pureftpd(place: Place) -> Launch:
    """
    A virtual user.
    """
    program, environment = _unpacked("pure-ftpd", "usr/sbin/pure-ftpd")
    line = f"{USER}:{HASH}:65534:65534::{place.root}/./::::::::::::\n"
    users, database = place.write("passwords", line), str(place.state / "users.pdb")
    run(str(Path(program).parents[1] / "bin/pure-pw"), "mkdb", database, "-f", users)
    words = (CONFIGURATIONS / "pure-ftpd.options").read_text()
    options = Template(words).substitute(port=place.port, state=place.state, database=database)
    return Launch([program, *options.split()], environment)


def _python(program: str, place: Place) -> Launch:
    registry()
    words = [str(PYTHON), str(CONFIGURATIONS / program), str(place.port), str(place.root), USER]
    tls = [str(place.certificate), str(place.key)] if place.tls else []
    return Launch([*words, "bench", *tls], {})


def pyftpdlib(place: Place) -> Launch:
    """
    As in its documentation.
    """
    return _python("pyftpdlib_server.py", place)


def twistedsOwn(place: Place) -> Launch:
    """
    As C{twistd ftp} wires it.
    """
    return _python("twisted_server.py", place)


_TWISTD = "import sys; from twisted.scripts.twistd import run; sys.argv[0] = 'twistd'; run()"


@cache
def offers(option: str) -> bool:
    """
    Does C{twistd activeftp} have an option?
    """
    return f"--{option}=" in run(sys.executable, "-c", _TWISTD, "activeftp", "--help", cwd=CHECKOUT)


def ours(place: Place, *options: str, twistd: tuple[str, ...] = ()) -> Launch:
    """
    As its users start it, without a log.
    """
    quiet = "--logger=benchmarks.configurations.quiet.observer"
    listen = f"--listen=tcp:{place.port}:interface={HOST}:backlog=4096"
    words = [sys.executable, "-c", _TWISTD, "-n", "--pidfile=", quiet, *twistd]
    words += ["activeftp", f"--root={place.root}", listen, f"--auth=memory:{USER}:bench"]
    words += [f"--{name}=0" for name in ("max-per-address",) if offers(name)]
    words += ["--max-sessions=15000"] * offers("max-sessions")
    words += ["--log-level=warn"] * offers("log-level")
    if place.tls:
        if not offers("tls-certificate"):
            raise Fault("it has no option for TLS")
        words += [f"--tls-certificate={place.certificate}", f"--tls-key={place.key}"]
    return Launch([*words, *options], {"PYTHONPATH": str(CHECKOUT)})


def oursOnAsyncio(place: Place) -> Launch:
    """
    The same on asyncio.
    """
    return ours(place, twistd=("--reactor=asyncio",))


def oursWithWorkers(place: Place) -> Launch:
    """
    With two processes that serve.
    """
    if not offers("workers"):
        raise Fault("twistd activeftp has no --workers")
    return ours(place, "--workers=2")


def bareLoop(place: Place) -> Launch:
    """
    See L{benchmarks.floor}.
    """
    files = [str(place.root), str(place.certificate), str(place.key)]
    command = [sys.executable, "-m", "benchmarks.floor", str(place.port), *files]
    return Launch(command, {"PYTHONPATH": str(CHECKOUT)})


@dataclass(frozen=True)
class Server:
    """
    One that is compared.

    @ivar launch: gives its command, after it has been had from where it is.
    @ivar version: gives its version.
    @ivar isProtected: is it compared with TLS as well?
    @ivar unfit: the works that it does not do.
    @ivar only: the only works that it does; empty for all.
    """

    name: str
    launch: Callable[[Place], Launch]
    version: Callable[[], str]
    isProtected: bool = False
    unfit: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def does(self, work: Entry) -> bool:
        """
        Is it asked to do a work?
        """
        fits = work.name not in self.unfit and (not self.only or work.name in self.only)
        return fits and (self.isProtected or not work.isProtected)


def _debian(package: str) -> Callable[[], str]:
    return lambda: (unpack(package) / "version").read_text().strip()


def _registered(name: str) -> Callable[[], str]:
    return lambda: versionOf(name)


def _ourVersion() -> str:
    return VERSION


#: What tells how another way to start ours differs.
_VARIANT = (
    *("retr-big", "stor-big", "retr-small", "retr-small-passive"),
    *("many-small", "login", "crowd", "list"),
)

#: In the order of the page.
SERVERS = (
    Server(OURS, ours, _ourVersion, isProtected=True),
    Server(ASYNCIO, oursOnAsyncio, _ourVersion, only=_VARIANT),
    Server(WORKERS, oursWithWorkers, _ourVersion, only=("many-small", "crowd")),
    Server(
        "vsftpd",
        vsftpd,
        _debian("vsftpd"),
        isProtected=True,
        unfit=("mlsd", "tls-retr-small-clear"),
    ),
    Server("ProFTPD", proftpd, _debian("proftpd-core")),
    Server("Pure-FTPd", pureftpd, _debian("pure-ftpd")),
    Server("pyftpdlib", pyftpdlib, _registered("pyftpdlib"), isProtected=True),
    Server("Twisted's own", twistedsOwn, _registered("twisted"), unfit=("mlsd",)),
    Server(BARE, bareLoop, lambda: sys.version.split()[0], isProtected=True),
)
