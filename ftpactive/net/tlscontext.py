"""
What OpenSSL is told: versions, ciphers, certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from cryptography.x509 import Certificate
from OpenSSL import SSL, crypto

from ftpactive.core.protection import ClientCertificates, KeyPair, Protection, Reuse
from ftpactive.net.keyfiles import BadFile, Fresh, Identity, readCertificates, readIdentity

_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

_VERIFY = {
    ClientCertificates.OFF: SSL.VERIFY_NONE,
    ClientCertificates.OFFER: SSL.VERIFY_PEER,
    ClientCertificates.REQUIRE: SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}

#: A session may go on with a ticket for as long as control connections last,
#: seconds; the ticket ends with its control connection in any case.
_LIFETIME = 7 * 24 * 3600

#: OpenSSL's SSL_MODE_ENABLE_PARTIAL_WRITE: a call sends one record, no more.
_PARTIAL_WRITE = 1

#: What OpenSSL calls the step that is left out when a session goes on.
_SHOWN = b"SSLv3/TLS write certificate"


@dataclass(slots=True)
class Seen:
    """
    What was seen of a handshake.

    @ivar certificate: did we show ours?  Seen where sessions must be used again.
    """

    certificate: bool = False


def _note(connection: SSL.Connection, where: int, result: int) -> None:
    if where & SSL.SSL_CB_LOOP and connection.get_state_string() == _SHOWN:
        seen = connection.get_app_data()
        seen.certificate = True


class Contexts:
    """
    Makes contexts of OpenSSL, one for each control connection.

    That costs less than half a millisecond, and binds sessions: the key of
    their tickets is the context's own, so that nobody goes on with the session
    of somebody else.
    """

    def __init__(self, protection: Protection, seconds: Callable[[], float]) -> None:
        """
        @raise BadFile: it cannot be had as asked for.
        """
        self.protection = protection
        self._identity = _fresh(protection.pair, seconds)
        self._hosts: Mapping[str, Fresh[Identity]] = {
            name.lower(): _fresh(pair, seconds) for name, pair in protection.hosts.items()
        }
        self._authorities: Fresh[tuple[Certificate, ...]] | None = None
        if protection.clientCertificates is not ClientCertificates.OFF:
            path = protection.clientAuthority
            self._authorities = Fresh((path,), partial(readCertificates, path), seconds)
        try:
            self.make("", b"trial")
        except (SSL.Error, KeyError):
            raise BadFile(
                f"TLS: OpenSSL has no version {protection.minimum} with the ciphers"
                f" {protection.ciphers}"
            ) from None

    def make(self, host: str, binding: bytes) -> SSL.Context:
        """
        Make a context for one control connection and its data connections.

        @param host: whose certificate is shown to those who name none.
        @param binding: sessions of contexts with another one do not go on.
        """
        named: dict[str, SSL.Context] = {}

        def choose(connection: SSL.Connection) -> None:
            # By the client's words in the handshake, SNI.
            name = (connection.get_servername() or b"").decode("ascii", "replace").lower()
            name = name.rstrip(".")
            if name in self._hosts:
                if name not in named:
                    named[name] = self._make(self._hosts[name].get(), binding)
                connection.set_context(named[name])

        context = self._make(self._hosts.get(host, self._identity).get(), binding)
        if self._hosts:
            context.set_tlsext_servername_callback(choose)
        return context

    def _make(self, identity: Identity, binding: bytes) -> SSL.Context:
        protection = self.protection
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(_VERSIONS[protection.minimum])
        context.set_cipher_list(protection.ciphers.encode())
        context.set_options(
            SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE
        )
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        # One call sends all records of a large piece.
        context.clear_mode(_PARTIAL_WRITE)
        if protection.reuse is Reuse.REQUIRE:
            # Called a dozen times in a handshake, it costs a fifth of a short one.
            context.set_info_callback(_note)
        context.set_session_id(binding)
        if protection.reuse is Reuse.OFF:
            context.set_options(SSL.OP_NO_TICKET)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        else:
            context.set_timeout(_LIFETIME)
        identity.showIn(context)
        if self._authorities is not None:
            self._trust(context, self._authorities.get())
        return context

    def _trust(self, context: SSL.Context, authorities: tuple[Certificate, ...]) -> None:
        store = context.get_cert_store()
        assert store is not None, "every new context has one"
        for each in authorities:
            store.add_cert(crypto.X509.from_cryptography(each))
            context.add_client_ca(each)
        context.set_verify(_VERIFY[self.protection.clientCertificates])


def _fresh(pair: KeyPair, seconds: Callable[[], float]) -> Fresh[Identity]:
    paths = (pair.certificate, pair.key) if pair.key else (pair.certificate,)
    return Fresh(paths, partial(readIdentity, pair), seconds)
