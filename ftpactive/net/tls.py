"""
The way to TLS, where its packages are installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ftpactive.core.protection import Protection
from ftpactive.net.reactors import Reactor
from ftpactive.shield import IShield

try:
    from ftpactive.net.keyfiles import BadFile
    from ftpactive.net.tlscontext import Contexts
    from ftpactive.net.tlsshield import Shield
except ImportError as error:
    _missing = str(error)
else:
    _missing = ""


class CannotProtect(Exception):
    """
    There is no TLS; the one line says why, and what to do.
    """


class TLS:
    """
    The TLS of a service.
    """

    def __init__(self, protection: Protection, reactor: Reactor, timeout: float) -> None:
        """
        Read all files; to be called while there are privileges.

        @param timeout: for the handshake of a data connection, seconds.
        @raise CannotProtect: a file cannot be used, or a package is missing.
        """
        if _missing:
            raise CannotProtect(
                f"TLS needs more packages ({_missing}): pip install 'ftpactive[tls]'"
            )
        self._reactor = reactor
        self._timeout = timeout
        try:
            self._contexts = Contexts(protection, reactor.seconds)
        except BadFile as error:
            raise CannotProtect(str(error)) from None

    def shield(
        self,
        protocol: Any,
        *,
        forget: Callable[[], object],
        secured: Callable[[str, str, str], object],
        isImplicit: bool,
    ) -> IShield:
        """
        Make the protection of one control connection.

        @param protocol: that of the control connection.
        @param forget: forgets what the protocol has received and not done.
        @param secured: told of TLS on the control connection: version, cipher,
            and the common name of the client's certificate.
        @param isImplicit: does TLS begin without AUTH?
        """
        return Shield(
            self._contexts,
            self._reactor,
            protocol,
            timeout=self._timeout,
            forget=forget,
            secured=secured,
            isImplicit=isImplicit,
        )
