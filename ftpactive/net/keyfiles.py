"""
Files of certificates and keys, read again when they change.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates
from OpenSSL import SSL, crypto
from twisted.logger import Logger

from ftpactive.core.protection import KeyPair

#: Files are looked at no more often than this, seconds.
_REST = 1.0

#: Who renews certificates by themselves has done so long before.
_SOON = timedelta(days=7)

_log = Logger(namespace="ftpactive")

Made = TypeVar("Made")


class BadFile(Exception):
    """
    A file of TLS cannot be used; the one line names it, and says why.
    """


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What a server shows.

    @ivar chain: its certificate, and those that lead to its root.
    @ivar key: the private key of the first.
    """

    chain: tuple[Certificate, ...]
    key: object

    def showIn(self, context: SSL.Context) -> None:
        """
        Let a context show it.
        """
        context.use_certificate(self.chain[0])
        for each in self.chain[1:]:
            context.add_extra_chain_cert(each)
        context.use_privatekey(self.key)  # type: ignore[arg-type]


def readIdentity(pair: KeyPair) -> Identity:
    """
    Read a certificate and its key.

    @raise BadFile: they cannot be used.
    """
    chain = readCertificates(pair.certificate)
    path = pair.key or pair.certificate
    try:
        key = load_pem_private_key(_read(path), None)
    except TypeError:
        raise BadFile(f"{path}: the key is encrypted; a server needs it without") from None
    except (ValueError, crypto.Error):
        raise BadFile(f"{path}: holds no private key in PEM") from None
    identity = Identity(chain, key)
    try:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        identity.showIn(context)
        context.check_privatekey()
    except (SSL.Error, TypeError):
        raise BadFile(f"{path}: not the key of {pair.certificate}, or too weak for TLS") from None
    _warn(pair.certificate, chain[0].not_valid_after_utc)
    return identity


def _warn(path: str, end: datetime) -> None:
    left = end - datetime.now(timezone.utc)
    if left < _SOON:
        _log.warn(
            "Warning: the certificate in {path} {verb} on {day:%Y-%m-%d}: renew it, or clients"
            " will not connect",
            path=path,
            verb="expires" if left > timedelta() else "expired",
            day=end,
        )


def readCertificates(path: str) -> tuple[Certificate, ...]:
    """
    Read all certificates of a file, at least one.

    @raise BadFile: there is none.
    """
    try:
        return tuple(load_pem_x509_certificates(_read(path)))
    except ValueError:
        raise BadFile(f"{path}: holds no certificate in PEM") from None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None


class Fresh(Generic[Made]):
    """
    What is made of files, made again when they have changed.  What they were
    before holds as long as they cannot be used.
    """

    def __init__(
        self, paths: tuple[str, ...], make: Callable[[], Made], seconds: Callable[[], float]
    ) -> None:
        """
        @param paths: the files.
        @param make: reads them, or raises L{BadFile}.
        @param seconds: the time.
        @raise BadFile: they cannot be used, and there is nothing from before.
        """
        self._paths = paths
        self._make = make
        self._seconds = seconds
        self._stamp = self._look()
        self._made = make()
        self._looked = seconds()

    def get(self) -> Made:
        """
        Give it as the files have it now, or had it a second ago.
        """
        if self._seconds() - self._looked >= _REST:
            self._looked = self._seconds()
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._renew()
        return self._made

    def _renew(self) -> None:
        try:
            self._made = self._make()
        except BadFile as error:
            _log.warn("TLS goes on with what was read before: {why}", why=str(error))
        else:
            _log.info("TLS: read {paths} again", paths=" and ".join(self._paths))

    def _look(self) -> list[tuple[int, ...] | None]:
        return [_stampOf(path) for path in self._paths]


def _stampOf(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    # The time of the last chmod and chown as well: what could not be read may now.
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
