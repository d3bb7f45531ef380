"""
Users in a file of names and hashes, for C{--auth ftpactive:FILE}.
"""

from __future__ import annotations

import codecs
import os
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.strcred import ICheckerFactory
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.plugin import IPlugin
from zope.interface import implementer

from ftpactive.auth.hashes import complaint
from ftpactive.auth.verifier import Hashes, Verifier
from ftpactive.core.command import printable

_log = Logger()

#: More than this is not a file of users.
_MOST_BYTES = 64 * 1024 * 1024

#: What tells that a file is another one, or has other contents.
_Version = tuple[int, int, int, int]


class BadFile(ValueError):
    """
    A file cannot be used: one line says why, and where.
    """


@implementer(ICredentialsChecker)
class HashFileChecker:
    """
    Knows the users of a file.  Each of its lines is C{name:hash}, the hash as
    C{ftpactive-password} makes it; empty lines do not count, nor do those that
    begin with C{#}.

    The file is read again when it has changed.  If it cannot be used then, the
    users stay as they were, and the log says what is wrong.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, path: str, verifier: Verifier | None = None) -> None:
        # Twisted's daemons leave the folder that they were started in.
        self._path = os.path.abspath(path)
        self._verifier = verifier or Verifier()
        self._hashes = Hashes([], self._verifier)
        self._seen: _Version | None = None
        self._complaint = ""

    def complaint(self) -> str:
        """
        Tell why the file cannot be used, in one line; empty when it can.
        """
        self._refresh()
        return self._complaint

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        See C{ICredentialsChecker.requestAvatarId}.

        @return: the name, C{str}.
        """
        self._refresh()
        name, password = map(_text, (credentials.username, credentials.password))
        return Deferred.fromCoroutine(self._check(name, password))

    async def _check(self, name: str, password: str) -> str:
        if not await self._hashes.isRight(name, password):
            raise UnauthorizedLogin
        return name

    def _refresh(self) -> None:
        before = self._complaint
        try:
            self._readIfChanged()
        except OSError as error:
            self._seen = None
            self._complaint = f"{self._path} cannot be read: {error.strerror}"
        except BadFile as error:
            self._complaint = str(error)
        if self._complaint and self._complaint != before:
            _log.error("{complaint}", complaint=self._complaint)

    def _readIfChanged(self) -> None:
        with open(self._path, "rb") as file:
            status = os.fstat(file.fileno())
            version = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
            if version == self._seen:
                return
            # Whatever is wrong with it, it is not read again as it is.
            self._seen = version
            users = parse(self._path, file.read(_MOST_BYTES + 1))
        self._hashes = Hashes(users, self._verifier)
        self._complaint = ""


def parse(path: str, data: bytes) -> list[tuple[str, str]]:
    """
    Read the lines of such a file.

    @param path: its name, for what is said about it.
    @return: names and hashes.
    @raise BadFile: with one line to say what is wrong, and in which line.
    """
    if len(data) > _MOST_BYTES:
        raise BadFile(f"{path} has more than {_MOST_BYTES} bytes: that is no file of users")
    users: dict[str, str] = {}
    # Some editors write this mark before the first letter: no name begins so.
    data = data.removeprefix(codecs.BOM_UTF8)
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        # Names may hold colons, hashes never do.
        name, colon, known = line.rpartition(":")
        wrong = "this is not name:hash" if not (colon and name) else complaint(known.strip())
        if name in users:
            wrong = f"user {printable(name)} is here twice"
        if wrong:
            raise BadFile(f"{path}:{number}: {wrong}")
        users[name] = known.strip()
    return list(users.items())


@implementer(ICheckerFactory, IPlugin)
class HashFileFactory:
    """
    Makes a L{HashFileChecker} of what stands behind C{--auth ftpactive:}.
    """

    authType = "ftpactive"
    authHelp = (
        "\nA file of users, one a line: name:hash. The command ftpactive-password makes the\n"
        "hashes (argon2id). The file is read again when it changes.\n"
    )
    argStringFormat = "Location of the file."
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> HashFileChecker:
        """
        See C{ICheckerFactory.generateChecker}.

        @raise ValueError: there is no name of a file.
        """
        if not argstring.strip():
            raise ValueError("ftpactive: needs the name of a file: --auth ftpactive:FILE")
        return HashFileChecker(argstring)


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
