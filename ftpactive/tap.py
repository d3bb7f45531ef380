"""
The options of C{twistd activeftp}.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, cast

from twisted.application.service import IService
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import AuthOptionMixin
from twisted.internet import reactor
from twisted.python import usage

from ftpactive.auth.checkers import complaint
from ftpactive.config.assembly import makeDaemon
from ftpactive.config.configuration import Configuration
from ftpactive.config.declarations import OPTIONS
from ftpactive.config.keys import Key
from ftpactive.config.kinds import located
from ftpactive.config.mistakes import Mistake, Wrong
from ftpactive.config.reading import Sources
from ftpactive.core.command import printable
from ftpactive.net.reactors import Reactor


class _Given(str):
    """
    What somebody wrote, and not a default.
    """

    __slots__ = ()


#: The options that may be repeated.
_REPEATED = ("listen", "listen-implicit")


def _repeated(option: str) -> Callable[[Any, str], None]:
    def append(self: Any, text: str) -> None:
        self[option].append(text)

    append.__doc__ = _told(OPTIONS[option][1])
    return append


def _told(key: Key) -> str:
    return key.told or key.summary


class Options(usage.Options, AuthOptionMixin):
    """
    What the command line says.

    @ivar sources: where the configuration comes from.
    @ivar configuration: all of it.
    """

    supportedInterfaces = (IUsernamePassword,)
    synopsis = "[options]"
    longdesc = (
        "An FTP server at home with active mode: it opens data connections from one"
        " port for any number of clients. Without options it shows the current folder,"
        " read-only, to anybody, on port 2121."
    )

    optFlags = tuple(
        (option, None, _told(key)) for option, (_, key) in OPTIONS.items() if key.flag is not None
    )
    FLAGS = frozenset(flag for flag, *_ in optFlags)
    optParameters = (
        ("config", None, None, "A file to read, in TOML; options count for more.", _Given),
        *(
            (option, None, key.optionDefault, _told(key), _Given)
            for option, (_, key) in OPTIONS.items()
            if key.flag is None and option not in _REPEATED
        ),
    )

    sources: Sources
    configuration: Configuration

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        for option in _REPEATED:
            self[option] = []
        self["hosts"] = {}

    opt_listen = opt_l = _repeated("listen")
    opt_listen_implicit = _repeated("listen-implicit")

    def opt_virtual_host(self, text: str) -> None:
        """
        NAME=FOLDER: what HOST NAME shows instead of --root, may be repeated.
        """
        name, _, folder = text.partition("=")
        if not (name and folder):
            raise usage.UsageError(
                f"--virtual-host takes NAME=FOLDER, a name and a folder, not {printable(text)!r}"
            )
        if not os.path.isdir(folder):
            raise usage.UsageError(f"--virtual-host {printable(folder)} is not a folder")
        self["hosts"][name] = os.path.abspath(folder)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Read the command line, and the file that it names.

        @raise SystemExit: something is wrong with it; twistd prints this one
            line and ends with status 1.
        """
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except (usage.UsageError, Mistake) as error:
            raise SystemExit(f"activeftp: {error}") from None

    def postOptions(self) -> None:
        """
        Read the values.

        @raise usage.UsageError: one of them is wrong.
        @raise Mistake: the file is.
        """
        given = dict(self._given())
        file = located(self["config"] or "", os.getcwd())
        if not file:
            # Without a file, it is for a first look: at what is here.
            given.setdefault(("service", "root"), os.getcwd())
            given.setdefault(("guests", "enabled"), ("service", "auth") not in given)
        self.sources = Sources(file, given)
        self.configuration = self.sources.read()

    def _given(self) -> Any:
        for option, (table, key) in OPTIONS.items():
            value = self[option]
            if key.flag is not None and value:
                yield (table, key.name), key.flag
            elif isinstance(value, _Given) or (option in _REPEATED and value):
                yield (table, key.name), _read(option, key, value)
        checkers = tuple(self.get("credCheckers") or ())
        for checker in checkers:
            if wrong := complaint(checker):
                raise usage.UsageError(f"--auth: {printable(wrong)}")
        if checkers:
            yield ("service", "auth"), checkers
        if self["hosts"]:
            yield ("hosts", "root"), self["hosts"]


def _read(option: str, key: Key, value: Any) -> Any:
    try:
        written = key.kind.fromText(str(value)) if isinstance(value, _Given) else value
        return key.kind.read(written, os.getcwd())
    except Wrong as wrong:
        raise usage.UsageError(f"--{option} {wrong}") from None
    except ValueError:
        words = f"takes {key.kind.takes}, not {printable(value)!r}"
        raise usage.UsageError(f"--{option} {words}") from None


def makeService(options: Options) -> IService:
    """
    Make the service that the options describe.
    """
    return makeDaemon(options.sources, options.configuration, cast(Reactor, reactor))
