"""
TLS for one control connection and its data connections.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate as X509
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpactive.core.certificate import Certificate
from ftpactive.core.errors import (
    CannotOpenData,
    ProtectionUnavailable,
    SessionNotReused,
    TransferAborted,
)
from ftpactive.core.protection import ClientCertificates, Reuse
from ftpactive.net.deadlines import deadlines
from ftpactive.net.pumpsocket import SocketPump
from ftpactive.net.pumptls import TLSPump
from ftpactive.net.tlscontext import Contexts, Seen
from ftpactive.net.tlsintake import TLSIntake
from ftpactive.net.tlslayer import TLSLayer
from ftpactive.shield import IShield

#: What has begun with a handshake, and what ends that for a reason.
_Begun = tuple[SSL.Connection, Callable[[str], None]]

_CUT = (
    "The upload may be cut: the client closed the connection without an end of TLS (close_notify)"
)


@implementer(IShield)
class Shield:
    """
    See L{IShield}.
    """

    _log = Logger(namespace="ftpactive")

    def __init__(
        self,
        contexts: Contexts,
        reactor: IReactorTime,
        protocol: Any,
        *,
        timeout: float,
        forget: Callable[[], object],
        secured: Callable[[str, str, str], object],
        isImplicit: bool,
    ) -> None:
        """
        @param protocol: that of the control connection.
        @param timeout: for the handshake of a data connection, seconds.
        @param forget: forgets what the protocol has received and not done.
        @param secured: told of TLS on the control connection: version, cipher,
            and the common name of the client's certificate.
        """
        self.certificate: Certificate | None = None
        self.isImplicit = isImplicit
        self.allowsClear = contexts.protection.allowsClear
        self._contexts = contexts
        self._reactor = reactor
        self._protocol = protocol
        self._timeout = timeout
        self._forget = forget
        self._secured = secured
        self._context: SSL.Context | None = None
        self._control: SSL.Connection | None = None
        self._layer: TLSLayer | None = None

    def prepare(self, host: str) -> None:
        """
        See L{IShield.prepare}.
        """
        try:
            self._context = self._contexts.make(host, os.urandom(16))
        except SSL.Error as error:
            self._log.warn("No TLS: OpenSSL says {error}", error=str(error))
            raise ProtectionUnavailable from error

    def begin(self) -> None:
        """
        See L{IShield.begin}.
        """
        self._forget()
        self._control = self._connection()
        protocol = self._protocol
        raw = protocol.transport
        protocol.hearBackUp()
        self._layer = TLSLayer(
            self._control,
            raw,
            protocol,
            settled=self._settled,
            # Who leaves so has nothing more to say, as without TLS.
            cutShort=raw.loseConnection,
        )
        self._layer.begin(isFree=protocol.hasSentAll)

    def _connection(self) -> SSL.Connection:
        assert self._context is not None, "prepare comes before"
        connection = SSL.Connection(self._context)
        connection.set_app_data(Seen())
        return connection

    def _settled(self, why: str) -> None:
        if why:
            return
        assert self._control is not None, "it is its handshake"
        shown = _shownBy(self._control)
        self.certificate = None if shown is None else _read(shown)
        name = "" if self.certificate is None else self.certificate.name
        self._secured(*self._words(), name)

    def _words(self) -> tuple[str, str]:
        assert self._control is not None, "TLS is there"
        return self._control.get_protocol_version_name(), self._control.get_cipher_name() or ""

    @property
    def description(self) -> str:
        return ", ".join(self._words()) if self._control is not None else ""

    def end(self) -> None:
        """
        See L{IShield.end}.
        """
        layer, self._layer = self._layer, None
        self.certificate = None
        if layer is not None:
            self._forget()
            layer.end()

    async def protect(self, channel: Any, *, isUpload: bool) -> None:
        """
        See L{IShield.protect}.
        """
        if channel.isEnded:
            raise CannotOpenData("The client closed the data connection before TLS began")
        settled: Deferred[str] = Deferred()
        if isinstance(channel.pump, SocketPump):
            connection, giveUp = self._pump(channel, settled, isUpload=isUpload)
        else:
            connection, giveUp = self._layOver(channel, settled)
        if settled.called:
            why = await settled
        else:
            timer = deadlines(self._reactor, self._timeout).begin(lambda: giveUp(self._late()))
            why = await settled
            timer.cancel()
        if channel.why:
            raise TransferAborted(channel.why)
        if why:
            raise CannotOpenData(f"No TLS on the data connection: {why}")
        if not channel.isEnded:
            # It reads again when the transfer begins.
            channel.transport.pauseProducing()
        self._check(connection)

    def _pump(self, channel: Any, settled: Deferred[str], *, isUpload: bool) -> _Begun:
        """
        Put OpenSSL between a transfer and the socket of its data connection.
        """
        connection = self._connection()
        connection.set_accept_state()
        needsEnd = self._contexts.protection.needsEnd
        pump = channel.pump = (TLSIntake if isUpload else TLSPump)(
            channel,
            channel.pump.reactor,
            channel.transport.getHandle(),
            connection,
            settled=settled.callback,
            cutShort=partial(channel.cutShort, _CUT) if needsEnd else None,
        )
        pump.shake()
        return connection, pump.giveUp

    def _layOver(self, channel: Any, settled: Deferred[str]) -> _Begun:
        """
        Put TLS between a data connection and its transport.
        """
        connection = self._connection()
        needsEnd = self._contexts.protection.needsEnd
        layer = TLSLayer(
            connection,
            channel.transport,
            channel,
            settled=settled.callback,
            cutShort=partial(channel.cutShort, _CUT) if needsEnd else channel.readConnectionLost,
        )
        layer.begin()
        return connection, layer.giveUp

    def _late(self) -> str:
        return f"no handshake within {self._timeout:g} seconds; after PROT P the client begins one"

    def _check(self, data: SSL.Connection) -> None:
        """
        Is a data connection that of our client?

        @raise SessionNotReused: (522) it does not prove that, and must.
        @raise CannotOpenData: (425) it shows somebody else's certificate.
        """
        assert self._control is not None, "PROT needs AUTH"
        protection = self._contexts.protection
        # Without need it is not looked for.
        if protection.reuse is Reuse.REQUIRE and not self._isResumed(data):
            raise SessionNotReused
        if protection.clientCertificates is ClientCertificates.OFF:
            return
        shown, expected = _shownBy(data), _shownBy(self._control)
        if shown is not None and shown != expected:
            raise CannotOpenData("The data connection shows another certificate than the session")

    def _isResumed(self, data: SSL.Connection) -> bool:
        assert self._control is not None, "PROT needs AUTH"
        # The control connection had nothing to go on with: if that was not
        # seen, we cannot see it of this one either.
        return self._control.get_app_data().certificate and not data.get_app_data().certificate


def _shownBy(connection: SSL.Connection) -> X509 | None:
    found = connection.get_peer_certificate()
    return None if found is None else found.to_cryptography()


def _read(shown: X509) -> Certificate:
    names = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Certificate(
        str(names[0].value) if names else "",
        shown.fingerprint(SHA256()).hex(),
    )
